package bundle

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
)

// organized is an event of the organizations of the names.
func organized(names ...string) Input {
	return event(func(in *Input) {
		for _, name := range names {
			in.Organizers = append(in.Organizers, Organizer{Organization: Organization{Name: name}})
		}
	})
}

// answeredBy is an event of one organization, with the id beside its name.
func answeredBy(name string, id int64) Input {
	in := organized(name)
	in.Organizers[0].Organization.ID = &id
	return in
}

func TestRememberedAnswersCauseNoNewQuestions(t *testing.T) {
	db := dbtest.New(t)
	institute := madeBy(must(t, db, organized("Institute for Steppe Studies under the President of Kazakhstan")), "organizations")[0]
	known := madeBy(must(t, db, organized("KISS")), "organizations")[0]
	isMatch := func(name string, want int64) {
		t.Helper()
		r, err := createWith(t, db, organized(name), true)
		switch {
		case err != nil:
			t.Errorf("%s: asked, %v", name, candidatesOf(t, err))
		case len(r.Matched) != 1 || r.Matched[0].ID != want:
			t.Errorf("%s: %+v, want %d", name, r.Matched, want)
		}
	}
	const full, short = "Kazakhstan Institute for Steppe Studies under the President of the Republic of Kazakhstan", "Kazakhstan Institute for Steppe Studies (KISS)"
	isMatch(full, institute)
	if _, err := createWith(t, db, organized(short), true); err == nil {
		t.Fatalf("%s fits two records, but was not asked about", short)
	}
	if _, err := createWith(t, db, answeredBy(short, known), true); err != nil {
		t.Fatal(err)
	}
	isMatch(short, known)    // the answer
	isMatch(full, institute) // the learned name is like it
	if _, err := createWith(t, db, answeredBy("Kazakhstan Institute for Steppe Studies", institute), true); err != nil {
		t.Fatal(err)
	}
	isMatch("KISS", known) // the learned name has the initials
	if _, err := createWith(t, db, answeredBy(short, institute), true); err != nil {
		t.Fatal(err)
	}
	if _, err := createWith(t, db, organized(short), true); err == nil {
		t.Error("a name that was learned for two records was taken for one of them")
	}
}

func TestANameWithoutItsParentIsTheOneInTheDocument(t *testing.T) {
	db := dbtest.New(t)
	id := madeBy(must(t, db, organized("Senate of the Parliament of the Republic of Kazakhstan")), "organizations")[0]
	in := organized("Senate of the Kazakh Parliament")
	in.Attendees = working("Talgat Kaliyev", "Senate").Attendees
	r := must(t, db, in)
	for _, m := range r.Matched {
		if m.Type == "organizations" && m.ID != id {
			t.Errorf("%s is %d, want %d", m.Pointer, m.ID, id)
		}
	}
	if n := count(t, db, "organizations"); n != 1 {
		t.Errorf("%d organizations", n)
	}
	if _, err := create(t, db, organized("Senate")); err == nil {
		t.Error("a document with the shorter name alone was not asked about it")
	}
}

func TestAnAbbreviationInBracketsHoldsInItsDocument(t *testing.T) {
	db := dbtest.New(t)
	must(t, db, organized("ISMS"))
	in := organized("Institute for Steppe and Mountain Studies under the President")
	in.Organizers[0].Organization.New = true
	institute := madeBy(must(t, db, in), "organizations")[0]
	in = organized("ISMS")
	in.Attendees = working("Talgat Kaliyev", "Institute for Steppe and Mountain Studies under the President (ISMS)").Attendees
	in.Attendees[0].Affiliations[0].Organization.ID = &institute
	r := must(t, db, in)
	for _, m := range r.Matched {
		if m.Type == "organizations" && m.ID != institute {
			t.Errorf("%s is %d, want %d", m.Pointer, m.ID, institute)
		}
	}
	if _, err := create(t, db, organized("Institute for Steppe and Mountain Studies (ISMS)", "ISMS")); err == nil {
		t.Error("a name that fits two records was not asked about")
	}
}
