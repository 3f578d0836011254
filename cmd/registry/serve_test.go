package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"
)

func TestServeNeedsADatabase(t *testing.T) {
	t.Parallel()
	start(t, "", nil, "serve").wantExit(2, "DATABASE_URL: is not set", "registry dev")
}

func TestInvalidSettingsAreAllReportedAndNothingStarts(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "dev"} {
		p := start(t, "", []string{"ADDR=nowhere", "POOL_SIZE=0", "LOG_LEVEL=loud", "DATABASE_URL=oracle://u:hunter2@h"}, command)
		p.wantExit(2, "\n  ADDR: ", "\n  POOL_SIZE: ", "\n  LOG_LEVEL: ", "\n  DATABASE_URL: ")
		if strings.Contains(p.stderr.String(), "hunter2") {
			t.Errorf("a secret is shown: %s", p.stderr)
		}
	}
}

func TestServeDoesNotMigrate(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	start(t, "", []string{"DATABASE_URL=" + url, "ADDR=127.0.0.1:0", "START_TIMEOUT=0s"}, "serve").wantExit(3, "version 0", "migrate up")
	start(t, "", []string{"DATABASE_URL=" + url}, "keys", "list").wantExit(3, "migrate up")
}

func TestServeReportsAnUnreachableDatabase(t *testing.T) {
	t.Parallel()
	environ := []string{"ADDR=127.0.0.1:0", "START_TIMEOUT=0s"}
	start(t, "", append(environ, "DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/d"), "serve").wantExit(4, "127.0.0.1:1")
}

func TestABusyAddressIsAClearError(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, command := range []string{"serve", "dev"} {
		environ := []string{"DATABASE_URL=" + dbtest.URL(t), "DATA_DIR=" + dataDir(t, ""), "ADDR=" + l.Addr().String()}
		start(t, "", environ, command).wantExit(5, l.Addr().String(), "address already in use", "set ADDR to use another one")
	}
}

// myKey is the operator's key of these tests.
const myKey = "operator-key-of-my-own"

// beginRequest sends a request without its body, and returns when the service waits for the body.
func beginRequest(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	fmt.Fprintf(conn, "POST /v1/topics HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", myKey, len(topic))
	r := bufio.NewReader(conn)
	for _, want := range []string{"HTTP/1.1 100 Continue\r\n", "\r\n"} {
		if line, err := r.ReadString('\n'); err != nil || line != want {
			t.Fatalf("got %q, %v", line, err)
		}
	}
	return conn, r
}

func TestARequestInProgressFinishesWhileNewOnesAreRejected(t *testing.T) {
	t.Parallel()
	p := start(t, "", []string{"DATABASE_URL=" + dbtest.URL(t), "ADDR=127.0.0.1:0", "OPERATOR_KEY=" + myKey}, "serve")
	address := strings.TrimPrefix(p.url(), "http://")
	conn, r := beginRequest(t, address)
	p.signal(syscall.SIGTERM)
	p.stderr.line(t, `"msg":"stopping"`)
	for began := time.Now(); ; {
		c, err := net.Dial("tcp", address)
		if err != nil {
			break
		}
		c.Close()
		if time.Since(began) > patience {
			t.Fatal("new connections are still accepted")
		}
	}
	fmt.Fprint(conn, topic)
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != 201 {
		t.Errorf("got %s", answer.Status)
	}
	p.wantExit(0, `"msg":"stopped"`)
}

func TestARequestThatDoesNotFinishIsAbortedAndReported(t *testing.T) {
	t.Parallel()
	p := start(t, "", []string{"DATABASE_URL=" + dbtest.URL(t), "ADDR=127.0.0.1:0", "OPERATOR_KEY=" + myKey, "SHUTDOWN_GRACE=10ms"}, "serve")
	beginRequest(t, strings.TrimPrefix(p.url(), "http://"))
	p.signal(syscall.SIGTERM)
	p.wantExit(6, "requests were aborted")
}

func TestReadinessEndsBeforeRequestsAreRejected(t *testing.T) {
	t.Parallel()
	p := start(t, "", []string{"DATABASE_URL=" + dbtest.URL(t), "ADDR=127.0.0.1:0", "SHUTDOWN_DELAY=1m"}, "serve")
	url := p.url()
	wantStatus(t, 200, "GET", url+"/readyz", "", "")
	p.signal(syscall.SIGTERM)
	p.stderr.line(t, `"msg":"stopping"`)
	wantStatus(t, 503, "GET", url+"/readyz", "", "")
	wantStatus(t, 200, "GET", url+"/v1/topics", "", "")
	start(t, "", []string{"ADDR=" + strings.TrimPrefix(url, "http://")}, "healthcheck").wantExit(1, "503")
	p.signal(syscall.SIGTERM) // a second signal ends at once
	p.wantExit(-1)
}

func TestHealthcheckChecksTheServiceOnThisMachine(t *testing.T) {
	t.Parallel()
	p := start(t, "", []string{"DATABASE_URL=" + dbtest.URL(t), "ADDR=127.0.0.1:0"}, "serve")
	address := strings.TrimPrefix(p.url(), "http://")
	start(t, "", []string{"ADDR=" + address}, "healthcheck").wantExit(0)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	start(t, "", []string{"ADDR=0.0.0.0:" + port}, "healthcheck").wantExit(0)
	start(t, "", []string{"ADDR=127.0.0.1:1"}, "healthcheck").wantExit(1, "does not answer")
}

func TestKeysAreCreatedListedAndRevoked(t *testing.T) {
	t.Parallel()
	environ := []string{"DATABASE_URL=" + dbtest.URL(t), "ADDR=127.0.0.1:0"}
	url := start(t, "", environ, "serve").url()
	p := start(t, "", environ, "keys", "create", "--name", "Dashboard", "--scope", "read,admin", "--expires", "2999-01-02", "--json")
	p.wantExit(0)
	var made struct {
		ID  int64
		Key string
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &made); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, 200, "GET", url+"/v1/api-keys", made.Key, "")
	p = start(t, "", environ, "keys", "create", "--name", "Partner", "--scope", "read")
	p.wantExit(0)
	token, _, _ := strings.Cut(p.stdout.String(), "\n")
	wantStatus(t, 200, "GET", url+"/v1/me", token, "")

	p = start(t, "", environ, "keys", "list")
	p.wantExit(0)
	for _, text := range []string{"Dashboard", "read,admin", "valid until 2999-01-02", "Partner", made.Key[:10]} {
		if !strings.Contains(p.stdout.String(), text) {
			t.Errorf("%s is missing in\n%s", text, p.stdout)
		}
	}
	if strings.Contains(p.stdout.String(), made.Key) || strings.Contains(p.stdout.String(), token) {
		t.Error("the list shows a key")
	}
	start(t, "", environ, "keys", "revoke", fmt.Sprint(made.ID)).wantExit(0)
	p = start(t, "", environ, "keys", "list", "--json")
	p.wantExit(0)
	var keys []struct {
		ID        int64
		RevokedAt *string `json:"revoked_at"`
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &keys); err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || keys[0].ID != made.ID || keys[0].RevokedAt == nil || keys[1].RevokedAt != nil {
		t.Errorf("got %+v", keys)
	}
	start(t, "", environ, "keys", "revoke", "4711").wantExit(1, "4711")
}

func TestErrorsInArgumentsAreClear(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                                       "Exit codes",
		"fly":                                    "fly",
		"keys create --name x":                   "--scope",
		"keys create --name x --scope root":      `"root" is not one of read, write`,
		"keys create --name x --scope read,read": "repeated",
		"keys create --name x --scope read --expires 2001-01-01": "in the past",
		"keys create --name x --scope read --expires tomorrow":   "--expires",
		"keys revoke seven": "ID",
	} {
		start(t, "", nil, strings.Fields(args)...).wantExit(2, want)
	}
	p := start(t, "", nil, "--help")
	p.wantExit(0)
	if !strings.Contains(p.stdout.String(), "Exit codes") {
		t.Errorf("the help says %s", p.stdout)
	}
	p = start(t, "", nil, "version")
	p.wantExit(0)
	if !strings.HasPrefix(p.stdout.String(), "registry ") || !strings.Contains(p.stdout.String(), "schema ") {
		t.Errorf("got %s", p.stdout)
	}
}

func TestSeedLoadsTheSampleOnce(t *testing.T) {
	environ := []string{"DATABASE_URL=" + dbtest.URL(t)}
	p := start(t, "", environ, "seed")
	p.wantExit(0)
	if !strings.HasPrefix(p.stdout.String(), "43 events created, 0 skipped.\n") {
		t.Errorf("first: %s", p.stdout)
	}
	p = start(t, "", environ, "seed", "--json")
	p.wantExit(0)
	if text := p.stdout.String(); !strings.Contains(text, `"created": 0`) || !strings.Contains(text, `"skipped": 43`) {
		t.Errorf("second: %s", text)
	}
	start(t, "", []string{"DATABASE_URL=" + dbtest.Empty(t), "START_TIMEOUT=1ms"}, "seed").wantExit(3)
}

func TestTheNamesOfTheSampleAreRespelled(t *testing.T) {
	environ := []string{"DATABASE_URL=" + dbtest.URL(t)}
	start(t, "", environ, "seed").wantExit(0)
	p := start(t, "", environ, "respell")
	p.wantExit(0)
	if lines := strings.Fields(p.stdout.String()); len(lines) != 6 || lines[0] == "0" || lines[1] != "people" || lines[3] != "organizations" || lines[5] != "places" {
		t.Errorf("got %s", p.stdout)
	}
	p = start(t, "", environ, "respell", "--json")
	p.wantExit(0)
	if text := p.stdout.String(); !strings.Contains(text, `"people": `) {
		t.Errorf("got %s", text)
	}
	start(t, "", []string{"DATABASE_URL=" + dbtest.Empty(t), "START_TIMEOUT=1ms"}, "respell").wantExit(3)
}
