package api

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

func TestIncludeShowsThePartsOfEachRecordAndOfTheirParts(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t)
	institute, someone := fixture.Organization(t, r.pool), fixture.Person(t, r.pool)
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = someone, institute })
	event, other := fixture.RoundTable(t, r.pool), fixture.RoundTable(t, r.pool)
	fixture.Organizer(t, r.pool, func(in *organizer.Input) { in.RoundTableID, in.OrganizationID = event, institute })
	speaker := fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID = event, &someone })
	silent := fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
	for range 2 {
		fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID, in.AttendeeID = event, &speaker })
	}
	fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID = event })

	plain := c.get(t, fmt.Sprintf("/v1/round-tables/%d", event)).want(t, 200).object(t)
	if _, there := plain["attendees"]; there {
		t.Error("parts are shown that nobody asked for")
	}
	list := pageOf(t, c.get(t, "/v1/round-tables?sort=title,id&include=attendees.statements,statements,recommendations&lang=en").want(t, 200))
	byID := map[int64]map[string]any{}
	for _, d := range list.Data {
		byID[int64(d["id"].(float64))] = d
	}
	full, empty := byID[event], byID[other]
	if n := len(full["attendees"].([]any)); n != 2 || len(full["statements"].([]any)) != 2 || len(full["recommendations"].([]any)) != 1 {
		t.Errorf("the parts are %v", full)
	}
	for i, a := range full["attendees"].([]any) {
		want := map[int64]int{speaker: 2, silent: 0}[int64(path(a, "id").(float64))]
		if said := path(a, "statements").([]any); len(said) != want {
			t.Errorf("attendee %d said %v, want %d statements", i, said, want)
		}
		if path(a, "round_table", "name_text") == nil {
			t.Errorf("the language is not added in parts: %v", a)
		}
	}
	if fmt.Sprint(empty["attendees"], empty["statements"], empty["recommendations"]) != "[] [] []" {
		t.Errorf("an event without parts shows %v", empty)
	}
	if list.Page.Limit != 50 || pageOf(t, c.get(t, "/v1/round-tables?include=statements&limit=500").want(t, 200)).Page.Limit != maxIncludingPage {
		t.Error("a page with parts is not bounded")
	}
	for at, members := range map[string]string{
		fmt.Sprintf("/v1/round-tables/%d?include=attendees,attendees.statements", event): "attendees",
		fmt.Sprintf("/v1/people/%d?include=affiliations,attendees,statements", someone):  "affiliations attendees statements",
		"/v1/people?include=affiliations,attendees,statements&q=talgat":                  "",
		fmt.Sprintf("/v1/organizations/%d?include=affiliations,organizers", institute):   "affiliations organizers",
		"/v1/organizations?include=affiliations,organizers":                              "",
		fmt.Sprintf("/v1/attendees/%d?include=statements", speaker):                      "statements",
		"/v1/attendees?include=statements":                                               "",
		fmt.Sprintf("/v1/round-tables/%d/attendees?include=statements", event):           "",
		fmt.Sprintf("/v1/round-tables/%d?include=statements&fields=title", event):        "statements title",
	} {
		o := c.get(t, at).want(t, 200).object(t)
		for _, m := range strings.Fields(members) {
			if list, ok := o[m].([]any); m != "title" && (!ok || len(list) == 0) {
				t.Errorf("GET %s: no %s in %v", at, m, o)
			}
		}
	}
	c.get(t, "/v1/round-tables?include=notes").wantProblem(t, 400, "bad_parameters", "include not_allowed")
	c.get(t, "/v1/topics?include=statements").wantProblem(t, 400, "bad_parameters", "include unknown_parameter")
}

func TestIncludedPartsAreCutAndTheCutIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	event := fixture.RoundTable(t, r.pool)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		for range maxIncluded + 1 {
			if _, err := recommendation.Create(ctx, tx, recommendation.Input{RoundTableID: event, Text: text.Map{"en": "Found an institute."}}); err != nil {
				return err
			}
		}
		return nil
	})
	o := r.as(t).get(t, fmt.Sprintf("/v1/round-tables/%d?include=recommendations", event)).want(t, 200).object(t)
	if n := len(o["recommendations"].([]any)); n != maxIncluded || fmt.Sprint(o["truncated"]) != "[recommendations]" {
		t.Errorf("%d recommendations, truncated %v", n, o["truncated"])
	}
}

func TestIncludedPartsHideWhatTheirOwnListsHide(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	canary := "Canary"
	hidden := fixture.Person(t, r.pool, func(in *person.Input) { in.Name, in.Visibility = text.Map{"en": canary}, "restricted" })
	shown, institute := fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = hidden, institute })
	for _, set := range []func(*roundtable.Input){func(*roundtable.Input) {}, func(in *roundtable.Input) { in.Title = text.Map{"en": canary}; fixture.Draft(in) }} {
		event := fixture.RoundTable(t, r.pool, set)
		fixture.Organizer(t, r.pool, func(in *organizer.Input) { in.RoundTableID, in.OrganizationID = event, institute })
		for _, who := range []int64{hidden, shown} {
			a := fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID, in.NameAsListed = event, &who, &canary })
			if who == shown {
				r.as(t, actor.Write).patch(t, fmt.Sprintf("/v1/attendees/%d", a), `{"name_as_listed":"Shown"}`).want(t, 200)
			}
			fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID, in.AttendeeID, in.QuotedPersonID = event, &a, &hidden })
		}
	}
	for _, at := range []string{"/v1/round-tables?include=attendees.statements,statements", "/v1/people?include=affiliations,attendees,statements", "/v1/organizations?include=affiliations,organizers", "/v1/attendees?include=statements"} {
		if body := r.as(t).get(t, at).want(t, 200).Body.String(); strings.Contains(body, canary) {
			t.Errorf("GET %s shows the public: %s", at, body)
		}
		if body := r.as(t, actor.Read).get(t, at).want(t, 200).Body.String(); !strings.Contains(body, canary) {
			t.Errorf("GET %s hides from an editor: %s", at, body)
		}
	}
}

// counting counts the statements that are sent.
type counting struct {
	pg.DB
	n int
}

func (c *counting) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c.n++
	return c.DB.Query(ctx, sql, args...)
}

func TestTheNumberOfStatementsDoesNotDependOnTheRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	include := []string{"attendees.statements", "statements", "recommendations"}
	var list []roundtable.RoundTable
	sent := func() int {
		db := counting{DB: r.pool}
		if _, err := withRoundTables(fixture.Context(), &db, list, include); err != nil {
			t.Fatal(err)
		}
		return db.n
	}
	for range 5 {
		event := fixture.RoundTable(t, r.pool)
		fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
	}
	page, err := roundtable.List(fixture.Context(), r.pool, roundtable.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	list = page.Items[:1]
	one := sent()
	list = page.Items
	if five := sent(); one != 4 || five != one {
		t.Errorf("%d statements for one record, %d for five", one, five)
	}
}
