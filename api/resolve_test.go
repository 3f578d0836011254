package api

import (
	"fmt"
	"net/http"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

// listed makes an attendee who is known by a name only.
func (r *rig) listed(t *testing.T, event int64, name string) string {
	t.Helper()
	id := fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.NameAsListed, in.Roles = event, &name, []string{"speaker"}
	})
	return fmt.Sprint("/v1/attendees/", id)
}

func TestUnresolvedAttendeesComeWithWhoTheyMayBe(t *testing.T) {
	r := newRig(t, nil)
	event := fixture.RoundTable(t, r.pool)
	karin := fixture.Person(t, r.pool, called(text.Map{"en": "Yerlan Karin"}))
	hidden := fixture.Person(t, r.pool, func(in *person.Input) { in.Name, in.Visibility = text.Map{"ru": "Карин Ерлан"}, "restricted" })
	institute := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": "Institute of World Economics"} })
	fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
	r.listed(t, event, "Ерлан Карин")
	r.listed(t, event, "Институт мировой экономики")
	r.listed(t, event, "Institute of World Economics")
	fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.Affiliations = event, []attendee.Affiliation{{Title: text.Map{"en": "Rector"}}}
	})
	ids := func(of actor.Scope) (all [][]int64) {
		var page struct{ Data []Attendee }
		decodeReply(t, r.as(t, of).get(t, "/v1/attendees?resolved=false&sort=position&lang=ru").want(t, 200), &page)
		for _, a := range page.Data {
			if a.Candidates == nil {
				t.Errorf("no list of candidates: %+v", a)
			}
			list := []int64{}
			for _, c := range a.Candidates {
				list = append(list, c.ID)
			}
			all = append(all, list)
		}
		return all
	}
	if got, want := fmt.Sprint(ids(actor.Read)), fmt.Sprint([][]int64{{karin, hidden}, {}, {institute}, {}}); got != want {
		t.Errorf("a reader: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(ids(actor.PII)), fmt.Sprint([][]int64{{karin}, {}, {institute}, {}}); got != want {
		t.Errorf("who sees what is published: %s, want %s", got, want)
	}
}

func TestAnAttendeeIsLinkedToWhoItIs(t *testing.T) {
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, someone, institute := fixture.RoundTable(t, r.pool), fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	at := r.listed(t, event, "Е. Карин")
	before := r.changeCount(t)
	whom := fmt.Sprintf(`{"person_id":%d,"keep_spelling":true}`, someone)
	if tried := c.post(t, at+"/resolve?dry_run=true", whom).want(t, http.StatusOK).object(t); tried["person_id"] != float64(someone) || r.changeCount(t) != before {
		t.Errorf("dry run: %v", tried)
	}
	linked := c.post(t, at+"/resolve", whom).want(t, http.StatusOK)
	if a := linked.object(t); a["person_id"] != float64(someone) || a["name_as_listed"] != "Е. Карин" || fmt.Sprint(a["roles"]) != "[speaker]" || linked.Header().Get("ETag") != `"2"` {
		t.Errorf("linked: %v", a)
	}
	if found := pageOf(t, c.get(t, "/v1/people?q=%D0%95.%20%D0%9A%D0%B0%D1%80%D0%B8%D0%BD").want(t, 200)).Data; len(found) != 1 {
		t.Errorf("the kept spelling finds %v", found)
	}
	c.post(t, at+"/resolve", whom).wantProblem(t, 409, "already_resolved")
	group := fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.Description = event, text.Map{"en": "Students"} })
	c.post(t, fmt.Sprintf("/v1/attendees/%d/resolve", group), whom).wantProblem(t, 409, "already_resolved")

	other := r.listed(t, event, "Institute")
	c.post(t, other+"/resolve", whom).wantProblem(t, 409, "already_exists", "/person_id already_attends")
	organizationID := fmt.Sprintf(`{"organization_id":%d}`, institute)
	if a := c.post(t, other+"/resolve", organizationID).want(t, http.StatusOK).object(t); a["organization_id"] != float64(institute) {
		t.Errorf("linked: %v", a)
	}
	if names := c.get(t, fmt.Sprint("/v1/organizations/", institute)).want(t, 200).object(t)["other_names"]; len(names.([]any)) != 0 {
		t.Errorf("a spelling was kept that nobody asked for: %v", names)
	}
}

func TestWhatBreaksARuleOfLinkingIsToldAtItsPlace(t *testing.T) {
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := r.listed(t, fixture.RoundTable(t, r.pool), "Е. Карин")
	c.refusals(t, at+"/resolve", map[string][]string{
		`{}`:                                  {"/person_id person_or_organization"},
		`{"person_id":1,"organization_id":1}`: {"/person_id person_or_organization"},
		`{"person_id":0}`:                     {"/person_id too_small"},
		`{"person_id":999}`:                   {"/person_id unknown_reference"},
		`{"organization_id":999,"keep_spelling":true}`: {"/organization_id unknown_reference"},
		`{"person":1,"organization_id":1}`:             {"/person unknown_field_hint"},
	})
	c.post(t, "/v1/attendees/999/resolve", `{"person_id":1}`).wantProblem(t, 404, "not_found")
}
