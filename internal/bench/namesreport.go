package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// namesReport holds all results about names.
type namesReport struct {
	PostgreSQL                            string
	Pool, People                          int
	Matches, Lookups, Creations           []answer
	Latencies                             []latency
	FirstLookup, Respell                  time.Duration
	MemoryBefore, MemoryAfter, MemoryLast int64
}

type latency struct {
	title       string
	connections int
	slice
}

func (r namesReport) write(w io.Writer, misses bool) error {
	fmt.Fprintf(w, "PostgreSQL %s, %d CPUs shared by client, server and database; measured over HTTP\n\n", r.PostgreSQL, runtime.NumCPU())
	fmt.Fprintf(w, "%d names of people in a pool of %d; MRR is the mean of 1/rank\n", len(r.Matches), r.Pool)
	r.recall(w)
	r.decisions(w)
	fmt.Fprintf(w, "\n%d people\n", r.People)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "request\tconnections\trequests/s\tp50 ms\tp99 ms\t")
	for _, l := range r.Latencies {
		fmt.Fprintf(t, "%s\t%d\t%.0f\t%s\t%s\t\n", l.title, l.connections, l.PerSecond(), ms(l.P50), ms(l.P99))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "first lookup after the start, which reads all names: %s; memory: %d MB before it, %d MB after it, %d MB after all requests\n",
		r.FirstLookup.Round(time.Millisecond), r.MemoryBefore>>20, r.MemoryAfter>>20, r.MemoryLast>>20)
	if r.Respell > 0 {
		fmt.Fprintf(w, "registry respell: %s\n", r.Respell.Round(100*time.Millisecond))
	}
	if misses {
		r.misses(w)
	}
	return nil
}

func (r namesReport) recall(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tnames\tmatch: recall@1\t@10\tMRR\tlookup: recall@1\t@10\tMRR\t")
	line := func(name string, takes func(nameQuery) bool) {
		n, m := figures(r.Matches, takes)
		_, l := figures(r.Lookups, takes)
		fmt.Fprintf(t, "%s\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\t\n", name, n, m[0], m[1], m[2], l[0], l[1], l[2])
	}
	line("all", func(nameQuery) bool { return true })
	line("without foreign names by ear", func(q nameQuery) bool { return !q.foreign() })
	line("foreign names by ear", nameQuery.foreign)
	pairs := map[string]int{}
	for _, a := range r.Matches {
		pairs[a.query.pair()]++
	}
	for _, pair := range slices.SortedFunc(maps.Keys(pairs), func(a, b string) int {
		return cmp.Or(cmp.Compare(pairs[b], pairs[a]), cmp.Compare(a, b))
	}) {
		line(pair, func(q nameQuery) bool { return q.pair() == pair })
	}
	t.Flush()
}

// figures returns recall at 1, recall at 10 and the mean reciprocal rank.
func figures(answers []answer, takes func(nameQuery) bool) (n int, f [3]float64) {
	for _, a := range answers {
		if !takes(a.query) {
			continue
		}
		n++
		rank := a.rank()
		if rank == 1 {
			f[0]++
		}
		if rank >= 1 && rank <= 10 {
			f[1]++
			f[2] += 1 / float64(rank)
		}
	}
	for i := range f {
		f[i] /= float64(max(1, n))
	}
	return n, f
}

func (r namesReport) decisions(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\ndecision\tnames\tprecision\trecall\tnames with a wrong person\t")
	for _, d := range []struct {
		name    string
		answers []answer
		takes   func(hit) bool
	}{
		{"band match", r.Matches, func(h hit) bool { return h.Band == "match" }},
		{"likely duplicate at creation", r.Creations, func(hit) bool { return true }},
	} {
		for _, of := range []struct {
			name  string
			takes func(nameQuery) bool
		}{
			{"", func(nameQuery) bool { return true }},
			{", without foreign names by ear", func(q nameQuery) bool { return !q.foreign() }},
		} {
			n, precision, recall, wrong := decided(d.answers, of.takes, d.takes)
			fmt.Fprintf(t, "%s%s\t%d\t%.4f\t%.4f\t%.4f\t\n", d.name, of.name, n, precision, recall, wrong)
		}
	}
	t.Flush()
}

// decided returns the precision and the recall of the accepted persons, and the share of names with a wrong one.
func decided(answers []answer, queries func(nameQuery) bool, taken func(hit) bool) (n int, precision, recall, wrong float64) {
	all, right := 0, 0
	for _, a := range answers {
		if !queries(a.query) {
			continue
		}
		n++
		mistaken := false
		for _, h := range a.found {
			if !taken(h) {
				continue
			}
			all++
			if h.ID == a.query.person {
				right++
			} else {
				mistaken = true
			}
		}
		if mistaken {
			wrong++
		}
	}
	return n, float64(right) / float64(max(1, all)), float64(right) / float64(max(1, n)), wrong / float64(max(1, n))
}

// misses lists queries whose person is not the first result, and wrong matches.
func (r namesReport) misses(w io.Writer) {
	for i, a := range r.Matches {
		rank := a.rank()
		if rank == 1 && r.Lookups[i].rank() == 1 {
			continue
		}
		first := hit{shown: "no match"}
		if len(a.found) > 0 {
			first = a.found[0]
		}
		fmt.Fprintf(w, "%s, %s: %s is %s: rank %d, lookup %d; first %s %.3f\n", a.query.Group, a.query.pair(), short(a.query.Query), short(a.query.Primary), rank, r.Lookups[i].rank(), short(first.shown), first.Score)
	}
	for _, a := range r.Matches {
		for _, h := range a.found {
			switch {
			case h.Band == "match" && h.ID != a.query.person:
				fmt.Fprintf(w, "wrong match: %s is %s, not %s (%.3f)\n", short(a.query.Query), short(a.query.Primary), short(h.shown), h.Score)
			case h.Band != "match" && h.ID == a.query.person && !a.query.foreign():
				fmt.Fprintf(w, "only possible: %s is %s (%.3f)\n", short(a.query.Query), short(h.shown), h.Score)
			}
		}
	}
}
