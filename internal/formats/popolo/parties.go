package popolo

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Organizations and people: who of the registry they are, and what the document adds to them.

// subject is an organization or a person of a document.
type subject struct {
	path      string // of our ids, which is the type in the log, too
	key       string
	name      string
	spellings []string
	external  []string
	sources   []popoloLink
	index     spelling.Index
	get       func(ctx context.Context, tx pgx.Tx, id int64) (spellings []string, err error)
}

// find gives the record that a subject is, 0 for none, and how it was found: by an id of ours with a name that is its own, by an
// identifier, or by the name. exact are the records of that name where it is not certain which one it is.
func (m *importer) find(ctx context.Context, tx pgx.Tx, s subject, among func(exact []apperr.Candidate) ([]apperr.Candidate, error)) (id int64, by string, exact []apperr.Candidate, err error) {
	if id, sure := m.ours(s.path, s.key, s.sources); id != 0 {
		theirs, err := s.get(ctx, tx, id)
		switch {
		case err == nil && (sure || alike(s.spellings, theirs)):
			return id, "id", nil, nil
		case err != nil && !apperr.IsKind(err, apperr.NotFound) && !apperr.IsKind(err, apperr.Gone) && !apperr.IsKind(err, apperr.Merged):
			return 0, "", nil, err
		}
	}
	if len(s.external) > 0 {
		found, err := candidates(ctx, tx, "SELECT DISTINCT r.id, text_sort_key(r.name) AS name, 1.0::float8 AS score FROM external_ids x JOIN "+s.path+
			" r ON r.id = x.id WHERE x.type = '"+s.path+"' AND x.external_id = ANY(@given) ORDER BY r.id LIMIT 10", pg.Args{"given": s.external})
		switch {
		case err != nil:
			return 0, "", nil, err
		case len(found) > 1:
			return 0, "", nil, doubtful(s.name, found)
		case len(found) == 1:
			return found[0].ID, "identifier", nil, nil
		}
	}
	for _, name := range s.spellings {
		found, err := s.index.FindExact(ctx, tx, name)
		if err != nil {
			return 0, "", nil, err
		}
		for _, c := range m.free(s.path, found) {
			if !hasCandidate(exact, c.ID) {
				exact = append(exact, c)
			}
		}
	}
	if len(exact) == 0 {
		return 0, "", nil, nil
	}
	left, err := among(exact)
	if err == nil && len(left) == 1 {
		return left[0].ID, "name", nil, nil
	}
	return 0, "", exact, err
}

func candidates(ctx context.Context, db pg.DB, sql string, args pg.Args) ([]apperr.Candidate, error) {
	rows, err := db.Query(ctx, sql, args)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[apperr.Candidate])
	return list, pg.Error(err)
}

// alike reports whether two lists of spellings have one in common.
func alike(a, b []string) bool {
	keys := names.Keys(b...)
	return slices.ContainsFunc(names.Keys(a...), func(key string) bool { return slices.Contains(keys, key) })
}

var organizationProperties = map[string]string{
	"name": "name", "short_name": "other_names", "other_names": "other_names", "external_ids": "identifiers", "kind": "classification", "parent_id": "parent_id",
	"website": "links", "founded_on": "founding_date", "dissolved_on": "dissolution_date", "founding_date": "founding_date", "dissolution_date": "dissolution_date",
}

// organizationKinds are ours; other classifications have no place.
var organizationKinds = []string{"government", "advisory_body", "ngo", "foundation", "think_tank", "academia", "media", "business", "international", "other"}

func (m *importer) writeOrganizations(ctx context.Context, tx pgx.Tx) error {
	of := map[string]*Listed[popoloOrganization]{}
	for _, o := range m.doc.Organizations {
		if of[o.Key] == nil {
			of[o.Key] = o
		}
	}
	begun := map[*Listed[popoloOrganization]]bool{}
	var write func(o *Listed[popoloOrganization]) error
	write = func(o *Listed[popoloOrganization]) error {
		if begun[o] {
			return nil
		}
		begun[o] = true
		if parent := of[o.Is.ParentID]; parent != nil { // the whole before its parts
			if err := write(parent); err != nil {
				return err
			}
		}
		return take(ctx, tx, m, "organization", organization.Type, o, organizationProperties, func(ctx context.Context, tx pgx.Tx) (outcome, error) {
			return m.organization(ctx, tx, o)
		})
	}
	for _, o := range m.doc.Organizations {
		if err := write(o); err != nil {
			return err
		}
	}
	return nil
}

func (m *importer) organization(ctx context.Context, tx pgx.Tx, o *Listed[popoloOrganization]) (out outcome, err error) {
	var g organization.Input
	g.Name, g.ShortName, g.OtherNames = m.names(o.Is.Name, o.Is.OtherNames)
	if len(g.Name) == 0 {
		return out, apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	_, own := m.ours(organization.Type, o.Key, o.Is.Sources)
	g.ExternalIDs, out.ignored = m.externalIDs(o.Key, string(o.At), own, o.Is.Identifiers)
	var d dates
	g.FoundedOn, g.DissolvedOn = d.partial("founding_date", o.Is.Founded), d.partial("dissolution_date", o.Is.Dissolved)
	var dangling []apperr.Field
	g.ParentID, dangling = m.reference("organization", o.Is.ParentID, "parent_id")
	if err := apperr.Validation(append(d.mistakes, dangling...)); err != nil {
		return out, err
	}
	switch {
	case slices.Contains(organizationKinds, o.Is.Classification):
		g.Kind = o.Is.Classification
	case o.Is.Classification != "":
		out.ignored = append(out.ignored, "classification")
	}
	for _, link := range o.Is.Links {
		u, err := url.Parse(link.URL)
		if g.Website == nil && err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(link.Note, noteWebsite) {
			g.Website = &link.URL
		} else if !slices.Contains(out.ignored, "links") {
			out.ignored = append(out.ignored, "links")
		}
	}
	s := subject{
		path: organization.Type, key: o.Key, name: o.Is.Name, spellings: spelling.Of(g.Name), external: g.ExternalIDs, sources: o.Is.Sources, index: organization.Spellings,
		get: func(ctx context.Context, tx pgx.Tx, id int64) ([]string, error) {
			r, err := organization.Get(ctx, tx, id)
			return append(spelling.Of(r.Name, r.ShortName), spelling.OfOthers(r.OtherNames)...), err
		},
	}
	id, by, exact, err := m.find(ctx, tx, s, func(exact []apperr.Candidate) ([]apperr.Candidate, error) { return exact, nil })
	if err != nil {
		return out, err
	}
	if id == 0 {
		return m.newOrganization(ctx, tx, g, s, exact, out)
	}
	r, err := organization.Get(ctx, tx, id)
	if err != nil {
		return out, err
	}
	in, add := r.Input, merged{}
	add.names(&in.Name, &in.OtherNames, g.Name, g.OtherNames)
	add.text("other_names", &in.ShortName, g.ShortName)
	add.identifiers(&in.ExternalIDs, g.ExternalIDs)
	if g.Kind != "" && in.Kind == "other" && g.Kind != "other" {
		in.Kind, add.changed = g.Kind, true
	} else if g.Kind != "" && in.Kind != g.Kind {
		add.kept = append(add.kept, "classification")
	}
	fill(&add, "parent_id", &in.ParentID, g.ParentID)
	fill(&add, "links", &in.Website, g.Website)
	fill(&add, "founding_date", &in.FoundedOn, g.FoundedOn)
	fill(&add, "dissolution_date", &in.DissolvedOn, g.DissolvedOn)
	out.id, out.by, out.changed, out.kept = id, by, add.changed, add.kept
	return out, m.change(ctx, tx, organization.Table, organization.Type, id, add.changed, &in, func() error { return organization.Update(ctx, tx, r, in) })
}

func (m *importer) newOrganization(ctx context.Context, tx pgx.Tx, in organization.Input, s subject, exact []apperr.Candidate, out outcome) (outcome, error) {
	if err := m.check(&in); err != nil {
		return out, err
	}
	others, err := m.distinct(ctx, tx, organization.Type, m.organizations, s.name, s.spellings, exact)
	if err != nil {
		return out, err
	}
	if out.id, err = organization.Create(ctx, tx, in); err != nil {
		return out, err
	}
	return out, apart(ctx, tx, organization.Type, out.id, others)
}

// check applies the rules of a client's own write to what is to be written.
func (m *importer) check(in any) error {
	return apperr.Validation(input.Check(in))
}

// change writes what an object adds to a record.
func (m *importer) change(ctx context.Context, tx pgx.Tx, table, kind string, id int64, changed bool, in any, update func() error) error {
	if !changed {
		return nil
	}
	if err := m.check(in); err != nil {
		return err
	}
	if _, err := changes.Lock(ctx, tx, table, kind, id); err != nil {
		return err
	}
	return update()
}

var personProperties = map[string]string{
	"name": "name", "other_names": "other_names", "honorific": "honorific_prefix", "bio": "biography", "external_ids": "identifiers",
}

func (m *importer) writePeople(ctx context.Context, tx pgx.Tx) error {
	for _, o := range m.doc.Memberships {
		if id, ok := m.known["organization "+m.doc.organizationOf(o.Is)]; ok {
			m.works[o.Is.PersonID] = append(m.works[o.Is.PersonID], id)
		}
	}
	for _, o := range m.doc.People {
		err := take(ctx, tx, m, "person", person.Type, o, personProperties, func(ctx context.Context, tx pgx.Tx) (outcome, error) { return m.person(ctx, tx, o) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *importer) person(ctx context.Context, tx pgx.Tx, o *Listed[popoloPerson]) (out outcome, err error) {
	var g person.Input
	name := o.Is.Name
	if name == "" {
		name = strings.Join(strings.Fields(o.Is.Given+" "+o.Is.Additional+" "+o.Is.Family), " ")
	}
	for property, value := range map[string]string{"given_name": o.Is.Given, "additional_name": o.Is.Additional, "family_name": o.Is.Family} {
		if value != "" && !strings.Contains(name, value) {
			out.ignored = append(out.ignored, property)
		}
	}
	slices.Sort(out.ignored)
	var short text.Map
	g.Name, short, g.OtherNames = m.names(name, o.Is.OtherNames)
	for _, lang := range short.Langs() { // people have none
		g.OtherNames = append(g.OtherNames, text.OtherName{Text: short[lang], Lang: &lang, Kind: "abbreviated"})
	}
	if len(g.Name) == 0 {
		return out, apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	_, own := m.ours(person.Type, o.Key, o.Is.Sources)
	var ignored []string
	g.ExternalIDs, ignored = m.externalIDs(o.Key, string(o.At), own, o.Is.Identifiers)
	out.ignored = append(out.ignored, ignored...)
	g.Honorific, g.Bio = m.text(o.Is.Prefix), m.text(o.Is.Biography)
	s := subject{
		path: person.Type, key: o.Key, name: name, spellings: spelling.Of(g.Name), external: g.ExternalIDs, sources: o.Is.Sources, index: person.Spellings,
		get: func(ctx context.Context, tx pgx.Tx, id int64) ([]string, error) {
			r, err := person.Get(ctx, tx, id)
			return append(spelling.Of(r.Name), spelling.OfOthers(r.OtherNames)...), err
		},
	}
	id, by, exact, err := m.find(ctx, tx, s, func(exact []apperr.Candidate) ([]apperr.Candidate, error) { return m.colleagues(ctx, tx, o.Key, exact) })
	if err != nil {
		return out, err
	}
	if id == 0 {
		if err := m.check(&g); err != nil {
			return out, err
		}
		others, err := m.distinct(ctx, tx, person.Type, m.people, s.name, s.spellings, exact)
		if err != nil {
			return out, err
		}
		if out.id, err = person.Create(ctx, tx, g); err != nil {
			return out, err
		}
		return out, apart(ctx, tx, person.Type, out.id, others)
	}
	r, err := person.Get(ctx, tx, id)
	if err != nil {
		return out, err
	}
	in, add := r.Input, merged{}
	add.names(&in.Name, &in.OtherNames, g.Name, g.OtherNames)
	add.identifiers(&in.ExternalIDs, g.ExternalIDs)
	add.text("honorific_prefix", &in.Honorific, g.Honorific)
	add.text("biography", &in.Bio, g.Bio)
	out.id, out.by, out.changed, out.kept = id, by, add.changed, add.kept
	return out, m.change(ctx, tx, person.Table, person.Type, id, add.changed, &in, func() error { return person.Update(ctx, tx, r, in) })
}

// colleagues leaves those of the people of a name who may be the person of the document: who have to do with one of its
// organizations; where nobody has, who has to do with none, or all where the document names none.
func (m *importer) colleagues(ctx context.Context, tx pgx.Tx, key string, exact []apperr.Candidate) ([]apperr.Candidate, error) {
	works := m.works[key]
	if len(works) == 0 {
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
		case slices.ContainsFunc(at[c.ID], func(o text.Ref) bool { return slices.Contains(works, o.ID) }):
			there = append(there, c)
		case len(at[c.ID]) == 0:
			free = append(free, c)
		}
	}
	if len(there) > 0 {
		return there, nil
	}
	if len(free) < len(exact) { // somebody of that name works elsewhere: who says that it is not the other one?
		return nil, nil
	}
	return free, nil
}
