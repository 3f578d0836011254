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
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

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

// farDatabase is a database over counted connections, with the finders for its bundles.
type farDatabase struct {
	pool    *pgxpool.Pool
	finders spelling.Finders
	trips   atomic.Int64
}

func newFarDatabase(t *testing.T, db *pgxpool.Pool) *farDatabase {
	t.Helper()
	far := &farDatabase{}
	config := db.Config()
	config.MaxConns, config.MinConns = 1, 0
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &countedConn{Conn: conn, trips: &far.trips}, err
	}
	var err error
	if far.pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(far.pool.Close)
	far.finders = findersOf(t, far.pool)
	return far
}

// write writes a bundle and returns the number of round trips.
func (far *farDatabase) write(t *testing.T, in Input, learn bool) int64 {
	t.Helper()
	before := far.trips.Load()
	if err := changes.Write(fixture.Context(), far.pool, changes.Options{}, func(tx pgx.Tx) error {
		w := NewWriter(tx, far.finders)
		w.Learn = learn
		if _, err := w.Create(fixture.Context(), in); err != nil {
			return err
		}
		return w.Confirm(fixture.Context())
	}); err != nil {
		t.Fatal(err)
	}
	return far.trips.Load() - before
}

// TestARoundTripToTheDatabaseIsNotMadeForEachRecord writes bundles of two sizes over counted connections. A database half a second
// away answers the first request within the request's time limit of 30 seconds: also with new connections, on which each statement is
// prepared first.
func TestARoundTripToTheDatabaseIsNotMadeForEachRecord(t *testing.T) {
	far := newFarDatabase(t, dbtest.New(t))
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
		return far.write(t, in, false)
	}
	cold, small, large := create("Ol", 10), create("Ra", 10), create("Mi", 100)
	t.Logf("%d round trips with new connections, then %d, and %d for ten times the size", cold, small, large)
	if cold > 45 || small > 25 || large > small+5 {
		t.Errorf("%d round trips with new connections, then %d, and %d for ten times the size", cold, small, large)
	}
}

// TestARoundTripIsNotMadeForEachKnownRecord writes bundles whose people are found by ids, external ids and exact names, or are new
// although others fit. The bundles teach names and distinctions.
func TestARoundTripIsNotMadeForEachKnownRecord(t *testing.T) {
	db := dbtest.New(t)
	far := newFarDatabase(t, db)
	add := func(tag string, size int) Input {
		return event(func(in *Input) {
			for i := range size {
				name, listed := nameOf(tag, "known", i), nameOf(tag, "listed", i)
				externalID := fmt.Sprintf("%s:%d", strings.ToLower(tag), i)
				byID := fixture.Person(t, db, func(p *person.Input) { p.Name = text.Map{"en": name} })
				fixture.Person(t, db, func(p *person.Input) {
					p.Name, p.ExternalIDs = text.Map{"en": nameOf(tag, "identified", i)}, []string{externalID, fmt.Sprintf("wikidata:Q%d%d", size, i)}
				})
				fixture.Person(t, db, func(p *person.Input) { p.Name = text.Map{"en": nameOf(tag, "named", i)} })
				organization := fixture.Organization(t, db, func(o *organization.Input) { o.Name = text.Map{"en": name + " Institute"} })
				works := []Affiliation{{Organization: &Organization{ID: &organization, Name: listed + " Institute"}}}
				in.Attendees = append(in.Attendees,
					Attendee{Person: &Person{ID: &byID, Name: listed}, Affiliations: works},
					Attendee{Person: &Person{Name: nameOf(tag, "other", i), ExternalIDs: []string{externalID}}},
					Attendee{Person: &Person{Name: nameOf(tag, "named", i), ExternalIDs: []string{fmt.Sprintf("wikidata:Q9%d%d", size, i)}}},
					Attendee{Person: &Person{Name: name, New: true}},
				)
			}
		})
	}
	far.write(t, add("Ol", 2), true) // prepares the statements
	small, large := far.write(t, add("Ra", 3), true), far.write(t, add("Mi", 30), true)
	t.Logf("%d round trips, and %d for ten times the size", small, large)
	if large > small+5 {
		t.Errorf("%d round trips, and %d for ten times the size", small, large)
	}
	if people, distinct := count(t, db, "people WHERE other_names::text LIKE '%as_listed%'"), count(t, db, "distinctions"); people != 35 || distinct != 35 {
		t.Errorf("%d people learned a name, and %d distinctions are stored; want 35 of each", people, distinct)
	}
}
