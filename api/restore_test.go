package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
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
	if o := back.object(t); fmt.Sprint(o["label"]) != "map[en:Ethnic policy ru:Этническая политика]" || !strings.HasPrefix(back.Header().Get("ETag"), `"4-`) {
		t.Errorf("back: %v", o)
	}
	c.act(t, at+"/restore").wantProblem(t, 422, "validation_failed", "/version version_needed")
	if o := c.post(t, at+"/restore", `{"version":1}`).want(t, 200).object(t); fmt.Sprint(o["label"]) != "map[en:Ethnic policy]" || o["version"] != 5.0 {
		t.Errorf("the first version: %v", o)
	}
	if again := c.post(t, at+"/restore", `{"version":1}`).want(t, 200); !strings.HasPrefix(again.Header().Get("ETag"), `"5-`) {
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
	c := m.as(t, actor.Write, actor.Publish, actor.PII)
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

// snapshotOf returns the content of all records, with their parts, as the log has it.
func snapshotOf(t *testing.T, r *rig) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, k := range Kinds() {
		rows, err := r.pool.Query(t.Context(), "SELECT id, "+k.Table+"_snapshot(id) - '{version,updated_at,xact}'::text[] FROM "+k.Table)
		if err != nil {
			t.Fatal(err)
		}
		var id int64
		var content string
		if _, err := pgx.ForEachRow(rows, []any{&id, &content}, func() error {
			all[fmt.Sprintf("/v1/%s/%d", k.Type, id)] = content
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestNoDeletionDestroysWhatRestoreDoesNotBringBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Everything(t, r.pool)
	c := r.as(t, actor.Scopes...)
	was := snapshotOf(t, r)
	address := func(at string) string {
		if strings.HasPrefix(at, "/v1/contacts/") {
			return fmt.Sprintf("/v1/people/%d%s", r.rows(t, "SELECT person_id FROM contacts WHERE id = "+at[len("/v1/contacts/"):]), at[len("/v1"):])
		}
		return at
	}
	paths := slices.Sorted(maps.Keys(was))
	kinds := map[string]bool{}
	for _, at := range paths {
		kinds[strings.Split(at, "/")[2]] = true
	}
	if len(kinds) != len(Resources()) {
		t.Errorf("only %d kinds of %d have records: %v", len(kinds), len(Resources()), kinds)
	}
	// One by one: a deletion is rejected, or restore undoes all of it.
	for _, at := range paths {
		at = address(at)
		if reply := c.del(t, at); reply.Code != http.StatusNoContent {
			reply.wantProblem(t, http.StatusConflict, "in_use")
		} else {
			c.act(t, at+"/restore").want(t, http.StatusOK)
		}
		if is := snapshotOf(t, r); !maps.Equal(is, was) {
			t.Fatalf("after %s was deleted and restored: %v\nwas %v", at, is, was)
		}
	}
	// All, each after those that refer to it.
	var deleted []string
	for range paths {
		left := snapshotOf(t, r)
		for _, at := range slices.Sorted(maps.Keys(left)) {
			if strings.HasPrefix(at, "/v1/distinctions/") { // they are deleted with one of their records
				continue
			}
			if at = address(at); c.del(t, at).Code == http.StatusNoContent {
				deleted = append(deleted, at)
			}
		}
		if len(left) == 0 {
			break
		}
	}
	if left := snapshotOf(t, r); len(left) > 0 {
		t.Fatalf("not deleted: %v", left)
	}
	slices.Reverse(deleted)
	for _, at := range deleted {
		c.act(t, at+"/restore").want(t, http.StatusOK)
	}
	if is := snapshotOf(t, r); !maps.Equal(is, was) {
		t.Errorf("after everything was deleted and restored: %v\nwas %v", is, was)
	}
}

func TestAPersonWithContactsIsNotDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	at := fmt.Sprint("/v1/people/", fixture.Person(t, r.pool))
	contact := r.as(t, actor.PII, actor.Write).make(t, at+"/contacts", `{"kind":"email","value":"a@example.org"}`)
	refused := r.as(t, actor.Write).del(t, at)
	refused.wantProblem(t, http.StatusConflict, "in_use")
	if fmt.Sprint(refused.object(t)["referenced_by"]) != "map[contacts:1]" || strings.Contains(refused.Body.String(), "example.org") {
		t.Errorf("%s", refused.Body)
	}
	c := r.as(t, actor.PII, actor.Write)
	c.del(t, contact).want(t, http.StatusNoContent)
	r.as(t, actor.Write).del(t, at).want(t, http.StatusNoContent)
	c.act(t, contact+"/restore").wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/person_id unknown_reference")
	c.act(t, at+"/restore").want(t, http.StatusOK)
	c.act(t, contact+"/restore").want(t, http.StatusOK)
}

func TestAContactIsNotRestoredAfterItsContentWasErasedFromTheLog(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.PII, actor.Write)
	contact := c.make(t, fmt.Sprintf("/v1/people/%d/contacts", fixture.Person(t, r.pool)), `{"kind":"email","value":"a@example.org"}`)
	c.del(t, contact).want(t, http.StatusNoContent)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return person.PurgeContacts(ctx, tx, time.Now().Add(time.Hour))
	})
	c.act(t, contact+"/restore").wantProblem(t, http.StatusGone, "erased")
	c.post(t, contact+"/restore", `{"version":1}`).wantProblem(t, http.StatusGone, "erased")
}
