package api

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"

	"github.com/jackc/pgx/v5"
)

// dataPackage is what a reader of Data Packages finds in datapackage.json.
type dataPackage struct {
	Schema             string `json:"$schema"`
	Name, ChangeCursor string
	Licenses           []struct{ Name, Path string }
	Resources          []dataResource
}

type dataResource struct {
	Name, Path, Type, Title, Description, Encoding, Mediatype, Hash string

	Bytes, Rows int
	Schema      struct {
		Fields []struct {
			Name, Type, Description string
			Constraints             struct{ Required, Unique bool }
		}
		PrimaryKey, MissingValues []string
		ForeignKeys               []struct {
			Fields    []string
			Reference struct {
				Resource string
				Fields   []string
			}
		}
	}
}

// archived is an archive as a reader finds it: its description and the tables by name, each with its rows by column.
type archived struct {
	dataPackage
	files  map[string]string // by path
	tables map[string][]map[string]string
}

func openArchive(t *testing.T, raw []byte) archived {
	t.Helper()
	a := archived{files: map[string]string{}, tables: map[string][]map[string]string{}}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || a.files[f.Name] != "" {
			t.Fatalf("%s: %v, or it is there twice", f.Name, err)
		}
		a.files[f.Name] = string(content)
	}
	if err := json.Unmarshal([]byte(a.files["datapackage.json"]), &a.dataPackage); err != nil {
		t.Fatal(err)
	}
	for _, r := range a.Resources {
		header, rows := tableOf(t, a.files[r.Path], ',')
		var names []string
		for _, f := range r.Schema.Fields {
			names = append(names, f.Name)
		}
		if !slices.Equal(header, names) {
			t.Errorf("%s has the columns %q and describes %q", r.Path, header, names)
		}
		a.tables[r.Name] = []map[string]string{}
		for _, row := range rows {
			cells := map[string]string{}
			for i, name := range header {
				cells[name] = row[i]
			}
			a.tables[r.Name] = append(a.tables[r.Name], cells)
		}
	}
	return a
}

// cellTypes parse cells by the rules of Table Schema.
var cellTypes = map[string]func(string) error{
	"string":   func(string) error { return nil },
	"integer":  func(s string) error { _, err := strconv.ParseInt(s, 10, 64); return err },
	"number":   func(s string) error { _, err := strconv.ParseFloat(s, 64); return err },
	"date":     func(s string) error { _, err := time.Parse(time.DateOnly, s); return err },
	"datetime": func(s string) error { _, err := time.Parse(time.RFC3339Nano, s); return err },
	"object":   func(s string) error { return json.Unmarshal([]byte(s), &map[string]any{}) },
	"boolean": func(s string) error {
		if s != "true" && s != "false" {
			return fmt.Errorf("%q is no boolean", s)
		}
		return nil
	},
}

// validate holds a table against its description.
func (a archived) validate(t *testing.T, r dataResource) {
	t.Helper()
	file := a.files[r.Path]
	sum := sha256.Sum256([]byte(file))
	if r.Hash != "sha256:"+hex.EncodeToString(sum[:]) || r.Bytes != len(file) || r.Rows != len(a.tables[r.Name]) {
		t.Errorf("%s: hash %s, %d bytes, %d rows are described, %d bytes and %d rows are there", r.Path, r.Hash, r.Bytes, r.Rows, len(file), len(a.tables[r.Name]))
	}
	if r.Type != "table" || r.Encoding != "utf-8" || r.Mediatype != "text/csv" || r.Title == "" || r.Description == "" ||
		!slices.Equal(r.Schema.PrimaryKey, []string{"id"}) || !slices.Equal(r.Schema.MissingValues, []string{""}) {
		t.Errorf("%s is described as %+v", r.Path, r)
	}
	for _, f := range r.Schema.Fields {
		parse := cellTypes[f.Type]
		if parse == nil || f.Description == "" {
			t.Errorf("%s: %s has the type %q and the description %q", r.Path, f.Name, f.Type, f.Description)
			continue
		}
		seen := map[string]bool{}
		for _, row := range a.tables[r.Name] {
			cell := row[f.Name]
			if cell == "" {
				if f.Constraints.Required {
					t.Errorf("%s: a required %s is empty in %v", r.Path, f.Name, row)
				}
				continue
			}
			if err := parse(cell); err != nil {
				t.Errorf("%s: %s: %v", r.Path, f.Name, err)
			}
			if f.Constraints.Unique && seen[cell] {
				t.Errorf("%s: %s %s is there twice", r.Path, f.Name, cell)
			}
			seen[cell] = true
		}
	}
}

// join checks the foreign keys of a table and returns the names of their columns.
func (a archived) join(t *testing.T, r dataResource) (columns []string) {
	t.Helper()
	for _, key := range r.Schema.ForeignKeys {
		to := key.Reference.Resource
		if to == "" {
			to = r.Name
		}
		rows, there := a.tables[to]
		if !there || len(key.Fields) != 1 || len(key.Reference.Fields) != 1 {
			t.Errorf("%s: the foreign key %+v", r.Path, key)
			continue
		}
		ids := map[string]bool{}
		for _, row := range rows {
			ids[row[key.Reference.Fields[0]]] = true
		}
		for _, row := range a.tables[r.Name] {
			if cell := row[key.Fields[0]]; cell != "" && !ids[cell] {
				t.Errorf("%s %s: %s %s is not in %s", r.Name, row["id"], key.Fields[0], cell, to)
			}
		}
		columns = append(columns, key.Fields[0])
	}
	return columns
}

func TestTheArchiveIsADataPackageOfAllCollectionsWhoseTablesJoin(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	for name, r := range map[string]*rig{"sample": withHidden(t), "matrix": m.rig} {
		for view, c := range map[string]caller{"anonymous": r.as(t), "reader": r.as(t, actor.Read)} {
			t.Run(name+" "+view, func(t *testing.T) {
				answer := c.get(t, archivePath).want(t, http.StatusOK)
				a := openArchive(t, answer.Body.Bytes())
				if a.Schema != "https://datapackage.org/profiles/2.0/datapackage.json" || a.Name == "" || len(a.Licenses) != 1 || a.Licenses[0].Path != License ||
					a.ChangeCursor == "" || a.ChangeCursor != answer.Header().Get("X-Change-Cursor") || len(a.files) != len(a.Resources)+1 {
					t.Errorf("%+v", a.dataPackage)
				}
				var names []string
				for _, r := range a.Resources {
					names = append(names, r.Name)
					a.validate(t, r)
					keys := a.join(t, r)
					for _, f := range r.Schema.Fields {
						if strings.HasSuffix(f.Name, "_id") && f.Type == "integer" && !slices.Contains(keys, f.Name) {
							t.Errorf("%s: %s refers to nothing", r.Path, f.Name)
						}
					}
					records, cursor := c.listedWhole(t, "/v1/"+r.Name, "")
					if len(records) != r.Rows || cursor != a.ChangeCursor {
						t.Errorf("%s: %d rows, the list has %d", r.Path, r.Rows, len(records))
					}
					if alone := c.get(t, "/v1/exports/"+r.Name+".csv?sort=id&bom=0").Body.String(); alone != a.files[r.Path] {
						t.Errorf("%s is not the export of the collection", r.Path)
					}
				}
				if !slices.Equal(names, collections) {
					t.Errorf("the archive has %q, want %q", names, collections)
				}
			})
		}
	}
}

func TestTablesOfTheArchiveJoinToTheSameNamesAsTheAPI(t *testing.T) {
	t.Parallel()
	a := openArchive(t, sampled(t).as(t).get(t, archivePath).want(t, http.StatusOK).Body.Bytes())
	byID := func(table string) map[string]map[string]string {
		rows := map[string]map[string]string{}
		for _, row := range a.tables[table] {
			rows[row["id"]] = row
		}
		return rows
	}
	attendees, people, events := byID("attendees"), byID("people"), byID("round-tables")
	spoken := 0
	for _, s := range a.tables["statements"] {
		if title := events[s["round_table_id"]]["title_en"]; title != s["round_table.name_en"] {
			t.Errorf("statement %s: the event is %q, and %q in the API", s["id"], title, s["round_table.name_en"])
		}
		if speaker := people[attendees[s["attendee_id"]]["person_id"]]; speaker != nil {
			if spoken++; speaker["name_en"] != s["speaker.name_en"] {
				t.Errorf("statement %s: the speaker is %q, and %q in the API", s["id"], speaker["name_en"], s["speaker.name_en"])
			}
		}
	}
	if spoken < 50 {
		t.Errorf("only %d statements have a speaker", spoken)
	}
}

// interrupted is a connection that does something else before its first bytes are sent.
type interrupted struct {
	*httptest.ResponseRecorder
	first func()
}

func (w interrupted) Write(b []byte) (int, error) {
	w.first()
	return w.ResponseRecorder.Write(b)
}

func TestTheArchiveShowsOneMoment(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	before, cursor := r.as(t).listedWhole(t, "/v1/recommendations", "")
	w := interrupted{httptest.NewRecorder(), sync.OnceFunc(func() {
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO recommendations (round_table_id, text) SELECT id, '{"en": "Later."}' FROM round_tables`)
			return err
		})
	})}
	r.handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, archivePath, nil))
	if after, _ := r.as(t).listedWhole(t, "/v1/recommendations", ""); len(after) <= len(before) {
		t.Fatal("nothing was written while the archive was sent")
	}
	if a := openArchive(t, w.Body.Bytes()); len(a.tables["recommendations"]) != len(before) || a.ChangeCursor != cursor {
		t.Errorf("%d recommendations, %d before", len(a.tables["recommendations"]), len(before))
	}
}

func TestAnArchiveWithoutRecordsHasEveryTable(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t)
	answer := c.get(t, archivePath).want(t, http.StatusOK)
	a := openArchive(t, answer.Body.Bytes())
	if len(a.tables) != len(collections) || len(a.tables["people"]) != 0 || len(a.tables["roles"]) == 0 {
		t.Errorf("%d tables, %d roles", len(a.tables), len(a.tables["roles"]))
	}
	if got := answer.Header().Get("Content-Type"); got != "application/zip" {
		t.Errorf("Content-Type: %s", got)
	}
	c.get(t, archivePath+"?lang=ru").wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang unknown_parameter")
	if head := c.do(t, http.MethodHead, archivePath, nil).want(t, http.StatusOK); head.Body.Len() > 0 || head.Header().Get("X-Change-Cursor") == "" {
		t.Errorf("HEAD: %v", head.Header())
	}
}

func TestColumnsOfTheArchiveHaveTheTypesOfTheirMembers(t *testing.T) {
	t.Parallel()
	a := openArchive(t, newRig(t, nil).as(t).get(t, archivePath).want(t, http.StatusOK).Body.Bytes())
	got := map[string]string{}
	for _, r := range a.Resources {
		for _, f := range r.Schema.Fields {
			got[r.Name+" "+f.Name] = fmt.Sprint(f.Type, f.Constraints.Required)
		}
	}
	for column, want := range map[string]string{
		"round-tables id": "integertrue", "round-tables title_kk": "stringfalse", "round-tables title_other": "objectfalse", "round-tables starts_on": "datefalse",
		"round-tables starts_at": "datetimefalse", "round-tables updated_at": "datetimetrue", "round-tables topic_ids": "stringfalse",
		"round-tables counts.attendees": "integertrue", "round-tables place.id": "integerfalse", "places latitude": "numberfalse", "roles speaks": "booleantrue",
		"organizations founded_on": "stringfalse", "attendees on_behalf_of.person_id": "integerfalse", "statements texts_translator": "objectfalse",
	} {
		if got[column] != want {
			t.Errorf("%s is %q, want %q", column, got[column], want)
		}
	}
}
