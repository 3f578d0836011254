package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/migrations"

	"github.com/jackc/pgx/v5"
)

// namesSettings are the values of the flags of the names mode.
type namesSettings struct {
	dir, names, service string
	people              int
	slice               time.Duration
	misses              bool
}

func parseNames(args []string, stderr io.Writer) (namesSettings, error) {
	var s namesSettings
	cache, _ := os.UserCacheDir()
	f := flag.NewFlagSet("bench names", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.names, "names", os.Getenv("NAMES_DIR"), "folder with pool.jsonl and dev.jsonl; default: NAMES_DIR")
	f.StringVar(&s.dir, "dir", filepath.Join(cache, "registry-bench"), "directory of the database")
	f.StringVar(&s.service, "service", "", "binary of the service; default: built from cmd/registry")
	f.IntVar(&s.people, "people", 200_000, "number of people for measuring latencies; synthetic people are added to the pool")
	f.DurationVar(&s.slice, "slice", 10*time.Second, "duration of the measurement of each latency")
	f.BoolVar(&s.misses, "misses", false, "list queries whose person is not the first result, and wrong matches")
	switch err := f.Parse(args); {
	case err != nil:
		return s, err
	case f.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case s.names == "":
		return s, errors.New("no names: set NAMES_DIR or -names to a folder with pool.jsonl (lines of person_id, name) and dev.jsonl (lines of query, query_lang, person_id, primary_lang, group)")
	case s.slice <= 0 || s.people < 1:
		return s, errors.New("slice and people must be positive")
	}
	return s, nil
}

// benchNames measures the search by name over HTTP: its quality with the people of a pool, its speed with many more.
func benchNames(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	s, err := parseNames(args, stderr)
	if err != nil {
		return err
	}
	pool, err := readPool(s.names)
	if err != nil {
		return err
	}
	say := speaker(stderr)
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{Dir: filepath.Join(s.dir, "postgres"), Settings: serverSettings})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if s.service == "" {
		say("building the service")
		if s.service, err = buildService(ctx, s.dir); err != nil {
			return err
		}
	}
	b := namesBench{namesSettings: s, pool: pool, key: apikey.Token(), say: say}
	if b.url, err = freshDatabase(ctx, server.URL(), "bench_names"); err != nil {
		return err
	}
	r := namesReport{PostgreSQL: server.Version(), Pool: len(pool.people)}
	if err := b.quality(ctx, &r); err != nil {
		return err
	}
	if err := b.speed(ctx, &r); err != nil {
		return err
	}
	return r.write(stdout, s.misses)
}

// freshDatabase creates a migrated database without data.
func freshDatabase(ctx context.Context, serverURL, name string) (string, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return "", err
	}
	admin, err := pgx.Connect(ctx, serverURL)
	if err != nil {
		return "", err
	}
	defer admin.Close(ctx)
	for _, sql := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := admin.Exec(ctx, sql); err != nil {
			return "", err
		}
	}
	u.Path = "/" + name
	return u.String(), migrations.Up(ctx, u.String())
}

type namesBench struct {
	namesSettings
	pool pool
	url  string // of the database
	key  string
	say  func(string, ...any)
}

// load inserts people and builds their search keys. It returns the time for the keys.
func (b namesBench) load(ctx context.Context, people []poolPerson) (time.Duration, error) {
	l := loader{url: b.url, say: b.say}
	if err := l.parallel(ctx, copies([]table{b.pool.table(people)})); err != nil {
		return 0, err
	}
	if err := l.parallel(ctx, statements([]string{loggedOf("people") + " WHERE r.id >= " + fmt.Sprint(people[0].id)})); err != nil {
		return 0, err
	}
	began := time.Now()
	cmd := exec.CommandContext(ctx, b.service, "respell")
	cmd.Env = append(environment(), "DATABASE_URL="+b.url)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("respell: %w: %s", err, out)
	}
	took := time.Since(began)
	b.say("%d people added; all search keys rebuilt in %s", len(people), took.Round(time.Millisecond))
	return took, l.parallel(ctx, statements([]string{"VACUUM (ANALYZE)"}))
}

// start starts the service on the loaded data.
func (b namesBench) start(ctx context.Context) (*server, error) {
	db, err := pg.Open(ctx, b.url, pg.Options{MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := grant(ctx, db, b.key); err != nil {
		return nil, err
	}
	return startService(ctx, b.service, b.dir, b.url)
}

// quality searches every name of the queries in a registry that contains only the pool.
func (b namesBench) quality(ctx context.Context, r *namesReport) error {
	if _, err := b.load(ctx, b.pool.people); err != nil {
		return err
	}
	service, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer service.stop()
	a := namesClient{address: service.address, key: b.key}
	if r.Matches, err = a.matches(ctx, b.pool.queries); err != nil {
		return err
	}
	b.say("%d names matched", len(r.Matches))
	if r.Lookups, err = a.lookups(ctx, b.pool.queries); err != nil {
		return err
	}
	b.say("%d names looked up", len(r.Lookups))
	if r.Creations, err = a.creations(ctx, b.pool.queries); err != nil {
		return err
	}
	b.say("%d people created in dry runs", len(r.Creations))
	return nil
}

// speed adds synthetic people and measures latencies.
func (b namesBench) speed(ctx context.Context, r *namesReport) (err error) {
	if more := b.pool.synthetic(b.people - len(b.pool.people)); len(more) > 0 {
		if r.Respell, err = b.load(ctx, more); err != nil {
			return err
		}
	}
	service, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer service.stop()
	r.People = max(b.people, len(b.pool.people))
	r.MemoryBefore = residentOf(service.pid)
	began := time.Now()
	a := namesClient{address: service.address, key: b.key}
	if _, err := a.lookups(ctx, b.pool.queries[:1]); err != nil {
		return err
	}
	r.FirstLookup, r.MemoryAfter = time.Since(began), residentOf(service.pid)
	b.say("the first lookup took %s", r.FirstLookup.Round(time.Millisecond))
	for _, c := range b.latencies() {
		for _, connections := range []int{1, 2, 8} {
			s, err := drive(ctx, service.address, connections, b.slice, 1, c.next)
			if err == nil && s.Failed > 0 {
				err = s.firstError
			}
			if err != nil {
				return fmt.Errorf("%s: %w", c.title, err)
			}
			r.Latencies = append(r.Latencies, latency{c.title, connections, s})
			b.say("%s, %d connections: p50 %s ms, p99 %s ms", c.title, connections, ms(s.P50), ms(s.P99))
		}
	}
	r.MemoryLast = residentOf(service.pid)
	return nil
}
