package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
)

func TestPublishingTakesAScopeOfItsOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	writer, publisher := r.as(t, actor.Write), r.as(t, actor.Write, actor.Publish)
	for _, state := range []string{"draft", "review"} {
		writer.make(t, "/v1/round-tables", `{"title":{"en":"a"},"publication":%q}`, state)
	}
	for i, state := range []string{"published", "withdrawn"} {
		body := fmt.Sprintf(`{"title":{"en":"a"},"starts_on":"2020-02-0%d","publication":%q}`, i+1, state)
		before := r.changeCount(t)
		writer.post(t, "/v1/round-tables", body).wantProblem(t, http.StatusForbidden, "scope_missing")
		if r.changeCount(t) != before {
			t.Errorf("%s was written", state)
		}
		at := publisher.make(t, "/v1/round-tables", "%s", body)
		writer.patch(t, at, `{"publication":"draft"}`).wantProblem(t, http.StatusForbidden, "scope_missing")
		writer.patch(t, at, `{"publication":null}`).wantProblem(t, http.StatusForbidden, "scope_missing")
		writer.patch(t, at, `{"title":{"ru":"б"}}`).want(t, http.StatusOK)
		publisher.patch(t, at, `{"publication":"review"}`).want(t, http.StatusOK)
		writer.patch(t, at, `{"publication":"draft"}`).want(t, http.StatusOK)
		writer.patch(t, at, fmt.Sprintf(`{"publication":%q}`, state)).wantProblem(t, http.StatusForbidden, "scope_missing")
	}
}

func TestARoundTableIsPublishedAndWithdrawnByAnAction(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public, writer, publisher := r.as(t), r.as(t, actor.Write), r.as(t, actor.Publish)
	at := fmt.Sprintf("/v1/round-tables/%d", fixture.RoundTable(t, r.pool, fixture.Draft))
	publish := func(c caller, action, tag string) reply {
		return c.do(t, http.MethodPost, at+action, nil, append([]string{"If-Match", tag}, c.headers...)...)
	}
	public.act(t, at+"/publish").wantProblem(t, http.StatusUnauthorized, "key_required")
	writer.act(t, at+"/publish").wantProblem(t, http.StatusForbidden, "scope_missing")
	r.do(t, http.MethodPost, at+"/publish", nil, publisher.headers...).wantProblem(t, http.StatusPreconditionRequired, "if_match_required")
	publish(publisher, "/publish", `"7"`).wantProblem(t, http.StatusPreconditionFailed, "stale_version")
	if tried := publish(publisher, "/publish?dry_run=true", `"1"`).want(t, http.StatusOK); tried.object(t)["publication"] != "published" || tried.Header().Get("X-Dry-Run") != "true" {
		t.Errorf("%s", tried.Body)
	}
	public.get(t, at).wantProblem(t, http.StatusNotFound, "not_found")

	if made := publish(publisher, "/publish", `"1"`).want(t, http.StatusOK); made.object(t)["publication"] != "published" || !strings.HasPrefix(made.Header().Get("ETag"), `"2-`) {
		t.Errorf("%s", made.Body)
	}
	public.get(t, at).want(t, http.StatusOK)
	before := r.changeCount(t)
	if again := publish(publisher, "/publish", `"2"`).want(t, http.StatusOK); !strings.HasPrefix(again.Header().Get("ETag"), `"2-`) || r.changeCount(t) != before {
		t.Errorf("publishing again made a new version: %s", again.Body)
	}
	writer.act(t, at+"/withdraw").wantProblem(t, http.StatusForbidden, "scope_missing")
	if gone := publish(publisher, "/withdraw", `"2"`).want(t, http.StatusOK); gone.object(t)["publication"] != "withdrawn" {
		t.Errorf("%s", gone.Body)
	}
	public.get(t, at).wantProblem(t, http.StatusNotFound, "not_found")
	publisher.act(t, "/v1/round-tables/999/publish").wantProblem(t, http.StatusNotFound, "not_found")
	writer.del(t, at).want(t, http.StatusNoContent)
	publisher.act(t, at+"/publish").wantProblem(t, http.StatusGone, "deleted")
}

func TestThePublicSeesNothingOfADraft(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public, reader := r.as(t), r.as(t, actor.Read)
	document := fixture.Document(t, r.pool)
	draft := fixture.RoundTable(t, r.pool, fixture.Draft, func(in *roundtable.Input) {
		in.DocumentLinks = []roundtable.DocumentLink{{DocumentID: document, Relation: "source"}}
	})
	part := fixture.Organizer(t, r.pool, func(in *organizer.Input) { in.RoundTableID = draft })
	proposal := fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID = draft })
	for _, at := range []string{
		fmt.Sprintf("/v1/round-tables/%d", draft), fmt.Sprintf("/v1/round-tables/%d/organizers", draft), fmt.Sprintf("/v1/round-tables/%d/recommendations", draft),
		fmt.Sprintf("/v1/organizers/%d", part), fmt.Sprintf("/v1/recommendations/%d", proposal), fmt.Sprintf("/v1/documents/%d", document),
	} {
		public.get(t, at).wantProblem(t, http.StatusNotFound, "not_found")
		reader.get(t, at).want(t, http.StatusOK)
	}
	for _, list := range []string{
		"/v1/round-tables", "/v1/organizers", "/v1/recommendations", "/v1/documents",
		"/v1/round-tables?publication=draft", fmt.Sprintf("/v1/round-tables?id=%d", draft),
		fmt.Sprintf("/v1/organizers?round_table=%d", draft), fmt.Sprintf("/v1/recommendations?round_table=%d", draft), fmt.Sprintf("/v1/documents?round_table=%d", draft),
	} {
		with := list + map[bool]string{true: "&", false: "?"}[strings.Contains(list, "?")] + "count=exact"
		if body := public.get(t, with).want(t, http.StatusOK).object(t); len(body["data"].([]any)) != 0 || path(body, "meta", "total") != 0.0 {
			t.Errorf("the public: %s: %v", with, body)
		}
		if body := reader.get(t, with).want(t, http.StatusOK).object(t); len(body["data"].([]any)) != 1 || path(body, "meta", "total") != 1.0 {
			t.Errorf("a reader: %s: %v", with, body)
		}
	}
}

func TestThePublicSeesNeitherNotesNorADraftThatAPublishedOneIsPartOf(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	series := fixture.RoundTable(t, r.pool, fixture.Draft)
	id := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
		notes := "ask the source again"
		in.ParentID, in.Notes = &series, &notes
	})
	for caller, shown := range map[*caller]bool{ptrTo(r.as(t)): false, ptrTo(r.as(t, actor.Read)): true} {
		for _, o := range []map[string]any{
			caller.get(t, fmt.Sprintf("/v1/round-tables/%d", id)).want(t, http.StatusOK).object(t),
			pageOf(t, caller.get(t, fmt.Sprintf("/v1/round-tables?id=%d", id)).want(t, http.StatusOK)).Data[0],
		} {
			if (o["notes"] != nil) != shown || (o["parent_id"] != nil) != shown || (o["parent"] != nil) != shown {
				t.Errorf("shown: %v, want %v: %v", !shown, shown, o)
			}
		}
	}
}

func ptrTo[T any](v T) *T { return &v }

func TestAListBelowARoundTableIsItsPartOfTheWholeList(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public := r.as(t)
	id := fixture.RoundTable(t, r.pool)
	for _, kind := range []string{"organizer", "host", "partner"} {
		fixture.Organizer(t, r.pool, func(in *organizer.Input) { in.RoundTableID, in.Kind = id, kind })
		fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID = id })
	}
	fixture.Organizer(t, r.pool)
	fixture.Recommendation(t, r.pool)
	for _, of := range []string{"organizers", "recommendations"} {
		at := fmt.Sprintf("/v1/round-tables/%d/%s", id, of)
		short, whole := public.get(t, at).want(t, http.StatusOK).object(t), public.get(t, fmt.Sprintf("/v1/%s?round_table=%d", of, id)).want(t, http.StatusOK).object(t)
		if fmt.Sprint(short["data"]) != fmt.Sprint(whole["data"]) || len(short["data"].([]any)) != 3 {
			t.Errorf("%s: %v\nwant %v", at, short["data"], whole["data"])
		}
		next := path(public.get(t, at+"?limit=2").want(t, http.StatusOK).object(t), "page", "next").(string)
		if rest := pageOf(t, public.get(t, next).want(t, http.StatusOK)); len(rest.Data) != 1 || !strings.HasPrefix(next, at+"?") {
			t.Errorf("%s gives %v", next, rest.Data)
		}
		public.get(t, at+fmt.Sprintf("?round_table=%d", id)).wantProblem(t, http.StatusBadRequest, "bad_parameters", "round_table unknown_parameter")
		public.get(t, fmt.Sprintf("/v1/round-tables/999/%s", of)).wantProblem(t, http.StatusNotFound, "not_found")
	}
	if page := pageOf(t, public.get(t, fmt.Sprintf("/v1/round-tables/%d/organizers?kind=host", id)).want(t, http.StatusOK)); len(page.Data) != 1 {
		t.Errorf("kind=host: %v", page.Data)
	}
	empty := fixture.RoundTable(t, r.pool)
	if page := pageOf(t, public.get(t, fmt.Sprintf("/v1/round-tables/%d/organizers", empty)).want(t, http.StatusOK)); len(page.Data) != 0 {
		t.Errorf("an event without organizers: %v", page.Data)
	}
	r.as(t, actor.Write, actor.Publish).del(t, fmt.Sprintf("/v1/round-tables/%d", empty)).want(t, http.StatusNoContent)
	public.get(t, fmt.Sprintf("/v1/round-tables/%d/organizers", empty)).wantProblem(t, http.StatusGone, "deleted")
}
