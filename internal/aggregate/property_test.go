package aggregate_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
)

// collection is a list and its aggregate, by a query string.
type collection struct {
	name      string
	filters   []string // some values of its filters, as "name=value"
	source    func(context.Context) paging.Source
	aggregate func(context.Context, pg.DB, string) (aggregate.Result, error)
	count     func(context.Context, pg.DB, url.Values) (int64, error)
}

func collectionOf[F any, T paging.Row](name string, list func(context.Context, pg.DB, F) (paging.Page[T], error), filters ...string) collection {
	return collection{
		name: name, filters: filters,
		source: func(ctx context.Context) (source paging.Source) {
			var f F
			paging.Instead(&f, func(_ context.Context, _ pg.DB, s paging.Source, _ pg.Where) (paging.State, error) {
				source = s
				return paging.State{}, nil
			})
			_, _ = list(ctx, nil, f)
			return source
		},
		aggregate: func(ctx context.Context, db pg.DB, query string) (result aggregate.Result, err error) {
			values, err := url.ParseQuery(query)
			if err != nil {
				return result, err
			}
			var f F
			r := aggregate.Request{List: "/v1/" + name, Filters: values, Timeout: time.Minute}
			if fields := input.BindAll(values, aggregate.Excluded, &f, &r.Query); len(fields) > 0 {
				return result, fmt.Errorf("%s: %+v", query, fields)
			}
			paging.Instead(&f, func(ctx context.Context, db pg.DB, s paging.Source, w pg.Where) (state paging.State, err error) {
				result, state, err = aggregate.Run(ctx, db, s, w, r)
				return state, err
			})
			_, err = list(ctx, db, f)
			return result, err
		},
		count: func(ctx context.Context, db pg.DB, values url.Values) (int64, error) {
			var f F
			if fields := input.Bind(values, &f); len(fields) > 0 {
				return 0, fmt.Errorf("%v: %+v", values, fields)
			}
			p := paging.ParamsOf(&f)
			p.Limit, p.Count = 1, "exact"
			page, err := list(ctx, db, f)
			if err != nil {
				return 0, err
			}
			return *page.Total, nil
		},
	}
}

var ofEvents = []string{
	"starts_from=2019-03-01", "starts_to=2020-02-10", "starts_from=2020-01-01&starts_to=2021-01-01", "format=briefing,round_table", "mode=online",
	"place=1,2", "country=KZ", "organizer=1,2", "organizer=all:1,2", "parent=1", "weekday=1,2,3", "date_precision=day,month",
}

func collections() []collection {
	with := func(more ...string) []string { return append(more, ofEvents...) }
	return []collection{
		collectionOf(roundtable.Type, roundtable.List, with("status=held", "topic=1,2", "topic=all:1,2", "topic=1,all:2", "person=3,4", "person=all:3,4",
			"organization=1", "organization=all:1,2", "role=speaker", "role=all:speaker,moderator", "language=ru", "language=all:ru,kk", "has_statements=true",
			"has_people=true", "has_people=false", "document=1,2,3", "organization_tree=1")...),
		collectionOf(attendee.Type, attendee.List, with("status=held", "topic=1,2", "topic=all:1,2", "language=ru,kk", "person=3,4", "organization=1,2",
			"organization=all:1,2", "organization_kind=ngo", "organization_kind=all:ngo", "role=speaker", "role=all:speaker,moderator", "attendance=attended", "resolved=false",
			"speaks=true", "speaks=false", "organization_tree=1,2")...),
		collectionOf(statement.Type, statement.List, with("status=held", "topic=1,2", "topic=all:1,2", "person=3,4", "organization=1,2", "organization=all:1,2",
			"kind=paraphrase", "act=report,proposal", "text_lang=ru", "text_lang=all:ru,kk", "role=speaker", "role=all:speaker,moderator",
			"organization_tree=1", "mention_place=1", "mention_document=1,2", "document=1")...),
		collectionOf(organizer.Type, organizer.List, with("status=held", "topic=1,2", "topic=all:1,2", "language=ru", "role=speaker", "person=3", "person=all:3,4",
			"organization=1", "kind=organizer", "organization_tree=1")...),
		collectionOf(recommendation.Type, recommendation.List, with("status=proposed,accepted", "addressee=1,2", "person=3,4", "topic=1,2", "topic=all:1,2",
			"language=ru", "role=speaker")...),
		collectionOf(person.Type, person.List, "organization=1,2", "organization_tree=1", "organization=all:1,2", "topic=1,2", "topic=all:1,2", "role=speaker", "role=all:speaker,moderator"),
		collectionOf(organization.Type, organization.List, "kind=ngo,media", "country=KZ", "parent=1", "topic=1,2", "topic=all:1,2"),
		collectionOf(topic.Type, topic.List, "parent=1"), collectionOf(place.Type, place.List, "country=KZ"),
		collectionOf(affiliation.Type, affiliation.List, "organization=1", "person=3,4"), collectionOf(document.Type, document.List, "kind=report", "person=3,4", "person=all:3,4"),
	}
}

// restrictedName is in no aggregate for the public.
const restrictedName = "Restricted person"

// fill writes random records: events with dates of every precision, some of them drafts, and people of whom some are restricted.
func fill(t *testing.T, db pg.DB, r *rand.Rand) {
	t.Helper()
	exec := func(sql string, args ...any) {
		t.Helper()
		if _, err := db.Exec(context.Background(), sql, args...); err != nil {
			t.Fatalf("%s %v: %v", sql, args, err)
		}
	}
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	some := func(most, of int) []int { return r.Perm(of)[:r.IntN(most+1)] }
	orNil := func(n int) any {
		if r.IntN(4) == 0 {
			return nil
		}
		return 1 + r.IntN(n)
	}
	for i := range 4 {
		exec("INSERT INTO topics (label, parent_id) VALUES (jsonb_build_object('en', $1::text), $2)", fmt.Sprint("Topic ", i), map[bool]any{true: nil, false: 1}[i == 0])
	}
	for i, country := range []any{"KZ", "KZ", "UZ", nil} {
		exec("INSERT INTO places (name, country) VALUES (jsonb_build_object('en', $1::text), $2)", fmt.Sprint("Place ", i), country)
	}
	for i := range 5 {
		exec("INSERT INTO organizations (name, kind, country, parent_id) VALUES (jsonb_build_object('ru', $1::text), $2, $3, $4)",
			fmt.Sprint("Organization ", i), pick("ngo", "media", "government"), pick("KZ", "RU"), map[bool]any{true: 1, false: nil}[i%2 == 1])
	}
	for i := range 9 {
		name, visibility := fmt.Sprint("Person ", i), "public"
		if i%3 == 0 {
			name, visibility = restrictedName, "restricted"
		}
		exec("INSERT INTO people (name, visibility) VALUES (jsonb_build_object('en', $1::text), $2)", name, visibility)
	}
	for i := range 9 {
		exec("INSERT INTO affiliations (person_id, organization_id) VALUES ($1, $2)", i+1, 1+r.IntN(5))
		exec("INSERT INTO documents (title, kind) VALUES (jsonb_build_object('en', $1::text), $2)", fmt.Sprint("Document ", i), pick("report", "law"))
		for position, author := range some(2, 9) {
			exec("INSERT INTO document_authors (document_id, person_id, position) VALUES ($1, $2, $3)", i+1, author+1, position+1)
		}
	}
	for i := range 24 {
		day := time.Date(2019+r.IntN(3), time.Month(1+r.IntN(4)), 1+r.IntN(3), 0, 0, 0, 0, time.UTC)
		var on any = day
		precision := pick("day", "day", "day", "month", "year", "unknown")
		switch precision {
		case "month":
			on = day.AddDate(0, 0, 1-day.Day())
		case "year":
			on = time.Date(day.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		case "unknown":
			on = nil
		}
		languages := []string{}
		for _, l := range some(2, 2) {
			languages = append(languages, []string{"ru", "kk"}[l])
		}
		exec(`INSERT INTO round_tables (title, format, mode, status, publication, starts_on, date_precision, place_id, parent_id, languages)
			VALUES ('{"en":"Event"}', $1, $2, $3, $4, $5, $6, $7, $8, $9)`, pick("round_table", "briefing", "other"), pick("online", "hybrid"),
			pick("held", "cancelled"), pick("published", "published", "published", "draft"), on, precision, orNil(4), map[bool]any{true: 1 + r.IntN(max(1, i)), false: nil}[i > 2 && i%3 == 0], languages)
		event := i + 1
		for position, n := range some(3, 4) {
			exec("INSERT INTO round_table_topics (round_table_id, topic_id, position) VALUES ($1, $2, $3)", event, n+1, position+1)
		}
		if r.IntN(2) == 0 {
			exec("INSERT INTO document_links (round_table_id, document_id, relation, position) VALUES ($1, $2, 'source', 1)", event, 1+r.IntN(9))
		}
		for position, n := range some(3, 5) {
			exec("INSERT INTO organizers (round_table_id, organization_id, kind, position) VALUES ($1, $2, $3, $4)", event, n+1, pick("organizer", "host"), position+1)
			if r.IntN(3) == 0 {
				exec("INSERT INTO organizers (round_table_id, organization_id, kind, position) VALUES ($1, $2, 'partner', $3)", event, n+1, position+9)
			}
		}
		for position, n := range some(5, 9) {
			var id int64
			var who, organization, name any = n + 1, nil, nil
			switch r.IntN(5) {
			case 0:
				who, organization = nil, position%5+1
			case 1:
				who, name = nil, "As listed"
			}
			err := db.QueryRow(context.Background(), `INSERT INTO attendees (round_table_id, person_id, organization_id, name_as_listed, on_behalf_of_organization_id, attendance, position)
				VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`, event, who, organization, name, map[bool]any{true: 1 + r.IntN(5), false: nil}[r.IntN(4) == 0],
				pick("attended", "online"), position+1).Scan(&id)
			if err != nil {
				t.Fatal(err)
			}
			for p, role := range some(2, 3) {
				exec("INSERT INTO attendee_roles (attendee_id, role, position) VALUES ($1, $2, $3)", id, []string{"speaker", "moderator", "participant"}[role], p+1)
			}
			for p := range r.IntN(3) {
				exec("INSERT INTO attendee_affiliations (attendee_id, position, organization_id, organization_as_listed) VALUES ($1, $2, $3, 'As listed')", id, p+1, orNil(5))
			}
			for range r.IntN(3) {
				say(t, db, r, event, id, position+1, pick)
			}
		}
	}
}

// say writes a statement with texts and topics, and perhaps a recommendation.
func say(t *testing.T, db pg.DB, r *rand.Rand, event int, attendee int64, sequence int, pick func(...string) string) {
	t.Helper()
	var id int64
	var by any = attendee
	kind := pick("paraphrase", "verbatim")
	if r.IntN(6) == 0 {
		by, kind = nil, "collective"
	}
	err := db.QueryRow(context.Background(), `INSERT INTO statements (round_table_id, attendee_id, kind, act, sequence, quoted_person_id) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
		event, by, kind, pick("report", "proposal", "thanks"), sequence,
		map[bool]any{true: 1 + r.IntN(9), false: nil}[r.IntN(3) == 0]).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{fmt.Sprintf("INSERT INTO statement_texts (statement_id, lang, text, original, position) VALUES (%d, 'ru', 'Сказано', true, 1)", id)}
	if r.IntN(2) == 0 {
		statements = append(statements, fmt.Sprintf("INSERT INTO statement_texts (statement_id, lang, text, position) VALUES (%d, 'kk', 'Айтылды', 2)", id))
	}
	for position, n := range r.Perm(4)[:r.IntN(3)] {
		statements = append(statements, fmt.Sprintf("INSERT INTO statement_topics (statement_id, topic_id, position) VALUES (%d, %d, %d)", id, n+1, position+1))
	}
	if r.IntN(3) == 0 {
		statements = append(statements, fmt.Sprintf("INSERT INTO recommendations (round_table_id, statement_id, text, addressee_id, status) VALUES (%d, %d, '{\"en\":\"Do\"}', %d, '%s')",
			event, id, 1+r.IntN(5), pick("proposed", "accepted")))
	}
	for _, sql := range statements {
		if _, err := db.Exec(context.Background(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// counting counts the statements that read data.
type counting struct {
	pg.DB
	statements int
}

func (c *counting) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		if !strings.Contains(q.SQL, "set_config") {
			c.statements++
		}
	}
	return c.DB.SendBatch(ctx, b)
}

func TestAggregatesAddUpAndLinkToTheirRecords(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- any number will do
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- data of a test
	db := dbtest.New(t)
	err := pgx.BeginFunc(context.Background(), db, func(tx pgx.Tx) error {
		fill(t, tx, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range collections() {
		for view, ctx := range map[string]context.Context{"public": context.Background(), "full": fixture.Context()} {
			source := c.source(ctx)
			names, metrics := slices.Sorted(maps.Keys(source.Dimensions)), slices.Sorted(maps.Keys(source.Metrics))
			for _, query := range append(slices.Clone(names), "") { // without filters, numbers that the schema keeps are used
				if query != "" {
					query = "group_by=" + query + "&"
				}
				check(t, ctx, db, c, view, query+"metric=count")
				check(t, ctx, db, c, view, query+"metric="+strings.Join(append([]string{"count"}, metrics...), ","))
			}
			for range 2 * max(2, len(names)) {
				query := randomQuery(r, names, metrics, c.filters)
				check(t, ctx, db, c, view, query)
				if t.Failed() {
					return
				}
			}
		}
	}
}

func randomQuery(r *rand.Rand, dimensions, metrics, filters []string) string {
	var parts []string
	if n := min(r.IntN(3), len(dimensions)); n > 0 {
		var of []string
		for _, i := range r.Perm(len(dimensions))[:n] {
			of = append(of, dimensions[i])
		}
		parts = append(parts, "group_by="+strings.Join(of, ","))
	}
	wanted := []string{"count"}
	for _, i := range r.Perm(len(metrics))[:r.IntN(len(metrics)+1)] {
		if metrics[i] != "count" && len(wanted) < 3 {
			wanted = append(wanted, metrics[i])
		}
	}
	parts = append(parts, "metric="+strings.Join(wanted, ","))
	if r.IntN(2) == 0 {
		parts = append(parts, []string{"limit=1", "limit=2", "sort=label", "sort=-key", "sort=key&limit=2", "fill=false", "min_count=2", "sort=-" + wanted[len(wanted)-1]}[r.IntN(8)])
	}
	given := map[string]bool{}
	for range r.IntN(3) {
		f := filters[r.IntN(len(filters))]
		name, _, _ := strings.Cut(f, "=")
		if !given[name] && !(strings.HasPrefix(name, "starts") && (given["starts_from"] || given["starts_to"])) {
			given[name] = true
			parts = append(parts, f)
		}
	}
	return strings.Join(parts, "&")
}

// number is a number of a cell by the name of its metric.
func number(n aggregate.Numbers, metric string) int64 {
	p := map[string]*int64{
		"count": n.Count, "round_tables": n.RoundTables, "people": n.People, "organizations": n.Organizations,
		"statements": n.Statements, "recommendations": n.Recommendations, "topics": n.Topics,
	}[metric]
	if p == nil {
		return -1
	}
	return *p
}

func check(t *testing.T, ctx context.Context, db pg.DB, c collection, view, query string) {
	t.Helper()
	at := view + " " + c.name + "?" + query
	counted := &counting{DB: db}
	result, err := c.aggregate(ctx, counted, query)
	if err != nil {
		t.Errorf("%s: %v", at, err)
		return
	}
	if counted.statements != 1 {
		t.Errorf("%s: %d statements", at, counted.statements)
	}
	values, _ := url.ParseQuery(query)
	filters := maps.Clone(values)
	for _, name := range []string{"group_by", "metric", "limit", "sort", "fill", "min_count"} {
		filters.Del(name)
	}
	records, err := c.count(ctx, db, filters)
	if err != nil {
		t.Fatalf("%s: %v", at, err)
	}
	m := result.Meta
	sum := m.Missing + m.Imprecise + number(m.Other, "count")
	for _, cell := range result.Data {
		sum += number(cell.Numbers, "count")
	}
	if sum != m.Total || m.DistinctTotal != records || !m.Overlapping && m.Total != records || m.Overlapping && m.Total < records || number(m.Metrics.Total, "count") != records {
		t.Errorf("%s: the parts are %d of %+v, and there are %d records", at, sum, m, records)
	}
	metrics := strings.Split(values.Get("metric"), ",")
	for _, g := range slices.Concat(result.Groups, result.Groups2) {
		path, list, _ := strings.Cut(g.List, "?")
		of, err := url.ParseQuery(list)
		if err != nil || path != "/v1/"+c.name {
			t.Fatalf("%s: %s: %v", at, g.List, err)
		}
		n, err := c.count(ctx, db, of)
		if err != nil || n != number(g.Numbers, "count") {
			t.Errorf("%s: group %s has %d, its list %s has %d: %v", at, g.Key, number(g.Numbers, "count"), g.List, n, err)
		}
		whole, err := c.aggregate(ctx, db, list+"&metric="+values.Get("metric"))
		for _, metric := range metrics {
			if err != nil || number(whole.Meta.Metrics.Total, metric) != number(g.Numbers, metric) {
				t.Errorf("%s: group %s has %d %s, its list %d: %v", at, g.Key, number(g.Numbers, metric), metric, number(whole.Meta.Metrics.Total, metric), err)
			}
		}
		if view == "public" && g.Label["en"] == restrictedName {
			t.Errorf("%s: names %s", at, g.Label)
		}
	}
	if !m.Overlapping && len(result.Groups2) == 0 {
		for _, metric := range metrics {
			if metric != "statements" && metric != "recommendations" || c.name != roundtable.Type {
				continue // a round table has its statements alone, so their number adds up
			}
			sum := number(m.Other, metric) + number(m.Metrics.Missing, metric) + number(m.Metrics.Imprecise, metric)
			for _, cell := range result.Data {
				sum += number(cell.Numbers, metric)
			}
			if sum != number(m.Metrics.Total, metric) {
				t.Errorf("%s: the %s add up to %d, not to %+v", at, metric, sum, m)
			}
		}
	}
}
