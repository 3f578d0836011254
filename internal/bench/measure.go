package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// result is the result of one case on one scale: the median slice of each server, and the medians of the ratios of slices
// that ran next to each other, under the same load of the machine.
type result struct {
	Case     string
	Title    string
	Service  compared // the service as it is
	Uncached compared // the service without its response cache
	Bare     slice
	Size     int64 // bytes of a response of the service
	BareOf   int64
}

// compared is a server compared with the bare handler.
type compared struct {
	slice
	Speed float64 // requests per second, divided by those of the bare handler
	CPU   float64 // CPU time per request in server and database, divided by that of the bare handler
}

// measure measures the cases of one scale.
func measure(ctx context.Context, s settings, sc scale, databaseURL string, r *report, say func(string, ...any)) error {
	db, err := pg.Open(ctx, databaseURL, pg.Options{MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	key := apikey.Token()
	if err := grant(ctx, db, key); err != nil {
		return err
	}
	b := bench{settings: s, db: db, say: say}
	if b.database, err = newDatabase(filepath.Join(s.dir, "postgres")); err != nil {
		return err
	}
	binary := s.service
	if binary == "" {
		say("building the service")
		if binary, err = buildService(ctx, s.dir); err != nil {
			return err
		}
	}
	start, err := startUp(ctx, binary, s.dir, databaseURL)
	if err != nil {
		return err
	}
	if b.service, err = startService(ctx, binary, s.dir, databaseURL); err != nil {
		return err
	}
	defer b.service.stop()
	if b.uncached, err = startService(ctx, binary, s.dir, databaseURL, "ANSWER_CACHE_MIB=0"); err != nil {
		return err
	}
	defer b.uncached.stop()
	if b.bare, err = startBare(ctx, s.dir, databaseURL); err != nil {
		return err
	}
	defer b.bare.stop()
	measured := scaleResult{Scale: sc, Start: start}
	p := newPlan(sc)
	for _, c := range cases(p, requester{key}) {
		if s.cases != nil && !slices.Contains(s.cases, c.name) {
			continue
		}
		found, err := b.run(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		measured.Results = append(measured.Results, found)
	}
	measured.ServiceMemory, measured.BareMemory = residentOf(b.service.pid), residentOf(b.bare.pid)
	if s.cases == nil || slices.Contains(s.cases, exportCase) {
		measured.Exports = map[string]exported{}
		for _, file := range []string{"statements.csv", "statements.ndjson", "registry.zip"} {
			e, err := exportAll(ctx, binary, s.dir, databaseURL, key, file)
			if err != nil {
				return fmt.Errorf("export: %w", err)
			}
			measured.Exports[file] = e
			say("%s: first byte after %s ms, the last after %s ms", file, ms(e.First), ms(e.Took))
		}
	}
	r.Scales = append(r.Scales, measured)
	return nil
}

// grant makes the key of the benchmark valid.
func grant(ctx context.Context, db *pgxpool.Pool, key string) error {
	var secret []byte
	if err := db.QueryRow(ctx, "SELECT secret FROM registry").Scan(&secret); err != nil {
		return err
	}
	ctx = actor.With(ctx, actor.System("bench"))
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error {
		return apikey.Ensure(ctx, tx, secret, "bench", key, []string{"read", "write"})
	})
}

// startTimes are the costs of starting the service.
type startTimes struct {
	First  time.Duration // the first start of the fresh binary
	Later  time.Duration // the median of five more
	Memory int64         // resident memory after the start
}

func startUp(ctx context.Context, binary, dir, databaseURL string) (startTimes, error) {
	var t startTimes
	var later []time.Duration
	for i := range 6 {
		s, err := startService(ctx, binary, dir, databaseURL)
		if err != nil {
			return t, err
		}
		if i == 0 {
			t.First = s.started
		} else {
			later = append(later, s.started)
		}
		t.Memory = residentOf(s.pid)
		s.stop()
	}
	slices.Sort(later)
	t.Later = later[len(later)/2]
	return t, nil
}

type bench struct {
	settings
	db       *pgxpool.Pool
	database *database

	service, uncached, bare *server
	say                     func(string, ...any)
}

// run measures one case: it compares the responses of all servers, warms up, and then runs slices in turn.
func (b bench) run(ctx context.Context, c testCase) (result, error) {
	out := result{Case: c.name, Title: c.title}
	if c.bare == nil {
		c.bare = c.next
		if err := b.sameResponses(ctx, c); err != nil {
			return out, err
		}
	}
	if c.writes {
		undo, err := b.track(ctx)
		if err != nil {
			return out, err
		}
		defer undo()
	}
	sides := []struct {
		*server
		next   func(*rand.Rand) operation
		slices []slice
	}{{server: b.service, next: c.next}, {server: b.uncached, next: c.next}, {server: b.bare, next: c.bare}}
	for turn := range b.rounds + 1 {
		for i := range sides {
			side := &sides[(turn+i)%len(sides)] // the first server changes with each round, and the direction with every second one,
			if turn%2 == 1 {                    // so that each server runs after each other one
				side = &sides[(turn+len(sides)-i)%len(sides)]
			}
			side.truncateLog()
			cpu, database := cpuOf(side.pid), b.database.cpu()
			s, err := drive(ctx, side.address, b.connections, b.slice, uint64(turn), side.next)
			if err == nil && s.Failed > 0 {
				err = fmt.Errorf("%d of %d failed, the first: %w", s.Failed, s.Operations, s.firstError)
			}
			if err != nil {
				return out, err
			}
			s.Server, s.Database = cpuOf(side.pid)-cpu, b.database.cpu()-database
			if turn > 0 { // the first round is the warm-up
				side.slices = append(side.slices, s)
			}
		}
	}
	bare := sides[2].slices
	out.Service, out.Uncached, out.Bare = compare(sides[0].slices, bare), compare(sides[1].slices, bare), middle(bare)
	out.Size, out.BareOf = out.Service.Bytes/int64(out.Service.Operations), out.Bare.Bytes/int64(out.Bare.Operations)
	b.say("%-20s %7.0f/s, uncached %7.0f/s, bare %7.0f/s; %.2f and %.2f x speed, %.2f and %.2f x CPU", c.name,
		out.Service.PerSecond(), out.Uncached.PerSecond(), out.Bare.PerSecond(), out.Service.Speed, out.Uncached.Speed, out.Service.CPU, out.Uncached.CPU)
	return out, nil
}

func compare(side, bare []slice) compared {
	return compared{middle(side), medianRatio(side, bare, slice.PerSecond), medianRatio(side, bare, func(s slice) float64 { return float64(s.cpu()) })}
}

// middle returns the median of each figure.
func middle(of []slice) slice {
	med := func(figure func(slice) int64) int64 {
		all := make([]int64, len(of))
		for i, s := range of {
			all[i] = figure(s)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	each := func(figure func(slice) time.Duration) time.Duration {
		return time.Duration(med(func(s slice) int64 { return int64(s.each(figure(s))) }))
	}
	n := med(func(s slice) int64 { return int64(s.Operations) })
	return slice{
		Operations: int(n), Took: time.Duration(med(func(s slice) int64 { return int64(s.Took) })),
		Bytes:  med(func(s slice) int64 { return s.Bytes / int64(s.Operations) }) * n,
		P50:    time.Duration(med(func(s slice) int64 { return int64(s.P50) })),
		P99:    time.Duration(med(func(s slice) int64 { return int64(s.P99) })),
		Server: each(func(s slice) time.Duration { return s.Server }) * time.Duration(n), Database: each(func(s slice) time.Duration { return s.Database }) * time.Duration(n),
	}
}

func medianRatio(a, b []slice, figure func(slice) float64) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = figure(a[i]) / figure(b[i])
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// track returns a function that deletes what a case has written, so that the data is the same for the next run. It bypasses
// the triggers, which would log the deletion.
func (b bench) track(ctx context.Context) (undo func(), err error) {
	var statement, seq int64
	err = b.db.QueryRow(ctx, "SELECT (SELECT max(id) FROM statements), (SELECT max(seq) FROM changes)").Scan(&statement, &seq)
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		var sql strings.Builder
		sql.WriteString("BEGIN; SET LOCAL session_replication_role = replica;")
		for _, part := range strings.Fields("statement_texts statement_topics statement_people statement_organizations statement_places statement_documents") {
			fmt.Fprintf(&sql, "DELETE FROM %s WHERE statement_id > %d;", part, statement)
		}
		fmt.Fprintf(&sql, "DELETE FROM statements WHERE id > %d; DELETE FROM changes WHERE seq > %d; COMMIT", statement, seq)
		if _, err := b.db.Exec(ctx, sql.String()); err != nil {
			b.say("could not delete what was written: %v", err)
		}
	}, nil
}
