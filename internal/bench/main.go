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

// settings are the values of the flags.
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
	if len(args) > 0 && args[0] == "bare" { // the process of the bare handler, started by the benchmark
		return serveBare(ctx, args[1:], stdout)
	}
	if len(args) > 0 && args[0] == "names" {
		return benchNames(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "search" {
		return benchSearch(ctx, args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "identity" {
		return benchIdentity(ctx, args[1:], stdout, stderr)
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

// serverSettings are the settings of a small production server. Autovacuum is off, so that it does not disturb the slices
// of one server.
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
	f.StringVar(&s.dir, "dir", filepath.Join(cache, "registry-bench"), "directory of the data, about 11 GB for both scales")
	f.StringVar(&names, "scales", "S,L", "scales to measure: S (1,000 events), L (100,000 events)")
	f.StringVar(&only, "cases", "", "cases to measure, by name, separated by commas (export is the export of a whole list); default: all")
	f.DurationVar(&s.slice, "slice", time.Second, "duration of one slice of one server")
	f.IntVar(&s.rounds, "rounds", 7, "slices per server and case")
	f.IntVar(&s.connections, "connections", 16, "number of connections")
	f.StringVar(&s.json, "json", "", "write the results as JSON to this file too")
	f.StringVar(&s.service, "service", "", "binary of the service; default: built from cmd/registry")
	f.BoolVar(&s.plans, "plans", false, "only show the time of every list filter under a generic plan, with a frequent and a rare value")
	f.DurationVar(&s.planLimit, "plans-over", 20*time.Millisecond, "with -plans: print the plans of queries that take longer")
	f.BoolVar(&s.loadOnly, "load", false, "only generate and load the data")
	f.BoolVar(&s.clean, "clean", false, "delete the data and exit")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if s.slice <= 0 || s.rounds < 1 || s.connections < 1 || s.connections > 256 {
		return s, errors.New("slice, rounds and connections must be positive, and connections at most 256")
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

// clean deletes the data of the benchmark, and nothing else.
func clean(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "postgres", "data", "PG_VERSION")); err != nil {
		return fmt.Errorf("%s contains no data of the benchmark", dir)
	}
	return os.RemoveAll(filepath.Join(dir, "postgres"))
}
