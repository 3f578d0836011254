package roundtable_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5/pgxpool"
)

// world is a few round tables with all that lists filter by.
type world struct {
	db                                        *pgxpool.Pool
	published, draft, undated, month          int64
	institute, ministry, academy, union       int64
	moderator, expert, quoted, restricted     int64
	topic, place, series, hiddenSeries, press int64
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := dbtest.New(t)
	insert := func(sql string, args ...any) int64 { return fixture.Insert(t, db, sql, args...) }
	organization := func(name string) int64 {
		return insert("INSERT INTO organizations (name) VALUES (jsonb_build_object('en', $1::text)) RETURNING id", name)
	}
	person := func(name, visibility string) int64 {
		return insert("INSERT INTO people (name, visibility) VALUES (jsonb_build_object('en', $1::text), $2) RETURNING id", name, visibility)
	}
	w := world{
		db: db, institute: organization("Institute"), ministry: organization("Ministry"), academy: organization("Academy"), union: organization("Union"),
		moderator: person("Talgat Kaliyev", "public"), expert: person("Irina Chernykh", "public"), quoted: person("Someone quoted", "public"),
		restricted: person("Hidden Name", "restricted"),
		topic:      fixture.Topic(t, db),
		place:      insert(`INSERT INTO places (name, country) VALUES ('{"en": "Astana"}', 'KZ') RETURNING id`),
		press:      fixture.Document(t, db),
		series:     fixture.RoundTable(t, db, func(in *roundtable.Input) { in.StartsOn = fixture.Day(2019, time.January, 10) }),
	}
	w.hiddenSeries = fixture.RoundTable(t, db, fixture.Draft, func(in *roundtable.Input) { in.StartsOn = fixture.Day(2019, time.January, 11) })
	rich := func(in *roundtable.Input) {
		in.Title, in.Format, in.Mode = text.Map{"ru": "Этническая политика", "kk": "Этносаясат"}, "webinar", "online"
		in.PlaceID, in.Languages, in.TopicIDs, in.ParentID = &w.place, []string{"ru", "kk"}, []int64{w.topic}, &w.hiddenSeries
		in.DocumentLinks = []roundtable.DocumentLink{{DocumentID: w.press, Relation: "source"}, {DocumentID: w.press, Relation: "outcome"}}
		in.Notes = ptr("internal")
	}
	w.published = fixture.RoundTable(t, db, rich, func(in *roundtable.Input) { in.ExternalIDs = []string{"kisi:1"} })
	w.draft = fixture.RoundTable(t, db, rich, fixture.Draft, func(in *roundtable.Input) { in.ExternalIDs = []string{"kisi:2"} })
	w.undated = fixture.RoundTable(t, db, func(in *roundtable.Input) { in.StartsOn, in.ParentID = nil, &w.series })
	w.month = fixture.RoundTable(t, db, func(in *roundtable.Input) {
		in.StartsOn, in.DatePrecision, in.Status = fixture.Day(2020, time.February, 1), "month", "postponed"
	})
	for _, event := range []int64{w.published, w.draft} {
		fixture.Organizer(t, db, func(in *organizer.Input) { in.RoundTableID, in.OrganizationID = event, w.institute })
		attendee := func(person int64, role string, organization int64) int64 {
			id := insert("INSERT INTO attendees (round_table_id, person_id, position) VALUES ($1, $2, 1) RETURNING id", event, person)
			insert("INSERT INTO attendee_roles (attendee_id, role, position) VALUES ($1, $2, 1) RETURNING attendee_id", id, role)
			insert("INSERT INTO attendee_affiliations (attendee_id, organization_id, position) VALUES ($1, $2, 1) RETURNING attendee_id", id, organization)
			return id
		}
		attendee(w.moderator, "moderator", w.ministry)
		expert := attendee(w.expert, "participant", w.ministry)
		attendee(w.restricted, "observer", w.academy)
		insert("INSERT INTO attendees (round_table_id, organization_id, position) VALUES ($1, $2, 2) RETURNING id", event, w.union)
		insert(`WITH s AS (INSERT INTO statements (round_table_id, attendee_id, sequence, quoted_person_id) VALUES ($1, $2, 1, $3) RETURNING id)
			INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT id, 'en', 'Said', true, 1 FROM s RETURNING statement_id`, event, expert, w.quoted)
		insert(`INSERT INTO recommendations (round_table_id, text) VALUES ($1, '{"en": "Do it"}') RETURNING id`, event)
	}
	return w
}

func ptr[T any](v T) *T { return &v }

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var given []func(*roundtable.Filter)
	for _, f := range w.filters() {
		given = append(given, func(in *roundtable.Filter) { *in = f.filter })
	}
	fixture.EveryFilter(t, w.db, roundtable.List, given...)
	for _, f := range w.filters() {
		for _, ctx := range []context.Context{t.Context(), fixture.Context()} {
			if _, err := roundtable.Spans(ctx, w.db, f.filter); err != nil {
				t.Errorf("the spans of %s: %v", f.name, err)
			}
		}
	}
}

func TestSpansAreThoseOfTheEventsOfAFilter(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	span := func(first, last int) roundtable.Span {
		return roundtable.Span{First: time.Date(first, 1, 1, 4, 0, 0, 0, time.UTC), Last: time.Date(last, 1, 1, 6, 0, 0, 0, time.UTC)}
	}
	event := func(zone string, year int) int64 {
		s := span(year, year)
		return fixture.RoundTable(t, db, func(in *roundtable.Input) {
			in.StartsOn, in.Timezone, in.StartsAt, in.EndsAt = nil, zone, &s.First, &s.Last
		})
	}
	first, last := event("Asia/Almaty", 2020), event("Asia/Almaty", 2024)
	event("Europe/Berlin", 1950)
	fixture.RoundTable(t, db) // without times
	for _, c := range []struct {
		filter roundtable.Filter
		want   map[string]roundtable.Span
	}{
		{roundtable.Filter{ID: []int64{last}}, map[string]roundtable.Span{"Asia/Almaty": span(2024, 2024)}},
		{roundtable.Filter{ID: []int64{first, last}}, map[string]roundtable.Span{"Asia/Almaty": span(2020, 2024)}},
		{roundtable.Filter{Q: "nothing"}, map[string]roundtable.Span{}},
		{roundtable.Filter{}, map[string]roundtable.Span{"Asia/Almaty": span(2020, 2024), "Europe/Berlin": span(1950, 1950)}},
	} {
		got, err := roundtable.Spans(t.Context(), db, c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if !maps.EqualFunc(got, c.want, func(a, b roundtable.Span) bool { return a.First.Equal(b.First) && a.Last.Equal(b.Last) }) {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
}

// filterCase is a filter and whom it finds: everything that the actor may see of the two events that have it all, or
// others.
type filterCase struct {
	name         string
	filter       roundtable.Filter
	full, public []int64
}

func (w world) filters() []filterCase {
	both, open := []int64{w.published, w.draft}, []int64{w.published}
	day := func(year int, month time.Month, day int) *date.Day { return fixture.Day(year, month, day) }
	return []filterCase{
		{"organizer", roundtable.Filter{Organizer: []int64{w.institute}}, both, open},
		{"one of two organizers", roundtable.Filter{Organizer: []int64{w.institute, w.union}}, both, open},
		{"organization that organized", roundtable.Filter{Organization: []int64{w.institute}}, both, open},
		{"organization of a position", roundtable.Filter{Organization: []int64{w.ministry}}, both, open},
		{"organization that attended", roundtable.Filter{Organization: []int64{w.union}}, both, open},
		{"organization in two ways", roundtable.Filter{Organization: []int64{w.union, w.ministry}}, both, open},
		{"person who attended", roundtable.Filter{Person: []int64{w.moderator}}, both, open},
		{"person who was quoted", roundtable.Filter{Person: []int64{w.quoted}}, both, open},
		{"restricted person", roundtable.Filter{Person: []int64{w.restricted}}, both, nil},
		{"one of two people, one restricted", roundtable.Filter{Person: []int64{w.restricted, w.expert}}, both, open},
		{"two restricted people", roundtable.Filter{Person: []int64{w.restricted, 999}}, both, nil},
		{"role", roundtable.Filter{Role: []string{"moderator"}}, both, open},
		{"topic", roundtable.Filter{Topic: []int64{w.topic}}, both, open},
		{"place", roundtable.Filter{Place: []int64{w.place}}, both, open},
		{"country", roundtable.Filter{Country: []string{"KZ", "UZ"}}, both, open},
		{"format", roundtable.Filter{Format: []string{"webinar"}}, both, open},
		{"status", roundtable.Filter{Status: []string{"postponed"}}, []int64{w.month}, []int64{w.month}},
		{"mode", roundtable.Filter{Mode: []string{"online", "hybrid"}}, both, open},
		{"language", roundtable.Filter{Language: []string{"kk"}}, both, open},
		{"q, another form of the word", roundtable.Filter{Q: "этнической политики"}, both, open},
		{"q, the beginning of a Kazakh word", roundtable.Filter{Q: "этносаяс"}, both, open},
		{"with statements", roundtable.Filter{HasStatements: ptr(true)}, both, open},
		{"without statements", roundtable.Filter{HasStatements: ptr(false)}, []int64{w.series, w.hiddenSeries, w.undated, w.month}, []int64{w.series, w.undated, w.month}},
		{"parent", roundtable.Filter{Parent: []int64{w.series}}, []int64{w.undated}, []int64{w.undated}},
		{"parent that is not published", roundtable.Filter{Parent: []int64{w.hiddenSeries}}, both, nil},
		{"external id", roundtable.Filter{ExternalID: []string{"kisi:1", "kisi:2"}}, both, open},
		{"id", roundtable.Filter{ID: []int64{w.draft, w.published}}, both, open},
		{"publication", roundtable.Filter{Publication: []string{"draft"}}, []int64{w.draft, w.hiddenSeries}, nil},
		{"a day", roundtable.Filter{StartsFrom: day(2020, 2, 27), StartsTo: day(2020, 2, 28)}, both, open},
		{"a month has what is known by its month", roundtable.Filter{StartsFrom: day(2020, 2, 1), StartsTo: day(2020, 3, 1)}, append(slices.Clone(both), w.month), append(slices.Clone(open), w.month)},
		{"its second day has not", roundtable.Filter{StartsFrom: day(2020, 2, 2)}, both, open},
		{"nothing undated is before a day", roundtable.Filter{StartsTo: day(2019, 1, 11)}, []int64{w.series}, []int64{w.series}},
		{"all at once", roundtable.Filter{Organizer: []int64{w.institute}, Person: []int64{w.expert}, Role: []string{"moderator"}, Topic: []int64{w.topic}, Country: []string{"KZ"}, Q: "этнос"}, both, open},
	}
}

func TestFiltersFindWhatTheActorMaySeeAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, f := range w.filters() {
		for who, want := range map[context.Context][]int64{fixture.Context(): f.full, context.Background(): f.public} {
			for _, sort := range []string{"", "starts_on", "title"} {
				f.filter.Sort, f.filter.Count = sort, "exact"
				page, err := roundtable.List(who, w.db, f.filter)
				if err != nil {
					t.Fatalf("%s: %v", f.name, err)
				}
				var got []int64
				for _, r := range page.Items {
					got = append(got, r.ID)
				}
				slices.Sort(got)
				want = slices.Sorted(slices.Values(want))
				if !slices.Equal(got, want) || *page.Total != int64(len(want)) {
					t.Errorf("%s, sort=%s: %v (count %d), want %v", f.name, sort, got, *page.Total, want)
				}
			}
		}
	}
}
