package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/imports"
)

// TestARowThatIsRefusedWhileItIsWrittenTakesNothingElseWithIt writes more than two blocks, the second of them with a reference to nothing: only
// the database sees that.
func TestARowThatIsRefusedWhileItIsWrittenTakesNothingElseWithIt(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write, actor.Read)
	parent := fixture.Organization(t, r.pool)
	const rows, bad, again, twice = 230, 150, 160, 170 // counted from 0
	var file strings.Builder
	file.WriteString("name_en,parent_id,external_ids\n")
	for i := range rows {
		name, of := fmt.Sprint("Department ", i), fmt.Sprint(parent)
		switch i {
		case bad:
			of = "999999"
		case again:
			name = fmt.Sprint("Department ", bad) // which was not made
		case twice:
			name = "Department 7"
		}
		fmt.Fprintf(&file, "%s,%s,test:%d\n", name, of, i)
	}
	before, organizations := r.recordChanges(t), r.rows(t, "SELECT count(*) FROM organizations")
	refused := refusedIn(t, r.send(t, "organizations", "", "csv", file.String()))
	if len(refused.Rows) != 2 || refused.Counts.Created != rows-2 || refused.Counts.Failed != 2 || r.recordChanges(t) != before {
		t.Errorf("refused: %+v", refused)
	}
	m := importIn(t, r.send(t, "organizations", "?on_error=skip", "csv", file.String()).want(t, http.StatusCreated))
	if m.Created != rows-2 || m.Failed != 2 || len(m.Rows) != rows || r.recordChanges(t) != before+rows-2 || r.rows(t, "SELECT count(*) FROM organizations") != organizations+rows-2 {
		t.Errorf("%+v, %d changes", m.Head, r.recordChanges(t)-before)
	}
	for i, row := range m.Rows {
		want, code := imports.Created, ""
		switch i {
		case bad:
			want, code = imports.Failed, "parent_id unknown_reference"
		case twice:
			want, code = imports.Failed, "name_en duplicate_row"
		}
		got := ""
		if len(row.Errors) > 0 {
			got = row.Errors[0].Column + " " + row.Errors[0].Code
		}
		if row.Line != i+2 || row.Action != want || got != code || (row.ID != nil) != (want == imports.Created) {
			t.Errorf("line %d: %+v, want %s %s", i+2, row, want, code)
		}
	}
	if n := r.rows(t, fmt.Sprintf("SELECT count(*) FROM organizations WHERE name->>'en' = 'Department %d'", bad)); n != 1 {
		t.Errorf("%d of the name whose first row was refused", n)
	}
	repeated := importIn(t, r.send(t, "organizations", "?on_error=skip", "csv", file.String()).want(t, http.StatusCreated)) // each row has an id of its own
	if repeated.Unchanged != rows-2 || repeated.Failed != 2 {
		t.Errorf("the same file again: %+v", repeated.Head)
	}
}

func TestTwoRowsThatContradictEachOtherAreNotBothTaken(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	id := fixture.Topic(t, r.pool)
	for name, c := range map[string]struct {
		collection, file string
		want             []string
	}{
		"by an external id": {"people", "name_ru,external_ids\nПетров Иван,wikidata:Q900\nСидоров Олег,wikidata:Q900\nПетров Иван,wikidata:Q900\n", []string{"3 external_ids duplicate_row"}},
		"by an id":          {"topics", fmt.Sprintf("id,label_en\n%d,Water\n%d,Soil\n%d,Water\n", id, id, id), []string{"3 id duplicate_row"}},
		"of an unknown id":  {"topics", fmt.Sprintf("id,label_en\n%d,Water\n999999,Soil\n", id), []string{"3 id not_found"}},
	} {
		f := refusedIn(t, r.send(t, c.collection, "", "csv", c.file))
		if got := mistakesIn(f.Rows); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
