package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestEveryResourceHasEveryFeatureOrStatesWhyNot(t *testing.T) {
	t.Parallel()
	routes := map[string]bool{}
	for _, r := range Routes() {
		routes[r.Method+" "+r.Path] = true
	}
	for _, r := range Resources() {
		for _, f := range Features {
			reason, lacks := r.Lacks[f]
			i := slices.IndexFunc(r.Operations, func(o Operation) bool { return o.Feature == f })
			has := i >= 0 || f == Feed && slices.Contains(feedTypes, r.Type)
			switch {
			case lacks == has:
				t.Errorf("%s: feature %s: it has it: %t, it lacks it: %t", r.Type, f, has, lacks)
			case lacks && len(strings.Fields(reason)) < 4:
				t.Errorf("%s lacks %s without a reason", r.Type, f)
			case i >= 0 && !routes[r.Operations[i].Method+" "+r.Operations[i].Path]:
				t.Errorf("%s: %s has no route", r.Type, f)
			}
		}
		if kind, ok := Kinds().Of(r.Type); !ok || kind.Table != r.Table || r.One == "" || r.Many == "" || r.About == "" && r.Of == "" || len(r.Sorts) == 0 {
			t.Errorf("%s is not described in full: %+v", r.Type, r)
		}
		list := r.Operations[slices.IndexFunc(r.Operations, func(o Operation) bool { return o.Feature == List })]
		if id, ok := list.Query.FieldByName("ID"); slices.Contains(feedTypes, r.Type) && (!ok || id.Type != reflect.TypeFor[[]int64]()) {
			t.Errorf("%s: the filter has no ids, by which the feed reads records", r.Type)
		}
	}
}

// lifeOf takes a record through all features of its resource. body creates a record and patch changes it. What is
// particular to the resource has tests of its own.
func lifeOf(t *testing.T, r *rig, recordType, body, patch string) {
	t.Helper()
	editor, public := r.as(t, actor.Read, actor.Write, actor.Publish), r.as(t)
	list := "/v1/" + recordType
	editor.post(t, list+"?dry_run=true", body).want(t, http.StatusOK)
	created := editor.post(t, list, body).want(t, http.StatusCreated)
	at, made := created.Header().Get("Location"), created.object(t)
	id := int64(made["id"].(float64))
	has := func(what string, reply reply) {
		t.Helper()
		if page := pageOf(t, reply.want(t, http.StatusOK)); !slices.Contains(ids(page), id) {
			t.Errorf("%s lacks %s %d: %s", what, recordType, id, reply.Body)
		}
	}
	has("the list", public.get(t, fmt.Sprintf("%s?id=%d", list, id)))
	has("the feed", public.get(t, "/v1/changes?limit=500&include_data=true&type="+recordType))
	if got := public.get(t, at).want(t, http.StatusOK).object(t); got["id"] != made["id"] || got["version"] != 1.0 {
		t.Errorf("the item: %v", got)
	}
	changed := editor.patch(t, at, patch).want(t, http.StatusOK).object(t)
	if changed["version"] != 2.0 {
		t.Errorf("after the patch: %v", changed)
	}

	columns := strings.Split(strings.TrimSpace(public.get(t, "/v1/imports/templates/"+recordType+".csv").want(t, http.StatusOK).Body.String()), ",")
	if len(columns) < 3 || !strings.HasSuffix(columns[0], "id") || columns[1] != "version" {
		t.Errorf("the template has the columns %q", columns)
	}
	export := public.get(t, "/v1/exports/"+recordType+".csv").want(t, http.StatusOK).Body.String()
	if !strings.Contains(export, fmt.Sprintf("\r\n%d,2,", id)) {
		t.Errorf("the export lacks record %d: %s", id, export)
	}
	headers := append([]string{"Content-Type", "text/csv"}, editor.headers...)
	editor.do(t, http.MethodPost, "/v1/imports/"+recordType+"?dry_run=true", export, headers...).want(t, http.StatusOK)
	report := editor.do(t, http.MethodPost, "/v1/imports/"+recordType, export, headers...).want(t, http.StatusCreated).object(t)
	if report["unchanged"] == 0.0 || report["created"] != 0.0 || report["updated"] != 0.0 || report["failed"] != 0.0 {
		t.Errorf("the unchanged export was imported as %v", report)
	}

	editor.del(t, at).want(t, http.StatusNoContent)
	public.get(t, at).wantProblem(t, http.StatusGone, "deleted")
	var feed Page[Change]
	if err := json.Unmarshal(public.get(t, "/v1/changes?limit=500&type="+recordType+"&cursor="+r.server.changeCursor(t.Context(), 1)).want(t, http.StatusOK).Body.Bytes(), &feed); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(feed.Data, func(c Change) bool { return c.ID == id && c.Op == "delete" }) {
		t.Errorf("the feed does not report the deletion: %+v", feed.Data)
	}
	restored := editor.post(t, at+"/restore", "{}").want(t, http.StatusOK).object(t)
	if restored["id"] != made["id"] || restored["version"].(float64) <= 2 {
		t.Errorf("restored: %v", restored)
	}
	first := editor.post(t, at+"/restore", `{"version":1}`).want(t, http.StatusOK).object(t)
	for name, value := range made {
		if name != "version" && name != "updated_at" && name != "created_at" && !reflect.DeepEqual(first[name], value) {
			t.Errorf("version 1 had %s %v, restored it has %v", name, value, first[name])
		}
	}
	history := pageOf(t, editor.get(t, at+"/history").want(t, http.StatusOK))
	var ops []string
	for _, entry := range history.Data {
		ops = append(ops, entry["op"].(string))
	}
	if want := []string{"update", "create", "delete", "update", "create"}; !slices.Equal(ops, want) {
		t.Errorf("the history has %q, want %q", ops, want)
	}
}

// hiddenInDrafts checks that the public sees a record of a round table only while the round table is published. body
// creates the record in the round table %d.
func hiddenInDrafts(t *testing.T, r *rig, recordType, body string) {
	t.Helper()
	editor, public := r.as(t, actor.Read, actor.Write, actor.Publish), r.as(t)
	event := editor.make(t, "/v1/round-tables", `{"title":{"en":"A draft"},"starts_on":"2020-02-27"}`)
	at := editor.make(t, "/v1/"+recordType, body, idIn(t, event))
	public.get(t, at).wantProblem(t, http.StatusNotFound, "not_found")
	for _, path := range []string{"/v1/" + recordType, "/v1/changes?include_data=true&type=" + recordType} {
		if page := pageOf(t, public.get(t, path).want(t, http.StatusOK)); len(page.Data) != 0 {
			t.Errorf("%s shows a record of a draft: %v", path, page.Data)
		}
	}
	if export := public.get(t, "/v1/exports/"+recordType+".ndjson").want(t, http.StatusOK).Body.String(); !strings.Contains(export, `"rows":0`) {
		t.Errorf("the export shows a record of a draft: %s", export)
	}
	editor.act(t, event+"/publish").want(t, http.StatusOK)
	public.get(t, at).want(t, http.StatusOK)
	cursor := pageOf(t, public.get(t, "/v1/changes?type="+recordType).want(t, http.StatusOK)).Meta.Cursor
	editor.act(t, event+"/withdraw").want(t, http.StatusOK)
	public.get(t, at).wantProblem(t, http.StatusNotFound, "not_found")
	if page := pageOf(t, public.get(t, "/v1/changes?type="+recordType+"&cursor="+cursor).want(t, http.StatusOK)); len(page.Data) != 1 || page.Data[0]["op"] != "withdraw" {
		t.Errorf("the feed reports %v, want withdraw", page.Data)
	}
}

// idIn returns the id at the end of an address.
func idIn(t *testing.T, address string) (id int64) {
	t.Helper()
	if _, err := fmt.Sscan(address[strings.LastIndex(address, "/")+1:], &id); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	return id
}
