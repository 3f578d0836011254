package merge

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

var people = mergeable{
	recordType: person.Type, table: person.Table, index: person.Spellings, combine: combinePeople,
	folds: []fold{
		foldContacts(),
		foldAffiliations("person_id", "organization_id"),
		foldAttendees("person_id"),
	},
	moves: slices.Concat(
		moveLinks("document_authors", "person_id", "document_id"),
		moveLinks("statement_people", "person_id", "statement_id"),
		[]string{
			moveOnBehalf("person_id"),
			"UPDATE statements SET quoted_person_id = @into WHERE quoted_person_id = @from",
		}),
}

var organizations = mergeable{
	recordType: organization.Type, table: organization.Table, index: organization.Spellings, combine: combineOrganizations,
	folds: []fold{
		foldOrganizers(),
		foldAffiliations("organization_id", "person_id"),
		foldAttendees("organization_id"),
	},
	moves: slices.Concat(
		[]string{
			// If the kept organization is below the removed one, it takes the removed one's parent. Otherwise there would be a cycle.
			`WITH RECURSIVE up(id) AS (SELECT parent_id FROM organizations WHERE id = @into
				UNION SELECT o.parent_id FROM organizations o JOIN up ON o.id = up.id)
			UPDATE organizations SET parent_id = (SELECT parent_id FROM organizations WHERE id = @from)
			WHERE id = @into AND EXISTS (SELECT FROM up WHERE up.id = @from)`,
			"UPDATE organizations SET parent_id = @into WHERE parent_id = @from",
			`DELETE FROM attendee_affiliations a WHERE a.organization_id = @from AND EXISTS (SELECT FROM attendee_affiliations b
				WHERE b.attendee_id = a.attendee_id AND b.organization_id = @into AND b.title IS NOT DISTINCT FROM a.title)`,
			"UPDATE attendee_affiliations SET organization_id = @into WHERE organization_id = @from",
			moveOnBehalf("organization_id"),
			"UPDATE recommendations SET addressee_id = @into WHERE addressee_id = @from",
		},
		moveLinks("statement_organizations", "organization_id", "statement_id")),
}

func foldContacts() fold {
	f := fold{recordType: person.ContactType, table: person.ContactTable, owner: "person_id", same: "b.kind = a.kind AND b.value = a.value"}
	f.combine = []string{"UPDATE contacts b SET note = coalesce(b.note, a.note) FROM " + f.fromPairs()}
	return f
}

func foldOrganizers() fold {
	f := fold{recordType: "organizers", table: "organizers", owner: "organization_id", same: "b.round_table_id = a.round_table_id AND b.kind = a.kind"}
	f.combine = []string{"UPDATE organizers b SET name_as_listed = coalesce(b.name_as_listed, a.name_as_listed) FROM " + f.fromPairs()}
	return f
}

// combinePeople reads both people and returns a function that fills the kept one with the data of the other.
func combinePeople(ctx context.Context, tx pgx.Tx, from, into int64) (apply func() error, err error) {
	gone, err := person.Get(ctx, tx, from)
	if err != nil {
		return nil, err
	}
	stays, err := person.Get(ctx, tx, into)
	if err != nil {
		return nil, err
	}
	in := stays.Input
	in.Name, in.Honorific, in.Bio = fillLanguages(stays.Name, gone.Name), fillLanguages(stays.Honorific, gone.Honorific), fillLanguages(stays.Bio, gone.Bio)
	in.OtherNames = mergeOtherNames(stays.OtherNames, spelling.Of(in.Name), asOtherNames(gone.Name, "alias"), gone.OtherNames)
	in.ExternalIDs = union(stays.ExternalIDs, gone.ExternalIDs)
	in.Notes = joinNotes(stays.Notes, gone.Notes)
	if gone.Visibility == "restricted" { // a merge must not publish a restricted name
		in.Visibility = gone.Visibility
	}
	input.Clean(&in)
	return func() error { return person.Update(ctx, tx, stays, in) }, nil
}

// combineOrganizations is combinePeople for organizations.
func combineOrganizations(ctx context.Context, tx pgx.Tx, from, into int64) (apply func() error, err error) {
	gone, err := organization.Get(ctx, tx, from)
	if err != nil {
		return nil, err
	}
	stays, err := organization.Get(ctx, tx, into)
	if err != nil {
		return nil, err
	}
	below, err := isBelow(ctx, tx, from, into)
	if err != nil {
		return nil, err
	}
	return func() error {
		moved, err := organization.Get(ctx, tx, into) // the moves may have changed its parent
		if err != nil {
			return err
		}
		in := moved.Input
		in.Name, in.ShortName = fillLanguages(stays.Name, gone.Name), fillLanguages(stays.ShortName, gone.ShortName)
		in.OtherNames = mergeOtherNames(stays.OtherNames, spelling.Of(in.Name, in.ShortName),
			asOtherNames(gone.Name, "alias"), asOtherNames(gone.ShortName, "abbreviated"), gone.OtherNames)
		in.ExternalIDs = union(stays.ExternalIDs, gone.ExternalIDs)
		if in.Kind == "other" {
			in.Kind = gone.Kind
		}
		if in.ParentID == nil && !below && (gone.ParentID == nil || *gone.ParentID != into) {
			in.ParentID = gone.ParentID
		}
		in.Country, in.Website = cmp.Or(in.Country, gone.Country), cmp.Or(in.Website, gone.Website)
		if in.FoundedOn == nil && in.DissolvedOn == nil { // both dates from one record: mixed dates may contradict each other
			in.FoundedOn, in.DissolvedOn = gone.FoundedOn, gone.DissolvedOn
		}
		input.Clean(&in)
		return organization.Update(ctx, tx, moved, in)
	}, nil
}

// isBelow reports whether an organization is a descendant of another one.
func isBelow(ctx context.Context, tx pgx.Tx, id, above int64) (below bool, err error) {
	err = tx.QueryRow(ctx, `WITH RECURSIVE up(id) AS (SELECT parent_id FROM organizations WHERE id = @id
			UNION SELECT o.parent_id FROM organizations o JOIN up ON o.id = up.id)
		SELECT EXISTS (SELECT FROM up WHERE id = @above)`, pg.Args{"id": id, "above": above}).Scan(&below)
	return below, pg.Error(err)
}

// fillLanguages returns own with the languages that only other has.
func fillLanguages(own, other text.Map) text.Map {
	if own == nil {
		return other
	}
	all := maps.Clone(own)
	for _, lang := range other.Langs() {
		if _, ok := all[lang]; !ok {
			all[lang] = other[lang]
		}
	}
	return all
}

// mergeOtherNames adds further names to the other names of a record, each once by its key. spellings are the main names
// of the record, which are not repeated.
func mergeOtherNames(own []text.OtherName, spellings []string, further ...[]text.OtherName) []text.OtherName {
	all := slices.Clone(own)
	seen := names.Keys(append(spellings, spelling.OfOthers(own)...)...)
	for _, n := range slices.Concat(further...) {
		if key := names.Key(n.Text); key != "" && !slices.Contains(seen, key) {
			all, seen = append(all, n), append(seen, key)
		}
	}
	return all
}

// asOtherNames returns the names of a language map as other names.
func asOtherNames(names text.Map, kind string) (all []text.OtherName) {
	for _, lang := range names.Langs() {
		all = append(all, text.OtherName{Text: names[lang], Lang: &lang, Kind: kind})
	}
	return all
}

// union returns the distinct values of two lists.
func union(own, asOtherNames []string) []string {
	all := slices.Clone(own)
	for _, v := range asOtherNames {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// joinNotes returns two notes, one below the other.
func joinNotes(own, other *string) *string {
	switch {
	case own == nil:
		return other
	case other == nil || strings.Contains(*own, *other):
		return own
	}
	all := *own + "\n\n" + *other
	return &all
}
