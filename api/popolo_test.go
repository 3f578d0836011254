package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/formats/schemaorg"
	"roundtables.kz/registry/internal/imports"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// popoloLists are the lists of our documents and the classes of what is in them.
var popoloLists = map[string]string{"persons": "person", "organizations": "organization", "memberships": "membership", "events": "event"}

// listsOf returns the lists of a document, which also states the licence of the data.
func listsOf[T any](t *testing.T, doc []byte) map[string][]T {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(doc, &members); err != nil {
		t.Fatal(err)
	}
	if got, want := string(members["meta"]), `{"license":"`+License+`"}`; got != want {
		t.Errorf("meta: %s, want %s", got, want)
	}
	lists := map[string][]T{}
	for name := range popoloLists {
		var list []T
		if err := json.Unmarshal(members[name], &list); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		lists[name] = list
	}
	return lists
}

// wantValidPopolo holds a document against the schemas and gives how many objects it has.
func wantValidPopolo(t *testing.T, doc []byte) (objects int) {
	t.Helper()
	lists := listsOf[json.RawMessage](t, doc)
	for list, class := range popoloLists {
		for i, o := range lists[list] {
			objects++
			fields, err := popolo.Check(class, jsontext.Pointer(fmt.Sprintf("/%s/%d", list, i)), o)
			if err != nil || len(fields) > 0 {
				t.Errorf("%s is no %s: %v %v", o, class, fields, err)
			}
		}
	}
	return objects
}

func TestWhatIsSentAsPopoloIsValidPopolo(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	r.as(t, actor.Write).make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2,"title":{"en":"Director"},"from":"2019-05"}`)
	for _, base := range []string{"", "https://registry.example.org"} {
		r.server.config.PublicBaseURL = base
		for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
			for _, query := range []string{"", "?lang=en", "?lang=ru", "?lang=kk"} {
				doc := c.get(t, "/v1/exports/popolo.json"+query).want(t, http.StatusOK).Body.Bytes()
				if n := wantValidPopolo(t, doc); n < 250 {
					t.Errorf("only %d objects", n)
				}
			}
		}
	}
}

// crowd makes a round table with so many attendees, each with a statement, and gives its id.
func (r *rig) crowd(t testing.TB, size int) (id int64) {
	t.Helper()
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO round_tables (title, starts_on, publication) VALUES ('{"en":"Congress"}', '2024-05-01', 'published') RETURNING id`).Scan(&id)
		if err != nil {
			return err
		}
		for _, sql := range []string{
			`INSERT INTO people (name, external_ids) SELECT jsonb_build_object('en', 'Member ' || n), ARRAY['crowd:' || n] FROM generate_series(1, $2::int) n WHERE $1::bigint > 0`,
			`INSERT INTO attendees (round_table_id, person_id, position) SELECT $1::bigint, p.id, n FROM generate_series(1, $2::int) n JOIN external_ids x ON x.type = 'people' AND x.external_id = 'crowd:' || n JOIN people p ON p.id = x.id`,
			`INSERT INTO statements (round_table_id, attendee_id, sequence) SELECT $1::bigint, a.id, a.position FROM attendees a WHERE a.round_table_id = $1 AND a.position <= $2::int`,
			`INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT s.id, 'en', 'Statement ' || s.sequence, true, 1 FROM statements s WHERE s.round_table_id = $1 AND $2::int > 0`,
		} {
			if _, err := tx.Exec(ctx, sql, id, size); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	return id
}

func TestOfALargeEventNobodyIsLeftOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	const size = 2*schemaorg.AtOnce + 1
	large, small := r.crowd(t, size), r.as(t, actor.Write, actor.Publish).make(t, "/v1/round-tables", `{"title":{"en":"Small"},"publication":"published","starts_on":"2020-02-27"}`)
	c := r.as(t)
	var event struct {
		Attendee []struct {
			Attendee struct {
				ID string `json:"@id"`
			} `json:"attendee"`
		} `json:"attendee"`
		WorkFeatured []struct {
			Creator struct {
				ID string `json:"@id"`
			} `json:"creator"`
			Text []struct {
				Value string `json:"@value"`
			} `json:"text"`
		} `json:"workFeatured"`
	}
	target := fmt.Sprintf("/v1/round-tables/%d", large)
	answer := c.do(t, http.MethodGet, target, nil, "Accept", "application/ld+json").want(t, http.StatusOK)
	if err := json.Unmarshal(answer.Body.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	if len(event.Attendee) != size || len(event.WorkFeatured) != size || answer.Header().Get("Content-Type") != mediaJSONLD {
		t.Fatalf("%d attendees, %d statements, %s", len(event.Attendee), len(event.WorkFeatured), answer.Header().Get("Content-Type"))
	}
	seen := map[string]bool{}
	for i, a := range event.Attendee {
		s := event.WorkFeatured[i]
		if seen[a.Attendee.ID] || s.Creator.ID != a.Attendee.ID || s.Text[0].Value != fmt.Sprintf("Statement %d", i+1) {
			t.Fatalf("%d: %v %v", i, a, s)
		}
		seen[a.Attendee.ID] = true
	}
	if head := c.do(t, http.MethodHead, target, nil, "Accept", "application/ld+json").want(t, http.StatusOK); head.Body.Len() > 0 {
		t.Errorf("HEAD: %s", head.Body)
	}
	if got := c.do(t, http.MethodGet, small, nil, "Accept", "application/ld+json").want(t, http.StatusOK).object(t); got["@id"] != small || got["attendee"] != nil {
		t.Errorf("%v", got)
	}

	doc := c.get(t, "/v1/exports/popolo.json").want(t, http.StatusOK).Body.Bytes()
	wantValidPopolo(t, doc)
	var popolo struct {
		Events []struct {
			Name      string
			Attendees []struct{ ID string }
		}
	}
	if err := json.Unmarshal(doc, &popolo); err != nil {
		t.Fatal(err)
	}
	for _, e := range popolo.Events {
		if want := map[string]int{"Congress": size}[e.Name]; len(e.Attendees) != want {
			t.Errorf("%s: %d attendees, want %d", e.Name, len(e.Attendees), want)
		}
	}
	if len(popolo.Events) != 2 {
		t.Errorf("%d events", len(popolo.Events))
	}
}

// importPopolo sends a document, which is answered with a status, and gives the import.
func (c caller) importPopolo(t *testing.T, query string, doc any, status int) imports.Import {
	t.Helper()
	raw, ok := doc.(string)
	if !ok {
		b, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(b)
	}
	return importIn(t, c.post(t, "/v1/imports/popolo"+query, raw).want(t, status))
}

func TestOurOwnPopoloChangesNothingWhereItIsFrom(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t, actor.Write)
	c.make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2,"title":{"en":"Director","ru":"Директор"},"from":"2019-05"}`)
	c.make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2,"title":{"en":"Director"},"from":"2012","to":"2015-01"}`)
	c.make(t, "/v1/round-tables", `{"title":{"en":"Evening"},"starts_at":"2024-02-01T19:30:00+01:00","ends_at":"2024-02-01T21:00:00+01:00","timezone":"Europe/Berlin","venue":{"en":"Hall"}}`)
	c.make(t, "/v1/round-tables", `{"title":{"en":"Afternoon"},"starts_on":"2024-01-01","date_precision":"year"}`)
	for _, base := range []string{"", "https://registry.example.org"} {
		r.server.config.PublicBaseURL = base
		for _, query := range []string{"", "?lang=en", "?lang=kk"} {
			doc := c.get(t, "/v1/exports/popolo.json"+query).want(t, http.StatusOK).Body.String()
			before := r.recordChanges(t)
			report := c.importPopolo(t, "", doc, http.StatusCreated)
			if n := wantValidPopolo(t, []byte(doc)); report.Counts != (imports.Counts{Unchanged: n}) || r.recordChanges(t) != before {
				t.Errorf("%+v of %d, %d changes", report.Counts, n, r.recordChanges(t)-before)
			}
			for _, o := range report.Rows {
				if o.Action != imports.Unchanged || *o.Object.MatchedBy != "id" || len(o.Object.Kept)+len(o.Object.Ignored) > 0 {
					t.Errorf("%+v %v", o.Object, o.Errors)
				}
			}
		}
	}
}

// withoutIDs is a document whose ids are the places where objects stand, so that two registries can be compared.
func withoutIDs(t *testing.T, raw []byte) string {
	t.Helper()
	doc := listsOf[map[string]any](t, raw)
	name := map[string]string{}
	for _, list := range []string{"organizations", "persons", "events", "memberships"} {
		for _, o := range doc[list] {
			named, _ := json.Marshal([]any{list, o["name"], o["start_date"], o["other_names"], o["identifiers"]})
			name[o["id"].(string)] = string(named)
		}
	}
	var all []string
	for list, objects := range doc {
		for _, o := range objects {
			delete(o, "id")
			for _, ref := range []string{"person_id", "organization_id", "parent_id"} {
				if id, ok := o[ref].(string); ok {
					o[ref] = name[id]
				}
			}
			for _, a := range asList(o["attendees"]) {
				a.(map[string]any)["id"] = name[a.(map[string]any)["id"].(string)]
			}
			b, _ := json.Marshal(o)
			all = append(all, list+" "+string(b))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func TestPopoloComesOutOfAnotherRegistryAsItWentIn(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t, actor.Write)
	c.make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2,"title":{"en":"Director","ru":"Директор"},"from":"2019-05"}`)
	c.make(t, "/v1/organizations", `{"name":{"ru":"Клуб","kk":"Клуб"},"short_name":{"ru":"К"},"other_names":[{"text":"Club","lang":"en","kind":"former"}],"parent_id":2,"website":"https://example.org","founded_on":"1999-01","external_ids":["bin:1"]}`)
	c.make(t, "/v1/round-tables", `{"title":{"en":"Evening"},"starts_at":"2024-02-01T19:30:00+01:00","ends_at":"2024-02-02T01:00:00+01:00","timezone":"Europe/Berlin","venue":{"en":"Hall"},"parent_id":13}`)
	for _, lang := range []string{"", "?lang=kk"} {
		doc := c.get(t, "/v1/exports/popolo.json"+lang).want(t, http.StatusOK).Body.Bytes()
		empty := newRig(t, nil).as(t, actor.Write)
		report := empty.importPopolo(t, "?allow_duplicate=true", string(doc), http.StatusCreated)
		if n := wantValidPopolo(t, doc); report.Counts != (imports.Counts{Created: n}) {
			t.Fatalf("%+v of %d", report.Counts, n)
		}
		out := empty.get(t, "/v1/exports/popolo.json"+lang).want(t, http.StatusOK).Body.Bytes()
		if was, is := withoutIDs(t, doc), withoutIDs(t, out); was != is {
			a, b := strings.Split(was, "\n"), strings.Split(is, "\n")
			for i := range a {
				if i < len(b) && a[i] != b[i] {
					t.Fatalf("%s\nbecame\n%s", a[i], b[i])
				}
			}
			t.Fatalf("%d objects became %d", len(a), len(b))
		}
		if again := empty.importPopolo(t, "", string(out), http.StatusCreated); again.Unchanged != len(again.Rows) {
			t.Errorf("again: %+v", again.Counts)
		}
	}
}

func TestForeignPopoloIsFoundByIdentifiersNamesAndOrganizations(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	c.make(t, "/v1/organizations", `{"name":{"en":"Majilis"},"external_ids":["wikidata:Q1"]}`)
	c.make(t, "/v1/organizations", `{"name":{"en":"Water Institute"}}`)
	c.make(t, "/v1/people", `{"name":{"en":"Talgat Kaliyev"},"external_ids":["wikidata:Q7"]}`)
	c.make(t, "/v1/people", `{"name":{"en":"Marat Saparov"}}`)
	c.make(t, "/v1/people?allow_duplicate=true", `{"name":{"en":"Marat Saparov"}}`)
	c.make(t, "/v1/people", `{"name":{"en":"Aigerim Seitova"}}`)
	c.make(t, "/v1/affiliations", `{"person_id":3,"organization_id":2,"title":{"en":"Director"}}`)
	c.make(t, "/v1/affiliations", `{"person_id":4,"organization_id":2,"title":{"en":"Director"}}`)
	// As EveryPolitician has it: areas, legislative periods, posts, embedded memberships.
	const doc = `{"meta":{"sources":["https://example.org"]},"areas":[{"id":"a","name":"Almaty"}],
		"organizations":[{"id":"legislature","name":"Мажилис","classification":"legislature","seats":98,"identifiers":[{"scheme":"wikidata","identifier":"Q1"}]},{"id":"water","name":"Water Institute"}],
		"persons":[
			{"id":"k","name":"T. Kaliyev","birth_date":"1970-01","gender":"male","identifiers":[{"scheme":"wikidata","identifier":"Q7"}],
				"other_names":[{"name":"Талғат Қалиев","lang":"kk","note":"multilingual"}],"memberships":[{"organization_id":"legislature","role":"member","area_id":"a","legislative_period_id":"term/6"}]},
			{"id":"s","name":"Marat Saparov"},
			{"id":"new","given_name":"Serik","family_name":"Akhmetov"}],
		"posts":[{"id":"chair","label":"Chair","organization_id":"legislature"}],
		"memberships":[{"person_id":"s","organization_id":"water","role":"Director","start_date":"2011"},{"person_id":"new","post_id":"chair","end_date":"2015"}],
		"events":[{"id":"term/6","name":"6th Convocation","classification":"legislative period","start_date":"2016-03","end_date":"2021-01","organization_id":"legislature"}]}`
	report := c.importPopolo(t, "?source=everypolitician", doc, http.StatusCreated)
	var got []string
	for _, row := range report.Rows {
		o, by := row.Object, "-"
		if o.MatchedBy != nil {
			by = *o.MatchedBy
		}
		got = append(got, fmt.Sprintf("%s %s %s %d %v %v", o.Pointer, row.Action, by, *row.ID, o.Kept, o.Ignored))
	}
	want := []string{
		"/organizations/0 updated identifier 1 [] [seats classification]",
		"/organizations/1 updated name 2 [] []",
		"/persons/0 updated identifier 1 [] [birth_date gender]",
		"/persons/1 updated name 3 [] []",
		"/persons/2 created - 5 [] []",
		"/persons/0/memberships/0 created - 3 [] [area_id]",
		"/memberships/0 updated content 1 [] []",
		"/memberships/1 created - 4 [] []",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if !slices.Equal(report.Ignored, []string{"areas", "meta"}) {
		t.Errorf("ignored: %v", report.Ignored)
	}
	if p := c.get(t, "/v1/people/1").object(t); path(p, "name", "en") != "Talgat Kaliyev" || path(p, "name", "kk") != "Талғат Қалиев" || !strings.Contains(fmt.Sprint(p["other_names"], p["external_ids"]), "T. Kaliyev") {
		t.Errorf("%v", p)
	}
	if f := c.get(t, "/v1/affiliations/4").object(t); path(f, "title", "en") != "Chair" || f["to"] != "2015" || f["organization_id"] != 1.0 {
		t.Errorf("%v", f)
	}
	if f := c.get(t, "/v1/affiliations/3").object(t); f["from"] != "2016-03" || f["to"] != "2021-01" { // of its term
		t.Errorf("%v", f)
	}
	before := r.recordChanges(t)
	const fresh = `{"persons":[{"id":"x","name":"Nobody Before"}]}`
	if dry := c.importPopolo(t, "?dry_run=true", fresh, http.StatusOK); dry.Created != 1 || dry.Rows[0].ID != nil || r.recordChanges(t) != before {
		t.Errorf("%+v", dry)
	}
	if again := c.importPopolo(t, "?source=everypolitician", doc, http.StatusCreated); again.Unchanged != len(want) || r.recordChanges(t) != before {
		t.Errorf("again: %+v", again.Counts)
	}
}

func TestWhatIsDoubtfulOrWrongInPopoloIsRefusedObjectByObject(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	c.make(t, "/v1/organizations", `{"name":{"en":"Water Institute"}}`)
	c.make(t, "/v1/people", `{"name":{"en":"Marat Saparov"}}`)
	c.make(t, "/v1/people?allow_duplicate=true", `{"name":{"en":"Marat Saparov"}}`)
	c.make(t, "/v1/people", `{"name":{"ru":"Айгерим Сеитова"}}`)
	c.make(t, "/v1/people", `{"name":{"en":"Serik Akhmetov"}}`)
	c.make(t, "/v1/affiliations", `{"person_id":4,"organization_id":1}`)
	const doc = `{"organizations":[{"id":"o","name":"New Institute"},{"id":"ring","name":"Ring","parent_id":"nowhere"}],"persons":[
		{"id":"a","name":"Marat Saparov"},{"id":"b","name":"Aigerim Seitova"},{"id":"c","name":"Serik Akhmetov"},{"id":"d"},{"id":"e","name":7,"birth_date":"x"},{"id":"f","name":"Zhanna Omarova"},{"id":"f","name":"Twice"}],
		"memberships":[{"person_id":"c","organization_id":"o"},{"person_id":"a","organization_id":"o"},{"person_id":"f","organization_id":"o","start_date":"2020","end_date":"2019"},{"organization_id":"o"}],
		"events":[{"name":"E","start_date":"2020-13"},{"id":"p","name":"F","attendees":[{"id":"e"},{"id":"f"}]}]}`
	want := []string{
		"0 /organizations/1/parent_id unknown_in_document",
		"0 /persons/0/name ambiguous_object", "0 /persons/1/name ambiguous_object", "0 /persons/2/name ambiguous_object", "0 /persons/3/name no_name", "0 /persons/4/name wrong_type", "0 /persons/6/id duplicate",
		"0 /memberships/0/person_id failed_in_document", "0 /memberships/1/person_id failed_in_document", "0 /memberships/2/end_date before_start", "0 /memberships/3/person_id required",
		"0 /events/0/start_date bad_partial_date", "0 /events/1/attendees failed_in_document",
	}
	before := r.recordChanges(t)
	answer := c.post(t, "/v1/imports/popolo", doc)
	if got := mistakesIn(refusedIn(t, answer).Rows); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if r.recordChanges(t) != before {
		t.Error("a refused document left something")
	}
	if body := answer.Body.String(); !strings.Contains(body, `"candidates":[{"id":1,`) || !strings.Contains(body, `"id":3,"name":"Айгерим Сеитова"`) {
		t.Errorf("no candidates: %s", body)
	}
	skipped := c.importPopolo(t, "?on_error=skip", doc, http.StatusCreated)
	if skipped.Counts != (imports.Counts{Created: 2, Failed: 13}) {
		t.Errorf("%+v", skipped.Counts)
	}
	forced := c.importPopolo(t, "?on_error=skip&allow_duplicate=true", doc, http.StatusCreated)
	if forced.Counts != (imports.Counts{Created: 5, Unchanged: 2, Failed: 8}) {
		t.Errorf("%+v", forced.Counts)
	}
	for body, mistake := range map[string]string{`{}`: " no_popolo", `[]`: " not_an_object", `{"persons":{}}`: "/persons wrong_type"} {
		c.post(t, "/v1/imports/popolo", body).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", mistake)
	}
	if got := mistakesIn(refusedIn(t, c.post(t, "/v1/imports/popolo", `{"persons":[1]}`)).Rows); !slices.Equal(got, []string{"0 /persons/0 wrong_type"}) {
		t.Errorf("%v", got)
	}
	c.post(t, "/v1/imports/popolo?source=A%20b&on_error=never", `{"persons":[]}`).wantProblem(t, http.StatusBadRequest, "bad_parameters")
	c.post(t, "/v1/imports/popolo", `{"persons":[{"id":"\u0000"}]}`).wantProblem(t, http.StatusBadRequest, "malformed_json")
	r.as(t, actor.Read).post(t, "/v1/imports/popolo", `{"persons":[]}`).want(t, http.StatusForbidden)
}

func TestAnImportOfPopoloIsRevertedAsAnyOther(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t, actor.Write)
	doc := c.get(t, "/v1/exports/popolo.json").want(t, http.StatusOK).Body.String()
	first := c.importPopolo(t, "?source=there", `{"organizations":[{"id":"o","name":"New Institute"}],
		"persons":[{"id":"people/1","name":"Somebody Else"},{"id":"n","name":"Nobody Before","memberships":[{"organization_id":"o","role":"Director"}]}],
		"events":[{"id":"e","name":"Evening","start_date":"2024-02-01","attendees":[{"id":"n"}]}]}`, http.StatusCreated)
	if first.Created != 5 || first.Failed != 0 {
		t.Fatalf("%+v", first.Counts)
	}
	target := fmt.Sprintf("/v1/imports/%d", first.ID)
	if kept := importIn(t, c.get(t, target).want(t, http.StatusOK)); len(kept.Rows) != 5 || kept.Rows[0].Object.Key != "o" {
		t.Errorf("%+v", kept)
	}
	if back := importIn(t, c.post(t, target+"/revert", "").want(t, http.StatusOK)); !back.Reverted {
		t.Errorf("%+v", back)
	}
	if after := c.get(t, "/v1/exports/popolo.json").want(t, http.StatusOK).Body.String(); after != doc {
		t.Error("the export is not what it was before")
	}
	again := importIn(t, c.post(t, "/v1/imports/popolo?source=there", `{"persons":[{"id":"n","name":"Nobody Before"}]}`).want(t, http.StatusCreated))
	c.patch(t, fmt.Sprintf("/v1/people/%d", *again.Rows[0].ID), `{"notes":"Came"}`).want(t, http.StatusOK)
	c.post(t, fmt.Sprintf("/v1/imports/%d/revert", again.ID), "").wantProblem(t, http.StatusConflict, "changed_since")
}
