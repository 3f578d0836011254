package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

// positionsIn returns the statuses of both lists by the title in English, with the day of confirmation.
func positionsIn(t *testing.T, r reply) (held, unknown map[string]string) {
	t.Helper()
	var p Positions
	if err := json.Unmarshal(r.want(t, http.StatusOK).Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	held, unknown = map[string]string{}, map[string]string{}
	for _, x := range p.Data {
		held[x.Title["en"]] = x.Status
		if x.ConfirmedOn != nil {
			held[x.Title["en"]] += " " + x.ConfirmedOn.String()
		}
		if x.Observed != nil {
			held[x.Title["en"]] += fmt.Sprintf(" %d", x.Observed.RoundTables)
		}
	}
	for _, x := range p.Unknown {
		unknown[x.Title["en"]] = x.Status
	}
	if p.Meta.Total != int64(len(p.Data)+len(p.Unknown)) {
		t.Errorf("%d positions in all, %d and %d shown", p.Meta.Total, len(p.Data), len(p.Unknown))
	}
	return held, unknown
}

func TestAPositionWithoutAnEndIsNotHeldForEver(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	institute := fixture.Organization(t, r.pool)
	someone := fixture.Person(t, r.pool)
	partial := func(s string) *date.Partial {
		if s == "" {
			return nil
		}
		p := date.Partial(s)
		return &p
	}
	for title, years := range map[string][2]string{"Rector": {"2018", ""}, "Dean": {"2010", "2015-06"}, "Adviser": {"", ""}, "Envoy": {"2999", ""}} {
		fixture.Affiliation(t, r.pool, func(in *affiliation.Input) {
			in.PersonID, in.OrganizationID, in.Title, in.From, in.To = someone, institute, text.Map{"en": title}, partial(years[0]), partial(years[1])
		})
	}
	attend := func(title, publication, attendance string, day *date.Day) {
		event := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.StartsOn, in.Publication = day, publication })
		fixture.Attendee(t, r.pool, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.Attendance = event, &someone, attendance
			in.Affiliations = []attendee.Affiliation{{OrganizationID: &institute, Title: text.Map{"en": title, "ru": title + " ru"}}}
		})
	}
	attend("rector", "published", "attended", fixture.Day(2019, time.March, 1))
	attend("Rector", "published", "online", fixture.Day(2020, time.May, 20))
	attend("Rector", "draft", "attended", fixture.Day(2023, time.May, 1))
	attend("Rector", "published", "absent", fixture.Day(2022, time.May, 1))
	attend("Rector", "published", "attended", fixture.Day(2900, time.May, 1))
	attend("Expert", "published", "attended", fixture.Day(2021, time.January, 10))

	public := r.as(t)
	path := fmt.Sprintf("/v1/organizations/%d/positions", institute)
	for on, want := range map[string][2]map[string]string{
		"":           {{"Rector": "unknown 2020-05-20 2", "Dean": "ended 2015-06-01", "Adviser": "unknown", "Envoy": "unknown", "Expert": "unknown 2021-01-10 1"}, {}},
		"2030-01-01": {{}, {"Rector": "unknown", "Adviser": "unknown", "Expert": "unknown"}},
		"2019-12-31": {{"Rector": "current 2020-05-20 2"}, {"Adviser": "unknown", "Expert": "unknown"}},
		"2021-03-01": {{"Rector": "current 2020-05-20 2", "Expert": "current 2021-01-10 1"}, {"Adviser": "unknown"}},
		"2012-01-01": {{"Dean": "current 2015-06-01"}, {"Adviser": "unknown", "Expert": "unknown"}},
		"2015-06-30": {{"Dean": "current 2015-06-01"}, {"Adviser": "unknown", "Expert": "unknown"}},
		"2017-12-31": {{}, {"Adviser": "unknown", "Expert": "unknown"}},
	} {
		query := ""
		if on != "" {
			query = "?on=" + on
		}
		held, unknown := positionsIn(t, public.get(t, path+query))
		if fmt.Sprint(held) != fmt.Sprint(want[0]) || fmt.Sprint(unknown) != fmt.Sprint(want[1]) {
			t.Errorf("on %q: %v and %v, want %v", on, held, unknown, want)
		}
		mine, mineUnknown := positionsIn(t, public.get(t, fmt.Sprintf("/v1/people/%d/positions", someone)+query))
		if fmt.Sprint(mine, mineUnknown) != fmt.Sprint(held, unknown) {
			t.Errorf("on %q: of the person %v and %v", on, mine, mineUnknown)
		}
	}
	if held, _ := positionsIn(t, r.as(t, actor.Read).get(t, path+"?on=2024-01-01")); held["Rector"] != "current 2023-05-01 3" {
		t.Errorf("with the draft: %v", held)
	}
	public.get(t, path+"?on=2020-13-01").wantProblem(t, http.StatusBadRequest, "bad_parameters", "on no_such_date")
	public.get(t, path+"?limit=0").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit too_small")
	public.get(t, "/v1/organizations/99999/positions").wantProblem(t, http.StatusNotFound, "not_found")
}

func TestThePublicSeesNoPositionsOfRestrictedPeople(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	institute := fixture.Organization(t, r.pool)
	secret := fixture.Person(t, r.pool, func(in *person.Input) { in.Visibility = "restricted" })
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = secret, institute })
	event := fixture.RoundTable(t, r.pool)
	fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.PersonID, in.Affiliations = event, &secret, []attendee.Affiliation{{OrganizationID: &institute, Title: text.Map{"en": "Chair"}}}
	})
	path := fmt.Sprintf("/v1/organizations/%d/positions", institute)
	if held, _ := positionsIn(t, r.as(t).get(t, path)); len(held) != 0 {
		t.Errorf("the public sees %v", held)
	}
	if held, _ := positionsIn(t, r.as(t, actor.Read).get(t, path)); len(held) != 2 {
		t.Errorf("with a key: %v", held)
	}
	r.as(t).get(t, fmt.Sprintf("/v1/people/%d/positions", secret)).wantProblem(t, http.StatusNotFound, "not_found")
}

func TestAPageOfPositionsIsBoundedAndRevalidated(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	institute := fixture.Organization(t, r.pool)
	for range 3 {
		fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = fixture.Person(t, r.pool), institute })
	}
	path := fmt.Sprintf("/v1/organizations/%d/positions?limit=2&lang=ru", institute)
	first := r.do(t, http.MethodGet, path, nil)
	var p Positions
	if err := json.Unmarshal(first.want(t, http.StatusOK).Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Data) != 2 || p.Meta.Total != 3 || !p.Meta.Truncated {
		t.Errorf("%+v", p)
	}
	r.do(t, http.MethodGet, path, nil, "If-None-Match", first.Header().Get("ETag")).want(t, http.StatusNotModified)
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = fixture.Person(t, r.pool), institute })
	r.do(t, http.MethodGet, path, nil, "If-None-Match", first.Header().Get("ETag")).want(t, http.StatusOK)
}
