package api

import (
	"context"

	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/labstack/echo/v4"
)

var organizations = resource[organization.Input, organization.Organization, organization.Filter]{
	Kind: history.Kind{Type: organization.Type, Table: organization.Table, Relearn: relearn(organization.Type, organization.Spellings.RebuildOne)},
	one:  "organization", many: "organizations",
	about: "Institutes, ministries, foundations and their parts.",
	sorts: []string{"name", "counts.round_tables", "counts.statements", "first_on", "last_on", "updated_at"},
	list:  organization.List, get: organization.Get, create: organization.Create, update: organization.Update,
	input: func(r *organization.Organization) *organization.Input { return &r.Input },
	names: &named[organization.Input, organization.Filter]{
		finder:   func(s *server) *spelling.Finder { return s.organizations },
		search:   func(f *organization.Filter) (string, **spelling.Found) { return f.Q, &f.Found },
		distinct: organization.Distinct,
		spell:    func(in organization.Input) []string { return spelling.Of(in.Name) },
	},
	replaced: map[Feature]Operation{
		List: with[organizationQuery, Page[Organization]]((*server).listOrganizations),
		Get: withJSONLD(getWith(organization.Get, withOrganizations, func(p *organizationParams) (*itemParams, *[]string) { return &p.itemParams, &p.Include }),
			linkedOrganization.send),
	},
	more: map[Feature]Operation{
		Lookup:     lookupOf((*match.Matcher).LookupOrganizations),
		Match:      matchingOf(match.Organizations),
		Duplicates: duplicatesOf((*match.Matcher).OrganizationsDuplicates),
		Merge:      mergeOf(merge.Organizations),
		Settle:     settleOf(organization.Type, merge.Organizations),
	},
	notes: map[Feature]string{
		Get:    jsonLDNote("an Organization of schema.org."),
		Lookup: "The name may be in any spelling and script, misspelled or incomplete. Acronyms must be exact.",
		Merge: "For two records of the same organization. All references move to the record that stays, those of its parts too. Two " +
			"attendances of one round table become one. The merge adds the names to the other names of the record that stays and fills its " +
			"empty fields. The old address returns 308. `dry_run=true` shows the result without saving. A merge can be undone.",
		Create: "A name that most likely is another spelling of an existing organization is rejected with 409 and the candidates, unless " +
			"`allow_duplicate=true`. Then the registry stores that the records are distinct.",
	},
}

func (s *server) listOrganizations(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q organizationQuery) (paging.Page[Organization], error) {
		found, err := sought(ctx, s.organizations, q.Q)
		if err != nil {
			return paging.Page[Organization]{}, err
		}
		q.Found = found
		page, err := organization.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.Include, withOrganizations)
	})
}
