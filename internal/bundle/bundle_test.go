package bundle

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func create(t *testing.T, db *pgxpool.Pool, in Input) (r Report, err error) {
	t.Helper()
	return createWith(t, db, in, false)
}

func createWith(t *testing.T, db *pgxpool.Pool, in Input, learn bool, form ...apperr.Field) (r Report, err error) {
	t.Helper()
	ctx := actor.With(context.Background(), actor.System("test"))
	finders := findersOf(t, db)
	err = changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) (err error) {
		w := NewWriter(tx, finders)
		w.Learn = learn
		r, err = w.Create(ctx, in, form...)
		return err
	})
	return r, err
}

func must(t *testing.T, db *pgxpool.Pool, in Input) Report {
	t.Helper()
	r, err := create(t, db, in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mistakes gives the code of an error and what it finds, as "pointer code".
func mistakes(t *testing.T, err error) (code string, found []string) {
	t.Helper()
	e := problem(t, err)
	for _, f := range e.Fields {
		found = append(found, f.Pointer+" "+f.Code)
	}
	return e.Code, found
}

func problem(t *testing.T, err error) *apperr.Error {
	t.Helper()
	var e *apperr.Error
	if !errors.As(err, &e) {
		t.Fatalf("want an error for the client, got %v", err)
	}
	return e
}

var events atomic.Int64 // numbers the events of the tests

// event is a document of an event like no other one.
func event(set func(*Input)) Input {
	in := Input{Lang: "en", RoundTable: RoundTable{Title: text.Map{"en": fmt.Sprint("Event ", events.Add(1))}, DatePrecision: "unknown"}}
	set(&in)
	return in
}

func count(t *testing.T, db *pgxpool.Pool, table string) (n int) {
	t.Helper()
	if err := db.QueryRow(context.Background(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTheSameNameInADocumentIsTheSameRecordHoweverItIsWritten(t *testing.T) {
	db := dbtest.New(t)
	r := must(t, db, event(func(in *Input) {
		in.Organizers = []Organizer{{Organization: Organization{Name: "Foundation “Strategy”"}}}
		in.Attendees = []Attendee{{Person: &Person{Name: "Aigul  SADVOKASOVA"}, Affiliations: []Affiliation{{Organization: &Organization{Name: `foundation "strategy"`}}, {Organization: &Organization{Name: "CSPR"}}}}}
		in.Statements = []Statement{{Speaker: new("aigul sadvokasova"), Texts: []Text{{Text: "Yes."}}, Mentions: &Mentions{People: []Person{{Name: "Aigul Sadvokasova"}}}}}
		in.Organizations = []Organization{{Name: "Foundation Strategy", ShortName: text.Map{"en": "CSPR"}, Kind: "foundation"}}
	}))
	if r.Counts["people"] != 1 || r.Counts["organizations"] != 1 {
		t.Errorf("counts %v", r.Counts)
	}
	var kind, listed string
	err := db.QueryRow(context.Background(), "SELECT o.kind, f.organization_as_listed FROM organizations o JOIN attendee_affiliations f ON f.organization_id = o.id AND f.position = 2").Scan(&kind, &listed)
	if err != nil || kind != "foundation" || listed != "CSPR" {
		t.Errorf("kind %q, listed as %q, %v", kind, listed, err)
	}
}

func TestWhatIsSaidOfARecordInSeveralPlacesIsPutTogetherAndTheFirstHolds(t *testing.T) {
	d := newRecords(people, "en", nil)
	d.add("/people/0", Person{Name: "Talgat Kaliyev", Honorific: text.Map{"en": "Mr."}})
	e := d.add("/attendees/0/person", Person{Name: "talgat kaliyev", Honorific: text.Map{"en": "Dr."}, Bio: text.Map{"en": "Political analyst."}})
	want := Person{Name: "Talgat Kaliyev", Honorific: text.Map{"en": "Mr."}, Bio: text.Map{"en": "Political analyst."}}
	if len(d.entries) != 1 || e.at != "/people/0" || !reflect.DeepEqual(e.details, want) {
		t.Errorf("%d entries, %+v", len(d.entries), e)
	}
}

func TestTwoIdsAreTwoRecordsEvenUnderOneName(t *testing.T) {
	db := dbtest.New(t)
	first := must(t, db, event(func(in *Input) { in.People = []Person{{Name: "Marat Bashimov"}} }))
	var ids []int64
	for _, c := range first.Created {
		if c.Type == "people" {
			ids = append(ids, *c.ID)
		}
	}
	// a second one of the same name, whom only the registry tells apart
	if err := changes.Write(actor.With(context.Background(), actor.System("test")), db, changes.Options{}, func(tx pgx.Tx) error {
		id, err := person.Create(context.Background(), tx, personInput("en", Person{Name: "Marat Bashimov"}))
		ids = append(ids, id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	in := event(func(in *Input) {
		in.Attendees = []Attendee{{Key: new("a"), Person: &Person{ID: &ids[0], Name: "Marat Bashimov"}}, {Key: new("b"), Person: &Person{ID: &ids[1], Name: "M. Bashimov"}}}
		in.Statements = []Statement{{Speaker: new("b"), Texts: []Text{{Text: "Yes."}}}}
	})
	r := must(t, db, in)
	if len(r.Matched) != 2 || r.Matched[0].ID != ids[0] || r.Matched[1].ID != ids[1] || r.Counts["people"] != 0 {
		t.Errorf("matched %+v, counts %v", r.Matched, r.Counts)
	}
	_, err := create(t, db, event(func(in *Input) { in.Attendees = []Attendee{{Person: &Person{Name: "Marat Bashimov"}}} }))
	if code, found := mistakes(t, err); code != "ambiguous_names" || !slices.Equal(found, []string{"/attendees/0/person ambiguous_name"}) {
		t.Errorf("%s %v", code, found)
	}
}

func TestAnExternalIdFindsARecordBeforeItsName(t *testing.T) {
	db := dbtest.New(t)
	must(t, db, event(func(in *Input) { in.People = []Person{{Name: "Yerlan Karin", ExternalIDs: []string{"wikidata:Q1"}}} }))
	r := must(t, db, event(func(in *Input) {
		in.People = []Person{{Name: "Еркін Басқа", ExternalIDs: []string{"wikidata:Q1"}}}
	}))
	if r.Counts["people"] != 0 || len(r.Matched) != 1 || r.Matched[0].Name != "Yerlan Karin" {
		t.Errorf("%+v", r)
	}
}

func TestAnotherSpellingThatIsGivenFindsAPersonWhomTheNameDoesNot(t *testing.T) {
	db := dbtest.New(t)
	must(t, db, event(func(in *Input) { in.People = []Person{{Name: "Tokayev", Names: text.Map{"ru": "Токаев"}}} }))
	r := must(t, db, event(func(in *Input) {
		in.People = []Person{{Name: "Toqaev", OtherNames: []text.OtherName{{Text: "Токаев", Kind: "transliteration"}}}}
	}))
	if r.Counts["people"] != 0 || len(r.Matched) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestANameInAnotherLanguageThanTheDocumentsIsKeptThere(t *testing.T) {
	for _, c := range []struct {
		name   string
		byLang text.Map
		want   text.Map
	}{
		{"Azat Peruashev", nil, text.Map{"en": "Azat Peruashev"}},
		{"Азат Перуашев", text.Map{"kk": "Азат Перуашев"}, text.Map{"kk": "Азат Перуашев"}},
		{"Azat Peruashev", text.Map{"kk": "Азат Перуашев"}, text.Map{"en": "Azat Peruashev", "kk": "Азат Перуашев"}},
		{"A. Peruashev", text.Map{"en": "Azat Peruashev"}, text.Map{"en": "Azat Peruashev"}},
	} {
		if got := mainName("en", c.name, c.byLang); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s and %v: %v, want %v", c.name, c.byLang, got, c.want)
		}
	}
}

func TestTheNameAsListedIsTheGivenOneThenTheNameInTheDocumentThenNone(t *testing.T) {
	db := dbtest.New(t)
	made := must(t, db, event(func(in *Input) {
		in.People, in.Organizations = []Person{{Name: "Talgat Kaliyev"}}, []Organization{{Name: "Institute"}, {Name: "Fund"}, {Name: "School"}}
	}))
	person, organizations := madeBy(made, "people")[0], madeBy(made, "organizations")
	must(t, db, event(func(in *Input) {
		in.Organizers = []Organizer{
			{Organization: Organization{Name: "Institute"}, NameAsListed: new("The Institute")},
			{Organization: Organization{Name: "Fund"}},
			{Organization: Organization{ID: &organizations[2]}},
		}
		in.Attendees = []Attendee{
			{Person: &Person{ID: &person}, Affiliations: []Affiliation{
				{Organization: &Organization{Name: "Institute"}, OrganizationAsListed: new("Inst.")}, {Organization: &Organization{Name: "Fund"}}, {Organization: &Organization{ID: &organizations[2]}},
			}},
			{Organization: &Organization{ID: &organizations[2]}},
			{Organization: &Organization{Name: "Fund"}},
			{NameAsListed: new("Somebody")},
		}
	}))
	for query, want := range map[string]string{
		"SELECT string_agg(coalesce(name_as_listed, 'none'), ', ' ORDER BY position) FROM organizers":                    "The Institute, Fund, none",
		"SELECT string_agg(coalesce(name_as_listed, 'none'), ', ' ORDER BY position) FROM attendees":                     "none, none, Fund, Somebody",
		"SELECT string_agg(coalesce(organization_as_listed, 'none'), ', ' ORDER BY position) FROM attendee_affiliations": "Inst., Fund, none",
	} {
		var got string
		if err := db.QueryRow(context.Background(), query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", query, got, want, err)
		}
	}
}

func TestADocumentIsMatchedByItsIDElseByItsAddress(t *testing.T) {
	db := dbtest.New(t)
	document := func(d Document) Input {
		d.Relation = new("source")
		return event(func(in *Input) { in.Documents = []Document{d} })
	}
	const address = "https://example.org/press/5298"
	must(t, db, document(Document{Title: text.Map{"en": "Press release"}, URL: new(address)}))
	var id int64
	if err := db.QueryRow(context.Background(), "SELECT id FROM documents").Scan(&id); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]Document{
		"id": {ID: &id}, "address": {Title: text.Map{"en": "Another title"}, URL: new(address)}, "id before address": {ID: &id, URL: new("https://example.org/else")},
	} {
		r := must(t, db, document(d))
		if len(r.Matched) != 1 || r.Matched[0].ID != id || r.Matched[0].Name != "Press release" {
			t.Errorf("%s: %+v", name, r.Matched)
		}
	}
	if documents, links := count(t, db, "documents"), count(t, db, "document_links"); documents != 1 || links != 4 {
		t.Errorf("%d documents, %d links", documents, links)
	}
	_, err := create(t, db, document(Document{ID: new(id + 1)}))
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/documents/0/id unknown_reference"}) {
		t.Errorf("%s %v", code, found)
	}
}

func TestAnEventReusesExistingPlacesAndTopics(t *testing.T) {
	db := dbtest.New(t)
	for range 2 { // the second time both exist
		must(t, db, event(func(in *Input) {
			in.RoundTable.Place, in.RoundTable.Topics = new("Almaty"), []string{"Language", "Law"}
		}))
	}
	var kept string
	err := db.QueryRow(context.Background(), `SELECT string_agg(concat_ws(' ', p.name ->> 'en', (SELECT string_agg(t.label ->> 'en', ', ' ORDER BY rt.position)
		FROM round_table_topics rt JOIN topics t ON t.id = rt.topic_id WHERE rt.round_table_id = r.id)), '; ') FROM round_tables r LEFT JOIN places p ON p.id = r.place_id`).Scan(&kept)
	if err != nil || kept != "Almaty Language, Law; Almaty Language, Law" || count(t, db, "places") != 1 || count(t, db, "topics") != 2 {
		t.Errorf("%s, %v", kept, err)
	}
}

func TestParentsAreMadeFirstWhereverTheyStandInTheDocument(t *testing.T) {
	db := dbtest.New(t)
	r := must(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "Speechwriting Group", Parent: new("Presidential Administration")}, {Name: "Department", Parent: new("Ministry")}, {Name: "Ministry", Parent: new("Government")}}
	}))
	if r.Counts["organizations"] != 5 {
		t.Errorf("counts %v", r.Counts)
	}
	var path string
	err := db.QueryRow(context.Background(), `SELECT concat_ws(' in ', a.name ->> 'en', b.name ->> 'en', c.name ->> 'en')
		FROM organizations a JOIN organizations b ON b.id = a.parent_id JOIN organizations c ON c.id = b.parent_id`).Scan(&path)
	if err != nil || path != "Department in Ministry in Government" {
		t.Errorf("%q, %v", path, err)
	}
}

func TestARingOfParentsIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	db := dbtest.New(t)
	_, err := create(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "A", Parent: new("B")}, {Name: "B", Parent: new("C")}, {Name: "C", Parent: new("A")}, {Name: "D", Parent: new("C")}}
	}))
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/organizations/0/parent cycle"}) {
		t.Errorf("%s %v", code, found)
	}
}

func TestAFailureAfterManyWritesLeavesNothing(t *testing.T) {
	db := dbtest.New(t)
	before := count(t, db, "changes")
	in := event(func(in *Input) {
		in.RoundTable.ParentID = new(int64(4711)) // only the database finds out
		in.Organizers = []Organizer{{Organization: Organization{Name: "An institute"}}}
		in.Attendees = []Attendee{{Person: &Person{Name: "Talgat Kaliyev"}}}
	})
	_, err := create(t, db, in)
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/round_table/parent_id unknown_reference"}) {
		t.Errorf("%s %v", code, found)
	}
	if count(t, db, "people")+count(t, db, "organizations")+count(t, db, "changes")-before != 0 {
		t.Error("something was written")
	}
}

func TestMistakesOfResourcesStandAtTheirPlaceInTheDocument(t *testing.T) {
	for _, c := range [][3]string{
		{"/attendees/2", "/person_id", "/attendees/2/person"},
		{"/attendees/2", "/affiliations/1/organization_id", "/attendees/2/affiliations/1/organization"},
		{"/statements/0", "/mentions/person_ids/3", "/statements/0/mentions/people/3"},
		{"/statements/0", "/mentions/place_ids/3", "/statements/0/mentions/places/3"},
		{"/statements/0", "/attendee_id", "/statements/0/speaker"},
		{"/statements/0", "/texts/0/lang", "/statements/0/texts/0/lang"},
		{"/round_table", "/topic_ids/2", "/round_table/topics/2"},
		{"/round_table", "/external_ids/0", "/round_table/external_ids/0"},
		{"/round_table", "/parent_id", "/round_table/parent_id"},
		{"/organizations/1", "/parent_id", "/organizations/1/parent"},
		{"/organizations/1", "", "/organizations/1"},
	} {
		if got := within(c[0], c[1]); got != c[2] {
			t.Errorf("%s of %s stands at %s, want %s", c[1], c[0], got, c[2])
		}
	}
}

func TestPointersAreInTheOrderOfTheDocument(t *testing.T) {
	list := []string{"/people/10", "/people/9/name", "/attendees/0", "/people/9"}
	slices.SortFunc(list, comparePointers)
	if want := []string{"/attendees/0", "/people/9", "/people/9/name", "/people/10"}; !slices.Equal(list, want) {
		t.Errorf("%v, want %v", list, want)
	}
}
