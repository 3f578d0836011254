package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

func TestAListThatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	event := fixture.RoundTable(t, r.pool)
	public, reader := r.as(t), r.as(t, actor.Read)
	for _, path := range []string{"/v1/topics", "/v1/round-tables?limit=2&lang=ru", fmt.Sprintf("/v1/round-tables/%d/attendees", event)} {
		first := public.get(t, path).want(t, 200)
		tag := first.Header().Get("ETag")
		if len(tag) < 20 || first.Header().Get("Cache-Control") != "public, max-age=0, must-revalidate" || !strings.Contains(strings.Join(first.Header().Values("Vary"), ","), "Authorization") {
			t.Fatalf("%s: %v", path, first.Header())
		}
		compressed := strings.TrimSuffix(tag, `"`) + `-gzip"`
		for held, names := range map[string]string{tag: tag, "W/" + tag: tag, `"other", ` + tag: tag, compressed: compressed} {
			same := public.do(t, http.MethodGet, path, nil, "If-None-Match", held).want(t, http.StatusNotModified)
			if same.Body.Len() > 0 || same.Header().Get("ETag") != names {
				t.Errorf("%s with %s: %v %s", path, held, same.Header(), same.Body)
			}
		}
		for accept, names := range map[string]string{"gzip": compressed, "identity": tag} {
			if same := public.do(t, http.MethodGet, path, nil, "If-None-Match", tag+", "+compressed, "Accept-Encoding", accept); same.Header().Get("ETag") != names {
				t.Errorf("%s, held in both forms, with %s: %v", path, accept, same.Header())
			}
		}
		other := path + map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "sort=id"
		for what, again := range map[string]reply{
			"another query":    public.do(t, http.MethodGet, other, nil, "If-None-Match", tag),
			"another language": public.do(t, http.MethodGet, strings.TrimSuffix(path, "&lang=ru")+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"lang=kk", nil, "If-None-Match", tag),
			"another reader":   r.do(t, http.MethodGet, path, nil, append([]string{"If-None-Match", tag}, reader.headers...)...),
		} {
			if again.Code != http.StatusOK || again.Header().Get("ETag") == tag {
				t.Errorf("%s: %s is answered with %d and the tag %s", path, what, again.Code, again.Header().Get("ETag"))
			}
		}
		fixture.Topic(t, r.pool)
		if again := public.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, 200); again.Header().Get("ETag") == tag {
			t.Errorf("%s: the tag is as before a change", path)
		}
	}
	if tag := r.as(t, actor.Admin).get(t, "/v1/api-keys").want(t, 200).Header().Get("ETag"); tag != "" {
		t.Errorf("keys, of which the last use is not in the log, have the tag %s", tag)
	}
	if tag := public.get(t, "/v1/places?q=Astana").want(t, 200).Header().Get("ETag"); tag != "" {
		t.Errorf("places by names, of which the keys are not in the log, have the tag %s", tag)
	}
}

func TestAListThatHasNotChangedIsNotRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, keepsNothing)
	tag := r.as(t).get(t, "/v1/topics").want(t, 200).Header().Get("ETag")
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "ALTER TABLE topics RENAME TO hidden", nil) // reading it fails
	})
	r.do(t, http.MethodGet, "/v1/topics", nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	r.do(t, http.MethodGet, "/v1/topics", nil).want(t, http.StatusInternalServerError)
}

func TestAMistakeInAListIsAnsweredWhateverTheClientHolds(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.do(t, http.MethodGet, "/v1/topics?gossip=1", nil, "If-None-Match", "*").wantProblem(t, http.StatusBadRequest, "bad_parameters")
}

func TestARecordThatHasNotChangedIsNotSentAgain(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t, actor.Scopes...)
	tried := 0
	for _, route := range Routes() {
		if route.Method != http.MethodGet || !strings.HasSuffix(route.Path, "/:id") {
			continue
		}
		at := m.path(t, route, shown)
		first := c.get(t, at).want(t, http.StatusOK)
		tag, version := first.Header().Get("ETag"), fmt.Sprint(first.object(t)["version"])
		if len(tag) < 25 || !strings.HasPrefix(tag, `"`+version+"-") {
			t.Fatalf("%s has the tag %s", at, tag)
		}
		compressed := strings.TrimSuffix(tag, `"`) + `-gzip"`
		for held, names := range map[string]string{tag: tag, "W/" + tag: tag, `"12", ` + tag: tag, compressed: compressed} {
			same := c.do(t, http.MethodGet, at, nil, append([]string{"If-None-Match", held}, c.headers...)...).want(t, http.StatusNotModified)
			if same.Body.Len() > 0 || same.Header().Get("ETag") != names {
				t.Errorf("%s with %s: %v %s", at, held, same.Header(), same.Body)
			}
		}
		for _, held := range []string{`"` + version + `"`, "*", tag[:len(tag)-2] + `"`, `"` + tag[strings.Index(tag, "-"):]} {
			c.do(t, http.MethodGet, at, nil, append([]string{"If-None-Match", held}, c.headers...)...).want(t, http.StatusOK)
		}
		tried++
	}
	if tried < 18 {
		t.Errorf("only %d records were tried", tried)
	}
}

func TestTheTagOfARecordIsOfOneReaderQueryLanguageAndMoment(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public, reader := r.as(t), r.as(t, actor.Read)
	someone, institute := fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	fixture.Affiliation(t, r.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID, in.Primary = someone, institute, true })
	at := fmt.Sprintf("/v1/people/%d", someone)
	tag := public.get(t, at).want(t, http.StatusOK).Header().Get("ETag")
	for what, again := range map[string]reply{
		"another query":    public.do(t, http.MethodGet, at+"?fields=name", nil, "If-None-Match", tag),
		"another language": public.do(t, http.MethodGet, at+"?lang=kk", nil, "If-None-Match", tag),
		"another reader":   r.do(t, http.MethodGet, at, nil, append([]string{"If-None-Match", tag}, reader.headers...)...),
	} {
		if again.Code != http.StatusOK || again.Header().Get("ETag") == tag {
			t.Errorf("%s: %d, %s", what, again.Code, again.Header().Get("ETag"))
		}
	}
	r.write(t, func(ctx context.Context, tx pgx.Tx) error { // what the person's record shows of another one
		return pg.Exec(ctx, tx, "UPDATE organizations SET name = '{\"en\": \"Renamed\"}' WHERE id = @id", pg.Args{"id": institute})
	})
	again := public.do(t, http.MethodGet, at, nil, "If-None-Match", tag).want(t, http.StatusOK)
	if !strings.Contains(again.Body.String(), "Renamed") || again.Header().Get("ETag") == tag {
		t.Errorf("%s %s", again.Header().Get("ETag"), again.Body)
	}
	public.do(t, http.MethodGet, "/v1/people/999999", nil, "If-None-Match", "*").wantProblem(t, http.StatusNotFound, "not_found")
	editor := r.as(t, actor.Write)
	editor.do(t, http.MethodPatch, at, `{"bio":{"en":"Chairman"}}`, append([]string{"Content-Type", mergeBody, "If-Match", again.Header().Get("ETag")}, editor.headers...)...).want(t, http.StatusOK)
	editor.do(t, http.MethodPatch, at, `{"bio":{"en":"Director"}}`, append([]string{"Content-Type", mergeBody, "If-Match", again.Header().Get("ETag")}, editor.headers...)...).want(t, http.StatusPreconditionFailed)
}

func TestARecordThatHasNotChangedIsNotRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, keepsNothing)
	at := fmt.Sprintf("/v1/topics/%d", fixture.Topic(t, r.pool))
	tag := r.as(t).get(t, at).want(t, 200).Header().Get("ETag")
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		return pg.Exec(ctx, tx, "ALTER TABLE topics RENAME TO hidden", nil) // reading it fails
	})
	r.do(t, http.MethodGet, at, nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	r.do(t, http.MethodGet, at, nil).want(t, http.StatusInternalServerError)
}

func TestTheTagThatAWriteReturnsIsThatOfTheNextRead(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	c := m.as(t, actor.Scopes...)
	holds := func(what, at string, written reply, query string) {
		t.Helper()
		tag := written.Header().Get("ETag")
		read := c.get(t, at+query).want(t, http.StatusOK)
		if len(tag) < 25 || read.Header().Get("ETag") != tag {
			t.Errorf("%s: the write has the tag %s, GET %s%s the tag %s", what, tag, at, query, read.Header().Get("ETag"))
			return
		}
		c.do(t, http.MethodGet, at+query, nil, append([]string{"If-None-Match", tag}, c.headers...)...).want(t, http.StatusNotModified)
	}
	patches := map[string]string{
		"topics": `{"description":{"en":"New"}}`, "places": `{"region":"New"}`, "roles": `{"rank":77}`, "organizations": `{"website":"https://example.org"}`,
		"people": `{"notes":"New"}`, "contacts": `{"note":"New"}`, "affiliations": `{"title":{"en":"New"}}`, "documents": `{"language":"kk"}`,
		"round-tables": `{"notes":"New"}`, "organizers": `{"position":9}`, "attendees": `{"position":9}`, "statements": `{"attribution":"New"}`,
		"recommendations": `{"status":"accepted"}`, "api-keys": `{"name":"New"}`, "webhooks": `{"description":"New"}`,
	}
	for _, route := range Routes() {
		if route.Method != http.MethodPatch {
			continue
		}
		at := m.path(t, route, shown)
		parts := strings.Split(route.Path, "/")
		patch := patches[parts[len(parts)-2]]
		if patch == "" {
			t.Errorf("%s: add a patch", route.Path)
			continue
		}
		holds("PATCH "+at, at, c.patch(t, at, patch).want(t, http.StatusOK), "")
		holds("the same PATCH of "+at, at, c.patch(t, at+"?lang=ru", patch).want(t, http.StatusOK), "?lang=ru")
		if dry := c.patch(t, at+"?dry_run=true", patch).want(t, http.StatusOK); dry.Header().Get("ETag") != "" {
			t.Errorf("the dry run of a PATCH of %s has the tag %s", at, dry.Header().Get("ETag"))
		}
	}
	for i, create := range [][2]string{
		{"/v1/topics", `{"label":{"en":"New"}}`}, {"/v1/people", `{"name":{"en":"Zarina Aubakirova"}}`}, {"/v1/api-keys", `{"name":"a","scopes":["read"]}`},
		{fmt.Sprintf("/v1/people/%d/contacts", m.ids["people"][shown]), `{"kind":"email","value":"new@example.org"}`},
	} {
		key := []string{idempotencyKey, fmt.Sprint("create-", i), "Content-Type", jsonBody}
		made := c.do(t, http.MethodPost, create[0], create[1], append(key, c.headers...)...).want(t, http.StatusCreated)
		at := made.Header().Get("Location")
		holds("POST "+create[0], at, made, "")
		again := c.do(t, http.MethodPost, create[0], create[1], append(key, c.headers...)...).want(t, http.StatusCreated)
		if again.Header().Get(replayed) == "" || again.Header().Get("ETag") != made.Header().Get("ETag") {
			t.Errorf("POST %s has the tag %s, replayed %s", create[0], made.Header().Get("ETag"), again.Header().Get("ETag"))
		}
	}
	made := c.post(t, "/v1/topics", `{"label":{"en":"Another"}}`).want(t, http.StatusCreated)
	at := made.Header().Get("Location")
	holds("POST /v1/topics", at, made, "")
	c.del(t, at).want(t, http.StatusNoContent)
	holds("restore", at, c.act(t, at+"/restore").want(t, http.StatusOK), "")
	file := c.do(t, http.MethodPost, "/v1/imports/topics", "label_en\nImported\n", append([]string{"Content-Type", "text/csv"}, c.headers...)...).want(t, http.StatusCreated)
	at = file.Header().Get("Location")
	holds("import", at, file, "")
	holds("revert", at, c.act(t, at+"/revert").want(t, http.StatusOK), "")
}

func TestAWriteHasNoTagOfAStateThatItDidNotSee(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	someone, institute := fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	var read, alone paging.State
	write := func(between func()) paging.State {
		var state paging.State
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			if err := pg.Exec(ctx, tx, "UPDATE people SET notes = coalesce(notes, '') || 'a' WHERE id = @id", pg.Args{"id": someone}); err != nil {
				return err
			}
			p, err := person.Get(ctx, tx, someone)
			state = p.ReadAt
			between()
			return err
		})
		return state
	}
	alone = write(func() {})
	if after, known, err := alone.After(t.Context(), r.pool); !known || err != nil || after.Head <= alone.Head {
		t.Errorf("alone: %v %v %v", after, known, err)
	}
	read = write(func() {
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			return pg.Exec(ctx, tx, "UPDATE organizations SET name = '{\"en\": \"Renamed\"}' WHERE id = @id", pg.Args{"id": institute})
		})
	})
	if after, known, err := read.After(t.Context(), r.pool); known || err != nil {
		t.Errorf("after another write: %v %v %v", after, known, err)
	}
	if after, known, err := alone.After(t.Context(), r.pool); !known || err != nil || after.Head >= read.Head+1 {
		t.Errorf("before another write: %v %v %v", after, known, err)
	}
}

func TestOnlyResponsesWithMessagesDependOnTheirLanguage(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Scopes...)
	at := c.do(t, http.MethodPost, "/v1/imports/topics?on_error=skip", "label_en,version\nA,\nB,x\n",
		append([]string{"Content-Type", "text/csv", "Accept-Language", "mi, ru"}, c.headers...)...).want(t, http.StatusCreated)
	read := func(path, languages string) reply {
		return c.do(t, http.MethodGet, path, nil, append([]string{"Accept-Language", languages}, c.headers...)...).want(t, http.StatusOK)
	}
	of := at.Header().Get("Location")
	russian, kazakh := read(of, "mi, ru"), read(of, "mi, kk")
	if russian.Header().Get("ETag") != at.Header().Get("ETag") {
		t.Errorf("the import has the tag %s, then %s", at.Header().Get("ETag"), russian.Header().Get("ETag"))
	}
	if russian.Body.String() == kazakh.Body.String() || russian.Header().Get("ETag") == kazakh.Header().Get("ETag") {
		t.Errorf("%s %s in Russian, %s %s in Kazakh", russian.Header().Get("ETag"), russian.Body, kazakh.Header().Get("ETag"), kazakh.Body)
	}
	for _, path := range []string{"/v1/topics", "/v1/topics/1", "/v1/topics/aggregate"} { // only lang= adds texts
		russian, kazakh := read(path, "ru"), read(path, "kk")
		if russian.Header().Get("ETag") != kazakh.Header().Get("ETag") || russian.Body.String() != kazakh.Body.String() {
			t.Errorf("%s: %v, %v", path, russian.Header(), kazakh.Header())
		}
		if vary := strings.Join(russian.Header().Values("Vary"), ","); strings.Contains(vary, "Accept-Language") {
			t.Errorf("%s: Vary %s", path, vary)
		}
	}
}
