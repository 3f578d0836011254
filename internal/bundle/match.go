package bundle

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

// Matching of people and organizations whose names are spelled differently in the registry, or elsewhere in the
// document.

// nameMatcher finds records of one resource by the phonetic keys of their names.
type nameMatcher struct {
	index   spelling.Index
	session *spelling.Session
	created *names.Index // names of records that this transaction created, which the finder does not see yet
}

func newNameMatcher(f *spelling.Finder, x spelling.Index) *nameMatcher {
	return &nameMatcher{x, f.Session(), names.NewIndex(x.Organizations)}
}

// Limits of a search: the number of names of a record, and of candidates for each.
const (
	maxQueries    = 6
	maxCandidates = 10
)

// candidate is a record that a name may belong to. A negative id is an entry of the document.
type candidate struct {
	spelling.Match                  // SharesOrganization: see affiliatedWith
	affiliatedWith *spelling.Reason // an organization that both have in common
	mayShare       bool             // so they would, by one of the candidates for an organization in question
	abbreviates    bool             // the document has the name and a shorter form of it, and no other name that this may shorten
}

// affiliation is a person and an organization where the person has or had a position.
type affiliation struct{ person, organization int64 }

// match finds, by phonetic keys, the entries that nothing else has found. It searches the registry, the records that
// this transaction created, and the other entries.
func (r *records[T]) match(ctx context.Context, tx pg.DB, unknown []*entry[T]) error {
	// An exact name is compared first: other names of the document may be spellings of the same record.
	slices.SortStableFunc(unknown, func(a, b *entry[T]) int { return cmp.Compare(min(len(b.exact), 1), min(len(a.exact), 1)) })
	queries := make([][]string, len(unknown))
	for i, e := range unknown {
		queries[i] = r.queriesOf(e)
	}
	inDocument := names.NewIndex(r.matcher.index.Organizations)
	for _, e := range r.entries {
		if e.id > 0 || r.recordType.identity(e.details).isNew {
			r.index(inDocument, e)
		}
	}
	found, err := r.matcher.session.FindEach(ctx, names.Possible, maxCandidates, queries)
	if err != nil {
		return err
	}
	for i := range found {
		found[i] = append(found[i], unknown[i].exact...)
		found[i] = append(found[i], spelling.FindIn(r.matcher.created.View(false), names.Possible, maxCandidates, queries[i])...)
	}
	known, err := r.loadContext(ctx, tx, unknown, found)
	if err != nil {
		return err
	}
	for i, e := range unknown {
		similar := spelling.FindIn(inDocument.View(false), names.Possible, maxCandidates, queries[i])
		list := r.candidates(e, append(found[i], similar...), known)
		r.markAbbreviation(list, queries[i], similar)
		r.decide(e, list, known)
		r.index(inDocument, e)
	}
	return nil
}

// markAbbreviation marks the candidate of which the document has the name and a shorter form, one of them in the queries: its
// abbreviation, or the name without the parent or the home country. An
// abbreviation with a full name of its own, and one of two names in the document, is ambiguous. So is one that is practically the
// name of a record, unless the document itself has it in brackets behind the name.
func (r *records[T]) markAbbreviation(list []candidate, queries []string, inDocument []spelling.Match) {
	x := r.matcher.index
	var ids []int64
	isDefined := false
	for _, m := range inDocument {
		short := len(queries) == 1 && isShorter(x, m.Query, m.Spelling)
		full := m.ID < 0 && isShorter(x, m.Spelling, m.Query) && len(r.recordType.spellings(r.lang, r.numbered(m.ID).details)) == 1
		if (short || full) && !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
			isDefined = short && m.Score >= names.Same && x.Abbreviates(m.Query, m.Spelling)
		}
	}
	if len(ids) != 1 {
		return
	}
	i := slices.IndexFunc(list, func(c candidate) bool { return c.ID == ids[0] })
	if i < 0 || !isDefined && slices.ContainsFunc(list, func(c candidate) bool { return c.Score >= names.Same }) {
		return
	}
	c := list[i]
	c.abbreviates = true
	copy(list[1:i+1], list[:i])
	list[0] = c
}

// isShorter reports whether the first of two names is an abbreviation of the second, or the second without its parent.
func isShorter(x spelling.Index, short, full string) bool {
	return x.Abbreviates(short, full) || x.Shortens(short, full)
}

// exactMatches returns the records that have exactly one of the names of an entry. Names other than the main one count if no
// record has that. If a person has a full name, short forms do not count.
func (r *records[T]) exactMatches(e *entry[T], known lookups) (found []spelling.Match) {
	id := r.recordType.identity(e.details)
	isFull := r.recordType.attend && r.hasFullName(e)
	for _, name := range append([]string{id.name}, id.otherNames...) {
		if isFull && !isFullName(name) || len(found) > 0 && found[0].Query == id.name {
			continue
		}
		for _, c := range known.byName[name] {
			found = append(found, spelling.Match{ID: c.ID, Query: name, Spelling: name, Score: 1})
		}
	}
	return found
}

// queriesOf returns the names of an entry to search for: the first of those that share a phonetic key. If a person has a full
// name, short forms do not count.
func (r *records[T]) queriesOf(e *entry[T]) []string {
	var queries, keys []string
	all := r.recordType.queries(e.details)
	if r.recordType.attend && r.hasFullName(e) {
		all = slices.DeleteFunc(all, func(name string) bool { return !isFullName(name) })
	}
	for _, name := range all {
		phoneticKey := r.matcher.index.PhoneticKey(name)
		if phoneticKey != "" && !slices.Contains(keys, phoneticKey) && len(queries) < maxQueries {
			queries, keys = append(queries, name), append(keys, phoneticKey)
		}
	}
	return queries
}

// index adds the names of an entry to those of the document.
func (r *records[T]) index(inDocument *names.Index, e *entry[T]) {
	inDocument.Set(e.id, append(inDocument.Spellings(e.id), r.recordType.spellings(r.lang, e.details)...))
}

// matchContext is what the registry knows about the records that were found.
type matchContext struct {
	names        map[int64]string       // a record without a name here was deleted
	affiliations map[affiliation]string // the organization's name
	externalIDs  map[int64][]string
	distinct     map[[2]int64]bool // pairs that are recorded as distinct; only for exact short forms
}

// loadContext reads about the records that were found or given. The number of queries does not depend on their number.
func (r *records[T]) loadContext(ctx context.Context, db pg.DB, unknown []*entry[T], found [][]spelling.Match) (matchContext, error) {
	var known matchContext
	var ids, organizations []int64
	for _, list := range found {
		for _, m := range list {
			ids = append(ids, m.ID)
		}
	}
	for _, e := range r.entries {
		if e.id > 0 {
			ids = append(ids, e.id)
		}
	}
	for _, e := range unknown {
		for _, o := range e.affiliatedWith {
			organizations = append(organizations, o.possibleIDs()...)
		}
	}
	if len(ids) == 0 {
		return known, nil
	}
	var err error
	if len(organizations) > 0 {
		if known.affiliations, err = r.recordType.affiliations(ctx, db, ids, organizations); err != nil {
			return known, err
		}
	}
	if slices.ContainsFunc(unknown, func(e *entry[T]) bool { return len(r.recordType.identity(e.details).externalIDs) > 0 }) {
		if known.externalIDs, err = r.matcher.index.ExternalIDs(ctx, db, ids); err != nil {
			return known, err
		}
	}
	if slices.ContainsFunc(unknown, func(e *entry[T]) bool {
		return slices.ContainsFunc(e.exact, func(m spelling.Match) bool { return r.matcher.index.IsShortForm(m.Query) })
	}) {
		if known.distinct, err = distinction.DistinctPairs(ctx, db, r.recordType.plural, ids); err != nil {
			return known, err
		}
	}
	known.names, err = r.namesByID(ctx, db, ids)
	return known, err
}

func (r *records[T]) namesByID(ctx context.Context, db pg.DB, ids []int64) (map[int64]string, error) {
	rows, err := db.Query(ctx, "SELECT r.id, text_sort_key(r."+r.recordType.name+") FROM "+r.recordType.table+
		" r WHERE r.id = ANY(@ids)", pg.Args{"ids": ids})
	if err != nil {
		return nil, pg.Error(err)
	}
	byID := map[int64]string{}
	var id int64
	var name string
	_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		byID[id] = name
		return nil
	})
	return byID, pg.Error(err)
}

// affiliations returns the positions of the people in the organizations, including positions at a round table.
func affiliations(ctx context.Context, db pg.DB, people, organizations []int64) (map[affiliation]string, error) {
	affiliated, err := person.AffiliatedWith(ctx, db, people)
	found := map[affiliation]string{}
	for id, list := range affiliated {
		for _, o := range list {
			if slices.Contains(organizations, o.ID) {
				found[affiliation{id, o.ID}], _ = o.Name.In("")
			}
		}
	}
	return found, err
}

// candidates returns the records that were found for an entry, each once, the best first. Deleted records, and those that
// are others by their identifiers, are left out.
func (r *records[T]) candidates(e *entry[T], found []spelling.Match, known matchContext) []candidate {
	var list []candidate
	for _, m := range found {
		if m.ID > 0 && known.names[m.ID] == "" || r.contradicts(e, m.ID, known) {
			continue
		}
		i := slices.IndexFunc(list, func(c candidate) bool { return c.ID == m.ID })
		if i < 0 {
			c := candidate{Match: m, affiliatedWith: known.commonOrganization(m.ID, e.affiliatedWith)}
			c.SharesOrganization = c.affiliatedWith != nil
			c.OtherOrganization = !c.SharesOrganization && r.isElsewhere(e, m.ID)
			c.mayShare = known.maySharesOrganization(m.ID, e.affiliatedWith)
			list = append(list, c)
		} else {
			list[i].Add(m)
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return r.matcher.index.Compare(a.Match, b.Match) })
	return list
}

// contradicts reports whether a record or an entry is another one than e by the identifiers of both. An entry that was found by
// its name may be another record: see separate.
func (r *records[T]) contradicts(e *entry[T], id int64, known matchContext) bool {
	own := r.recordType.identity(e.details).externalIDs
	if len(own) == 0 {
		return false
	}
	theirs := known.externalIDs[id]
	if i := slices.IndexFunc(r.entries, func(x *entry[T]) bool { return x.id == id && !x.isFoundByName() }); i >= 0 {
		theirs = append(slices.Clone(theirs), r.recordType.identity(r.entries[i].details).externalIDs...)
	}
	return input.Contradict(own, theirs)
}

// commonOrganization returns an organization where the person has a position both in the registry and in the document.
func (k matchContext) commonOrganization(person int64, organizations []*entry[Organization]) *spelling.Reason {
	for _, o := range organizations {
		if name, ok := k.affiliations[affiliation{person, o.id}]; ok {
			return &spelling.Reason{
				Feature: "organization", Query: cmp.Or(o.details.Name, name), Record: name, Score: spelling.Rounded(o.score),
			}
		}
	}
	return nil
}

// isElsewhere reports whether a document names organizations of a person, and none of them for a candidate. The registry knows
// none of them as an organization of the candidate.
func (r *records[T]) isElsewhere(e *entry[T], id int64) bool {
	if i := slices.IndexFunc(r.entries, func(x *entry[T]) bool { return x.id == id }); i >= 0 {
		there := r.entries[i].affiliatedWith
		if id < 0 && len(there) == 0 || slices.ContainsFunc(e.affiliatedWith, func(o *entry[Organization]) bool { return slices.Contains(there, o) }) {
			return false
		}
	}
	return len(e.affiliatedWith) > 0
}

// maySharesOrganization reports whether the person has a position in one of the candidates for an organization in question.
func (k matchContext) maySharesOrganization(person int64, organizations []*entry[Organization]) bool {
	return slices.ContainsFunc(organizations, func(o *entry[Organization]) bool {
		return slices.ContainsFunc(o.candidates, func(c apperr.Candidate) bool { return k.affiliations[affiliation{person, c.ID}] != "" })
	})
}

// isExact reports whether the record has exactly the name.
func (c candidate) isExact() bool { return names.Key(c.Query) == names.Key(c.Spelling) }

func (c candidate) reasons() []spelling.Reason {
	list := []spelling.Reason{c.Reason()}
	if c.affiliatedWith != nil {
		list = append(list, *c.affiliatedWith)
	}
	return list
}

// isPlausible reports whether a new record could duplicate this one.
func (c candidate) isPlausible(x spelling.Index) bool {
	return x.IsPlausible(c.Match) || c.mayShare && c.Score >= names.SameWithContext
}

// withoutDistinct leaves out the candidates that are recorded as distinct from the first one, if that has the name and they have
// not: whoever said that they differ has decided which of them has the name. An organization in common says otherwise.
func (k matchContext) withoutDistinct(list []candidate) []candidate {
	if len(list) == 0 || !list[0].isExact() {
		return list
	}
	first := list[0].ID
	return slices.DeleteFunc(slices.Clone(list), func(c candidate) bool {
		return !c.isExact() && !c.SharesOrganization && k.distinct[[2]int64{min(first, c.ID), max(first, c.ID)}]
	})
}

// isCertain reports whether the first candidate can be taken: see spelling.Index.Decide.
func isCertain(x spelling.Index, list []candidate) bool {
	if len(list) > 0 && list[0].abbreviates {
		return true
	}
	matches := make([]spelling.Match, len(list))
	for i, c := range list {
		matches[i] = c.Match
	}
	return x.Decide(matches) == spelling.IsMatch
}

// decide takes the candidate that is certainly the same record or entry. If there is none, the entry is new, or
// ambiguous if a candidate is plausible.
func (r *records[T]) decide(e *entry[T], list []candidate, known matchContext) {
	if isCertain(r.matcher.index, known.withoutDistinct(list)) {
		best := list[0]
		if best.ID < 0 {
			r.unite(e, r.numbered(best.ID), best)
		} else {
			e.take(apperr.Candidate{ID: best.ID, Name: known.names[best.ID], Score: spelling.Rounded(best.Score)}, best.reasons()...)
		}
		return
	}
	name := r.recordType.identity(e.details).name
	x := r.matcher.index
	var asked []DoubtfulCandidate
	var fields []apperr.Field
	for _, c := range list[:min(len(list), maxCandidates)] {
		score := spelling.Rounded(c.Score)
		switch {
		case c.ID > 0 && c.isPlausible(x):
			e.candidates = append(e.candidates, apperr.Candidate{ID: c.ID, Name: known.names[c.ID], Score: score})
			asked = append(asked, DoubtfulCandidate{ID: &c.ID, Score: score, Reasons: c.reasons()})
		case c.ID > 0:
			e.possible = append(e.possible, PossibleDuplicate{c.ID, known.names[c.ID], score, c.reasons()})
		case c.isPlausible(x):
			other := r.numbered(c.ID)
			fields = append(fields, apperr.At(e.at, "like_another", "name", name, "pointer", other.at))
			otherName := r.recordType.identity(other.details).name
			asked = append(asked, DoubtfulCandidate{Pointer: other.at, Name: otherName, Score: score, Reasons: c.reasons()})
		}
	}
	if e.candidates != nil {
		fields = append(fields, ambiguousName(e.at, name, e.candidates))
	}
	if asked != nil {
		r.ask(e, name, false, fields, asked...)
	}
}

// numbered returns the entry with the id of a record to be created.
func (r *records[T]) numbered(id int64) *entry[T] {
	return r.entries[slices.IndexFunc(r.entries, func(e *entry[T]) bool { return e.id == id })]
}
