package recommendation_test

import (
	"context"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5/pgxpool"
)

// world has the same recommendations at a published round table and at a draft: one in a statement of a person, one in a
// statement of a restricted person, and one of nobody in particular.
type world struct {
	db                               *pgxpool.Pool
	published, draft                 int64
	ours, theirs, nobodys            [2]int64 // at the published one and at the draft
	person, restricted, organization int64
	ofStatement, ofEvent, evidence   int64 // topics; a document that only the draft links to
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := dbtest.New(t)
	insert := func(sql string, args ...any) int64 { return fixture.Insert(t, db, sql, args...) }
	person := func(name, visibility string) int64 {
		return insert("INSERT INTO people (name, visibility) VALUES (jsonb_build_object('en', $1::text), $2) RETURNING id", name, visibility)
	}
	w := world{
		db: db, person: person("Irina Chernykh", "public"), restricted: person("Hidden Name", "restricted"),
		organization: insert(`INSERT INTO organizations (name) VALUES ('{"en": "Ministry"}') RETURNING id`),
		ofStatement:  fixture.Topic(t, db), ofEvent: fixture.Topic(t, db), evidence: fixture.Document(t, db),
	}
	withTopic := func(in *roundtable.Input) { in.TopicIDs = []int64{w.ofEvent} }
	w.published = fixture.RoundTable(t, db, withTopic)
	w.draft = fixture.RoundTable(t, db, withTopic, fixture.Draft, func(in *roundtable.Input) {
		in.StartsOn, in.DocumentLinks = nil, []roundtable.DocumentLink{{DocumentID: w.evidence, Relation: "outcome"}}
	})
	for i, event := range []int64{w.published, w.draft} {
		statement := func(person int64) *int64 {
			attendee := insert("INSERT INTO attendees (round_table_id, person_id, position) VALUES ($1, $2, 1) RETURNING id", event, person)
			insert(`INSERT INTO attendee_affiliations (attendee_id, organization_id, title, position) VALUES ($1, $2, '{"en": "Head"}', 1) RETURNING attendee_id`, attendee, w.organization)
			id := insert(`WITH s AS (INSERT INTO statements (round_table_id, attendee_id, sequence) VALUES ($1, $2, 1) RETURNING id)
				INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT id, 'en', 'Said', true, 1 FROM s RETURNING statement_id`, event, attendee)
			return &id
		}
		make := func(set func(*recommendation.Input)) int64 {
			return fixture.Recommendation(t, db, func(in *recommendation.Input) { in.RoundTableID = event; set(in) })
		}
		w.ours[i] = make(func(in *recommendation.Input) {
			in.StatementID, in.AddresseeID, in.Status, in.EvidenceDocumentID = statement(w.person), &w.organization, "accepted", &w.evidence
			insert("INSERT INTO statement_topics (statement_id, topic_id, position) VALUES ($1, $2, 1) RETURNING statement_id", *in.StatementID, w.ofStatement)
		})
		w.theirs[i] = make(func(in *recommendation.Input) { in.StatementID = statement(w.restricted) })
		w.nobodys[i] = make(func(*recommendation.Input) {})
	}
	return w
}

type filterCase struct {
	name         string
	filter       recommendation.Filter
	full, public []int64
}

func (w world) filters() []filterCase {
	within := func(set func(*recommendation.Within)) (f recommendation.Filter) {
		set(&f.Within)
		return f
	}
	all := func(of ...[2]int64) (ids []int64) {
		for _, pair := range of {
			ids = append(ids, pair[0], pair[1])
		}
		return ids
	}
	return []filterCase{
		{"round table", recommendation.Filter{RoundTable: []int64{w.published}}, []int64{w.ours[0], w.theirs[0], w.nobodys[0]}, []int64{w.ours[0], w.theirs[0], w.nobodys[0]}},
		{"draft", recommendation.Filter{RoundTable: []int64{w.draft}}, []int64{w.ours[1], w.theirs[1], w.nobodys[1]}, nil},
		{"status", within(func(f *recommendation.Within) { f.Status = []string{"accepted", "rejected"} }), all(w.ours), w.ours[:1]},
		{"addressee", within(func(f *recommendation.Within) { f.Addressee = []int64{w.organization} }), all(w.ours), w.ours[:1]},
		{"person", within(func(f *recommendation.Within) { f.Person = []int64{w.person} }), all(w.ours), w.ours[:1]},
		{"restricted person", within(func(f *recommendation.Within) { f.Person = []int64{w.restricted} }), all(w.theirs), nil},
		{"nobody", within(func(f *recommendation.Within) { f.Person = []int64{0} }), nil, nil},
		{"topic of a statement", within(func(f *recommendation.Within) { f.Topic = []int64{w.ofStatement} }), all(w.ours), w.ours[:1]},
		{"topic of a round table", within(func(f *recommendation.Within) { f.Topic = []int64{w.ofEvent} }), all(w.ours, w.theirs, w.nobodys), []int64{w.ours[0], w.theirs[0], w.nobodys[0]}},
		{"one of two topics", within(func(f *recommendation.Within) { f.Topic = []int64{w.ofStatement, w.ofEvent} }), all(w.ours, w.theirs, w.nobodys), []int64{w.ours[0], w.theirs[0], w.nobodys[0]}},
		{"a day", recommendation.Filter{StartsFrom: fixture.Day(2020, 2, 27), StartsTo: fixture.Day(2020, 2, 28)}, []int64{w.ours[0], w.theirs[0], w.nobodys[0]}, []int64{w.ours[0], w.theirs[0], w.nobodys[0]}},
	}
}

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var given []func(*recommendation.Filter)
	for _, c := range w.filters() {
		given = append(given, func(f *recommendation.Filter) { *f = c.filter })
	}
	fixture.EveryFilter(t, w.db, recommendation.List, given...)
}

func TestFiltersFindWhatTheActorMaySeeAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range w.filters() {
		for who, want := range map[context.Context][]int64{fixture.Context(): c.full, context.Background(): c.public} {
			for _, sort := range []string{"", "starts_on", "updated_at"} {
				c.filter.Sort, c.filter.Count = sort, "exact"
				page, err := recommendation.List(who, w.db, c.filter)
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				var got []int64
				for _, r := range page.Items {
					got = append(got, r.ID)
				}
				slices.Sort(got)
				want = slices.Sorted(slices.Values(want))
				if !slices.Equal(got, want) || *page.Total != int64(len(want)) {
					t.Errorf("%s, sort=%s: %v (count %d), want %v", c.name, sort, got, *page.Total, want)
				}
			}
		}
	}
}

func TestARecommendationShowsWhoMadeItInTheirPositionThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := recommendation.Get(context.Background(), w.db, w.ours[0])
	if err != nil {
		t.Fatal(err)
	}
	if p := r.Person; p == nil || p.ID != w.person || p.Position["en"] != "Head" || p.Organization == nil || p.Organization.ID != w.organization {
		t.Errorf("%+v", p)
	}
	if r.Addressee == nil || r.Addressee.Name["en"] != "Ministry" || r.RoundTable.ID != w.published {
		t.Errorf("%+v", r)
	}
}

func TestThePublicSeesNeitherRestrictedPeopleNorHiddenEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for who, shown := range map[context.Context]bool{fixture.Context(): true, context.Background(): false} {
		theirs, err := recommendation.Get(who, w.db, w.theirs[0])
		if err != nil || (theirs.Person != nil) != shown || theirs.StatementID == nil {
			t.Errorf("person shown: %v, want %v (%v)", theirs.Person != nil, shown, err)
		}
		ours, err := recommendation.Get(who, w.db, w.ours[0])
		if err != nil || (ours.EvidenceDocument != nil) != shown || (ours.EvidenceDocumentID != nil) != shown {
			t.Errorf("evidence shown: %v, want %v (%v)", ours.EvidenceDocument, shown, err)
		}
	}
	if _, err := recommendation.Get(context.Background(), w.db, w.ours[1]); !apperr.IsKind(err, apperr.NotFound) {
		t.Errorf("one of a draft: %v", err)
	}
}
