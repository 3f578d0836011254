package changes_test

import (
	"net"
	"net/url"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// proxy stands between a pool and the server and can break the connection at a chosen moment.
type proxy struct {
	server string
	mu     sync.Mutex
	cut    string // "question": what the client says next is lost; "answer": what the server says next is lost
	cuts   int
}

// through gives a pool of one connection that goes through a proxy.
func through(t *testing.T, databaseURL string) (*proxy, *pgxpool.Pool) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{server: u.Host}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", p.server)
			if err != nil {
				t.Error(err)
				client.Close()
				return
			}
			open.Go(func() { p.carry(client, server, "question") })
			open.Go(func() { p.carry(server, client, "answer") })
		}
	})
	t.Cleanup(open.Wait)
	t.Cleanup(func() { listener.Close() })
	u.Host = listener.Addr().String()
	return p, dbtest.Open(t, u.String(), pg.Options{MaxConns: 1}) // closed first, so that nothing is carried any more
}

func (p *proxy) carry(from, to net.Conn, what string) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 && p.lost(what) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) lost(what string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut != what {
		return false
	}
	p.cut = ""
	p.cuts++
	return true
}

// lostSoFar gives how many connections the proxy has broken.
func (p *proxy) lostSoFar() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// lose arms the proxy.
func (p *proxy) lose(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = what
}

func TestALostCommitIsOfUnknownOutcomeAndNotRepeated(t *testing.T) {
	t.Parallel()
	for what, want := range map[string]int64{"answer": 1, "question": 0} {
		url := dbtest.URL(t)
		db := dbtest.Open(t, url, pg.Options{MaxConns: 1})
		p, shaky := through(t, url)
		runs := 0
		err := changes.Write(fixture.Context(), shaky, changes.Options{}, func(tx pgx.Tx) error {
			runs++
			exec(t, tx, insertTopic, "lost")
			p.lose(what)
			return nil
		})
		if cuts := p.lostSoFar(); codeOf(err) != "outcome_unknown" || runs != 1 || cuts != 1 {
			t.Errorf("the %s of COMMIT is lost: %v after %d runs, %d cuts", what, err, runs, cuts)
		}
		if n := topicsCalled(t, db, "lost"); n != want {
			t.Errorf("the %s of COMMIT is lost: %d topics, want %d", what, n, want)
		}
		if err := changes.Write(fixture.Context(), shaky, changes.Options{}, func(tx pgx.Tx) error {
			exec(t, tx, insertTopic, "next")
			return nil
		}); err != nil {
			t.Errorf("the write after it: %v", err)
		}
	}
}

func TestAConnectionThatBreaksBeforeCommitIsAnUnavailableDatabase(t *testing.T) {
	t.Parallel()
	url := dbtest.URL(t)
	db := dbtest.Open(t, url, pg.Options{MaxConns: 1})
	for _, what := range []string{"question", "answer"} {
		p, shaky := through(t, url)
		runs := 0
		err := changes.Write(fixture.Context(), shaky, changes.Options{}, func(tx pgx.Tx) error {
			runs++
			p.lose(what)
			_, err := tx.Exec(t.Context(), insertTopic, "broken")
			return err
		})
		if codeOf(err) != "database_unavailable" || runs != 1 {
			t.Errorf("the %s of a statement is lost: %v after %d runs", what, err, runs)
		}
		p, shaky = through(t, url)
		p.lose(what)
		err = changes.Write(fixture.Context(), shaky, changes.Options{}, func(pgx.Tx) error { runs++; return nil })
		if codeOf(err) != "database_unavailable" || runs != 1 {
			t.Errorf("the %s of BEGIN is lost: %v", what, err)
		}
	}
	if n := topicsCalled(t, db, "broken"); n != 0 {
		t.Errorf("%d topics", n)
	}
}

func TestADatabaseThatCannotBeReachedIsUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "postgres://nobody@" + listener.Addr().String() + "/none?sslmode=disable"
	listener.Close()
	db, err := pgxpool.New(t.Context(), nobody)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = changes.Write(fixture.Context(), db, changes.Options{}, func(pgx.Tx) error { return nil })
	if codeOf(err) != "database_unavailable" {
		t.Error(err)
	}
}
