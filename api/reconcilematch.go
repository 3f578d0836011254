package api

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"
)

// reconcileSource is where records of one type are found.
type reconcileSource struct {
	ReconcileType
	names *spelling.Finder
	see   func(context.Context, []int64) (map[int64]known, error)  // those that the actor may see
	with  func(context.Context, []string) (map[int64]known, error) // and of those, the ones with external ids
}

// reconciliation finds candidates for queries.
type reconciliation struct {
	lang    string
	queries []reconcileQuery
	found   [][]reconciled // for each query
}

// reconciled is a candidate; one that is named by an identifier is sure, whatever its name is.
type reconciled struct {
	ReconcileCandidate
	sure   bool
	rival  float64 // its score beside one that agrees with the query in no property: what it differs in says nothing for that one then
	agrees bool    // in a property
}

// look finds the records of one type.
func (r *reconciliation) look(ctx context.Context, of reconcileSource) error {
	asked := make([][]string, len(r.queries))
	var ids []int64
	var externalIDs []string
	for i, q := range r.queries {
		if !q.wants(of.ID) {
			continue
		}
		if q.Query != "" {
			asked[i] = []string{q.Query}
		}
		if id, ok := recordID(of.ID, q.Query); ok {
			ids = append(ids, id)
		}
		externalIDs = append(externalIDs, q.values("external_id")...)
	}
	matches, seen, err := matchesOf(ctx, of.names, leastAlike, 2*mostReconciled, asked, of.see) // the other properties put them in another order
	if err != nil {
		return err
	}
	named, err := identified(ctx, of, ids, externalIDs)
	if err != nil {
		return err
	}
	for i, q := range r.queries {
		if !q.wants(of.ID) {
			continue
		}
		inName := map[int64]bool{}
		for _, m := range matches[i] {
			if k, ok := seen[m.ID]; ok {
				inName[m.ID] = true
				r.found[i] = append(r.found[i], r.candidate(of.ReconcileType, q, m, k))
			}
		}
		for _, id := range slices.Sorted(maps.Keys(named)) {
			if c := r.candidate(of.ReconcileType, q, spelling.Match{ID: id}, named[id]); c.sure && !inName[id] {
				r.found[i] = append(r.found[i], c)
			}
		}
	}
	return nil
}

// identified gives the records with some ids or external ids that the actor may see.
func identified(ctx context.Context, of reconcileSource, ids []int64, externalIDs []string) (map[int64]known, error) {
	all := map[int64]known{}
	for some := range slices.Chunk(ids, paging.MaxLimit) {
		more, err := of.see(ctx, some)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, more)
	}
	for some := range slices.Chunk(externalIDs, paging.MaxLimit) {
		more, err := of.with(ctx, some)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, more)
	}
	return all, nil
}

// lessFor is what a property that differs leaves of a score.
const lessFor = .9

// candidate weighs a record: by its name and organization as a match does, then by what else the query says.
func (r *reconciliation) candidate(t ReconcileType, q reconcileQuery, m spelling.Match, k known) reconciled {
	weighed := weighAt(q.Query, askedAt(t, q), m, k)
	c := reconciled{ReconcileCandidate: ReconcileCandidate{
		ID: recordPath(t, m.ID), Name: inLanguage(k.name, r.lang), Description: k.description(r.lang),
		Type: []ReconcileType{t}, Score: m.Score, Match: weighed.Band == "match" && (t != typePeople || !oneWord(q.Query) || len(weighed.Reasons) > 1),
	}}
	for _, reason := range weighed.Reasons {
		if m.Spelling != "" {
			c.Features = append(c.Features, ReconcileFeature{reason.Feature, percent(reason.Score)})
		}
		if reason.Feature != "organization" {
			continue
		}
		if c.agrees = reason.Score >= names.Possible; !c.agrees {
			c.Score *= lessFor
		}
	}
	if c.ID == q.Query {
		c.sure = true
		c.Features = append(c.Features, ReconcileFeature{"id", 100})
	}
	c.compare("external_id", q.values("external_id"), k.externalIDs, sameScheme)
	if t == typeOrganizations {
		c.compare("country", q.values("country"), []string{k.country}, anyOther)
		c.compare("kind", q.values("kind"), []string{k.kind}, anyOther)
	}
	c.rival = percent(m.Score)
	if c.sure {
		c.Score, c.Match, c.rival = 1, true, 100
	}
	c.Score = percent(c.Score)
	return c
}

// oneWord reports whether a name is a surname or a given name alone. Some people are known by it, but it is not theirs alone.
func oneWord(name string) bool { return len(names.Parse(name).Tokens()) < 2 }

// compare holds a property against what the record has. A record that has another value than those asked for is no match.
func (c *reconciled) compare(pid string, asked, has []string, contradicts func(asked, has string) bool) {
	against := false
	for _, a := range asked {
		for _, h := range has {
			switch {
			case strings.EqualFold(a, h):
				c.Features = append(c.Features, ReconcileFeature{pid, 100})
				c.sure, c.agrees = c.sure || pid == "external_id", true
				return
			case contradicts(a, h):
				against = true
			}
		}
	}
	if against {
		c.Features = append(c.Features, ReconcileFeature{pid, 0})
		c.Score *= lessFor
		c.Match = false
	}
}

// anyOther contradicts, but what is not known contradicts nothing.
func anyOther(_, has string) bool { return has != "" && has != "other" }

// sameScheme reports whether two identifiers are of one scheme, in which a record has one identifier only.
func sameScheme(asked, has string) bool {
	a, _, _ := strings.Cut(asked, ":")
	h, _, _ := strings.Cut(has, ":")
	return strings.EqualFold(a, h)
}

// askedAt gives the organizations that a person is asked for with.
func askedAt(t ReconcileType, q reconcileQuery) []string {
	if t != typePeople {
		return nil
	}
	return q.values("organization")
}

// clearlyBehind is by how many points the next candidate has to score less, or the best one is not sure.
const clearlyBehind = 5

// decided gives the best candidates, of which the first is a match or none is.
func decided(found []reconciled, limit int) []ReconcileCandidate {
	slices.SortStableFunc(found, func(a, b reconciled) int {
		if a.sure != b.sure {
			if a.sure {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.Score, a.Score)
	})
	list := make([]ReconcileCandidate, 0, min(limit, len(found)))
	for i, c := range found[:min(limit, len(found))] {
		if i > 0 || slices.ContainsFunc(found[1:], func(r reconciled) bool { return c.rivalled(r) }) {
			c.Match = false
		}
		list = append(list, c.ReconcileCandidate)
	}
	return list
}

// rivalled reports whether another candidate, which scores less, may as well be meant.
func (c reconciled) rivalled(by reconciled) bool {
	if c.sure != by.sure {
		return false
	}
	score := by.Score
	if !c.agrees {
		score = by.rival
	}
	return c.Score-score < clearlyBehind
}

// description says what tells a record from its namesakes.
func (k known) description(lang string) string {
	parts := []string{}
	if title := inLanguage(k.title, lang); title != "" {
		parts = append(parts, title)
	}
	places := k.parents
	if len(k.employers) > 0 {
		places = []text.Ref{k.employers[0].Ref}
	}
	for _, o := range places {
		parts = append(parts, inLanguage(o.Name, lang))
	}
	if k.country != "" {
		parts = append(parts, k.country)
	}
	return strings.Join(parts, ", ")
}

func inLanguage(m text.Map, lang string) string {
	value, _ := m.In(lang)
	return value
}

func percent(score float64) float64 { return math.Round(score*1000) / 10 }

// recordPath gives the id of a record among those of all types: its path below /v1/.
func recordPath(t ReconcileType, id int64) string { return t.ID + "/" + strconv.FormatInt(id, 10) }

// recordID reads the id of a record of a type: "people/12".
func recordID(kind, id string) (int64, bool) {
	digits, ok := strings.CutPrefix(id, kind+"/")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0
}
