package main

import (
	"bufio"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/sample"
	"roundtables.kz/registry/internal/search"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/migrations"
)

//go:embed searchqueries.txt
var searchQueries string

// judgedQuery is a query with the grades of its right answers, by "type/id".
type judgedQuery struct {
	lang, q string
	grades  map[string]float64
}

func judgedQueries() (list []judgedQuery, err error) {
	lines := bufio.NewScanner(strings.NewReader(searchQueries))
	for lines.Scan() {
		parts := strings.Split(lines.Text(), "|")
		if strings.HasPrefix(lines.Text(), "#") || len(parts) != 3 {
			continue
		}
		j := judgedQuery{parts[0], parts[1], map[string]float64{}}
		for answer := range strings.FieldsSeq(parts[2]) {
			record, grade, _ := strings.Cut(answer, "=")
			if j.grades[record], err = strconv.ParseFloat(grade, 64); err != nil {
				return nil, fmt.Errorf("%s: %w", lines.Text(), err)
			}
		}
		list = append(list, j)
	}
	return list, lines.Err()
}

// searchDepth is the number of results that are judged.
const searchDepth = 10

// ndcg returns the normalized discounted cumulative gain of results, 0 to 1, with the gain 2^grade-1.
func (j judgedQuery) ndcg(results []search.Hit) float64 {
	gain := func(grades []float64) (sum float64) {
		for i, g := range grades[:min(searchDepth, len(grades))] {
			sum += (math.Exp2(g) - 1) / math.Log2(float64(i)+2)
		}
		return sum
	}
	var got, ideal []float64
	for _, h := range results {
		got = append(got, j.grades[h.Type+"/"+strconv.FormatInt(h.ID, 10)])
	}
	for _, g := range j.grades {
		ideal = append(ideal, g)
	}
	slices.SortFunc(ideal, func(a, b float64) int { return cmp.Compare(b, a) })
	return gain(got) / gain(ideal)
}

// hit reports whether the first result is a good answer.
func (j judgedQuery) hit(results []search.Hit) bool {
	return len(results) > 0 && j.grades[results[0].Type+"/"+strconv.FormatInt(results[0].ID, 10)] >= 2
}

// benchSearch measures the search of texts and names in the sample, with judged queries in three languages.
func benchSearch(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	cache, _ := os.UserCacheDir()
	f := flag.NewFlagSet("bench search", flag.ContinueOnError)
	f.SetOutput(stderr)
	dir := f.String("dir", filepath.Join(cache, "registry-bench"), "directory of the database")
	misses := f.Bool("misses", false, "list the queries whose first result is wrong")
	if err := f.Parse(args); err != nil {
		return err
	}
	queries, err := judgedQueries()
	if err != nil {
		return err
	}
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{Dir: filepath.Join(*dir, "postgres"), Settings: serverSettings})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	url, err := freshDatabase(ctx, server.URL(), "bench_search")
	if err != nil {
		return err
	}
	if err := migrations.Up(ctx, url); err != nil {
		return err
	}
	db, err := pg.Open(ctx, url, pg.Options{MaxConns: 4})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := sample.Load(ctx, db); err != nil {
		return err
	}
	finders, err := spelling.NewFinders(db, person.Spellings, organization.Spellings)
	if err != nil {
		return err
	}
	defer finders.Close()
	searcher := search.Searcher{DB: db, Finders: finders}

	type score struct {
		queries, hits int
		ndcg          float64
		times         []time.Duration
	}
	scores := map[string]*score{"en": {}, "ru": {}, "kk": {}, "all": {}}
	for _, j := range queries {
		start := time.Now()
		results, err := searcher.Search(ctx, search.Params{Q: j.q, Limit: searchDepth})
		took := time.Since(start)
		if err != nil {
			return fmt.Errorf("%s: %w", j.q, err)
		}
		n, hit := j.ndcg(results.Data), j.hit(results.Data)
		if *misses && !hit {
			first := "nothing"
			if len(results.Data) > 0 {
				first = fmt.Sprintf("%s/%d (%s)", results.Data[0].Type, results.Data[0].ID, results.Data[0].Matched)
			}
			fmt.Fprintf(stdout, "%s %q: %s, nDCG %.2f\n", j.lang, j.q, first, n)
		}
		for _, s := range []*score{scores[j.lang], scores["all"]} {
			s.queries++
			s.ndcg += n
			s.times = append(s.times, took)
			if hit {
				s.hits++
			}
		}
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "language\tqueries\tnDCG@10\tsuccess@1\tmedian\tp95\t\n")
	for _, lang := range []string{"en", "ru", "kk", "all"} {
		s := scores[lang]
		slices.Sort(s.times)
		n := float64(s.queries)
		fmt.Fprintf(w, "%s\t%d\t%.3f\t%.3f\t%s\t%s\t\n", lang, s.queries, s.ndcg/n, float64(s.hits)/n,
			s.times[s.queries/2].Round(100*time.Microsecond), s.times[s.queries*95/100].Round(100*time.Microsecond))
	}
	return w.Flush()
}
