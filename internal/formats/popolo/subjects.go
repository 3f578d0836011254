package popolo

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
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
	out.named(m, name, o.Value.OtherNames)
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
		out.identifiers(&in.ExternalIDs, g.ExternalIDs, m.Source)
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

var organizationProperties = map[string]string{
	"name": "name", "short_name": "other_names", "other_names": "other_names", "external_ids": "identifiers",
	"kind": "classification", "parent_id": "parent_id", "website": "links",
	"founded_on": "founding_date", "dissolved_on": "dissolution_date", "founding_date": "founding_date", "dissolution_date": "dissolution_date",
}

// organizationTypes are the classifications that the registry has.
var organizationTypes = []string{"government", "advisory_body", "ngo", "foundation", "think_tank", "academia", "media", "business", "international", "other"}

var organizations = collection[organization.Input, organization.Organization]{
	Kind: history.Kind{Type: organization.Type, Table: organization.Table}, Get: organization.Get,
	Input:  func(r *organization.Organization) *organization.Input { return &r.Input },
	Create: organization.Create, Update: organization.Update,
}

func (m *importer) writeOrganizations(ctx context.Context, tx pgx.Tx) error {
	objects := parentsFirst(m.doc.Organizations, func(o organizationObject) string { return o.ParentID })
	return importAll(ctx, tx, m, class[organizationObject]{"organization", organization.Type, organizationProperties, m.organization}, objects)
}

func (m *importer) organization(ctx context.Context, tx pgx.Tx, o *Listed[organizationObject], out *outcome) error {
	var g organization.Input
	g.Name, g.ShortName, g.OtherNames = m.names(o.Value.Name, o.Value.OtherNames)
	out.named(m, o.Value.Name, o.Value.OtherNames)
	if len(g.Name) == 0 {
		return apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	g.ExternalIDs = m.externalIDs(organization.Type, o.At, o.Key, o.Value.common, o.Value.Identifiers, out)
	var v values
	g.FoundedOn, g.DissolvedOn = v.partial("founding_date", o.Value.Founded), v.partial("dissolution_date", o.Value.Dissolved)
	g.ParentID = m.reference(&v, "organization", o.Value.ParentID, "parent_id")
	if err := apperr.Validation(v.mistakes); err != nil {
		return err
	}
	switch {
	case slices.Contains(organizationTypes, o.Value.Classification):
		g.Kind = o.Value.Classification
	case o.Value.Classification != "":
		out.ignore("classification")
	}
	for _, link := range o.Value.Links {
		u, err := url.Parse(link.URL)
		if g.Website == nil && err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(link.Note, noteWebsite) {
			g.Website = &link.URL
		} else if !slices.Contains(out.ignored, "links") {
			out.ignore("links")
		}
	}
	s := subject[organization.Input, organization.Organization]{
		collection: organizations, key: o.Key, name: o.Value.Name, spellings: spelling.Of(g.Name), external: g.ExternalIDs, sources: o.Value.Sources,
		index: organization.Spellings, session: m.organizations,
		named: func(r organization.Organization) []string {
			return append(spelling.Of(r.Name, r.ShortName), spelling.OfOthers(r.OtherNames)...)
		},
	}
	return s.write(ctx, tx, m, g, out, func(in *organization.Input) {
		out.names(&in.Name, &in.OtherNames, g.Name, g.OtherNames)
		out.text("other_names", &in.ShortName, g.ShortName)
		out.identifiers(&in.ExternalIDs, g.ExternalIDs, m.Source)
		if g.Kind != "" && in.Kind == "other" && g.Kind != "other" {
			in.Kind, out.changed = g.Kind, true
		} else {
			out.keep("classification", g.Kind != "" && in.Kind != g.Kind)
		}
		fill(out, "parent_id", &in.ParentID, g.ParentID)
		fill(out, "links", &in.Website, g.Website)
		fill(out, "founding_date", &in.FoundedOn, g.FoundedOn)
		fill(out, "dissolution_date", &in.DissolvedOn, g.DissolvedOn)
	})
}

// organizationOf returns the key of the organization of a membership.
func (d *Document) organizationOf(o membershipObject) string {
	return cmp.Or(o.OrganizationID, d.posts[o.PostID].OrganizationID)
}

var membershipProperties = map[string]string{
	"person_id": "person_id", "organization_id": "organization_id", "title": "role",
	"from": "start_date", "to": "end_date", "start_date": "start_date", "end_date": "end_date",
	"external_ids": "identifiers",
}

var affiliations = collection[affiliation.Input, affiliation.Affiliation]{
	Kind: history.Kind{Type: affiliation.Type, Table: affiliation.Table}, Get: affiliation.Get,
	Input:  func(r *affiliation.Affiliation) *affiliation.Input { return &r.Input },
	Create: affiliation.Create, Update: affiliation.Update,
}

func (m *importer) writeMemberships(ctx context.Context, tx pgx.Tx) error {
	memberships := class[membershipObject]{"membership", affiliation.Type, membershipProperties, m.membership}
	return importAll(ctx, tx, m, memberships, m.doc.Memberships)
}

func (m *importer) membership(ctx context.Context, tx pgx.Tx, o *Listed[membershipObject], out *outcome) error {
	var v values
	g := affiliation.Input{Title: m.text(m.doc.title(o.Value))}
	g.From, g.To = v.partial("start_date", o.Value.From), v.partial("end_date", o.Value.To)
	m.doc.dateByTerm(&g, o.Value)
	g.ExternalIDs = m.externalIDs(affiliation.Type, o.At, o.Key, o.Value.common, o.Value.Identifiers, out)
	for _, ref := range []struct {
		class, key, property string
		into                 *int64
	}{
		{"person", o.Value.PersonID, "person_id", &g.PersonID},
		{"organization", m.doc.organizationOf(o.Value), "organization_id", &g.OrganizationID},
	} {
		if id := m.reference(&v, ref.class, ref.key, ref.property); id != nil {
			*ref.into = *id
		} else if ref.key == "" {
			v.mistakes = append(v.mistakes, apperr.At("/"+ref.property, "required"))
		}
	}
	if err := apperr.Validation(v.mistakes); err != nil {
		return err
	}
	page, err := affiliation.List(ctx, tx, affiliation.Filter{
		Person: []int64{g.PersonID}, Organization: []int64{g.OrganizationID}, Params: paging.Params{PageParams: paging.PageParams{Limit: paging.MaxLimit}},
	})
	if err != nil {
		return err
	}
	ourID, _ := m.registryID(affiliation.Type, o.Key, o.Value.Sources)
	find := func(is func(affiliation.Affiliation) bool) int { return slices.IndexFunc(page.Items, is) }
	by := "id"
	at := find(func(r affiliation.Affiliation) bool { return r.ID == ourID })
	if at < 0 {
		by = "identifier"
		at = find(func(r affiliation.Affiliation) bool {
			return slices.ContainsFunc(g.ExternalIDs, func(id string) bool { return slices.Contains(r.ExternalIDs, id) })
		})
	}
	for _, is := range []func(affiliation.Affiliation) bool{
		func(r affiliation.Affiliation) bool {
			return !m.matched[recordKey{affiliation.Type, r.ID}] && compatible(r.From, g.From) && compatible(r.To, g.To)
		},
		func(r affiliation.Affiliation) bool { return same(r.From, g.From) }, // the registry has one position with a beginning
	} {
		if at < 0 {
			by = "content"
			at = find(func(r affiliation.Affiliation) bool { return sameTitle(r, g) && is(r) })
		}
	}
	if at >= 0 {
		out.matchedBy = by
		return addTo(ctx, tx, affiliations, page.Items[at], out, func(in *affiliation.Input) error {
			out.text("role", &in.Title, g.Title)
			fill(out, "start_date", &in.From, g.From)
			fill(out, "end_date", &in.To, g.To)
			out.identifiers(&in.ExternalIDs, g.ExternalIDs, m.Source)
			return nil
		})
	}
	if err := check(&g); err != nil {
		return err
	}
	out.id, err = affiliation.Create(ctx, tx, g)
	return err
}

// title returns the position of a membership: its role or label, or those of its post.
func (d *Document) title(o membershipObject) string {
	post := d.posts[o.PostID]
	return cmp.Or(o.Role, o.Label, post.Label, post.Role)
}

func sameTitle(r affiliation.Affiliation, g affiliation.Input) bool {
	for _, v := range g.Title {
		return hasValue(r.Title, v)
	}
	return len(r.Title) == 0
}

// dateByTerm takes the dates that a membership lacks from its legislative period.
func (d *Document) dateByTerm(g *affiliation.Input, o membershipObject) {
	term, ok := d.terms[o.TermID]
	if !ok {
		return
	}
	var v values // a date of the period that is none dates nothing
	day := func(s string) *date.Partial {
		s, _, _ = strings.Cut(s, "T")
		return v.partial("", s)
	}
	if from := day(term.Starts); g.From == nil && !date.Before(g.To, from) {
		g.From = from
	}
	if to := day(term.Ends); g.To == nil && !date.Before(to, g.From) {
		g.To = to
	}
}

func same(a, b *date.Partial) bool { return a == b || a != nil && b != nil && *a == *b }

// compatible reports whether two dates may be the same one.
func compatible(a, b *date.Partial) bool { return a == nil || b == nil || *a == *b }
