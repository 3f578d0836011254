package merge

import (
	"context"
	"maps"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

var people = subject{
	kind: person.Type, table: person.Table, unite: unitePeople,
	folds: []fold{
		contacts(),
		affiliations("person_id", "organization_id"),
		attendances("person_id"),
	},
	moves: slices.Concat(
		listed("document_authors", "person_id", "document_id"),
		listed("statement_people", "person_id", "statement_id"),
		[]string{
			onBehalf("person_id"),
			"UPDATE statements SET quoted_person_id = @into WHERE quoted_person_id = @from",
		}),
}

var organizations = subject{
	kind: organization.Type, table: organization.Table, unite: uniteOrganizations,
	folds: []fold{
		organizers(),
		affiliations("organization_id", "person_id"),
		attendances("organization_id"),
	},
	moves: slices.Concat(
		[]string{
			// The one that stays may be below the other: then it takes its place, or the tree would have a cycle.
			`WITH RECURSIVE up(id) AS (SELECT parent_id FROM organizations WHERE id = @into UNION SELECT o.parent_id FROM organizations o JOIN up ON o.id = up.id)
			UPDATE organizations SET parent_id = (SELECT parent_id FROM organizations WHERE id = @from) WHERE id = @into AND EXISTS (SELECT FROM up WHERE up.id = @from)`,
			"UPDATE organizations SET parent_id = @into WHERE parent_id = @from",
			`DELETE FROM attendee_affiliations a WHERE a.organization_id = @from AND EXISTS (SELECT FROM attendee_affiliations b
				WHERE b.attendee_id = a.attendee_id AND b.organization_id = @into AND b.title IS NOT DISTINCT FROM a.title)`,
			"UPDATE attendee_affiliations SET organization_id = @into WHERE organization_id = @from",
			onBehalf("organization_id"),
			"UPDATE recommendations SET addressee_id = @into WHERE addressee_id = @from",
		},
		listed("statement_organizations", "organization_id", "statement_id")),
}

func contacts() fold {
	f := fold{kind: person.ContactType, table: person.ContactTable, owner: "person_id", same: "b.kind = a.kind AND b.value = a.value"}
	f.unite = []string{"UPDATE contacts b SET note = coalesce(b.note, a.note) FROM " + f.pairs()}
	return f
}

func organizers() fold {
	f := fold{kind: "organizers", table: "organizers", owner: "organization_id", same: "b.round_table_id = a.round_table_id AND b.kind = a.kind"}
	f.unite = []string{"UPDATE organizers b SET name_as_listed = coalesce(b.name_as_listed, a.name_as_listed) FROM " + f.pairs()}
	return f
}

// unitePeople reads both and gives the function that lets the one that stays have what the other one has had.
func unitePeople(ctx context.Context, tx pgx.Tx, from, into int64) (apply func() error, err error) {
	gone, err := person.Get(ctx, tx, from)
	if err != nil {
		return nil, err
	}
	stays, err := person.Get(ctx, tx, into)
	if err != nil {
		return nil, err
	}
	in := stays.Input
	in.Name, in.Honorific, in.Bio = filled(stays.Name, gone.Name), filled(stays.Honorific, gone.Honorific), filled(stays.Bio, gone.Bio)
	in.OtherNames = united(stays.OtherNames, spelling.Of(in.Name), others(gone.Name, "alias"), gone.OtherNames)
	in.ExternalIDs = both(stays.ExternalIDs, gone.ExternalIDs)
	in.Notes = joined(stays.Notes, gone.Notes)
	if gone.Visibility == "restricted" { // whoever was not to be named is not named by a merge
		in.Visibility = gone.Visibility
	}
	return func() error { return person.Update(ctx, tx, stays, in) }, nil
}

// uniteOrganizations is unitePeople for organizations.
func uniteOrganizations(ctx context.Context, tx pgx.Tx, from, into int64) (apply func() error, err error) {
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
		moved, err := organization.Get(ctx, tx, into) // with the place that it has in the tree by now
		if err != nil {
			return err
		}
		in := moved.Input
		in.Name, in.ShortName = filled(stays.Name, gone.Name), filled(stays.ShortName, gone.ShortName)
		in.OtherNames = united(stays.OtherNames, spelling.Of(in.Name, in.ShortName), others(gone.Name, "alias"), others(gone.ShortName, "abbreviated"), gone.OtherNames)
		in.ExternalIDs = both(stays.ExternalIDs, gone.ExternalIDs)
		if in.Kind == "other" {
			in.Kind = gone.Kind
		}
		if in.ParentID == nil && !below && (gone.ParentID == nil || *gone.ParentID != into) {
			in.ParentID = gone.ParentID
		}
		if in.Country == nil {
			in.Country = gone.Country
		}
		if in.Website == nil {
			in.Website = gone.Website
		}
		if in.FoundedOn == nil && in.DissolvedOn == nil { // of two histories, one: their dates need not fit together
			in.FoundedOn, in.DissolvedOn = gone.FoundedOn, gone.DissolvedOn
		}
		return organization.Update(ctx, tx, moved, in)
	}, nil
}

// isBelow says whether an organization is a part of another, however deep.
func isBelow(ctx context.Context, tx pgx.Tx, id, above int64) (below bool, err error) {
	err = tx.QueryRow(ctx, `WITH RECURSIVE up(id) AS (SELECT parent_id FROM organizations WHERE id = @id UNION SELECT o.parent_id FROM organizations o JOIN up ON o.id = up.id)
		SELECT EXISTS (SELECT FROM up WHERE id = @above)`, pg.Args{"id": id, "above": above}).Scan(&below)
	return below, pg.Error(err)
}

// filled is the text with the languages that only the other one has.
func filled(own, other text.Map) text.Map {
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

// united are the other names of a record and further ones, each once in whatever form. spellings are the names that the record has
// beside them.
func united(own []text.OtherName, spellings []string, further ...[]text.OtherName) []text.OtherName {
	all := slices.Clone(own)
	seen := names.Keys(append(spellings, spelling.OfOthers(own)...)...)
	for _, n := range slices.Concat(further...) {
		if key := names.Key(n.Text); key != "" && !slices.Contains(seen, key) {
			all, seen = append(all, n), append(seen, key)
		}
	}
	return all
}

// others are the names of a text as other names.
func others(names text.Map, kind string) (all []text.OtherName) {
	for _, lang := range names.Langs() {
		all = append(all, text.OtherName{Text: names[lang], Lang: &lang, Kind: kind})
	}
	return all
}

// both are the values of two lists, each once.
func both(own, others []string) []string {
	all := slices.Clone(own)
	for _, v := range others {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// joined are two notes one below the other.
func joined(own, other *string) *string {
	switch {
	case own == nil:
		return other
	case other == nil || strings.Contains(*own, *other):
		return own
	}
	all := *own + "\n\n" + *other
	return &all
}
