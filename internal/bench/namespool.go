package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// pool is the test data of names: people to register, and other spellings of some of them.
type pool struct {
	people  []poolPerson
	queries []nameQuery
}

type poolPerson struct {
	id   int
	name string
}

// nameQuery is another spelling of a person of the pool.
type nameQuery struct {
	Query    string `json:"query"`
	Lang     string `json:"query_lang"`
	PersonID string `json:"person_id"`
	Primary  string `json:"primary_name"`
	Of       string `json:"primary_lang"`
	Group    string `json:"group"`
	person   int    // id in the registry
}

// foreign reports whether the query is a foreign name written by ear.
func (q nameQuery) foreign() bool { return strings.HasPrefix(q.Group, "WORLD") }

// pair returns the languages of a query and of the name to find.
func (q nameQuery) pair() string { return q.Lang + " for " + q.Of }

func readPool(dir string) (p pool, err error) {
	ids := map[string]int{}
	err = eachLine(filepath.Join(dir, "pool.jsonl"), func(line []byte) error {
		var r struct {
			PersonID string `json:"person_id"`
			Name     string `json:"name"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		p.people = append(p.people, poolPerson{len(p.people) + 1, r.Name})
		ids[r.PersonID] = len(p.people)
		return nil
	})
	if err != nil {
		return p, err
	}
	err = eachLine(filepath.Join(dir, "dev.jsonl"), func(line []byte) error {
		var q nameQuery
		if err := json.Unmarshal(line, &q); err != nil {
			return err
		}
		if q.person = ids[q.PersonID]; q.person == 0 {
			return fmt.Errorf("%s is not in the pool", q.PersonID)
		}
		p.queries = append(p.queries, q)
		return nil
	})
	if err == nil && len(p.queries) == 0 {
		err = fmt.Errorf("%s: there are no queries", dir)
	}
	return p, err
}

func eachLine(path string, f func([]byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		if err := f(lines.Bytes()); err != nil {
			return fmt.Errorf("%s, line %d: %w", path, n, err)
		}
	}
	return lines.Err()
}

// synthetic returns n more people. Each name combines the first words of a name of the pool with the last words of another
// one in the same script, so that words are as frequent as in real names.
func (p pool) synthetic(n int) []poolPerson {
	byScript := map[bool][]string{}
	for _, one := range p.people {
		byScript[cyrillic(one.name)] = append(byScript[cyrillic(one.name)], one.name)
	}
	r := rand.New(rand.NewPCG(seed, ofPerson))
	var people []poolPerson
	for len(people) < n {
		a := p.people[r.IntN(len(p.people))].name
		others := byScript[cyrillic(a)]
		first, last := strings.Fields(a), strings.Fields(others[r.IntN(len(others))])
		name := strings.Join(append(first[:(len(first)+1)/2], last[len(last)/2:]...), " ")
		people = append(people, poolPerson{len(p.people) + len(people) + 1, name})
	}
	return people
}

func cyrillic(name string) bool {
	return strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

// table returns people as rows, without their search keys.
func (pool) table(people []poolPerson) table {
	return table{"people", []string{"id", "name", "created_at", "updated_at"}, func(yield func([]any) bool) {
		for _, one := range people {
			lang := "en"
			if cyrillic(one.name) {
				lang = "ru"
			}
			if !yield([]any{one.id, jsonb(langMap{lang: one.name}), stamp(one.id), stamp(one.id)}) {
				return
			}
		}
	}}
}

// namesCase is a request whose latency is measured.
type namesCase struct {
	title string
	next  func(*rand.Rand) operation
}

func (b namesBench) latencies() []namesCase {
	a := requester{b.key}
	anyName := func(r *rand.Rand) string { return b.pool.queries[r.IntN(len(b.pool.queries))].Query }
	lookup := func(q string) operation { return one(a.get("/v1/people/lookup?q=%s", url.QueryEscape(q))) }
	match := func(r *rand.Rand, n int) operation {
		queries := make([]map[string]string, n)
		for i := range queries {
			queries[i] = map[string]string{"name": anyName(r)}
		}
		return one(a.post("/v1/people/match", map[string]any{"queries": queries}))
	}
	return []namesCase{
		{"lookup of a whole name", func(r *rand.Rand) operation { return lookup(anyName(r)) }},
		// The service caches words, and the spellings above repeat. These hardly repeat.
		{"lookup of any whole name", func(r *rand.Rand) operation { return lookup(b.pool.people[r.IntN(len(b.pool.people))].name) }},
		{"lookup while typing, from three letters on", func(r *rand.Rand) operation {
			q := []rune(anyName(r))
			return lookup(string(q[:min(len(q), 3+r.IntN(max(1, len(q)-2)))]))
		}},
		{"match of one name", func(r *rand.Rand) operation { return match(r, 1) }},
		{"match of 100 names", func(r *rand.Rand) operation { return match(r, 100) }},
	}
}

// short truncates a name for a table.
func short(name string) string {
	if utf8.RuneCountInString(name) <= 40 {
		return name
	}
	return string([]rune(name)[:39]) + "…"
}
