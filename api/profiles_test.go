package api

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/profile"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// agrees checks that the charts and statements of a profile are those of the lists with a filter, such as "person=3".
func agrees(t *testing.T, c caller, p profile.Page, filter string) {
	t.Helper()
	total := func(list string) int64 { return *pageOf(t, c.get(t, list).want(t, http.StatusOK)).Meta.Total }
	for list, chart := range map[string]aggregate.Result{"round-tables": p.EventsByYear, "round-tables?": p.Topics, "attendees": p.Roles} {
		want := total("/v1/" + list + map[bool]string{true: "", false: "?"}[list == "round-tables?"] + filter + "&limit=1&count=exact")
		if chart.Meta.DistinctTotal != want || chart.Meta.Cursor == "" {
			t.Errorf("%s: the chart counts %d of %s, the list has %d", filter, chart.Meta.DistinctTotal, list, want)
		}
		for _, g := range chart.Groups {
			if got := total(g.List + "&limit=1&count=exact"); got != *g.Count {
				t.Errorf("%s lists %d, the chart says %d", g.List, got, *g.Count)
			}
		}
	}
	newest := viewIn[Page[statement.Statement]](t, c.get(t, "/v1/statements?limit=10&"+filter))
	ids := func(list []statement.Statement) (all []int64) {
		for _, s := range list {
			all = append(all, s.ID)
		}
		return all
	}
	if fmt.Sprint(ids(newest.Data)) != fmt.Sprint(ids(p.NewestStatements)) {
		t.Errorf("%s: the newest statements are %v, the list has %v", filter, ids(p.NewestStatements), ids(newest.Data))
	}
}

func TestTheProfilesOfTheSampleHaveTheNumbersOfTheLists(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
		companions := 0
		for _, person := range viewIn[Page[Person]](t, c.get(t, "/v1/people?limit=12&role=moderator,speaker")).Data {
			path := fmt.Sprintf("/v1/people/%d", person.ID)
			p := viewIn[PersonProfile](t, c.get(t, path+"/profile?lang=kk"))
			agrees(t, c, p.Page, fmt.Sprintf("person=%d", person.ID))
			if p.Record.ID != person.ID || fmt.Sprint(p.Record.Name) != fmt.Sprint(person.Name) {
				t.Errorf("%s: %+v", path, p.Record)
			}
			held := viewIn[Positions](t, c.get(t, path+"/positions"))
			if got := len(p.Positions) + len(p.UnknownPositions); got != len(held.Data) {
				t.Errorf("%s: %d positions, want %d", path, got, len(held.Data))
			}
			weights := map[int64]int64{}
			for _, l := range viewIn[Network](t, c.get(t, fmt.Sprintf("/v1/stats/network?limit=1000&center=%d", person.ID))).Links {
				if l.Source == person.ID || l.Target == person.ID { // its neighbours are linked, too
					weights[l.Source+l.Target-person.ID] = l.Weight
				}
			}
			for i, with := range p.AppearedWith {
				if with.Latest.ID == 0 || with.RoundTables == 0 || i > 0 && with.RoundTables > p.AppearedWith[i-1].RoundTables {
					t.Errorf("%s: %+v", path, with)
				}
				if with.RoundTables != weights[with.ID] {
					t.Errorf("%s: %d round tables with %d, the network says %d", path, with.RoundTables, with.ID, weights[with.ID])
				}
				companions++
			}
		}
		if companions == 0 {
			t.Error("nobody appeared with anyone")
		}
		for _, o := range viewIn[Page[Organization]](t, c.get(t, "/v1/organizations?limit=12")).Data {
			p := viewIn[OrganizationProfile](t, c.get(t, fmt.Sprintf("/v1/organizations/%d/profile", o.ID)))
			agrees(t, c, p.Page, fmt.Sprintf("organization=%d", o.ID))
			for _, with := range p.AppearedWith {
				both := pageOf(t, c.get(t, fmt.Sprintf("/v1/round-tables?limit=1&count=exact&organization=all:%d,%d", o.ID, with.ID)).want(t, http.StatusOK))
				if with.RoundTables != *both.Meta.Total {
					t.Errorf("%d and %d: %d round tables, the list has %d", o.ID, with.ID, with.RoundTables, *both.Meta.Total)
				}
			}
		}
	}
}

// profiled is a registry with a rector of an institute, a part of a university, who met another and a restricted person.
type profiled struct {
	*rig
	rector, other, secret, university, institute int64
}

func newProfiled(t *testing.T) profiled {
	t.Helper()
	p := profiled{rig: newRig(t, nil)}
	p.rector, p.other = fixture.Person(t, p.pool), fixture.Person(t, p.pool)
	p.secret = fixture.Person(t, p.pool, func(in *person.Input) { in.Visibility, in.Name = "restricted", text.Map{"en": restrictedCanary} })
	p.university = fixture.Organization(t, p.pool)
	p.institute = fixture.Organization(t, p.pool, func(in *organization.Input) { in.ParentID = &p.university })
	from := date.Partial("2018")
	fixture.Affiliation(t, p.pool, func(in *affiliation.Input) {
		in.PersonID, in.OrganizationID, in.Title, in.From = p.rector, p.institute, text.Map{"en": "Rector"}, &from
	})
	attend := func(event, who int64, listed, attendance string) int64 {
		return fixture.Attendee(t, p.pool, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.NameAsListed, in.Attendance, in.Roles = event, &who, &listed, attendance, []string{"speaker"}
			in.Affiliations = []attendee.Affiliation{{OrganizationID: &p.institute, OrganizationAsListed: &listed, Title: text.Map{"en": "Rector"}}}
		})
	}
	for i, publication := range []string{"published", "published", "draft"} {
		event := fixture.RoundTable(t, p.pool, func(in *roundtable.Input) {
			in.StartsOn, in.Publication = fixture.Day(2019+i, time.March, 1), publication
		})
		speaker := attend(event, p.rector, fmt.Sprintf("Rector %d", i/2), "attended")
		attend(event, p.other, "Other", []string{"online", "absent", "attended"}[i])
		attend(event, p.secret, restrictedCanary, "attended")
		fixture.Statement(t, p.pool, func(in *statement.Input) { in.RoundTableID, in.AttendeeID = event, &speaker })
		fixture.Organizer(t, p.pool, func(in *organizer.Input) { in.RoundTableID, in.OrganizationID = event, p.university })
	}
	return p
}

func TestAProfileSaysWhatIsKnownAndHidesTheRest(t *testing.T) {
	t.Parallel()
	r := newProfiled(t)
	path := fmt.Sprintf("/v1/people/%d/profile", r.rector)
	summary := func(p profile.Page) (s string) {
		for _, x := range append(p.Positions, p.UnknownPositions...) {
			s += fmt.Sprintf("%s %s %v; ", x.Title["en"], x.Status, x.ConfirmedOn)
		}
		for _, cell := range p.EventsByYear.Data {
			s += fmt.Sprintf("%s:%d ", cell.Key, *cell.Count)
		}
		for _, cell := range p.Roles.Data {
			s += fmt.Sprintf("%s:%d ", cell.Key, *cell.Count)
		}
		for _, with := range p.AppearedWith {
			s += fmt.Sprintf("with %d:%d in %v ", with.ID, with.RoundTables, with.Latest.StartsOn)
		}
		for _, x := range p.Spellings {
			s += fmt.Sprintf("%s:%d ", x.Text, x.Count)
		}
		return s + fmt.Sprint(len(p.NewestStatements))
	}
	got := viewIn[PersonProfile](t, r.as(t).get(t, path))
	want := fmt.Sprintf("Rector unknown 2020-03-01; 2019:1 2020:1 speaker:2 with %d:1 in 2019-03-01 Rector 0:2 2", r.other)
	if summary(got.Page) != want || len(got.Positions) != 0 {
		t.Errorf("the public sees %s, want %s", summary(got.Page), want)
	}
	got = viewIn[PersonProfile](t, r.as(t, actor.Read).get(t, path))
	want = fmt.Sprintf("Rector unknown 2021-03-01; 2019:1 2020:1 2021:1 speaker:3 with %d:3 in 2021-03-01 with %d:2 in 2021-03-01 Rector 0:2 Rector 1:1 3", r.secret, r.other)
	if summary(got.Page) != want {
		t.Errorf("a key sees %s, want %s", summary(got.Page), want)
	}
	r.as(t).get(t, fmt.Sprintf("/v1/people/%d/profile", r.secret)).wantProblem(t, http.StatusNotFound, "not_found")
	r.as(t, actor.Read).get(t, fmt.Sprintf("/v1/people/%d/profile", r.secret)).want(t, http.StatusOK)
	r.as(t).get(t, path+"?parts=true").wantProblem(t, http.StatusBadRequest, "bad_parameters", "parts unknown_parameter")
	r.as(t).get(t, "/v1/organizations/99999/profile").wantProblem(t, http.StatusNotFound, "not_found")
}

func TestAProfileWithPartsCoversThePartsOfAnOrganization(t *testing.T) {
	t.Parallel()
	r := newProfiled(t)
	path := fmt.Sprintf("/v1/organizations/%d/profile", r.university)
	alone := viewIn[OrganizationProfile](t, r.as(t).get(t, path))
	if len(alone.Parts) != 0 || len(alone.UnknownPositions) != 0 || len(alone.NewestStatements) != 0 || len(alone.AppearedWith) != 1 || alone.AppearedWith[0].ID != r.institute {
		t.Errorf("alone: %+v", alone)
	}
	whole := viewIn[OrganizationProfile](t, r.as(t).get(t, path+"?parts=true"))
	agrees(t, r.as(t), whole.Page, fmt.Sprintf("organization=%d,%d", r.university, r.institute))
	if len(whole.Parts) != 1 || whole.Parts[0].ID != r.institute || len(whole.UnknownPositions) != 2 || len(whole.NewestStatements) != 2 || len(whole.AppearedWith) != 0 {
		t.Errorf("with parts: %+v", whole)
	}
	first := r.do(t, http.MethodGet, path, nil)
	r.do(t, http.MethodGet, path, nil, "If-None-Match", first.Header().Get("ETag")).want(t, http.StatusNotModified)
}

// queryCounter counts statements. A batch counts as its statements.
type queryCounter struct{ n atomic.Int64 }

func (q *queryCounter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	q.n.Add(1)
	return ctx
}
func (*queryCounter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (*queryCounter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}
func (q *queryCounter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {
	q.n.Add(1)
}
func (*queryCounter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestAProfileTakesTheSameNumberOfStatementsForEveryRecord(t *testing.T) {
	t.Parallel()
	config := dbtest.Filled(t, "sample", loadSample).Config()
	counter := &queryCounter{}
	config.ConnConfig.Tracer = counter
	db, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	r := newRigOn(t, db, func(c *Config) { c.AnswerCache = 0 })
	nobody := fixture.Person(t, db)
	count := func(path string) int64 {
		before := counter.n.Load()
		r.do(t, http.MethodGet, path, nil).want(t, http.StatusOK)
		return counter.n.Load() - before
	}
	count("/v1/people/1/profile") // opens connections
	want := count(fmt.Sprintf("/v1/people/%d/profile", nobody))
	if want == 0 || want > 30 {
		t.Errorf("%d statements", want)
	}
	for _, p := range viewIn[Page[Person]](t, r.do(t, http.MethodGet, "/v1/people?limit=10&role=moderator", nil)).Data {
		if got := count(fmt.Sprintf("/v1/people/%d/profile", p.ID)); got != want {
			t.Errorf("the profile of %d takes %d statements, that of a person without round tables %d", p.ID, got, want)
		}
	}
}
