package api

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// dumped returns the data of the database: as pg_dump prints it, and as COPY does, because a downloaded PostgreSQL has no
// pg_dump.
func dumped(t *testing.T, r *rig, url string) string {
	t.Helper()
	var b strings.Builder
	tables, err := pg.Column[string](t.Context(), r.pool, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", nil)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := r.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, table := range tables {
		if _, err := conn.Conn().PgConn().CopyTo(t.Context(), &b, "COPY "+table+" TO STDOUT"); err != nil {
			t.Fatal(err)
		}
	}
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if inPath, err := exec.LookPath("pg_dump"); err == nil {
		programs = append(programs, inPath)
	}
	if len(programs) > 0 {
		program := slices.Max(programs)
		out, err := exec.CommandContext(t.Context(), program, "--data-only", "--dbname", url).Output() //nolint:gosec // of this machine
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		b.Write(out)
	}
	return b.String()
}

// canaries are data of a person, each in one place.
var canaries = map[string]string{
	"name": "Zhumagul Canariyev", "name in Russian": "Жумагул Канариев", "former name": "Zhumagul Formerov", "other name": "Canaryname Aliasov", "bio": "CanaryBiography", "honorific": "CanaryHonorific",
	"external id": "canary:QCANARY1", "notes": "CanaryNotes", "contact": "canary.contact@example.org", "contact note": "CanaryContactNote",
	"deleted contact": "canary.deleted@example.org", "name as listed": "Canarylisted Zh.", "attribution": "CanaryAttribution", "merged name": "Zhumakul Kanariev",
	"merged notes": "CanaryMergedNotes", "imported notes": "CanaryImported", "distinction": "CanaryDistinction", "position": "CanaryPosition",
	"reason": "CanaryReason", "undone": "CanaryUndone",
}

func TestAnErasedPersonIsInNoDumpOfTheDatabase(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	r := newRigOn(t, dbtest.Open(t, url, pg.Options{MaxConns: 4}), nil)
	c := r.as(t, actor.Scopes...)
	withHeader := func(caller caller, pairs ...string) caller {
		caller.headers = append(slices.Clone(caller.headers), pairs...)
		return caller
	}
	body := jsonOf(t, map[string]any{
		"name": text.Map{"en": canaries["former name"]}, "bio": text.Map{"en": canaries["bio"]}, "notes": canaries["notes"], "honorific": text.Map{"en": canaries["honorific"]},
		"external_ids": []string{canaries["external id"]}, "other_names": []text.OtherName{{Text: canaries["other name"], Kind: "alias"}},
	})
	idempotent := withHeader(c, "Idempotency-Key", "once")
	at := idempotent.make(t, "/v1/people", "%s", body)
	id := idIn(t, at)
	withHeader(c, "X-Change-Reason", canaries["reason"]+" "+canaries["former name"]).patch(t, at, jsonOf(t, map[string]any{"name": text.Map{"en": canaries["name"], "ru": canaries["name in Russian"]}})).want(t, 200)
	c.make(t, at+"/contacts", `{"kind":"email","value":%q,"note":%q}`, canaries["contact"], canaries["contact note"])
	c.del(t, c.make(t, at+"/contacts", `{"kind":"email","value":%q}`, canaries["deleted contact"])).want(t, 204)
	other := fixture.Person(t, r.pool)
	c.make(t, "/v1/distinctions", `{"type":"people","first_id":%d,"second_id":%d,"note":%q}`, id, other, canaries["distinction"])
	institute := fixture.Organization(t, r.pool)
	c.make(t, "/v1/affiliations", `{"person_id":%d,"organization_id":%d,"title":{"en":%q}}`, id, institute, canaries["position"])
	// An attendance that had only a name at first, and a statement that had no attendee.
	event := fixture.RoundTable(t, r.pool)
	attendance := c.make(t, "/v1/attendees", `{"round_table_id":%d,"name_as_listed":%q,"roles":["speaker"],"affiliations":[{"organization_id":%d,"title":{"en":"Director"}}]}`,
		event, canaries["name as listed"], institute)
	said := c.make(t, "/v1/statements", `{"round_table_id":%d,"attribution":%q,"quoted_person_id":%d,"mentions":{"person_ids":[%d,%d]},"texts":[{"lang":"en","text":"Said.","original":true}]}`,
		event, canaries["attribution"], id, other, id)
	c.patch(t, said, fmt.Sprintf(`{"attendee_id":%d}`, idIn(t, attendance))).want(t, 200)
	c.post(t, attendance+"/resolve", fmt.Sprintf(`{"person_id":%d}`, id)).want(t, 200)
	c.make(t, "/v1/attendees", `{"round_table_id":%d,"person_id":%d,"on_behalf_of":{"person_id":%d}}`, event, other, id)
	c.make(t, "/v1/documents", `{"title":{"en":"Report"},"author_ids":[%d,%d]}`, other, id)
	// A merged record, and one whose merge into another person was undone.
	merged := c.make(t, "/v1/people?allow_duplicate=true", `{"name":{"en":%q},"notes":%q}`, canaries["merged name"], canaries["merged notes"])
	withoutDistinctions(t, c, idIn(t, merged), id)
	c.post(t, merged+"/merge?dry_run=true", fmt.Sprintf(`{"into":%d}`, id)).want(t, 200)
	o := c.post(t, merged+"/merge", fmt.Sprintf(`{"into":%d}`, id)).want(t, 200).object(t)
	undone := c.make(t, "/v1/people", `{"name":{"en":"Someone Else"},"notes":%q}`, canaries["undone"])
	m := c.post(t, undone+"/merge", fmt.Sprintf(`{"into":%d}`, other)).want(t, 200).object(t)
	c.act(t, fmt.Sprintf("/v1/merges/%.0f/undo", path(m, "merge", "id"))).want(t, 200)
	c.post(t, undone+"/merge", fmt.Sprintf(`{"into":%d}`, id)).want(t, 200)
	// An import that changes the person, and one whose report quotes the person.
	upload := func(path, content string) reply {
		return c.do(t, http.MethodPost, path, content, append([]string{"Content-Type", "text/csv"}, c.headers...)...)
	}
	changing := upload("/v1/imports/people?overwrite=true", fmt.Sprintf("id,notes\n%d,%s\n", id, canaries["imported notes"])).want(t, 201).Header().Get("Location")
	quoting := upload("/v1/imports/people?on_error=skip", "name_en\nTalgat Kaliyev\n"+canaries["name"]+"\n").want(t, 201)
	if !strings.Contains(quoting.Body.String(), canaries["name in Russian"]) {
		t.Fatalf("the report does not quote the person: %s", quoting.Body)
	}
	bundle := fmt.Sprintf(`{"lang":"en","round_table":{"title":{"en":"Bundled"},"starts_on":"2024-05-06"},"attendees":[{"person":{"id":%d},"name_as_listed":%q,"roles":["moderator"],"affiliations":[{"title":{"en":"Chair"}}]}],
		"statements":[{"speaker":"Zhumagul Canariyev","attribution":%q,"texts":[{"text":"Opened."}]}]}`, id, canaries["name as listed"], canaries["attribution"])
	if reply := c.post(t, "/v1/bundles", bundle); reply.Code != 201 {
		t.Fatalf("bundle: %s", reply.Body)
	}
	c.make(t, "/v1/webhooks", `{"url":"https://example.org/hook"}`)
	c.get(t, at).want(t, 200)
	review := c.make(t, "/v1/statements", `{"round_table_id":%d,"texts":[{"lang":"en","text":"After the break:\nZhumagul Kanariyev proposed a congress.","original":true}]}`, event)
	cursor := c.get(t, "/v1/changes/checkpoint").want(t, 200).object(t)["cursor"].(string)
	public := r.as(t)
	publicCursor := public.get(t, "/v1/changes/checkpoint").want(t, 200).object(t)["cursor"].(string)
	for what, canary := range canaries {
		if !strings.Contains(dumped(t, r, url), canary) {
			t.Errorf("%s is not in the dump before the erasure: the test would see nothing", what)
		}
	}

	before := r.changeCount(t)
	tried := c.act(t, at+"/erase?dry_run=true").want(t, 200).object(t)
	if r.changeCount(t) != before || !strings.Contains(dumped(t, r, url), canaries["bio"]) {
		t.Error("a dry run erased something")
	}
	withHeader(c, "X-Change-Reason", "At the request of "+canaries["name in Russian"]).act(t, at+"/erase").wantProblem(t, 400, "bad_parameters", "X-Change-Reason reason_names_person")
	c.post(t, at+"/erase", "").wantProblem(t, 428, "if_match_required")
	c.do(t, "POST", at+"/erase", nil, append([]string{"If-Match", `"1"`}, c.headers...)...).wantProblem(t, 412, "stale_version")
	done := withHeader(c, "X-Change-Reason", "Request of 12 May").act(t, at+"/erase").want(t, 200).object(t)
	if fmt.Sprint(tried["records"], tried["texts"]) != fmt.Sprint(done["records"], done["texts"]) {
		t.Errorf("the dry run said %v, the erasure %v", tried, done)
	}
	found := fmt.Sprint(done["texts"])
	if !strings.Contains(found, fmt.Sprintf("id:%d pointer:/texts/0/text", idIn(t, review))) || strings.Contains(found, "/name_as_listed") {
		t.Errorf("texts to review: %v", done["texts"])
	}

	dump := dumped(t, r, url)
	for what, canary := range canaries {
		for _, form := range []string{canary, strings.ToLower(canary), hex.EncodeToString([]byte(canary))} {
			if i := strings.Index(dump, form); i >= 0 {
				t.Errorf("%s is in the dump: …%s…", what, dump[max(0, i-200):min(len(dump), i+100)])
				break
			}
		}
	}

	gone := public.get(t, at)
	gone.wantProblem(t, 410, "erased")
	public.get(t, merged).wantProblem(t, 410, "erased")
	c.act(t, at+"/erase").wantProblem(t, 410, "erased")
	c.post(t, at+"/restore", `{"version":1}`).wantProblem(t, 410, "erased")
	c.act(t, fmt.Sprintf("/v1/merges/%.0f/undo", path(o, "merge", "id"))).wantProblem(t, 410, "erased")
	idempotent.post(t, "/v1/people", body).wantProblem(t, 410, "response_erased")
	for _, q := range []string{"Canariyev", "Канариев", "Aliasov"} {
		if list := pageOf(t, c.get(t, "/v1/people?q="+q).want(t, 200)).Data; len(list) != 0 {
			t.Errorf("%s is found: %v", q, list)
		}
	}
	history := pageOf(t, c.get(t, at+"/history").want(t, 200)).Data
	if len(history) < 3 || history[0]["op"] != "erase" || history[0]["reason"] != "Request of 12 May" || history[1]["actor"] == "" {
		t.Errorf("history: %v", history)
	}
	for _, h := range history {
		if len(h["changes"].([]any)) != 0 {
			t.Errorf("the history shows %v", h)
		}
	}
	for _, who := range []caller{c, public} {
		a := who.get(t, attendance).want(t, 200).object(t)
		if a["person"] != nil || a["person_id"] != nil || a["name_as_listed"] != nil || fmt.Sprint(a["roles"]) != "[speaker]" || len(a["affiliations"].([]any)) != 1 {
			t.Errorf("attendance: %v", a)
		}
		st := who.get(t, said).want(t, 200).object(t)
		if st["attribution"] != nil || st["speaker"] != nil || st["quoted_person"] != nil || path(st, "attendee", "id") == nil || fmt.Sprint(path(st, "mentions", "person_ids")) != fmt.Sprintf("[%d]", other) {
			t.Errorf("statement: %v", st)
		}
	}
	for from, who := range map[string]caller{cursor: c, publicCursor: public} {
		ops := map[string]bool{}
		for _, change := range pageOf(t, who.get(t, "/v1/changes?limit=500&cursor="+from).want(t, 200)).Data {
			ops[fmt.Sprint(change["op"], " ", change["type"], " ", change["id"])] = true
		}
		for _, n := range []int64{id, idIn(t, merged)} {
			if !ops[fmt.Sprintf("erase people %d", n)] {
				t.Errorf("the feed lacks the erasure of %d: %v", n, ops)
			}
		}
		if !ops[fmt.Sprintf("upsert attendees %d", idIn(t, attendance))] {
			t.Errorf("the feed lacks the attendance: %v", ops)
		}
	}
	c.post(t, attendance+"/restore", `{"version":2}`).want(t, 200)
	c.act(t, changing+"/revert").want(t, 200)
	if report := c.get(t, quoting.Header().Get("Location")).want(t, 200).Body.String(); strings.Contains(report, canaries["name in Russian"]) || !strings.Contains(report, "duplicate_candidates") {
		t.Errorf("report: %s", report)
	}
	c.post(t, attendance+"/resolve", fmt.Sprintf(`{"person_id":%d}`, other)).wantProblem(t, 409, "already_resolved")
}

// withoutDistinctions deletes the decisions that two people are distinct.
func withoutDistinctions(t *testing.T, c caller, ids ...int64) {
	t.Helper()
	for _, d := range pageOf(t, c.get(t, fmt.Sprintf("/v1/distinctions?person=%d", ids[0])).want(t, 200)).Data {
		c.del(t, fmt.Sprintf("/v1/distinctions/%.0f", d["id"])).want(t, 204)
	}
}

func TestADeletedPersonCanBeErased(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	r := newRigOn(t, dbtest.Open(t, url, pg.Options{MaxConns: 4}), nil)
	c := r.as(t, actor.PII, actor.Write)
	at := c.make(t, "/v1/people", `{"name":{"en":"Zhumagul Canariyev"},"visibility":"restricted"}`)
	c.del(t, at).want(t, 204)
	c.do(t, "POST", at+"/erase", nil, append([]string{"If-Match", `"1"`}, c.headers...)...).wantProblem(t, 412, "stale_version")
	c.do(t, "POST", at+"/erase", nil, append([]string{"If-Match", `"2"`}, c.headers...)...).want(t, 200)
	if strings.Contains(dumped(t, r, url), "Canariyev") {
		t.Error("the name of a deleted person is left")
	}
	c.get(t, at).wantProblem(t, 410, "erased")
	r.as(t).get(t, at).wantProblem(t, 404, "not_found")
	c.act(t, "/v1/people/999/erase").wantProblem(t, 404, "not_found")
}

func TestErasingRequiresBothScopes(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	at := fmt.Sprintf("/v1/people/%d/erase", fixture.Person(t, r.pool))
	for missing, scopes := range map[string][]actor.Scope{"write": {actor.PII, actor.Read, actor.Admin}, "pii": {actor.Write, actor.Publish, actor.Admin}} {
		problem := r.as(t, scopes...).act(t, at).wantProblem(t, 403, "scope_missing")
		if !strings.Contains(problem.Title, missing) {
			t.Errorf("without %s: %s", missing, problem.Title)
		}
	}
	r.as(t, actor.PII, actor.Write).act(t, at).want(t, 200)
}

func TestAPersonWhoWasHiddenAfterHavingBeenPublicIsErasedFromPublicMirrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c, public := r.as(t, actor.PII, actor.Write), r.as(t)
	at := fmt.Sprint("/v1/people/", fixture.Person(t, r.pool))
	never := fmt.Sprint("/v1/people/", fixture.Person(t, r.pool, func(in *person.Input) { in.Visibility = "restricted" }))
	c.patch(t, at, `{"visibility":"restricted"}`).want(t, 200)
	cursor := public.get(t, "/v1/changes/checkpoint").want(t, 200).object(t)["cursor"].(string)
	c.act(t, at+"/erase").want(t, 200)
	c.act(t, never+"/erase").want(t, 200)
	list := pageOf(t, public.get(t, "/v1/changes?cursor="+cursor).want(t, 200)).Data
	if len(list) != 1 || list[0]["op"] != "erase" || fmt.Sprint(list[0]["id"]) != strings.TrimPrefix(at, "/v1/people/") {
		t.Errorf("the public feed has %v", list)
	}
	sums := func(r *rig) string {
		o := r.as(t).get(t, "/v1/changes/checkpoint").want(t, 200).object(t)
		return fmt.Sprint(o["types"])
	}
	if kept, fresh := sums(r), sums(newRigOn(t, r.pool, nil)); kept != fresh {
		t.Errorf("the checksums are %s, from the beginning %s", kept, fresh)
	}
}

func TestADisclosureShowsEverythingHeldAboutAPerson(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.PII)
	notes := "Asked <not> to be named."
	someone := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.Notes, in.Visibility = text.Map{"en": "Talgat <b>Kaliyev</b>"}, &notes, "restricted"
	})
	draft := fixture.RoundTable(t, r.pool, fixture.Draft)
	fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID = draft, &someone })
	at := fmt.Sprintf("/v1/people/%d/disclosure", someone)
	editor := r.as(t, actor.PII, actor.Write)
	editor.make(t, "/v1/affiliations", `{"person_id":%v,"organization_id":%v,"from":"2019"}`, someone, fixture.Organization(t, r.pool))
	editor.del(t, editor.make(t, fmt.Sprintf("/v1/people/%d/contacts", someone), `{"kind":"phone","value":"+7 7172 111111"}`)).want(t, 204)
	o := c.get(t, at+"?lang=en").want(t, 200).object(t)
	if path(o, "person", "notes") != notes || len(o["attendances"].([]any)) != 1 || !strings.Contains(fmt.Sprint(o["changes"]), "+7 7172 111111") || path(o, "person", "name_text") == nil {
		t.Errorf("disclosure: %v", o)
	}
	if list := fmt.Sprint(o["changes"]); !strings.Contains(list, "pointer:/from]") || strings.Contains(list, "held_from") {
		t.Errorf("the changes name fields as the database does: %s", list)
	}
	for lang, title := range map[string]string{"en": "Data held about a person", "ru": "Данные о человеке", "kk": "Адам туралы деректер"} {
		page := r.do(t, "GET", at+"?lang="+lang, nil, append([]string{"Accept", "text/html,application/json;q=0.5"}, c.headers...)...).want(t, 200)
		if html := page.Body.String(); !strings.Contains(html, title) || !strings.Contains(html, "Talgat &lt;b&gt;Kaliyev") || strings.Contains(html, "<not>") ||
			!strings.HasPrefix(page.Header().Get("Content-Type"), "text/html") || !strings.HasPrefix(page.Header().Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-") {
			t.Errorf("%s: %v %s", lang, page.Header(), html)
		}
	}
	editor.del(t, "/v1/attendees/1").want(t, 204)
	editor.del(t, "/v1/affiliations/1").want(t, 204)
	editor.del(t, fmt.Sprintf("/v1/people/%d", someone)).want(t, 204)
	if o := c.get(t, at).want(t, 200).object(t); o["person"] != nil || !strings.Contains(fmt.Sprint(o["changes"]), notes) || len(o["reads"].([]any)) != 4 {
		t.Errorf("disclosure of a deleted person: %v", o)
	}
	c.get(t, "/v1/people/999/disclosure").wantProblem(t, 404, "not_found")
}

func TestReadsOfPersonalDataAreRecordedAndChangeNothingElse(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, key := r.key(t, actor.PII, actor.Write)
	c, admin := caller{r, []string{"Authorization", "Bearer " + token}}, r.as(t, actor.Admin)
	someone := fixture.Person(t, r.pool)
	list := fmt.Sprintf("/v1/people/%d/contacts", someone)
	contact := c.make(t, list, `{"kind":"email","value":"a@example.org"}`)
	before := r.changeCount(t)
	topics := r.as(t).get(t, "/v1/topics").want(t, 200).Header().Get("ETag")
	first := c.get(t, list).want(t, 200)
	second := c.get(t, list).want(t, 200) // from the cache
	if first.Body.String() != second.Body.String() || first.Header().Get("ETag") != second.Header().Get("ETag") {
		t.Errorf("%v %v", first, second)
	}
	r.do(t, "GET", list, nil, append([]string{"If-None-Match", first.Header().Get("ETag")}, c.headers...)...).want(t, 304)
	c.get(t, contact).want(t, 200)
	c.get(t, contact+"/history").want(t, 200)
	c.get(t, fmt.Sprintf("/v1/people/%d/disclosure", someone)).want(t, 200)
	c.get(t, "/v1/people/999/contacts").want(t, 404)
	if r.changeCount(t) != before || r.as(t).get(t, "/v1/topics").want(t, 200).Header().Get("ETag") != topics {
		t.Error("a read changed the log")
	}
	reads := pageOf(t, admin.get(t, "/v1/audit/reads?count=exact").want(t, 200))
	if len(reads.Data) != 6 || *reads.Meta.Total != 6 {
		t.Fatalf("reads: %v", reads.Data)
	}
	for i, data := range []string{"disclosure", "contacts", "contacts", "contacts", "contacts", "contacts"} {
		if d := reads.Data[i]; d["data"] != data || d["actor"] != fmt.Sprint("key:", key) || d["person_id"] != float64(someone) {
			t.Errorf("read %d: %v", i, d)
		}
	}
	if list := pageOf(t, admin.get(t, "/v1/audit/reads?person=999").want(t, 200)).Data; len(list) != 0 {
		t.Errorf("%v", list)
	}
	c.get(t, "/v1/audit/reads").wantProblem(t, 403, "scope_missing")
}

func TestNothingIsSentWhenAReadCannotBeRecorded(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	list := fmt.Sprintf("/v1/people/%d/contacts", fixture.Person(t, r.pool))
	r.as(t, actor.PII, actor.Write).make(t, list, `{"kind":"email","value":"a@example.org"}`)
	if _, err := r.pool.Exec(t.Context(), "ALTER TABLE personal_data_reads ADD CHECK (id < 0) NOT VALID"); err != nil {
		t.Fatal(err)
	}
	if reply := r.as(t, actor.PII).get(t, list); reply.Code < 400 || strings.Contains(reply.Body.String(), "example.org") {
		t.Errorf("%d %s", reply.Code, reply.Body)
	}
}

func TestADeletedContactLeavesTheLogWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	r := newRigOn(t, dbtest.Open(t, url, pg.Options{MaxConns: 4}), func(c *Config) { c.ContactRetention = 24 * time.Hour })
	c := r.as(t, actor.PII, actor.Write)
	list := fmt.Sprintf("/v1/people/%d/contacts", fixture.Person(t, r.pool))
	kept := c.make(t, list, `{"kind":"email","value":"kept@example.org"}`)
	deleted := c.make(t, list, `{"kind":"email","value":"first@example.org","note":"CanaryNote"}`)
	c.patch(t, deleted, `{"value":"second@example.org"}`).want(t, 200)
	c.del(t, deleted).want(t, 204)
	purge := func() string {
		if err := r.server.purgeContacts(actor.With(context.Background(), actor.System("test"))); err != nil {
			t.Fatal(err)
		}
		return dumped(t, r, url)
	}
	r.clock.pass(23 * time.Hour)
	if !strings.Contains(purge(), "second@example.org") {
		t.Error("the contact left the log too early")
	}
	r.clock.pass(2 * time.Hour)
	dump := purge()
	for _, canary := range []string{"first@example.org", "second@example.org", "CanaryNote"} {
		if strings.Contains(dump, canary) {
			t.Errorf("the log still has %s", canary)
		}
	}
	if !strings.Contains(dump, "kept@example.org") {
		t.Error("the log lost a contact that exists")
	}
	c.get(t, kept).want(t, 200)
	history := pageOf(t, c.get(t, deleted+"/history").want(t, 200)).Data
	if len(history) != 3 || history[0]["op"] != "delete" || history[0]["actor"] == "" {
		t.Errorf("history: %v", history)
	}
}

func TestTheLogIsStillOnlyWrittenByItsTriggers(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	fixture.Topic(t, r.pool)
	err := pgx.BeginFunc(t.Context(), r.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "UPDATE changes SET reason = 'x'")
		return err
	})
	if !pg.IsCode(err, "55000") {
		t.Errorf("%v", err)
	}
}

func TestAnErasureHasTheTimeOfAnImport(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.RequestTimeout = time.Millisecond })
	someone := fixture.Person(t, r.pool)
	c := r.as(t, actor.PII, actor.Write)
	c.do(t, "POST", fmt.Sprintf("/v1/people/%d/erase?dry_run=true", someone), nil, append([]string{"If-Match", "*"}, c.headers...)...).want(t, 200)
}
