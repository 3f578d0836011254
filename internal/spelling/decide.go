package spelling

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
)

// Decision is what follows from the records that a name matches.
type Decision uint8

// The decisions.
const (
	IsNew      Decision = iota // no record has a similar name
	IsQuestion                 // the name may belong to one of the records: a person decides
	IsMatch                    // the name certainly belongs to the first record
)

// Decide decides about matches, the plausible ones and the best of them first (see Compare). The first one is taken if it is
// practically the same and no other comes near, or if it fits a short form of a person's name, shares the organization,
// and no other is plausible. Several records can share a short form or an abbreviation, so one that is a spelling of the first
// record is taken only if no other is plausible, and the organization is no other. Records with contradicting identifiers must be
// left out before: see Contradicting.
//
// Remembered answers decide about their own spelling and cause no new questions. A learned spelling that is only like the query
// makes its record no rival of one that the query fits without learned spellings. An organization's full name that was learned
// for one record competes only with records that have exactly this name, too.
func (x Index) Decide(matches []Match) Decision {
	if len(matches) == 0 || !x.IsPlausible(matches[0]) {
		return IsNew
	}
	best, others := matches[0], x.rivals(matches)
	switch {
	case best.Score >= names.Same && x.Sure(best.Query, best.Spelling):
		if len(others) > 0 && best.Score-others[0].Score < names.Gap || !best.SharesOrganization &&
			slices.ContainsFunc(others, func(m Match) bool { return m.SharesOrganization && x.IsPlausible(m) }) {
			return IsQuestion
		}
		if x.IsShortForm(best.Query) && (best.OtherOrganization || slices.ContainsFunc(others, x.IsPlausible)) {
			return IsQuestion
		}
		return IsMatch
	case best.SharesOrganization && !slices.ContainsFunc(others, x.IsPlausible):
		if _, sure := x.shortForm(best); sure {
			return IsMatch
		}
	}
	return IsQuestion
}

// rivals returns the matches that may be meant instead of the first one, with the scores that count against it: see Decide.
func (x Index) rivals(matches []Match) []Match {
	best := matches[0]
	others := slices.Clone(matches[1:])
	if best.own() >= min(best.Score, names.Same) {
		for i := range others {
			others[i].Score, others[i].Learned = others[i].own(), 0
		}
	}
	if x.Organizations && best.Recalled && !x.IsShortForm(best.Query) {
		others = slices.DeleteFunc(others, func(m Match) bool { return names.Key(m.Spelling) != names.Key(m.Query) })
	}
	slices.SortStableFunc(others, func(a, b Match) int { return cmp.Compare(b.Score, a.Score) })
	return others
}

// IsPlausible reports whether a new record could duplicate the match: its name is almost the same, one of the names is a
// short form of the other, or both have an organization in common and similar names.
func (x Index) IsPlausible(m Match) bool {
	if m.Score >= names.Duplicate || m.SharesOrganization && m.Score >= names.SameWithContext {
		return true
	}
	fits, _ := x.shortForm(m)
	return fits
}

// shortForm is names.ShortForm for the two names of a match.
func (x Index) shortForm(m Match) (fits, sure bool) {
	if x.Organizations || m.Score < names.Possible {
		return false, false
	}
	return names.ShortForm(x.parse(m.Query), x.parse(m.Spelling))
}

// Compare orders matches for Decide: plausible ones first, then by score, with and without learned spellings, then by id. Of
// organizations with the same score, one for which the query was learned comes first.
func (x Index) Compare(a, b Match) int {
	if p, q := x.IsPlausible(a), x.IsPlausible(b); p != q {
		if p {
			return -1
		}
		return 1
	}
	recalled := 0
	if x.Organizations && a.Recalled != b.Recalled {
		if recalled = 1; a.Recalled {
			recalled = -1
		}
	}
	return cmp.Or(cmp.Compare(b.Score, a.Score), recalled, cmp.Compare(a.Learned, b.Learned), cmp.Compare(a.ID, b.ID))
}

// Contradicting returns which of the records have other identifiers than externalIDs, so that they are others whatever their
// names are: see input.Contradict. more are further schemes of which a record has one identifier.
func (x Index) Contradicting(ctx context.Context, db pg.DB, ids []int64, externalIDs []string, more ...string) (map[int64]bool, error) {
	if len(ids) == 0 || len(externalIDs) == 0 {
		return nil, nil
	}
	of, err := x.ExternalIDs(ctx, db, ids)
	others := map[int64]bool{}
	for id, list := range of {
		if input.Contradict(list, externalIDs, more...) {
			others[id] = true
		}
	}
	return others, err
}

// ExternalIDs returns the external ids of records that have any.
func (x Index) ExternalIDs(ctx context.Context, db pg.DB, ids []int64) (map[int64][]string, error) {
	list, err := pg.All[struct {
		ID  int64    `db:"id"`
		IDs []string `db:"ids"`
	}](ctx, db, "SELECT id, array_agg(external_id ORDER BY external_id) AS ids FROM external_ids WHERE type = @type AND id = ANY (@ids) GROUP BY id",
		pg.Args{"type": x.Records, "ids": ids})
	of := map[int64][]string{}
	for _, r := range list {
		of[r.ID] = r.IDs
	}
	return of, err
}
