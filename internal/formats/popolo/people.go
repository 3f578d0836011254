package popolo

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

var personProperties = map[string]string{
	"name": "name", "other_names": "other_names", "honorific": "honorific_prefix", "bio": "biography", "external_ids": "identifiers",
}

func (m *importer) writePeople(ctx context.Context, tx pgx.Tx) error {
	for _, o := range m.doc.Memberships {
		if id, ok := m.ids["organization "+m.doc.organizationOf(o.Value)]; ok {
			m.affiliations[o.Value.PersonID] = append(m.affiliations[o.Value.PersonID], id)
		}
	}
	for _, o := range m.doc.People {
		if err := importObject(ctx, tx, m, "person", person.Type, o, personProperties, m.person); err != nil {
			return err
		}
	}
	return nil
}

// person imports a person.
func (m *importer) person(ctx context.Context, tx pgx.Tx, o *Listed[personObject]) (out outcome, err error) {
	var g person.Input
	name := o.Value.Name
	if name == "" {
		name = strings.Join(strings.Fields(o.Value.Given+" "+o.Value.Additional+" "+o.Value.Family), " ")
	}
	for property, value := range map[string]string{"given_name": o.Value.Given, "additional_name": o.Value.Additional, "family_name": o.Value.Family} {
		if value != "" && !strings.Contains(name, value) {
			out.ignored = append(out.ignored, property)
		}
	}
	slices.Sort(out.ignored)
	var short text.Map
	g.Name, short, g.OtherNames = m.names(name, o.Value.OtherNames)
	for _, lang := range short.Langs() { // people have none
		g.OtherNames = append(g.OtherNames, text.OtherName{Text: short[lang], Lang: &lang, Kind: "abbreviated"})
	}
	if len(g.Name) == 0 {
		return out, apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	_, own := m.registryID(person.Type, o.Key, o.Value.Sources)
	var ignored []string
	g.ExternalIDs, ignored = m.externalIDs(o.Key, string(o.At), own, o.Value.Identifiers)
	out.ignored = append(out.ignored, ignored...)
	g.Honorific, g.Bio = m.text(o.Value.Prefix), m.text(o.Value.Biography)
	s := subject{
		path: person.Type, key: o.Key, name: name, spellings: spelling.Of(g.Name), external: g.ExternalIDs, sources: o.Value.Sources,
		index: person.Spellings, session: m.people,
		get: func(ctx context.Context, tx pgx.Tx, id int64) ([]string, error) {
			r, err := person.Get(ctx, tx, id)
			return append(spelling.Of(r.Name), spelling.OfOthers(r.OtherNames)...), err
		},
	}
	id, by, exact, err := m.find(ctx, tx, s, func(exact []apperr.Candidate) ([]apperr.Candidate, error) {
		return m.byAffiliation(ctx, tx, o.Key, exact)
	})
	if err != nil {
		return out, err
	}
	if id == 0 {
		out.id, err = createRecord(ctx, tx, m, s, exact, g, person.Create)
		return out, err
	}
	r, err := person.Get(ctx, tx, id)
	if err != nil {
		return out, err
	}
	in, add := r.Input, addition{}
	add.names(&in.Name, &in.OtherNames, g.Name, g.OtherNames)
	add.identifiers(&in.ExternalIDs, g.ExternalIDs)
	add.text("honorific_prefix", &in.Honorific, g.Honorific)
	add.text("biography", &in.Bio, g.Bio)
	out.id, out.matchedBy, out.changed, out.kept = id, by, add.changed, add.kept
	return out, m.change(ctx, tx, person.Table, person.Type, id, add.changed, &in, func() error { return person.Update(ctx, tx, r, in) })
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
