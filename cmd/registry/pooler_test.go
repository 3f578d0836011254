package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"roundtables.kz/registry/internal/dbtest"

	"github.com/jackc/pgx/v5"
)

// pooler runs PgBouncer in transaction mode in front of a database and returns its URL. The test is skipped where there is no
// PgBouncer.
func pooler(t *testing.T, databaseURL string) string {
	t.Helper()
	file, err := exec.LookPath("pgbouncer")
	if err != nil {
		t.Skip("there is no PgBouncer")
	}
	server, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil { // PgBouncer picks no port by itself
		t.Fatal(err)
	}
	config := filepath.Join(dataDir(t, ""), "pgbouncer.ini")
	text := fmt.Sprintf(`[databases]
registry = host=%s port=%d dbname=%s user=%s password='%s'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 14
`, server.Host, server.Port, server.Database, server.User, server.Password, port)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out, cmd := newOutput(), exec.Command(file, config)
	cmd.Stdout, cmd.Stderr = out, out
	if os.Geteuid() == 0 { // which PgBouncer refuses
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential(t, "nobody")}
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = cmd.Wait(); out.close() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	out.line(t, "process up")
	return fmt.Sprintf("postgres://registry@127.0.0.1:%d/registry", port)
}

func TestTheServiceWorksBehindAConnectionPooler(t *testing.T) {
	t.Parallel()
	url := pooler(t, dbtest.URL(t))
	p := start(t, "", []string{"DATABASE_URL=" + url + "?default_query_exec_mode=cache_describe", "ADDR=127.0.0.1:0", "OPERATOR_KEY=" + myKey}, "serve")
	at := p.url()
	var all sync.WaitGroup
	for n := range 12 {
		all.Go(func() {
			body := fmt.Sprintf(`{"label": {"en": "Kept %d"}}`, n)
			for _, query := range []string{"?dry_run=true", ""} {
				wantStatus(t, 201-strings.Count(query, "dry"), "POST", at+"/v1/topics"+query, myKey, body)
			}
			wantStatus(t, 201, "POST", at+"/v1/people?allow_duplicate=true", myKey, fmt.Sprintf(`{"name": {"en": "Talgat Kaliyev%c"}}`, 'a'+n))
			for _, path := range []string{"/v1/topics?count=exact", "/v1/people/lookup?q=Kaliyev", "/v1/people?sort=-updated_at", "/v1/changes?include_data=true", "/v1/changes/checkpoint", "/readyz"} {
				wantStatus(t, 200, "GET", at+path, "", "")
			}
		})
	}
	all.Wait()
	wantKept(t, at, 12)
}

func TestAConnectionPoolerIsNamedInTheErrorThatItCauses(t *testing.T) {
	t.Parallel()
	environ := []string{"ADDR=127.0.0.1:0", "START_TIMEOUT=0s", "DATABASE_URL=" + pooler(t, dbtest.URL(t))}
	start(t, "", environ, "serve").wantExit(4, "default_query_exec_mode=cache_describe")
}
