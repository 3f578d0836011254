package popolo

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
)

// organizationOf returns the key of the organization of a membership.
func (d *Document) organizationOf(o membershipObject) string {
	return cmp.Or(o.OrganizationID, d.posts[o.PostID].OrganizationID)
}

var membershipProperties = map[string]string{
	"person_id": "person_id", "organization_id": "organization_id", "title": "role",
	"from": "start_date", "to": "end_date", "start_date": "start_date", "end_date": "end_date",
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
		Person: []int64{g.PersonID}, Organization: []int64{g.OrganizationID}, Params: paging.Params{Limit: paging.MaxLimit},
	})
	if err != nil {
		return err
	}
	ourID, _ := m.registryID(affiliation.Type, o.Key, o.Value.Sources)
	by := "id"
	at := slices.IndexFunc(page.Items, func(r affiliation.Affiliation) bool { return r.ID == ourID })
	if at < 0 {
		by = "content"
		at = slices.IndexFunc(page.Items, func(r affiliation.Affiliation) bool {
			return !m.matched[recordKey{affiliation.Type, r.ID}] && sameTitle(r, g) && compatible(r.From, g.From) && compatible(r.To, g.To)
		})
	}
	if at >= 0 {
		out.matchedBy = by
		return addTo(ctx, tx, affiliations, page.Items[at], out, func(in *affiliation.Input) error {
			out.text("role", &in.Title, g.Title)
			fill(out, "start_date", &in.From, g.From)
			fill(out, "end_date", &in.To, g.To)
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

// compatible reports whether two dates may be the same one.
func compatible(a, b *date.Partial) bool { return a == nil || b == nil || *a == *b }
