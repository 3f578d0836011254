package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// worstBodies returns bodies of about 1 MiB that have very many errors, by what they are.
func worstBodies() map[string]struct{ path, media, body string } {
	const most = 1<<20 - 64
	repeat := func(path, before, element, after string) struct{ path, media, body string } {
		n := (most - len(before) - len(after)) / (len(element) + 1)
		return struct{ path, media, body string }{path, jsonBody, before + strings.TrimSuffix(strings.Repeat(element+",", n), ",") + after}
	}
	var unknown strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&unknown, `"%d":1,`, i)
	}
	members := strings.TrimSuffix(unknown.String(), ",")
	return map[string]struct{ path, media, body string }{
		"queries that are numbers":       repeat("/v1/people/match", `{"queries":[`, "1", `]}`),
		"queries that are empty":         repeat("/v1/people/match", `{"queries":[`, "{}", `]}`),
		"queries of organizations":       repeat("/v1/organizations/match", `{"queries":[`, `{"a":1}`, `]}`),
		"unknown members":                {"/v1/topics", jsonBody, "{" + members + "}"},
		"unknown members of a query":     {"/v1/people/match", jsonBody, `{"queries":[{` + members + `}]}`},
		"languages of a text":            {"/v1/topics", jsonBody, `{"label":{` + strings.ReplaceAll(members, ":1", `:"x"`) + `}}`},
		"a long unknown name":            {"/v1/topics", jsonBody, `{"` + strings.Repeat("x", most-16) + `":1}`},
		"a long value":                   {"/v1/people", jsonBody, `{"visibility":"` + strings.Repeat("<", most-32) + `"}`},
		"links that are numbers":         repeat("/v1/round-tables", `{"document_links":[`, "1", `]}`),
		"links that are empty":           repeat("/v1/round-tables", `{"document_links":[`, "{}", `]}`),
		"external ids":                   repeat("/v1/people", `{"name":{"en":"A"},"external_ids":[`, `"x"`, `]}`),
		"other names":                    repeat("/v1/people", `{"name":{"en":"A"},"other_names":[`, `{}`, `]}`),
		"topic ids":                      repeat("/v1/statements", `{"topic_ids":[`, `"a"`, `]}`),
		"texts":                          repeat("/v1/statements", `{"texts":[`, `{"a":2}`, `]}`),
		"attendees of a bundle":          repeat("/v1/bundles", `{"lang":"en","attendees":[`, `{}`, `]}`),
		"unknown roles of a bundle":      repeat("/v1/bundles", `{"lang":"en","attendees":[{"roles":[`, `"x"`, `]}]}`),
		"unknown members in a bundle":    {"/v1/bundles", jsonBody, `{"lang":"en","attendees":[{` + members + `}]}`},
		"queries of a reconciliation":    {"/v1/reconcile", "application/x-www-form-urlencoded", "queries={" + strings.ReplaceAll(members, ":1", ":{}") + "}"},
		"types of a reconciliation":      {"/v1/reconcile", "application/x-www-form-urlencoded", `queries={"q":{"query":"a","type":[` + strings.Repeat(`"x",`, 200_000) + `"x"]}}`},
		"unknown fields of a form":       {"/v1/reconcile", "application/x-www-form-urlencoded", strings.Repeat("a=1&b=2&", 1) + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(members, ",", "&"), ":1", "="), `"`, "")},
		"objects of a Popolo document":   repeat("/v1/imports/popolo", `{"persons":[`, `{}`, `]}`),
		"numbers in a Popolo document":   repeat("/v1/imports/popolo", `{"persons":[`, `1`, `]}`),
		"lines of an import":             {"/v1/imports/topics", "application/x-ndjson", strings.Repeat("{}\n", most/3)},
		"cells of an import":             {"/v1/imports/topics", "text/csv", "label.en\n" + strings.Repeat(",\n", most/2)},
		"columns of an import":           {"/v1/imports/topics", "text/csv", strings.Repeat("x,", most/2) + "\n"},
		"scopes of a key":                repeat("/v1/api-keys", `{"name":"a","scopes":[`, `"x"`, `]}`),
		"types of a webhook":             repeat("/v1/webhooks", `{"url":"https://example.org","types":[`, `"x"`, `]}`),
		"nested lists":                   {"/v1/topics", jsonBody, strings.Repeat("[", 1000) + strings.Repeat("]", 1000)},
		"duplicate names":                {"/v1/topics", jsonBody, `{"` + strings.Repeat("x", most/2-16) + `":1,"` + strings.Repeat("x", most/2-16) + `":1}`},
		"a patch":                        {"/v1/topics", jsonBody, `{"label":{"en":"` + strings.Repeat("я", most/2-32) + `"}}`},
		"a body that is one long string": {"/v1/topics", jsonBody, `"` + strings.Repeat("x", most-2) + `"`},
	}
}

func TestNoErrorIsLargerThan64KiB(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Read, actor.Write, actor.Publish, actor.PII, actor.Admin)
	check := func(what string, got *httptest.ResponseRecorder) {
		t.Helper()
		inResult := got.Code == http.StatusOK && strings.Contains(got.Body.String(), `"errors":[`) // of one query of a reconciliation
		problem := got.Code >= 400 && got.Code < 500 && strings.Contains(got.Header().Get("Content-Type"), "problem+json")
		if !problem && !inResult || got.Body.Len() > 64<<10 {
			t.Errorf("%s: status %d, %s, %d bytes", what, got.Code, got.Header().Get("Content-Type"), got.Body.Len())
		}
	}
	for what, w := range worstBodies() {
		request := httptest.NewRequest(http.MethodPost, w.path, strings.NewReader(w.body))
		request.Header.Set("Authorization", "Bearer "+token)
		request.Header.Set("Content-Type", w.media)
		got := httptest.NewRecorder()
		r.handler.ServeHTTP(got, request)
		check(what, got)
	}
	var names strings.Builder
	for i := range 1600 {
		fmt.Fprintf(&names, "&%x", i)
	}
	for _, target := range []string{
		"/v1/round-tables?" + names.String()[1:], "/v1/round-tables?fields=" + strings.ReplaceAll(names.String()[1:], "&", ","),
		"/v1/topics?sort=" + strings.ReplaceAll(names.String()[1:], "&", ","), "/v1/round-tables?include=" + strings.ReplaceAll(names.String()[1:], "&", ","),
		"/v1/changes?type=" + strings.ReplaceAll(names.String()[1:], "&", ","), "/v1/round-tables?country=" + strings.ReplaceAll(names.String()[1:], "&", ","),
		"/v1/round-tables?q=a&" + strings.Repeat("x", 7000), "/v1/people?visibility=" + strings.Repeat("x", 7000),
		"/" + strings.Repeat("x", 7000), "/v1/topics/" + strings.Repeat("x", 7000), "/v1/topics?cursor=" + strings.Repeat("x", 7000),
	} {
		got := httptest.NewRecorder()
		r.handler.ServeHTTP(got, httptest.NewRequest(http.MethodGet, target, nil))
		check(target[:min(40, len(target))], got)
	}
}

func TestAnErrorSaysHowManyMoreThereAre(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var members strings.Builder
	for i := range 250 {
		fmt.Fprintf(&members, `,"m%d":1`, i)
	}
	p := r.as(t, actor.Write).post(t, "/v1/topics", `{"label":{"en":"Water"}`+members.String()+`}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed")
	if len(p.Errors)+p.Omitted != 250 || len(p.Errors) > apperr.MaxFields || len(p.Errors) < 20 {
		t.Errorf("%d errors and %d more", len(p.Errors), p.Omitted)
	}
	if n := strings.Count(p.Detail, "; /") + 1; n != inDetail || !strings.HasSuffix(p.Detail, "and 247 more") {
		t.Errorf("%d parts, the detail is %q", n, p.Detail)
	}
	p = r.as(t).post(t, "/v1/people/match", `{"queries":[`+strings.Repeat("1,", 100)+`1]}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/queries too_many")
	if len(p.Errors) != 1 || p.Omitted != 0 {
		t.Errorf("a list that is too long: %v", p.Errors)
	}
}

func TestInvalidUTF8IsAnErrorWhereverItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, _ := r.key(t, actor.Read, actor.Write, actor.Publish, actor.PII, actor.Admin)
	id := fmt.Sprint(r.as(t, actor.Write).post(t, "/v1/topics", `{"label":{"en":"Water"}}`).object(t)["id"])
	for _, route := range append(Routes(), Operations()...) {
		if route.Path == "/metrics" { // for operators: takes no parameters
			continue
		}
		for _, query := range []string{"%ff=1", "%ff", "lang=%ff", "a%00=1"} {
			path := strings.NewReplacer(":webhook_id", id, ":person_id", id, ":id", id, ":format", "csv", ":code", "internal").Replace(route.Path)
			request := httptest.NewRequest(route.Method, path+"?"+query, nil)
			request.Header.Set("Authorization", "Bearer "+token)
			got := httptest.NewRecorder()
			r.handler.ServeHTTP(got, request)
			if route.Scope == "" && got.Code == http.StatusOK && got.Body.Len() > 0 { // not a route of the API
				continue
			}
			if got.Code < 400 || got.Code >= 500 || got.Body.Len() == 0 {
				t.Errorf("%s %s?%s: status %d, %d bytes", route.Method, route.Path, query, got.Code, got.Body.Len())
			}
		}
	}
	for _, body := range []string{"\xff\xfe", "%ff=1", "queries=%ff"} {
		r.do(t, http.MethodPost, "/v1/reconcile", body, "Content-Type", "application/x-www-form-urlencoded").wantProblem(t, http.StatusBadRequest, "malformed_form")
	}
}

func TestAProblemThatCannotBeEncodedIsA500(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, route(http.MethodGet, "/v1/broken", actor.Public, func(*server, echo.Context) error {
		return &apperr.Error{Kind: apperr.Malformed, Code: "bad_parameters", Extra: map[string]any{"x": "\xff"}}
	}))
	got := r.as(t).get(t, "/v1/broken")
	if got.Code != http.StatusInternalServerError || !strings.Contains(got.Body.String(), `"code":"internal"`) {
		t.Errorf("status %d: %s", got.Code, got.Body)
	}
}

// talk sends requests over one connection and returns the statuses of the responses; the sending side is closed after them if half.
func talk(t *testing.T, address string, half bool, requests ...string) (statuses []int) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for _, request := range requests {
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		if half {
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		method, _, _ := strings.Cut(request, " ")
		answer, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%.60q: %v", request, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Errorf("%.60q: %v", request, err)
		}
		_ = answer.Body.Close()
		statuses = append(statuses, answer.StatusCode)
	}
	return statuses
}

func TestHEADHasNoBodyAndTheConnectionStaysUsable(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	r.server.config.StreamFor = time.Minute
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	token, _ := r.key(t, actor.Read, actor.PII, actor.Admin)
	var requests []string
	for range maxStreams + 1 {
		requests = append(requests, "HEAD "+streamPath+" HTTP/1.1\r\nHost: registry\r\n\r\n")
	}
	for _, route := range append(Routes(), append(Operations(), Documentation()...)...) {
		if route.Method == http.MethodGet {
			path := strings.NewReplacer(":webhook_id", "1", ":person_id", "1", ":id", "1", ":format", "csv", ":code", "internal", "*", "").Replace(route.Path)
			requests = append(requests, "HEAD "+path+" HTTP/1.1\r\nHost: registry\r\nAuthorization: Bearer "+token+"\r\n\r\n")
		}
	}
	requests = append(requests, "HEAD /v1/changes?wait=30&cursor="+r.cursor(t)+" HTTP/1.1\r\nHost: registry\r\n\r\n")
	for i, request := range requests {
		statuses := talk(t, server.Listener.Addr().String(), false, request, "GET /livez HTTP/1.1\r\nHost: registry\r\n\r\n")
		if statuses[0] >= 500 || i <= maxStreams && statuses[0] != http.StatusOK || statuses[1] != http.StatusOK {
			t.Errorf("%.60q: %d, then %d", request, statuses[0], statuses[1])
		}
	}
}

// cursor returns the cursor after the newest change.
func (r *rig) cursor(t *testing.T) string {
	t.Helper()
	meta := r.as(t).get(t, "/v1/topics?limit=1").object(t)["meta"].(map[string]any)
	return meta["cursor"].(string)
}

func TestAClientThatClosesItsSendingSideGetsItsResponse(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, route(http.MethodGet, "/v1/slow", actor.Public, func(s *server, c echo.Context) error {
		<-gone(c.Request().Context()) // the service has noticed
		var n int
		if err := s.db.QueryRow(c.Request().Context(), "SELECT 1").Scan(&n); err != nil {
			return err
		}
		return c.NoContent(http.StatusOK)
	}))
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	for _, path := range []string{"/v1/slow", streamPath, "/v1/exports/topics.csv", "/v1/changes?wait=30&cursor=" + r.cursor(t)} {
		statuses := talk(t, server.Listener.Addr().String(), true, "GET "+path+" HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n")
		if statuses[0] != http.StatusOK {
			t.Errorf("%s: status %d", path, statuses[0])
		}
	}
}

func TestAStatusOfTheLogIsNeverSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, route(http.MethodGet, "/v1/canceled", actor.Public, func(*server, echo.Context) error { return context.Canceled }))
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	if answer, err := http.Get(server.URL + "/v1/canceled"); err == nil {
		t.Errorf("status %d", answer.StatusCode)
		_ = answer.Body.Close()
	}
	if line := strings.Join(r.log.take(), "\n"); !strings.Contains(line, `"status":499`) {
		t.Errorf("the log says %s", line)
	}
}

// stalledReaders opens n downloads over connections that read only their first byte.
func stalledReaders(t *testing.T, address, path string, n int) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: registry\r\n\r\n", path); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // the download is running
			t.Fatal(err)
		}
	}
}

func TestClientsThatDoNotReadLockNobodyOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error { // far more than the buffers of a connection
		_, err := tx.Exec(ctx, "INSERT INTO topics (label, description) SELECT jsonb_build_object('en', 'Topic ' || n), jsonb_build_object('en', repeat('Water ', 3000)) FROM generate_series(1, 300) n")
		return err
	})
	server := httptest.NewServer(r.handler)
	t.Cleanup(server.Close)
	address := server.Listener.Addr().String()
	downloads := r.server.downloads
	downloads.anonymous = downloads.total // so that they could take every slot
	stalledReaders(t, address, "/v1/exports/topics.ndjson", downloads.each)
	key, _ := r.key(t, actor.Read)
	for name, header := range map[string]string{"a key": "Authorization: Bearer " + key + "\r\n", "the same address": ""} {
		for range downloads.total {
			statuses := talk(t, address, false, "GET /v1/exports/places.csv HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n"+header+"\r\n")
			if code := statuses[0]; code != http.StatusOK && !(header == "" && code == http.StatusTooManyRequests) {
				t.Errorf("%s: status %d", name, code)
			}
		}
	}
}

func TestOneClientCannotTakeAllDownloads(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	downloads := r.server.downloads
	downloads.wait = 0
	address := clientOf("192.0.2.1") // of every request of a test
	for range downloads.each {
		downloads.held[&slot{client: address}] = true
	}
	p := r.as(t).get(t, "/v1/exports/topics.csv").wantProblem(t, http.StatusTooManyRequests, "too_many_own_downloads")
	if !strings.Contains(p.Title, strconv.Itoa(downloads.each)) {
		t.Errorf("the title is %q", p.Title)
	}
	r.as(t, actor.Read).get(t, "/v1/exports/topics.csv").want(t, http.StatusOK)
	for n := range downloads.anonymous - downloads.each { // other addresses take what is left to them
		downloads.held[&slot{client: clientOf(fmt.Sprintf("192.0.2.%d", n+2))}] = true
	}
	r.as(t, actor.Read).get(t, "/v1/exports/topics.csv").want(t, http.StatusOK)
}

func TestAnImportIsReadOnlyAfterItsKeyIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	base, _, _ := served(t, r.handler, Stop{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "POST /v1/imports/topics HTTP/1.1\r\nHost: registry\r\nContent-Type: text/csv\r\nContent-Length: 1000\r\n\r\nl"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized || !answer.Close {
		t.Errorf("status %d, connection closed: %v", answer.StatusCode, answer.Close)
	}
}
