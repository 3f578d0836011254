package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// report holds all results.
type report struct {
	PostgreSQL  string
	CPUs        int
	Connections int
	Slice       time.Duration
	Rounds      int
	Scales      []scaleResult
}

type scaleResult struct {
	Scale                     scale
	Start                     startTimes
	ServiceMemory, BareMemory int64 // resident memory after all cases
	Results                   []result
	Exports                   map[string]exported // by the name of the file
}

func newReport(s settings, version string) *report {
	return &report{PostgreSQL: version, CPUs: runtime.NumCPU(), Connections: s.connections, Slice: s.slice, Rounds: s.rounds}
}

func (r *report) write(w io.Writer, path string) error {
	fmt.Fprintf(w, "PostgreSQL %s, %d CPUs shared by client, server and database, %d connections, median of %d slices of %s per server; uncached: the service without its response cache\n", r.PostgreSQL, r.CPUs, r.Connections, r.Rounds, r.Slice)
	for _, s := range r.Scales {
		fmt.Fprintf(w, "\n%s: %d events, %d attendees, %d statements\n", s.Scale.Name, s.Scale.Events, s.Scale.Attendees, s.Scale.Statements)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintln(t, "case\trequests/s\tanew\tbare\tratio\tanew\tp50 ms\tanew\tbare\tp99 ms\tanew\tbare\tCPU µs: service\t+ database\tanew\t+ database\tbare\t+ database\tratio\tanew\tbytes\t")
		for _, c := range s.Results {
			fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%.2f\t%.2f\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.2f\t%d\t\n", c.Case,
				c.Service.PerSecond(), c.Uncached.PerSecond(), c.Bare.PerSecond(), c.Service.Speed, c.Uncached.Speed,
				ms(c.Service.P50), ms(c.Uncached.P50), ms(c.Bare.P50), ms(c.Service.P99), ms(c.Uncached.P99), ms(c.Bare.P99),
				us(c.Service.each(c.Service.Server)), us(c.Service.each(c.Service.Database)), us(c.Uncached.each(c.Uncached.Server)), us(c.Uncached.each(c.Uncached.Database)),
				us(c.Bare.each(c.Bare.Server)), us(c.Bare.each(c.Bare.Database)), c.Service.CPU, c.Uncached.CPU, c.Size)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "start-up: first %s ms, later %s ms; memory: %d MB after the start, %d MB after the load (bare: %d MB)\n",
			ms(s.Start.First), ms(s.Start.Later), s.Start.Memory>>20, s.ServiceMemory>>20, s.BareMemory>>20)
		for _, file := range slices.Sorted(maps.Keys(s.Exports)) {
			e := s.Exports[file]
			fmt.Fprintf(w, "%s: %d lines, %d MB, first byte after %s ms, %.1f s in total (%.0f lines/s), %d MB peak memory above the initial %d MB\n", file,
				e.Rows, e.Bytes>>20, ms(e.First), e.Took.Seconds(), float64(e.Rows)/e.Took.Seconds(), (e.Peak-e.Memory)>>20, e.Memory>>20)
		}
	}
	r.growth(w)
	if path == "" {
		return nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// growth prints the ratio of the CPU times of a request at the last and the first scale.
func (r *report) growth(w io.Writer) {
	if len(r.Scales) < 2 {
		return
	}
	small, large := r.Scales[0], r.Scales[len(r.Scales)-1]
	fmt.Fprintf(w, "\ngrowth of the CPU time of a request from %s to %s\n", small.Scale.Name, large.Scale.Name)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "case\tservice\tanew\tbare\tratio\tanew\t")
	for i, c := range large.Results {
		if i >= len(small.Results) || small.Results[i].Case != c.Case || small.Results[i].Service.cpu() == 0 {
			continue
		}
		before := small.Results[i]
		ours, uncached, theirs := grown(c.Service.slice, before.Service.slice), grown(c.Uncached.slice, before.Uncached.slice), grown(c.Bare, before.Bare)
		fmt.Fprintf(t, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t\n", c.Case, ours, uncached, theirs, ours/theirs, uncached/theirs)
	}
	t.Flush()
}

func grown(large, small slice) float64 { return float64(large.cpu()) / float64(small.cpu()) }

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }
func us(d time.Duration) string { return fmt.Sprintf("%.0f", float64(d)/1e3) }
