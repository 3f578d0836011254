package bundle

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
)

// lookups are the records that the registry has for the ids, external ids and names of a document.
type lookups struct {
	byID                 map[int64]apperr.Candidate
	byExternalID, byName map[string][]apperr.Candidate
	externalIDs          map[int64][]string // of the records in byExternalID
}

// load looks up all records at once: the number of statements does not depend on the document.
func (r *records[T]) load(ctx context.Context, db pg.DB) (known lookups, err error) {
	var ids []int64
	var externalIDs, called []string
	for _, e := range r.entries {
		switch id := r.recordType.identity(e.details); {
		case id.isNew:
		case id.id != nil:
			ids = append(ids, *id.id)
		default:
			externalIDs, called = append(externalIDs, id.externalIDs...), append(append(append(called, id.name), id.otherNames...), id.aliases...)
		}
	}
	name := "text_sort_key(r." + r.recordType.name + ")"
	if len(ids) > 0 {
		list, err := pg.All[apperr.Candidate](ctx, db, "SELECT r.id, "+name+" AS name, 1.0::float8 AS score FROM "+r.recordType.table+
			" r WHERE r.id = ANY(@ids)", pg.Args{"ids": ids})
		if err != nil {
			return known, err
		}
		known.byID = map[int64]apperr.Candidate{}
		for _, c := range list {
			known.byID[c.ID] = c
		}
	}
	if r.recordType.externalIDs && len(externalIDs) > 0 {
		known.byExternalID, err = pg.Candidates(ctx, db, "SELECT x.external_id, r.id, "+name+" FROM external_ids x JOIN "+r.recordType.table+
			" r ON r.id = x.id WHERE x.type = @type AND x.external_id = ANY(@given)", pg.Args{"type": r.recordType.table, "given": externalIDs})
		if err != nil {
			return known, err
		}
		var found []int64
		for _, list := range known.byExternalID {
			for _, c := range list {
				found = append(found, c.ID)
			}
		}
		if known.externalIDs, err = r.matcher.index.ExternalIDs(ctx, db, found); err != nil {
			return known, err
		}
	}
	if len(called) > 0 {
		slices.Sort(called)
		known.byName, err = r.recordType.find(ctx, db, slices.Compact(called))
	}
	return known, err
}

// contradict reports whether one of the records that share an identifier with an entry has another one that contradicts.
func (k lookups) contradict(found []apperr.Candidate, externalIDs []string) bool {
	return slices.ContainsFunc(found, func(c apperr.Candidate) bool { return input.Contradict(k.externalIDs[c.ID], externalIDs) })
}

// lookUp returns the records that have the id, an external id, the exact name, or one of the other names. The first of
// these that finds anything decides.
func (k lookups) lookUp(id identity) ([]apperr.Candidate, spelling.Reason) {
	reason := spelling.Reason{Feature: "id", Score: 1}
	if id.id != nil {
		reason.Query = strconv.FormatInt(*id.id, 10)
		if c, ok := k.byID[*id.id]; ok {
			return []apperr.Candidate{c}, reason
		}
		return nil, reason
	}
	if found, _ := union(k.byExternalID, id.externalIDs); len(found) > 0 {
		reason.Feature, reason.Query = "external_id", strings.Join(id.externalIDs, ", ")
		return found, reason
	}
	reason.Feature, reason.Query = "name", id.name
	if found := k.byName[id.name]; len(found) > 0 {
		return found, reason
	}
	found, last := union(k.byName, id.otherNames)
	if len(found) == 0 {
		found, last = union(k.byName, id.aliases)
	}
	reason.Query = cmp.Or(last, id.name)
	return found, reason
}

// union returns the records for all keys, each once, and the last key that added one.
func union(by map[string][]apperr.Candidate, keys []string) (found []apperr.Candidate, last string) {
	for _, key := range keys {
		for _, c := range by[key] {
			if !slices.ContainsFunc(found, func(f apperr.Candidate) bool { return f.ID == c.ID }) {
				found, last = append(found, c), key
			}
		}
	}
	return found, last
}
