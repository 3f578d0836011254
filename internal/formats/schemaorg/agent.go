package schemaorg

import (
	"context"
	"io"
	"net/url"
	"strings"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
)

// WritePerson writes a person with all positions over time. Positions at an event are in the event's document.
func (w Writer) WritePerson(ctx context.Context, tx pgx.Tx, p person.Person, to io.Writer) error {
	o := w.document("Person", "people", p.Record, p.ExternalIDs)
	o["name"] = texts(p.Name)
	set(o, "alternateName", others(nil, p.OtherNames))
	set(o, "honorificPrefix", texts(p.Honorific))
	set(o, "description", texts(p.Bio))
	held := affiliation.Filter{Person: []int64{p.ID}}
	held.Sort = "id"
	var positions []object
	for page, err := range paging.Walk(ctx, tx, affiliation.List, held) {
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			role := w.position(w.link("affiliations", a.ID), a.Title)
			role["worksFor"] = w.thing("Organization", "organizations", a.Organization)
			setDate(role, "startDate", a.From)
			setDate(role, "endDate", a.To)
			positions = append(positions, role)
		}
	}
	set(o, "worksFor", positions)
	return json.MarshalWrite(to, o, json.Deterministic(true))
}

// WriteOrganization writes an organization.
func (w Writer) WriteOrganization(org organization.Organization, to io.Writer) error {
	o := w.document("Organization", "organizations", org.Record, org.ExternalIDs)
	o["name"] = texts(org.Name)
	set(o, "alternateName", others(texts(org.ShortName), org.OtherNames))
	if org.Parent != nil {
		o["parentOrganization"] = w.thing("Organization", "organizations", *org.Parent)
	}
	if org.Website != nil {
		o["url"] = *org.Website
	}
	if org.Country != nil {
		o["address"] = object{"@type": "PostalAddress", "@id": w.link("organizations", org.ID) + "#address", "addressCountry": *org.Country}
	}
	setDate(o, "foundingDate", org.FoundedOn)
	setDate(o, "dissolutionDate", org.DissolvedOn)
	return json.MarshalWrite(to, o, json.Deterministic(true))
}

// others adds other names to names. Misspellings are left out: they serve the search of this registry only.
func others(names []object, list []text.OtherName) []object {
	for _, n := range list {
		switch {
		case n.Kind == "misspelling":
		case n.Lang != nil:
			names = append(names, object{"@language": strings.ToLower(*n.Lang), "@value": n.Text})
		default:
			names = append(names, object{"@value": n.Text})
		}
	}
	return names
}

func setDate(o object, name string, d *date.Partial) {
	if d != nil {
		o[name] = string(*d)
	}
}

// resolvers are where the ids of other systems have addresses.
var resolvers = map[string]string{
	"wikidata": "http://www.wikidata.org/entity/", "orcid": "https://orcid.org/", "ror": "https://ror.org/", "isni": "https://isni.org/isni/",
	"viaf": "http://viaf.org/viaf/", "doi": "https://doi.org/",
}

// addressesOf returns the addresses of external ids, as far as their systems have such.
func addressesOf(externalIDs []string) (addresses []string) {
	for _, id := range externalIDs {
		scheme, value, _ := strings.Cut(id, ":")
		if base := resolvers[scheme]; base != "" && (scheme == "doi" || !strings.Contains(value, "/")) { // not "orcid:https://orcid.org/…"
			addresses = append(addresses, base+(&url.URL{Path: value}).EscapedPath())
		}
	}
	return addresses
}
