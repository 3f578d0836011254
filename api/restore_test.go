package api

import (
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
)

func TestADeletedRecordComesBackAndAnOlderVersionToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := c.make(t, "/v1/topics", `{"label":{"en":"Ethnic policy"}}`)
	c.patch(t, at, `{"label":{"ru":"Этническая политика"}}`).want(t, 200)
	c.del(t, at).want(t, 204)
	c.get(t, at).wantProblem(t, 410, "deleted")

	before := r.changeCount(t)
	if tried := c.act(t, at+"/restore?dry_run=true").want(t, 200).object(t); tried["version"] != 4.0 || r.changeCount(t) != before {
		t.Errorf("dry run: %v", tried)
	}
	back := c.act(t, at+"/restore").want(t, 200)
	if o := back.object(t); fmt.Sprint(o["label"]) != "map[en:Ethnic policy ru:Этническая политика]" || back.Header().Get("ETag") != `"4"` {
		t.Errorf("back: %v", o)
	}
	c.act(t, at+"/restore").wantProblem(t, 422, "validation_failed", "/version version_needed")
	if o := c.post(t, at+"/restore", `{"version":1}`).want(t, 200).object(t); fmt.Sprint(o["label"]) != "map[en:Ethnic policy]" || o["version"] != 5.0 {
		t.Errorf("the first version: %v", o)
	}
	if again := c.post(t, at+"/restore", `{"version":1}`).want(t, 200); again.Header().Get("ETag") != `"5"` {
		t.Errorf("what is there already came back: %s", again.Body)
	}
	c.refusals(t, at+"/restore", map[string][]string{
		`{"version":3}`:   {"/version unknown_version"}, // the deletion
		`{"version":99}`:  {"/version unknown_version"},
		`{"version":0}`:   {"/version too_small"},
		`{"version":"1"}`: {"/version wrong_type"},
		`{"versions":1}`:  {"/versions unknown_field_hint"},
	})
	c.act(t, "/v1/topics/999/restore").wantProblem(t, 404, "not_found")
	c.del(t, at).want(t, 204)
	if o := c.post(t, at+"/restore", `{"version":2}`).want(t, 200).object(t); fmt.Sprint(o["label"]) != "map[en:Ethnic policy ru:Этническая политика]" {
		t.Errorf("deleted, and the second version: %v", o)
	}
}

func TestARestoredRecordIsFoundByItsNamesAndHasItsParts(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	someone := fixture.Person(t, r.pool)
	seat := fmt.Sprint("/v1/attendees/", fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.PersonID, in.Roles = &someone, []string{"moderator", "speaker"} }))
	was := c.get(t, seat).want(t, 200).object(t)
	c.del(t, seat).want(t, 204)
	at := fmt.Sprint("/v1/people/", someone)
	c.del(t, at).want(t, 204)
	c.act(t, seat+"/restore").wantProblem(t, 422, "validation_failed", "/person_id unknown_reference")
	c.act(t, at+"/restore").want(t, 200)
	if found := pageOf(t, c.get(t, "/v1/people?q=Kaliyev").want(t, 200)).Data; len(found) != 1 {
		t.Errorf("found: %v", found)
	}
	if is := c.act(t, seat+"/restore").want(t, 200).object(t); fmt.Sprint(is["roles"]) != fmt.Sprint(was["roles"]) || is["created_at"] != was["created_at"] {
		t.Errorf("was %v, is %v", was, is)
	}
}

func TestWhatIsPublishedComesBackForWhoMayPublish(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	writer, publisher := r.as(t, actor.Write), r.as(t, actor.Write, actor.Publish)
	at := fmt.Sprint("/v1/round-tables/", fixture.RoundTable(t, r.pool))
	publisher.del(t, at).want(t, 204)
	writer.act(t, at+"/restore").wantProblem(t, 403, "scope_missing")
	publisher.act(t, at+"/restore").want(t, 200)
	draft := fmt.Sprint("/v1/round-tables/", fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.Publication = "draft" }))
	writer.del(t, draft).want(t, 204)
	writer.act(t, draft+"/restore").want(t, 200)
	publisher.act(t, draft+"/publish").want(t, 200)
	writer.post(t, draft+"/restore", `{"version":1}`).wantProblem(t, 403, "scope_missing")
}

func TestAMergedRecordIsNotRestoredButUnmerged(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	gone, stays := fixture.Person(t, r.pool), fixture.Person(t, r.pool)
	c.post(t, fmt.Sprintf("/v1/people/%d/merge", gone), fmt.Sprintf(`{"into":%d}`, stays)).want(t, 200)
	refused := c.act(t, fmt.Sprintf("/v1/people/%d/restore", gone))
	if p := refused.wantProblem(t, 409, "restore_merged"); !strings.Contains(p.Title, "/v1/merges/1/undo") || refused.object(t)["into"] != float64(stays) {
		t.Errorf("%s", refused.Body)
	}
}

func TestAnIdentifierThatIsTakenKeepsARecordFromComingBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	known := func(in *person.Input) { in.ExternalIDs = []string{"wikidata:Q1"} }
	at := fmt.Sprint("/v1/people/", fixture.Person(t, r.pool, known))
	c.del(t, at).want(t, 204)
	fixture.Person(t, r.pool, known)
	c.act(t, at+"/restore").wantProblem(t, 409, "already_exists", "/external_ids already_taken")
}

func TestEveryKindOfRecordHasVersionsToComeBackTo(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t, actor.Write, actor.Publish)
	tried := 0
	for _, route := range Routes() {
		if !strings.HasSuffix(route.Path, "/restore") {
			continue
		}
		at := m.path(t, route, shown)
		record := c.get(t, strings.TrimSuffix(at, "/restore")).want(t, 200).object(t)
		if back := c.post(t, at, `{"version":1}`).want(t, 200).object(t); back["id"] != record["id"] || back["created_at"] != record["created_at"] {
			t.Errorf("%s: %v", at, back)
		}
		c.post(t, at, `{"version":1000}`).wantProblem(t, 422, "validation_failed", "/version unknown_version")
		tried++
	}
	if tried < 13 {
		t.Errorf("only %d kinds were tried", tried)
	}
}
