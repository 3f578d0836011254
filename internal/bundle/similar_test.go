package bundle

import (
	"context"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// dated is an event with a title, a day, a precision and people.
func dated(t *testing.T, title, day, precision string, people ...string) Input {
	t.Helper()
	return event(func(in *Input) {
		in.RoundTable.Title, in.RoundTable.DatePrecision = text.Map{"en": title}, precision
		if day != "" {
			on, err := date.ParseDay(day)
			if err != nil {
				t.Fatal(err)
			}
			in.RoundTable.StartsOn = &on
		}
		for _, name := range people {
			in.Attendees = append(in.Attendees, Attendee{Person: &Person{Name: name}})
		}
	})
}

func TestTheSameEventIsRejectedAndAnotherOneIsNot(t *testing.T) {
	const water, day = "Round table on water security in Central Asia", "2022-05-17"
	people := []string{"Aigerim Sadykova", "Talgat Kaliyev", "Botagoz Rakisheva", "Marat Bashimov"}
	others := []string{"Yerlan Karin", "Zhanar Omarova", "Sergey Kim", "Olga Pak"}
	postponed := func(in Input) Input {
		in.RoundTable.Status = "postponed"
		return in
	}
	for name, c := range map[string]struct {
		first, second Input
		same          bool
	}{
		"the same document":         {dated(t, water, day, "day", people...), dated(t, water, day, "day", people...), true},
		"a similar title":           {dated(t, water, day, "day"), dated(t, "Water Security of the Central Asia", day, "day"), true},
		"a longer title":            {dated(t, water, day, "day"), dated(t, "Water security in Central Asia: new approaches", day, "day"), true},
		"a misprint":                {dated(t, water, day, "day"), dated(t, "Watter securrity in Central Asia", day, "day"), true},
		"mostly the same people":    {dated(t, water, day, "day", people...), dated(t, "Rivers without borders", day, "day", append(people[:3:3], others[0])...), true},
		"only the month is known":   {dated(t, water, day, "day"), dated(t, water, "2022-05-01", "month"), true},
		"only the year is known":    {dated(t, water, "2022-01-01", "year"), dated(t, water, day, "day"), true},
		"without a date":            {dated(t, water, day, "day", people...), dated(t, water, "", "unknown", people...), true},
		"a postponed event":         {postponed(dated(t, water, day, "day")), dated(t, water, "2022-06-21", "day"), true},
		"a series":                  {dated(t, "Seminar of young scholars", day, "day", people...), dated(t, "Seminar of young scholars", "2022-06-17", "day", people...), false},
		"another topic":             {dated(t, water, day, "day", people...), dated(t, "Round table on youth policy", day, "day", others...), false},
		"another topic, one person": {dated(t, water, day, "day", people...), dated(t, "Round table on youth policy", day, "day", append(others[:3:3], people[0])...), false},
		"another month":             {dated(t, water, day, "day"), dated(t, water, "2022-06-01", "month"), false},
		"another session":           {dated(t, "Economic forum: session 1", day, "day", people...), dated(t, "Economic forum: session 2", day, "day", others...), false},
		"a title without words":     {dated(t, "Round table", day, "day", people...), dated(t, "Round table", day, "day", others...), false},
		"the same without words":    {dated(t, "Round table", day, "day", people...), dated(t, "Round table", day, "day", people...), true},
		"other people, other words": {dated(t, "Role of women in the economy of Kazakhstan", day, "day", people...), dated(t, "Role of youth in the economy of Kazakhstan", day, "day", others...), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := dbtest.New(t)
			first := must(t, db, c.first)
			r, err := create(t, db, c.second)
			if !c.same {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatalf("created %v", r.Counts)
			}
			e := problem(t, err)
			if e.Kind != apperr.Invalid || e.Code != "similar_event" || len(e.Fields) != 1 || e.Fields[0].Pointer != "/round_table" ||
				len(e.Fields[0].Candidates) != 1 || e.Fields[0].Candidates[0].ID != *first.RoundTable.ID {
				t.Errorf("%v %+v", e, e.Fields)
			}
			if s := e.Extra["summary"].(Summary); s.SimilarEvents != 1 {
				t.Errorf("summary %+v", s)
			}
		})
	}
}

func TestAnAllowedDuplicateOfAnEventIsStoredAsDistinct(t *testing.T) {
	db := dbtest.New(t)
	in := dated(t, "Water security in Central Asia", "2022-05-17", "day")
	first := must(t, db, in)
	var r Report
	finders := findersOf(t, db)
	if err := changes.Write(actor.With(context.Background(), actor.System("test")), db, changes.Options{}, func(tx pgx.Tx) (err error) {
		w := NewWriter(tx, finders)
		w.AllowDuplicate = true
		r, err = w.Create(context.Background(), in)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(r.SimilarEvents) != 1 || r.SimilarEvents[0].ID != *first.RoundTable.ID || r.SimilarEvents[0].Score != 1 || r.Summary.SimilarEvents != 1 {
		t.Errorf("similar events %+v, summary %+v", r.SimilarEvents, r.Summary)
	}
	var pair [2]int64
	if err := db.QueryRow(t.Context(), "SELECT first_id, second_id FROM distinctions WHERE type = 'round-tables'").Scan(&pair[0], &pair[1]); err != nil ||
		pair != [2]int64{*first.RoundTable.ID, *r.RoundTable.ID} {
		t.Errorf("distinct %v, %v", pair, err)
	}
}

func TestAPlaceIsFoundUnderTheNamesOfItsCityAndKeptAsListed(t *testing.T) {
	db := dbtest.New(t)
	held := func(name string) Input {
		return event(func(in *Input) { in.RoundTable.Place = &name })
	}
	must(t, db, held("г. Астана"))
	for _, name := range []string{"Астана қ.", "Нурсултан", "Nur-Sultan", "Astana city", "Астана"} {
		if r := must(t, db, held(name)); r.Counts["places"] != 0 || len(r.Matched) != 1 {
			t.Errorf("%s: counts %v, matched %v", name, r.Counts, r.Matched)
		}
	}
	if r := must(t, db, held("Астана облысы")); r.Counts["places"] != 1 {
		t.Errorf("a region is taken for its city: %v", r.Matched)
	}
	var name, listed string
	if err := db.QueryRow(t.Context(), "SELECT p.name ->> 'en', string_agg(r.place_as_listed, '; ' ORDER BY r.id) FROM places p JOIN round_tables r ON r.place_id = p.id GROUP BY p.id ORDER BY p.id LIMIT 1").
		Scan(&name, &listed); err != nil || name != "Астана" || listed != "г. Астана; Астана қ.; Нурсултан; Nur-Sultan; Astana city; Астана" {
		t.Errorf("%q, listed as %q, %v", name, listed, err)
	}
}
