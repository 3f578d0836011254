package bundle

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// countedConn counts how often something is read after something was written: one round trip.
type countedConn struct {
	net.Conn
	asked atomic.Bool
	trips *atomic.Int64
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.asked.Store(true)
	return c.Conn.Write(b)
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.asked.Swap(false) {
		c.trips.Add(1)
	}
	return n, err
}

// nameOf is a name like no other one.
func nameOf(of ...any) string {
	name := fmt.Sprintf("%X", sha256.Sum256([]byte(fmt.Sprint(of...))))
	name = strings.Map(func(c rune) rune { return rune("BKMRSTVLNDAEIOUY"[strings.IndexRune("0123456789ABCDEF", c)]) }, name)
	return name[:9] + " " + name[9:18]
}

// TestARoundTripToTheDatabaseIsNotMadeForEachRecord writes bundles of two sizes over counted connections. A database half a second
// away answers the first request within the request's time limit of 30 seconds: also with new connections, on which each statement is
// prepared first.
func TestARoundTripToTheDatabaseIsNotMadeForEachRecord(t *testing.T) {
	db := dbtest.New(t)
	var trips atomic.Int64
	config := db.Config()
	config.MaxConns, config.MinConns = 1, 0
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &countedConn{Conn: conn, trips: &trips}, err
	}
	far, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(far.Close)
	finders := findersOf(t, far)
	ctx := fixture.Context()
	create := func(tag string, size int) int64 {
		in := event(func(in *Input) {
			for i := range size {
				in.Attendees = append(in.Attendees, Attendee{
					Key: new(fmt.Sprint("a", i)), Person: &Person{Name: nameOf(tag, "person", i)}, Roles: []string{"speaker"},
					Affiliations: []Affiliation{{Organization: &Organization{Name: nameOf(tag, "organization", i)}}},
				})
				for j := range 2 {
					s := Statement{Key: new(fmt.Sprint("s", i, "-", j)), Speaker: new(fmt.Sprint("a", i)), Texts: []Text{{Text: "Yes."}}, Topics: []string{"Water " + tag}}
					if j > 0 {
						s.InReplyTo = new(fmt.Sprint("s", i, "-", 0))
					}
					in.Statements = append(in.Statements, s)
				}
			}
			in.Documents = []Document{{Title: map[string]string{"en": "Press release " + tag}, Kind: "press_release"}}
		})
		before := trips.Load()
		if err := changes.Write(ctx, far, changes.Options{}, func(tx pgx.Tx) error {
			w := NewWriter(tx, finders)
			if _, err := w.Create(ctx, in); err != nil {
				return err
			}
			return w.Confirm(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		return trips.Load() - before
	}
	cold, small, large := create("Ol", 10), create("Ra", 10), create("Mi", 100)
	t.Logf("%d round trips with new connections, then %d, and %d for ten times the size", cold, small, large)
	if cold > 45 || small > 25 || large > small+5 {
		t.Errorf("%d round trips with new connections, then %d, and %d for ten times the size", cold, small, large)
	}
}
