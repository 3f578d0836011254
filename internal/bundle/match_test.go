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

func TestAnInitialIsEnoughToAskOnlyWherePeopleWorkTogether(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, working("Talgat Kaliyev", "Institute of Ethnopolitics")), "people")[0]
	_, err := create(t, db, working("Т. Калиев", "Institute of Ethnopolitics"))
	if got := candidatesOf(t, err); !slices.Equal(got, []int64{id}) {
		t.Errorf("candidates %v", got)
	}
	r := must(t, db, working("Т. Калиев", "Music School"))
	i := slices.IndexFunc(r.Created, func(c Created) bool { return c.Type == "people" })
	if i < 0 || len(r.Created[i].Candidates) != 1 || r.Created[i].Candidates[0].ID != id || r.Created[i].Candidates[0].Name != "Talgat Kaliyev" {
		t.Errorf("%+v", r.Created)
	}
	r = must(t, db, working("Талгат Калиев", "Institute of Ethnopolitics"))
	if m := r.Matched[len(r.Matched)-1]; m.ID != id && len(m.Reasons) != 2 || m.Reasons[1].Feature != "organization" || m.Reasons[1].Record != "Institute of Ethnopolitics" {
		t.Errorf("%+v", r.Matched)
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
	if code, found := mistakes(t, err); code != "validation_failed" || !slices.Equal(found, []string{"/attendees/1/person duplicate"}) {
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
