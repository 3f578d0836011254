package popolo

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/history"
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
		out.identifiers(&in.ExternalIDs, g.ExternalIDs)
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
