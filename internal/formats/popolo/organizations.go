package popolo

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
)

var organizationProperties = map[string]string{
	"name": "name", "short_name": "other_names", "other_names": "other_names", "external_ids": "identifiers",
	"kind": "classification", "parent_id": "parent_id", "website": "links",
	"founded_on": "founding_date", "dissolved_on": "dissolution_date", "founding_date": "founding_date", "dissolution_date": "dissolution_date",
}

// organizationTypes are the classifications that the registry has.
var organizationTypes = []string{"government", "advisory_body", "ngo", "foundation", "think_tank", "academia", "media", "business", "international", "other"}

func (m *importer) writeOrganizations(ctx context.Context, tx pgx.Tx) error {
	parent := func(o *Listed[organizationObject]) string { return o.Value.ParentID }
	return parentsFirst(m.doc.Organizations, parent, func(o *Listed[organizationObject]) error {
		return importObject(ctx, tx, m, "organization", organization.Type, o, organizationProperties, m.organization)
	})
}

func (m *importer) organization(ctx context.Context, tx pgx.Tx, o *Listed[organizationObject]) (out outcome, err error) {
	var g organization.Input
	g.Name, g.ShortName, g.OtherNames = m.names(o.Value.Name, o.Value.OtherNames)
	if len(g.Name) == 0 {
		return out, apperr.Validation([]apperr.Field{apperr.At("/name", "no_name")})
	}
	_, own := m.registryID(organization.Type, o.Key, o.Value.Sources)
	g.ExternalIDs, out.ignored = m.externalIDs(o.Key, string(o.At), own, o.Value.Identifiers)
	var d dates
	g.FoundedOn, g.DissolvedOn = d.partial("founding_date", o.Value.Founded), d.partial("dissolution_date", o.Value.Dissolved)
	var dangling []apperr.Field
	g.ParentID, dangling = m.reference("organization", o.Value.ParentID, "parent_id")
	if err := apperr.Validation(append(d.mistakes, dangling...)); err != nil {
		return out, err
	}
	switch {
	case slices.Contains(organizationTypes, o.Value.Classification):
		g.Kind = o.Value.Classification
	case o.Value.Classification != "":
		out.ignored = append(out.ignored, "classification")
	}
	for _, link := range o.Value.Links {
		u, err := url.Parse(link.URL)
		if g.Website == nil && err == nil && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(link.Note, noteWebsite) {
			g.Website = &link.URL
		} else if !slices.Contains(out.ignored, "links") {
			out.ignored = append(out.ignored, "links")
		}
	}
	s := subject{
		path: organization.Type, key: o.Key, name: o.Value.Name, spellings: spelling.Of(g.Name), external: g.ExternalIDs, sources: o.Value.Sources,
		index: organization.Spellings, session: m.organizations,
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
		out.id, err = createRecord(ctx, tx, m, s, exact, g, organization.Create)
		return out, err
	}
	r, err := organization.Get(ctx, tx, id)
	if err != nil {
		return out, err
	}
	in, add := r.Input, addition{}
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
	out.id, out.matchedBy, out.changed, out.kept = id, by, add.changed, add.kept
	return out, m.change(ctx, tx, organization.Table, organization.Type, id, add.changed, &in, func() error { return organization.Update(ctx, tx, r, in) })
}
