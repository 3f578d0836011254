package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"math/rand/v2"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/spelling"
)

// identitySettings are the values of the flags of the identity mode.
type identitySettings struct {
	dir, names, events string
	misses             bool
}

func parseIdentity(args []string, stderr io.Writer) (identitySettings, error) {
	var s identitySettings
	cache, _ := os.UserCacheDir()
	f := flag.NewFlagSet("bench identity", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&s.names, "names", os.Getenv("NAMES_DIR"), "folder with organizations.jsonl and organizations-negatives.jsonl; default: NAMES_DIR")
	f.StringVar(&s.events, "events", os.Getenv("EVENTS_DIR"), "folder with events.jsonl, people.jsonl and organizations.jsonl; default: EVENTS_DIR")
	f.StringVar(&s.dir, "dir", filepath.Join(cache, "registry-bench"), "directory of the database")
	f.BoolVar(&s.misses, "misses", false, "list the names that were not matched, and the wrong matches")
	switch err := f.Parse(args); {
	case err != nil:
		return s, err
	case f.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case s.names == "" && s.events == "":
		return s, fmt.Errorf("no names: set NAMES_DIR or EVENTS_DIR, or -names or -events")
	}
	return s, nil
}

// benchIdentity measures who is recognized: organizations by names that the registry does not have yet, and the people
// and organizations of whole documents that are loaded one after the other.
func benchIdentity(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parseIdentity(args, stderr)
	if err != nil {
		return err
	}
	r := identityReport{out: stdout, misses: s.misses}
	for _, file := range []string{filepath.Join(s.names, "organizations.jsonl"), filepath.Join(s.events, "organizations.jsonl")} {
		if filepath.Dir(file) == "." {
			continue
		}
		list, err := readOrganizations(file)
		if err != nil {
			return err
		}
		r.leaveOneOut(file, list)
	}
	if s.names != "" {
		if err := r.negatives(filepath.Join(s.names, "organizations-negatives.jsonl")); err != nil {
			return err
		}
	}
	if s.events == "" {
		return nil
	}
	return loadDocuments(ctx, s, r, speaker(stderr))
}

// knownOrganization is an organization with its names.
type knownOrganization struct {
	id, parent string
	names      []knownName
}

type knownName struct {
	Text string `json:"text"`
	Lang string `json:"lang"`
	Form string `json:"form"`
}

// readOrganizations reads either format: names with their languages and forms, or spellings.
func readOrganizations(path string) (list []knownOrganization, err error) {
	err = eachLine(path, func(line []byte) error {
		var r struct {
			ID           string      `json:"id"`
			Organization string      `json:"organization"`
			Parent       *string     `json:"parent"`
			Names        []knownName `json:"names"`
			Spellings    []string    `json:"spellings"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		o := knownOrganization{id: r.ID + r.Organization, names: r.Names}
		if r.Parent != nil {
			o.parent = *r.Parent
		}
		for _, s := range r.Spellings {
			o.names = append(o.names, knownName{s, "any", "spelling"})
		}
		list = append(list, o)
		return nil
	})
	return list, err
}

// outcome counts what happened to names of one kind.
type outcome struct{ names, first, five, match, ask, wrong int }

func (o *outcome) add(more outcome) {
	o.names += more.names
	o.first += more.first
	o.five += more.five
	o.match += more.match
	o.ask += more.ask
	o.wrong += more.wrong
}

type identityReport struct {
	out    io.Writer
	misses bool
}

func (r identityReport) table(title string, lines func(line func(name string, o outcome))) {
	t := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "\n%s\tnames\trecall@1\t@5\tmatch, right\task\twrong match\t\n", title)
	lines(func(name string, o outcome) {
		n := float64(max(1, o.names))
		fmt.Fprintf(t, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%d\t\n", name, o.names, float64(o.first)/n, float64(o.five)/n, float64(o.match)/n, float64(o.ask)/n, o.wrong)
	})
	t.Flush()
}

func (r identityReport) miss(format string, args ...any) {
	if r.misses {
		fmt.Fprintf(r.out, format+"\n", args...)
	}
}

// organizationIndex is a registry of organizations in memory.
type organizationIndex struct {
	list  []knownOrganization
	names *names.Index
}

func newOrganizationIndex(list []knownOrganization, takes func(knownName) bool) organizationIndex {
	x := organizationIndex{list, names.NewIndex(true)}
	for i, o := range list {
		x.set(i, func(n int) bool { return takes(o.names[n]) })
	}
	return x
}

// set registers the i-th organization with some of its names.
func (x organizationIndex) set(i int, takes func(n int) bool) {
	var spellings []string
	for n, name := range x.list[i].names {
		if takes(n) {
			spellings = append(spellings, name.Text)
		}
	}
	x.names.Set(int64(i)+1, spellings)
}

// minFound is the lowest score of a candidate, as in POST /v1/organizations/match.
const minFound = .7

// find looks up a name of the i-th organization and decides about it.
func (x organizationIndex) find(name string, i int) (o outcome, found []spelling.Match) {
	found = spelling.FindIn(x.names.View(false), minFound, 10, []string{name})
	rank := slices.IndexFunc(found, func(m spelling.Match) bool { return int(m.ID) == i+1 })
	o.names = 1
	if rank == 0 {
		o.first = 1
	}
	if rank >= 0 && rank < 5 {
		o.five = 1
	}
	switch organization.Spellings.Decide(found) {
	case spelling.IsMatch:
		if rank == 0 {
			o.match = 1
		} else {
			o.wrong = 1
		}
	case spelling.IsQuestion:
		o.ask = 1
	}
	return o, found
}

func (r identityReport) leaveOneOut(file string, list []knownOrganization) {
	all := newOrganizationIndex(list, func(knownName) bool { return true })
	seeded := rand.New(rand.NewPCG(seed, 0))
	byForm, byLang := map[string]outcome{}, map[string]outcome{}
	var one, every, absent outcome
	add := func(to map[string]outcome, key string, o outcome) {
		sum := to[key]
		sum.add(o)
		to[key] = sum
	}
	fmt.Fprintf(r.out, "\n%s: %d organizations\n", file, len(list))
	for i, org := range list {
		chosen := seeded.IntN(len(org.names))
		for n, name := range org.names {
			same := func(k int) bool { return names.Key(org.names[k].Text) == names.Key(name.Text) }
			if len(org.names) > 1 {
				all.set(i, func(k int) bool { return !same(k) })
				o, found := all.find(name.Text, i)
				if o.match == 0 {
					r.missed(all, "left out", i, name, o, found)
				}
				every.add(o)
				add(byForm, name.Form, o)
				add(byLang, name.Lang, o)
				if n == chosen {
					one.add(o)
				}
			}
			all.set(i, func(int) bool { return false })
			o, found := all.find(name.Text, i)
			absent.add(o)
			if o.wrong > 0 {
				r.missed(all, "not registered", i, name, o, found)
			}
		}
		all.set(i, func(int) bool { return true })
	}
	r.table("leave one name out", func(line func(string, outcome)) {
		line("one of each organization", one)
		line("every name", every)
		for _, form := range slices.Sorted(maps.Keys(byForm)) {
			line(form, byForm[form])
		}
		for _, lang := range slices.Sorted(maps.Keys(byLang)) {
			line("in "+lang, byLang[lang])
		}
		line("not registered", absent)
	})
	r.pairs(list)
	r.parts(list)
}

func (r identityReport) missed(x organizationIndex, what string, i int, name knownName, o outcome, found []spelling.Match) {
	decision := "new"
	switch {
	case o.wrong > 0:
		decision = "WRONG"
	case o.ask > 0:
		decision = "ask"
	}
	first := "nothing"
	if len(found) > 0 {
		first = fmt.Sprintf("%.3f %s: %s", found[0].Score, x.list[found[0].ID-1].id, found[0].Spelling)
	}
	r.miss("%s, %s: %s (%s %s, %s) first %d five %d: %s", what, decision, name.Text, name.Lang, name.Form, x.list[i].id, o.first, o.five, first)
}

// pairs registers all organizations in one language and looks them up by their names in another one.
func (r identityReport) pairs(list []knownOrganization) {
	r.table("registered in one language only", func(line func(string, outcome)) {
		for _, of := range []string{"kk", "ru", "en"} {
			x := newOrganizationIndex(list, func(n knownName) bool { return n.Lang == of })
			for _, lang := range []string{"kk", "ru", "en"} {
				var sum outcome
				for i, org := range list {
					if lang == of || len(x.names.Spellings(int64(i)+1)) == 0 {
						continue
					}
					for _, name := range org.names {
						if name.Lang == lang && name.Form == "official" {
							o, found := x.find(name.Text, i)
							sum.add(o)
							if o.match == 0 {
								r.missed(x, lang+" for "+of, i, name, o, found)
							}
						}
					}
				}
				if sum.names > 0 {
					line(lang+" for "+of, sum)
				}
			}
		}
	})
}

// parts looks up names of parts where only the whole is registered, and the other way round.
func (r identityReport) parts(list []knownOrganization) {
	var sum outcome
	for i, part := range list {
		whole := slices.IndexFunc(list, func(o knownOrganization) bool { return part.parent != "" && o.id == part.parent })
		if whole < 0 {
			continue
		}
		for _, pair := range [][2]int{{i, whole}, {whole, i}} {
			x := organizationIndex{list, names.NewIndex(true)}
			x.set(pair[0], func(int) bool { return true })
			for _, name := range list[pair[1]].names {
				o, found := x.find(name.Text, pair[1])
				if sum.add(o); o.wrong > 0 {
					r.missed(x, "part and whole", pair[1], name, o, found)
				}
			}
		}
	}
	r.table("parts and wholes", func(line func(string, outcome)) { line("only the other one is registered", sum) })
}

// negatives looks up one name of each pair of different organizations where only the other one is registered.
func (r identityReport) negatives(path string) error {
	var sum outcome
	err := eachLine(path, func(line []byte) error {
		var pair struct{ A, B, Why string }
		if err := json.Unmarshal(line, &pair); err != nil {
			return err
		}
		for _, p := range [][2]string{{pair.A, pair.B}, {pair.B, pair.A}} {
			list := []knownOrganization{{id: pair.Why, names: []knownName{{Text: p[0]}}}}
			o, found := newOrganizationIndex(list, func(knownName) bool { return true }).find(p[1], -1)
			sum.add(o)
			if o.wrong > 0 || o.ask > 0 {
				r.miss("negative, match %d: %s is not %s (%s): %.3f", o.wrong, p[1], p[0], pair.Why, found[0].Score)
			}
		}
		return nil
	})
	r.table("look alike, are different", func(line func(string, outcome)) { line("both ways", sum) })
	return err
}
