package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"roundtables.kz/registry/internal/embeddedpg"
)

// settings are what the flags say.
type settings struct {
	dir         string
	scales      []scale
	cases       []string
	slice       time.Duration
	rounds      int
	connections int
	json        string
	plans       bool
	planLimit   time.Duration
	service     string
	clean       bool
	loadOnly    bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	if len(args) > 0 && args[0] == "bare" { // the process of the bare handler, started by the measuring one
		return serveBare(ctx, args[1:], stdout)
	}
	if len(args) > 0 && args[0] == "names" {
		return benchNames(ctx, args[1:], stdout, stderr)
	}
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if s.clean {
		return clean(s.dir)
	}
	say := speaker(stderr)
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{Dir: filepath.Join(s.dir, "postgres"), Settings: serverSettings})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	report := newReport(s, server.Version())
	for _, sc := range s.scales {
		databaseURL, err := ready(ctx, server.URL(), sc, say)
		if err != nil {
			return err
		}
		switch {
		case s.loadOnly:
		case s.plans:
			err = showPlans(ctx, databaseURL, sc, s.planLimit, stdout)
		default:
			err = measure(ctx, s, sc, databaseURL, report, say)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", sc.Name, err)
		}
	}
	if s.loadOnly || s.plans {
		return nil
	}
	return report.write(stdout, s.json)
}

// serverSettings are those of a small production server. Autovacuum is off while measuring, so that it cannot fall into
// one side's slice.
var serverSettings = map[string]string{
	"shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "30min", "autovacuum": "off", "max_parallel_workers_per_gather": "0",
	"max_parallel_maintenance_workers": "1",
}

func parse(args []string, stderr io.Writer) (settings, error) {
	var s settings
	var names, only string
	cache, _ := os.UserCacheDir()
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.dir, "dir", filepath.Join(cache, "registry-bench"), "where the data is kept, about 8 GB for both scales")
	f.StringVar(&names, "scales", "S,L", "which scales: S (1,000 events), L (100,000 events)")
	f.StringVar(&only, "cases", "", "only these cases, by name (export is the one of a whole list), separated by commas; all by default")
	f.DurationVar(&s.slice, "slice", time.Second, "how long one side is asked before the other one's turn")
	f.IntVar(&s.rounds, "rounds", 7, "how many slices each side gets a case")
	f.IntVar(&s.connections, "connections", 16, "how many connections ask at once")
	f.StringVar(&s.json, "json", "", "also write the figures to this file")
	f.StringVar(&s.service, "service", "", "the built service; built from cmd/registry by default")
	f.BoolVar(&s.plans, "plans", false, "show the time of every list filter with a frequent and a rare value under a generic plan, and measure nothing else")
	f.DurationVar(&s.planLimit, "plans-over", 20*time.Millisecond, "with -plans: print the plan of queries that take longer")
	f.BoolVar(&s.loadOnly, "load", false, "only make the data")
	f.BoolVar(&s.clean, "clean", false, "remove the data and end")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if s.slice <= 0 || s.rounds < 1 || s.connections < 1 || s.connections > 256 {
		return s, errors.New("slices, rounds and connections are positive, and there are at most 256 connections")
	}
	if only != "" {
		s.cases = strings.Split(only, ",")
	}
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, sc := range scales {
			if strings.EqualFold(sc.Name, strings.TrimSpace(name)) {
				s.scales, found = append(s.scales, sc), true
			}
		}
		if !found {
			return s, fmt.Errorf("there is no scale %q", name)
		}
	}
	return s, nil
}

// clean removes what the bench keeps, and nothing else.
func clean(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "PG_VERSION")); err != nil {
		return fmt.Errorf("nothing of the bench is kept in %s", dir)
	}
	return os.RemoveAll(filepath.Join(dir, "postgres"))
}
