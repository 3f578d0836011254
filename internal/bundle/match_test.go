package bundle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// attended is an event that people of the names attended.
func attended(called ...string) Input {
	return event(func(in *Input) {
		for _, name := range called {
			in.Attendees = append(in.Attendees, Attendee{Person: &Person{Name: name}})
		}
	})
}

// working is an event that a person with a position attended.
func working(name, organization string) Input {
	in := attended(name)
	in.Attendees[0].Affiliations = []Affiliation{{Organization: &Organization{Name: organization}}}
	return in
}

// candidatesOf gives the ids that an error offers for its first mistake.
func candidatesOf(t *testing.T, err error) (ids []int64) {
	t.Helper()
	for _, c := range problem(t, err).Fields[0].Candidates {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestAPersonIsFoundInAnySpellingAndScript(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, event(func(in *Input) {
		in.People = []Person{{Name: "Тоқаев Қасым-Жомарт", Names: text.Map{"kk": "Тоқаев Қасым-Жомарт"}}}
	})), "people")[0]
	for _, name := range []string{
		"Kassym-Jomart Tokayev", "Токаев Касым-Жомарт Кемелевич", "Toqaev Qasym-Jomart", "K\u0430ssym-Jomart T\u043ek\u0430yev", // with Cyrillic letters
	} {
		r := must(t, db, attended(name))
		if len(r.Matched) != 1 || r.Matched[0].ID != id || r.Counts["people"] != 0 {
			t.Errorf("%s: %+v", name, r)
			continue
		}
		if why := r.Matched[0].Reasons; len(why) != 1 || why[0].Feature != "name" || why[0].Query != name || why[0].Record != "Тоқаев Қасым-Жомарт" || why[0].Score < .98 {
			t.Errorf("%s was matched because of %+v", name, why)
		}
	}
	if n := count(t, db, "people"); n != 1 {
		t.Errorf("%d people", n)
	}
}

func TestANameThatSoundsLikeThoseOfTwoPeopleIsRefusedWithBoth(t *testing.T) {
	db := dbtest.New(t)
	ids := madeBy(must(t, db, event(func(in *Input) {
		in.People = []Person{{Name: "Нурлан Ахметов", New: true}, {Name: "Ахметов Нұрлан", New: true}}
	})), "people")
	_, err := create(t, db, attended("Nurlan Akhmetov"))
	if code, found := mistakes(t, err); code != "ambiguous_names" || !slices.Equal(found, []string{"/attendees/0/person ambiguous_name"}) {
		t.Errorf("%s %v", code, found)
	}
	if got := candidatesOf(t, err); !slices.Equal(got, ids) {
		t.Errorf("candidates %v, want %v", got, ids)
	}
	in := attended("Nurlan Akhmetov")
	in.Attendees[0].Person.ID = &ids[1]
	if r := must(t, db, in); len(r.Matched) != 1 || r.Matched[0].ID != ids[1] {
		t.Errorf("with the id: %+v", r)
	}
}

func TestANameThatIsOnlyLikeOneIsForPeopleToDecide(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, attended("Марат Башимов")), "people")[0]
	for _, name := range []string{"Мурат Башимов", "Марат Башимова"} {
		_, err := create(t, db, attended(name))
		if got := candidatesOf(t, err); !slices.Equal(got, []int64{id}) {
			t.Errorf("%s: candidates %v", name, got)
		}
	}
	in := attended("Мурат Башимов")
	in.Attendees[0].Person.New = true
	if r := must(t, db, in); r.Counts["people"] != 1 {
		t.Errorf("with new: %+v", r)
	}
	if r := must(t, db, attended("Марат Сапаров")); r.Counts["people"] != 1 {
		t.Errorf("a name that is like none: %+v", r)
	}
}

func TestAShortFormIsAskedAboutUnlessTheOrganizationAgrees(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, working("Talgat Kaliyev", "Institute of Ethnopolitics")), "people")[0]
	for _, name := range []string{"Т. Калиев", "Kaliyev", "Mr. Kaliyev", "KALIYEV T.", "г-н Калиев"} {
		_, err := create(t, db, working(name, "Music School"))
		if got := candidatesOf(t, err); !slices.Equal(got, []int64{id}) {
			t.Errorf("%s elsewhere: candidates %v", name, got)
		}
		_, err = create(t, db, attended(name))
		if got := candidatesOf(t, err); !slices.Equal(got, []int64{id}) {
			t.Errorf("%s without an organization: candidates %v", name, got)
		}
		r := must(t, db, working(name, "Institute of Ethnopolitics"))
		if m := r.Matched[len(r.Matched)-1]; m.ID != id || len(m.Reasons) != 2 || m.Reasons[1].Feature != "organization" {
			t.Errorf("%s in the organization: %+v", name, r.Matched)
		}
	}
	must(t, db, working("Timur Kaliyev", "Institute of Ethnopolitics"))
	for _, name := range []string{"T. Kaliyev", "Kaliyev"} {
		if _, err := create(t, db, working(name, "Institute of Ethnopolitics")); len(candidatesOf(t, err)) != 2 {
			t.Errorf("%s, which two colleagues fit: %v", name, err)
		}
	}
	if _, err := create(t, db, attended("Kaliyeva")); err != nil {
		t.Errorf("a feminine form: %v", err)
	}
}

func TestALaterShortFormInADocumentIsTheAttendee(t *testing.T) {
	db := dbtest.New(t)
	in := attended("Yerkin Tukumov", "Aigul Sadvokasova")
	in.Statements = []Statement{
		{Speaker: new("Mr. Tukumov"), Texts: []Text{{Text: "Yes."}}, QuotedPerson: &Person{Name: "A. Sadvokasova"}},
		{Speaker: new("Sadvokasova A."), Texts: []Text{{Text: "No."}}, Mentions: &Mentions{People: []Person{{Name: "Tukumov"}}}},
		{Speaker: new("Тұқымов"), Texts: []Text{{Text: "Well."}}},
	}
	r := must(t, db, in)
	if r.Counts["people"] != 2 || len(r.United) != 2 {
		t.Fatalf("%+v", r)
	}
	if n := count(t, db, "person_names"); n != 2 {
		t.Errorf("%d spellings: a short form became a name", n)
	}
	in = attended("Talgat Kaliyev", "Timur Kaliyev")
	in.Statements = []Statement{{Speaker: new("Kaliyev"), Texts: []Text{{Text: "Yes."}}, QuotedPerson: &Person{Name: "T. Kaliyev"}}}
	_, err := create(t, db, in)
	if _, found := mistakes(t, err); !slices.Equal(found, []string{"/statements/0/quoted_person several_of_the_name", "/statements/0/speaker ambiguous_speaker"}) {
		t.Errorf("%v", found)
	}
}

func TestPeopleWithContradictingIdentifiersAreNeverUnited(t *testing.T) {
	db := dbtest.New(t)
	person := func(name string, ids ...string) Attendee {
		return Attendee{Person: &Person{Name: name, ExternalIDs: ids}}
	}
	document := func(list ...Attendee) Input { return event(func(in *Input) { in.Attendees = list }) }
	first := madeBy(must(t, db, document(person("Nurlan Akhmetov", "wikidata:Q900100"))), "people")[0]
	if r := must(t, db, document(person("Nurlan Akhmetov", "wikidata:Q900102"))); r.Counts["people"] != 1 {
		t.Errorf("another identifier: %+v", r)
	}
	if r := must(t, db, document(person("Нурлан Ахметов", "https://www.wikidata.org/wiki/Q900104"))); r.Counts["people"] != 1 {
		t.Errorf("another identifier and spelling: %+v", r)
	}
	if r := must(t, db, document(person("N. Akhmetov", "wikidata:Q900100", "orcid:0000-0002-1825-0097"))); len(r.Matched) != 1 || r.Matched[0].ID != first {
		t.Errorf("a common identifier: %+v", r)
	}
	in := document(person("Asan Ibrayev", "wikidata:Q900201"), person("Asan Ibrayev", "wikidata:Q900202"))
	in.Statements = []Statement{{Speaker: new("Asan Ibrayev"), Texts: []Text{{Text: "Yes."}}, QuotedPerson: &Person{Name: "Asan Ibrayev"}}}
	_, err := create(t, db, in)
	if _, found := mistakes(t, err); !slices.Equal(found, []string{"/statements/0/quoted_person several_of_the_name", "/statements/0/speaker ambiguous_speaker"}) {
		t.Errorf("a plain mention of two people: %v", found)
	}
	in.Statements = nil
	if r := must(t, db, in); r.Counts["people"] != 2 {
		t.Errorf("two people of one name: %+v", r)
	}
	in = document(person("Oral Seitov", "wikidata:Q900301"), person("Oral Seitov", "wikidata:Q900302"))
	in.Attendees[0].Person.New, in.Attendees[1].Person.New = true, true
	if r := must(t, db, in); r.Counts["people"] != 2 {
		t.Errorf("two new people of one name: %+v", r)
	}
	must(t, db, document(person("Dana Omarova")))
	if _, err := create(t, db, document(person("Dana Omarova", "wikidata:Q900401"), person("Dana Omarova", "wikidata:Q900402"))); len(candidatesOf(t, err)) != 1 {
		t.Errorf("two people, one record: %v", err)
	}
	_, err = create(t, db, document(person("Nurlan Akhmetov", "wikidata:Q900100", "wikidata:Q900102")))
	if err == nil {
		t.Error("the identifiers of two people were accepted for one")
	}
}

func TestAPlaceholderIsNoPerson(t *testing.T) {
	db := dbtest.New(t)
	for name, code := range map[string]string{"TBD": "not_a_name", "N.N.": "not_a_name", "не определён": "not_a_name", "Anita X / Boris Y": "several_names"} {
		_, err := create(t, db, attended(name))
		if _, found := mistakes(t, err); !slices.Equal(found, []string{"/attendees/0/person/name " + code}) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestWhoWorksThereIsNotPassedOverForABetterSpelling(t *testing.T) {
	db := dbtest.New(t)
	here := madeBy(must(t, db, working("Калиева Талгат", "Institute of Ethnopolitics")), "people")[0]
	in := working("Талгат Калиев", "Music School")
	in.Attendees[0].Person.New = true
	there := madeBy(must(t, db, in), "people")[0]
	_, err := create(t, db, working("Talgat Kaliyev", "Institute of Ethnopolitics"))
	if got := candidatesOf(t, err); !slices.Equal(got, []int64{there, here}) {
		t.Errorf("candidates %v, want %v", got, []int64{there, here})
	}
}

func TestTwoSpellingsInADocumentAreOnePersonWhoKeepsBoth(t *testing.T) {
	db := dbtest.New(t)
	r := must(t, db, event(func(in *Input) {
		in.People = []Person{{Name: "Irina Chernykh", OtherNames: []text.OtherName{{Text: "I. Chernykh", Kind: "abbreviated"}}}}
		in.Attendees = []Attendee{{Person: &Person{Name: "Ирина Черных", Honorific: text.Map{"en": "Dr."}}}}
		in.Statements = []Statement{{Speaker: new("Chernyh Irina"), Texts: []Text{{Text: "Yes."}}}, {Speaker: new("Ирина Черных"), Texts: []Text{{Text: "No."}}}}
	}))
	want := United{Pointer: "/attendees/0/person", Type: "people", With: "/people/0", Name: "Irina Chernykh", Score: 1}
	if len(r.United) != 1 || r.Counts["people"] != 1 || len(r.United[0].Reasons) != 1 {
		t.Fatalf("%+v", r)
	}
	got := r.United[0]
	got.Reasons = nil
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("united %+v, want %+v", got, want)
	}
	var kept string
	err := db.QueryRow(context.Background(), `SELECT concat_ws(' | ', p.name ->> 'en', p.honorific ->> 'en', (SELECT string_agg(o ->> 'text', ', ') FROM jsonb_array_elements(to_jsonb(p.other_names)) o),
		(SELECT count(*) FROM statements s JOIN attendees a ON a.id = s.attendee_id AND a.person_id = p.id)) FROM people p`).Scan(&kept)
	if err != nil || kept != "Irina Chernykh | Dr. | I. Chernykh, Ирина Черных | 2" {
		t.Errorf("%s, %v", kept, err)
	}
	_, err = create(t, db, attended("Асель Тулеубаева", "Assel Tuleubayeva"))
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/attendees/1/person listed_twice"}) {
		t.Errorf("who attends twice: %s %v", code, found)
	}
}

func TestTwoNamesInADocumentThatAreOnlyLikeEachOtherAreNeverDecidedSilently(t *testing.T) {
	db := dbtest.New(t)
	in := attended("Марат Башимов", "Мурат Башимов")
	_, err := create(t, db, in)
	if code, found := mistakes(t, err); code != "ambiguous_names" || !slices.Equal(found, []string{"/attendees/1/person like_another"}) {
		t.Errorf("%s %v", code, found)
	}
	in.Attendees[0].Person.New, in.Attendees[1].Person.New = true, true
	if r := must(t, db, in); r.Counts["people"] != 2 {
		t.Errorf("%+v", r)
	}
}

func TestNewIsANamesakeOfWhomTheRegistryKnows(t *testing.T) {
	db := dbtest.New(t)
	known := madeBy(must(t, db, attended("Нурлан Ахметов")), "people")[0]
	in := attended("Нурлан Ахметов")
	in.People = []Person{{Name: "нурлан ахметов", New: true}} // said once
	if r := must(t, db, in); r.Counts["people"] != 1 || len(r.Matched) != 0 {
		t.Errorf("%+v", r)
	}
	in = attended("Yerlan Karin")
	in.Attendees[0].Person.ID, in.Attendees[0].Person.New = &known, true
	_, err := create(t, db, in)
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/attendees/0/person/new new_with_id"}) {
		t.Errorf("%s %v", code, found)
	}
}

func TestANewPersonIsNotConfusedWithANamesakeByAnotherSpellingBeforeIt(t *testing.T) {
	db := dbtest.New(t)
	known := madeBy(must(t, db, attended("Нурлан Ахметов")), "people")[0]
	_, err := create(t, db, event(func(in *Input) {
		in.Attendees = []Attendee{{Person: &Person{Name: "Nurlan Akhmetov"}}}
		in.Documents = []Document{{Title: text.Map{"en": "A book"}, Authors: []Person{{Name: "Ахметов Нурлан", New: true}}}}
	}))
	if code, found := mistakes(t, err); code != "ambiguous_names" || !slices.Equal(found, []string{"/attendees/0/person like_another", "/attendees/0/person ambiguous_name"}) {
		t.Errorf("%s %v", code, found)
	}
	if c := problem(t, err).Fields[1].Candidates; len(c) != 1 || c[0].ID != known {
		t.Errorf("candidates %+v", c)
	}
}

func TestOrganizationsAreFoundInOtherSpellingsAndBecomeOneWithTheirParents(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "Назарбаев Университет"}}
	})), "organizations")[0]
	r := must(t, db, event(func(in *Input) {
		in.Organizers = []Organizer{{Organization: Organization{Name: "Nazarbayev University"}}}
	}))
	if len(r.Matched) != 1 || r.Matched[0].ID != id {
		t.Errorf("%+v", r)
	}
	r = must(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "Institut Ekonomiki", Parent: new("Akademiya Nauk")}, {Name: "Институт экономики"}, {Name: "Академия наук"}}
	}))
	if r.Counts["organizations"] != 2 || len(r.United) != 2 {
		t.Errorf("%+v", r)
	}
	_, err := create(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "Sapar Group", Parent: new("Сапар Груп")}}
	}))
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/organizations/0/parent cycle"}) {
		t.Errorf("a part of itself: %s %v", code, found)
	}
	if _, err := create(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "Ministry of Foreign Affairs of the Republic of Kazakhstan"}, {Name: "Ministry of Foreign Affairs of the Republic of Uzbekistan"}}
	})); err != nil {
		t.Errorf("two ministries: %v", err)
	}
}

func TestWhatTheTransactionMadeIsFoundBeforeItIsCommitted(t *testing.T) {
	db := dbtest.New(t)
	finders := findersOf(t, db)
	ctx := actor.With(context.Background(), actor.System("test"))
	var second Report
	if err := changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		w := NewWriter(tx, finders)
		if _, err := w.Create(ctx, attended("Kassym-Jomart Tokayev")); err != nil {
			return err
		}
		var err error
		second, err = w.Create(ctx, attended("Касым-Жомарт Токаев"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(second.Matched) != 1 || count(t, db, "people") != 1 {
		t.Errorf("%+v", second)
	}
}

func TestARecordThatTheTransactionDeletedIsNotMatched(t *testing.T) {
	db := dbtest.New(t)
	gone := madeBy(must(t, db, event(func(in *Input) { in.People = []Person{{Name: "Kassym-Jomart Tokayev"}} })), "people")[0]
	finders := findersOf(t, db)
	ctx := actor.With(context.Background(), actor.System("test"))
	for _, name := range []string{"Касым-Жомарт Токаев", "Касым-Жомарт Токаева"} { // certainly that person, and only similar
		var r Report
		if err := changes.Write(ctx, db, changes.Options{DryRun: true}, func(tx pgx.Tx) (err error) {
			if err := changes.Delete(ctx, tx, "people", gone); err != nil {
				return err
			}
			r, err = NewWriter(tx, finders).Create(ctx, attended(name))
			return err
		}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if r.Counts["people"] != 1 || len(r.Matched) != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestARecordFoundByTwoNamesCountsByTheBetterOne(t *testing.T) {
	r := newRecords(people, "en", nil)
	known := matchContext{names: map[int64]string{1: "Irina Chernykh"}}
	weak, strong := spelling.Match{ID: 1, Score: .85}, spelling.Match{ID: 1, Score: .97}
	for _, found := range [][]spelling.Match{{weak, strong}, {strong, weak}} {
		if list := r.candidates(&entry[Person]{}, found, known); len(list) != 1 || list[0].Score != strong.Score {
			t.Errorf("%+v", list)
		}
	}
}

func TestBundlesAtOnceWithOneNewPersonMakeOne(t *testing.T) {
	db := dbtest.New(t)
	finders := findersOf(t, db)
	ctx := actor.With(context.Background(), actor.System("test"))
	done := make(chan error)
	spelled := []string{"Kassym-Jomart Tokayev", "Касым-Жомарт Токаев", "Тоқаев Қасым-Жомарт", "Toqaev Qasym-Jomart"}
	for i := range 8 {
		go func() {
			done <- changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
				w := NewWriter(tx, finders)
				if _, err := w.Create(ctx, working(spelled[i%len(spelled)], "Institute "+string(rune('A'+i)))); err != nil {
					return err
				}
				return w.Confirm(ctx)
			})
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := count(t, db, "people"); n != 1 {
		t.Errorf("%d people, want 1", n)
	}
}

func TestABundleOfTwoHundredPeopleTakesBoundedTime(t *testing.T) {
	db := dbtest.New(t)
	given := strings.Fields("Aidos Marat Yerlan Talgat Irina Bulat Daniyar Zhanna Karlygash Nurlan Aigul Serik Dauren Madina Azat Gulnara Timur Saule Askar Leila")
	root := strings.Fields("Sarym Karin Kaliy Tulegen Abish Omar Nurpeis Zhaksyly Berdi Kulmagambet")
	var called []string
	for i := range 200 {
		called = append(called, given[i%20]+" "+root[i/20]+"ov")
	}
	for _, round := range []string{"new", "known"} {
		in := attended()
		for _, name := range called {
			in.Attendees = append(in.Attendees, Attendee{Person: &Person{Name: name, New: round == "new"}})
		}
		began := time.Now()
		r := must(t, db, in)
		t.Logf("%s people: %s", round, time.Since(began))
		if want := map[string]int{"new": 200, "known": 0}[round]; r.Counts["people"] != want {
			t.Errorf("%d people are new, want %d", r.Counts["people"], want)
		}
	}
}

func findersOf(t *testing.T, db *pgxpool.Pool) spelling.Finders {
	t.Helper()
	f, err := spelling.NewFinders(db, person.Spellings, organization.Spellings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// madeBy gives the ids of the new records of a type.
func madeBy(r Report, recordType string) (ids []int64) {
	for _, c := range r.Created {
		if c.Type == recordType {
			ids = append(ids, *c.ID)
		}
	}
	return ids
}

func TestAnAnsweredQuestionIsRememberedUnlessTheDocumentSaysOtherwise(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, attended("Talgat Kaliyev")), "people")[0]
	answered := func(name string) Input {
		in := attended(name)
		in.Attendees[0].Person.ID = &id
		return in
	}
	for _, learn := range []bool{false, true} {
		if _, err := createWith(t, db, answered("T. Kaliyev"), learn); err != nil {
			t.Fatal(err)
		}
		_, err := create(t, db, attended("T. Kaliyev"))
		if learn != (err == nil) {
			t.Errorf("learn %v: %v", learn, err)
		}
	}
	var kind string
	if err := db.QueryRow(context.Background(), "SELECT other_names->0->>'kind' FROM people WHERE id = $1", id).Scan(&kind); err != nil || kind != spelling.AsListed {
		t.Errorf("kind %q, %v", kind, err)
	}
	in := attended("Kaliyev T. B.")
	in.Attendees[0].Person.New = true
	if _, err := createWith(t, db, in, true); err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "distinctions"); n != 1 {
		t.Errorf("%d distinctions", n)
	}
	must(t, db, attended("Kaliyev T. B."))
}
