package popolo

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

var personProperties = map[string]string{
	"name": "name", "other_names": "other_names", "honorific": "honorific_prefix", "bio": "biography", "external_ids": "identifiers",
}

var people = collection[person.Input, person.Person]{
	Kind: history.Kind{Type: person.Type, Table: person.Table}, Get: person.Get,
	Input:  func(r *person.Person) *person.Input { return &r.Input },
	Create: person.Create, Update: person.Update,
}

func (m *importer) writePeople(ctx context.Context, tx pgx.Tx) error {
	for _, o := range m.doc.Memberships {
		if id, ok := m.ids["organization "+m.doc.organizationOf(o.Value)]; ok {
			m.affiliations[o.Value.PersonID] = append(m.affiliations[o.Value.PersonID], id)
		}
	}
	return importAll(ctx, tx, m, class[personObject]{"person", person.Type, personProperties, m.person}, m.doc.People)
}

func (m *importer) person(ctx context.Context, tx pgx.Tx, o *Listed[personObject], out *outcome) error {
	name := cmp.Or(o.Value.Name, strings.Join(strings.Fields(o.Value.Given+" "+o.Value.Additional+" "+o.Value.Family), " "))
	for _, part := range []struct{ property, value string }{
		{"additional_name", o.Value.Additional}, {"family_name", o.Value.Family}, {"given_name", o.Value.Given},
	} {
		if !strings.Contains(name, part.value) {
			out.ignore(part.property)
		}
	}
	var g person.Input
	var short text.Map
	g.Name, short, g.OtherNames = m.names(name, o.Value.OtherNames)
	for _, lang := range short.Langs() { // people have none
		g.OtherNames = append(g.OtherNames, text.OtherName{Text: short[lang], Lang: &lang, Kind: "abbreviated"})
	}
	if len(g.Name) == 0 {
		return apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	g.ExternalIDs = m.externalIDs(person.Type, o.At, o.Key, o.Value.common, o.Value.Identifiers, out)
	g.Honorific, g.Bio = m.text(o.Value.Prefix), m.text(o.Value.Biography)
	s := subject[person.Input, person.Person]{
		collection: people, key: o.Key, name: name, spellings: spelling.Of(g.Name), external: g.ExternalIDs, sources: o.Value.Sources,
		index: person.Spellings, session: m.people,
		named: func(r person.Person) []string { return append(spelling.Of(r.Name), spelling.OfOthers(r.OtherNames)...) },
		narrow: func(ctx context.Context, tx pgx.Tx, exact []apperr.Candidate) ([]apperr.Candidate, error) {
			return m.byAffiliation(ctx, tx, o.Key, exact)
		},
	}
	return s.write(ctx, tx, m, g, out, func(in *person.Input) {
		out.names(&in.Name, &in.OtherNames, g.Name, g.OtherNames)
		out.identifiers(&in.ExternalIDs, g.ExternalIDs)
		out.text("honorific_prefix", &in.Honorific, g.Honorific)
		out.text("biography", &in.Bio, g.Bio)
	})
}

// byAffiliation narrows people of the same name by the organizations that the document names for the person:
//   - without organizations it returns all of them;
//   - else those with a link to one of the organizations;
//   - else all of them if none has a link to any organization;
//   - else none: those with links elsewhere may be different people.
func (m *importer) byAffiliation(ctx context.Context, tx pgx.Tx, key string, exact []apperr.Candidate) ([]apperr.Candidate, error) {
	organizations := m.affiliations[key]
	if len(organizations) == 0 {
		return exact, nil
	}
	ids := make([]int64, len(exact))
	for i, c := range exact {
		ids[i] = c.ID
	}
	at, err := person.AffiliatedWith(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	var there, free []apperr.Candidate
	for _, c := range exact {
		switch {
		case slices.ContainsFunc(at[c.ID], func(o text.Ref) bool { return slices.Contains(organizations, o.ID) }):
			there = append(there, c)
		case len(at[c.ID]) == 0:
			free = append(free, c)
		}
	}
	if len(there) > 0 {
		return there, nil
	}
	if len(free) < len(exact) {
		return nil, nil
	}
	return free, nil
}
