package bundle

import (
	"context"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// createDoubtful creates the event of a document with new records for doubtful names.
func createDoubtful(t *testing.T, db *pgxpool.Pool, in Input) (r Report, err error) {
	t.Helper()
	finders := findersOf(t, db)
	err = changes.Write(actor.With(context.Background(), actor.System("test")), db, changes.Options{}, func(tx pgx.Tx) (err error) {
		w := NewWriter(tx, finders)
		w.CreateDoubtful = true
		r, err = w.Create(context.Background(), in)
		return err
	})
	return r, err
}

// doubts returns the questions as "pointer name: candidate (organization; event)".
func doubts(list []Doubtful) (found []string) {
	for _, d := range list {
		names := []string{}
		for _, c := range d.Candidates {
			name := c.Name
			if c.Organization != nil {
				name += " of " + title(c.Organization.Name)
			}
			if c.LastEvent != nil {
				name += " at " + title(c.LastEvent.Name)
			}
			names = append(names, name)
		}
		found = append(found, d.Pointer+" "+d.Name+": "+strings.Join(names, ", "))
	}
	return found
}

// known fills the registry with an organization, a person of it, and one of another organization, who attended events.
func known(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	day, err := date.ParseDay("2021-04-05")
	if err != nil {
		t.Fatal(err)
	}
	must(t, db, event(func(in *Input) {
		in.RoundTable.Title, in.RoundTable.StartsOn, in.RoundTable.DatePrecision = text.Map{"en": "Energy of the steppe"}, &day, "day"
		in.Organizers = []Organizer{{Organization: Organization{Name: "Institute of Applied Hydrology"}}}
		in.Organizations = []Organization{{Name: "State Energy Commission", ShortName: text.Map{"en": "SEC"}}}
		in.Attendees = []Attendee{
			{Person: &Person{Name: "Zhanar Omarova"}, Affiliations: []Affiliation{{Organization: &Organization{Name: "Institute of Applied Hydrology"}}}},
			{Person: &Person{Name: "Talgat Kaliyev"}},
		}
	}))
	must(t, db, event(func(in *Input) {
		in.Organizations = []Organization{{Name: "School of Ethics and Commerce", ShortName: text.Map{"en": "SEC"}, New: true}}
	}))
}

func TestAllQuestionsOfADocumentComeAtOnceWithWhatTellsTheCandidatesApart(t *testing.T) {
	db := dbtest.New(t)
	known(t, db)
	in := event(func(in *Input) {
		in.Organizers = []Organizer{{Organization: Organization{Name: "SEC"}}}
		in.Attendees = []Attendee{
			{Person: &Person{Name: "Z. Omarova"}}, {Person: &Person{Name: "Mr. Kaliyev"}}, {Person: &Person{Name: "Ainur Bekova"}},
		}
		in.Statements = []Statement{{Speaker: new("Zhanar Omarova"), Texts: []Text{{Text: "Yes."}}}, {Speaker: new("Kaliyev"), Texts: []Text{{Text: "No."}}}}
	})
	_, err := create(t, db, in)
	e := problem(t, err)
	for _, f := range e.Fields {
		if f.Code != "ambiguous_name" {
			t.Errorf("%s %s", f.Pointer, f.Code)
		}
	}
	got := doubts(e.Extra["doubtful"].([]Doubtful))
	want := []string{
		"/organizers/0/organization SEC: State Energy Commission, School of Ethics and Commerce",
		"/attendees/0/person Z. Omarova: Zhanar Omarova of Institute of Applied Hydrology at Energy of the steppe",
		"/attendees/1/person Mr. Kaliyev: Talgat Kaliyev at Energy of the steppe",
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("questions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if s := e.Extra["summary"].(Summary); s.Doubtful != len(want) || s.Matched != 0 || s.Created != 8 {
		t.Errorf("summary %+v", s)
	}
	if n := count(t, db, "round_tables"); n != 2 {
		t.Errorf("%d events", n)
	}
}

func TestDoubtfulNamesBecomeNewRecordsIfTheClientWants(t *testing.T) {
	db := dbtest.New(t)
	known(t, db)
	r, err := createDoubtful(t, db, event(func(in *Input) {
		in.Attendees = []Attendee{{Person: &Person{Name: "Z. Omarova"}}, {Person: &Person{Name: "Talgat Kaliyev"}}}
		in.Statements = []Statement{{Speaker: new("Zhanar Omarova"), Texts: []Text{{Text: "Yes."}}}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if got := doubts(r.Doubtful); len(got) != 1 || !strings.HasPrefix(got[0], "/attendees/0/person Z. Omarova: Zhanar Omarova") {
		t.Errorf("questions %v", got)
	}
	if r.Summary != (Summary{Created: len(r.Created), Matched: 1, Doubtful: 1}) || r.Counts["people"] != 1 || len(r.Matched) != 1 {
		t.Errorf("summary %+v, counts %v, matched %v", r.Summary, r.Counts, r.Matched)
	}
	var speaker string
	if err := db.QueryRow(t.Context(), "SELECT a.name_as_listed FROM statements s JOIN attendees a ON a.id = s.attendee_id").Scan(&speaker); err != nil || speaker != "Z. Omarova" {
		t.Errorf("the speaker is %q, %v", speaker, err)
	}
}

func TestAnOrganizationInQuestionIsNoUnknownSpeaker(t *testing.T) {
	db := dbtest.New(t)
	known(t, db)
	in := event(func(in *Input) {
		in.Attendees = []Attendee{{Organization: &Organization{Name: "SEC"}}}
		in.Statements = []Statement{{Speaker: new("State Energy Commission"), Texts: []Text{{Text: "Yes."}}}}
	})
	_, err := create(t, db, in)
	if code, found := mistakes(t, err); code != "ambiguous_names" || !slices.Equal(found, []string{"/attendees/0/organization ambiguous_name"}) {
		t.Errorf("%s %v", code, found)
	}
	in.Attendees[0].Organization.Name = "State Energy Commission"
	if r := must(t, db, in); len(r.Matched) != 1 {
		t.Errorf("matched %v", r.Matched)
	}
}
