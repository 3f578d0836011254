package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

func TestAnOrganizerIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	event, org := fixture.RoundTable(t, r.pool), newOrganization(t, r)
	made := editor.post(t, "/v1/organizers", fmt.Sprintf(`{"round_table_id":%d,"organization_id":%d,"name_as_listed":"KazISS"}`, event, org)).want(t, http.StatusCreated)
	at, o := made.Header().Get("Location"), made.object(t)
	if o["kind"] != "organizer" || o["position"] != 1.0 || path(o, "organization", "name", "en") != "Institute for Strategic Studies" || path(o, "round_table", "id") != float64(event) {
		t.Errorf("%s", made.Body)
	}
	second := editor.post(t, "/v1/organizers", fmt.Sprintf(`{"round_table_id":%d,"organization_id":%d}`, event, newOrganization(t, r))).want(t, http.StatusCreated)
	if second.object(t)["position"] != 2.0 {
		t.Errorf("%s", second.Body)
	}
	patched := editor.patch(t, at, `{"kind":"host","name_as_listed":null,"position":null}`).want(t, http.StatusOK).object(t)
	if patched["kind"] != "host" || patched["name_as_listed"] != nil || patched["position"] != 1.0 || patched["version"] != 2.0 {
		t.Errorf("%v", patched)
	}
	if page := pageOf(t, r.as(t).get(t, fmt.Sprintf("/v1/organizers?organization=%d&kind=host,partner", org)).want(t, http.StatusOK)); len(page.Data) != 1 {
		t.Errorf("%v", page.Data)
	}
	editor.get(t, at).want(t, http.StatusOK)
	editor.del(t, at).want(t, http.StatusNoContent)
	editor.get(t, at).wantProblem(t, http.StatusGone, "deleted")
}

func TestAnOrganizationHasEachPartInARoundTableOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	event, org := fixture.RoundTable(t, r.pool), newOrganization(t, r)
	body := func(kind string) string {
		return fmt.Sprintf(`{"round_table_id":%d,"organization_id":%d,"kind":%q}`, event, org, kind)
	}
	editor.make(t, "/v1/organizers", "%s", body("organizer"))
	host := editor.make(t, "/v1/organizers", "%s", body("host"))
	before := r.changeCount(t)
	editor.post(t, "/v1/organizers", body("organizer")).wantProblem(t, http.StatusConflict, "already_exists", "/organization_id already_organizer")
	editor.patch(t, host, `{"kind":"organizer"}`).wantProblem(t, http.StatusConflict, "already_exists", "/organization_id already_organizer")
	if r.changeCount(t) != before {
		t.Error("a refused organizer was written")
	}
}

func TestAnOrganizerThatBreaksARuleIsRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	event, org := fixture.RoundTable(t, r.pool), newOrganization(t, r)
	known := fmt.Sprintf(`"round_table_id":%d,"organization_id":%d`, event, org)
	editor.refusals(t, "/v1/organizers", map[string][]string{
		`{}`: {"/round_table_id required", "/organization_id required"},
		fmt.Sprintf(`{"round_table_id":999,"organization_id":%d}`, org):       {"/round_table_id unknown_reference"},
		fmt.Sprintf(`{"round_table_id":%d,"organization_id":999}`, event):     {"/organization_id unknown_reference"},
		`{"round_table_id":-1,"organization_id":"1"}`:                         {"/organization_id wrong_type", "/round_table_id too_small"},
		`{` + known + `,"kind":"owner"}`:                                      {"/kind not_allowed"},
		`{` + known + `,"position":0}`:                                        {"/position too_small"},
		`{` + known + `,"position":100001}`:                                   {"/position too_large"},
		`{` + known + `,"name_as_listed":""}`:                                 {"/name_as_listed blank"},
		`{` + known + `,"name_as_listed":"` + strings.Repeat("a", 501) + `"}`: {"/name_as_listed too_long"},
		`{` + known + `,"organization":{"id":1}}`:                             {"/organization unknown_field_hint"},
	})
}

func TestAnOrganizerTakesPartInEveryFeature(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	body := fmt.Sprintf(`{"round_table_id":%d,"organization_id":%d}`, fixture.RoundTable(t, r.pool), newOrganization(t, r))
	lifeOf(t, r, "organizers", body, `{"kind":"host"}`)
}

func TestAnOrganizerOfADraftIsHidden(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	hiddenInDrafts(t, r, "organizers", `{"round_table_id":%d,"organization_id":`+fmt.Sprint(newOrganization(t, r))+`}`)
}
