package popolo

import (
	"context"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"

	"github.com/jackc/pgx/v5"
)

// organizationOf returns the key of the organization of a membership.
func (d *Document) organizationOf(o membershipObject) string {
	if o.OrganizationID == "" {
		return d.posts[o.PostID].OrganizationID
	}
	return o.OrganizationID
}

var membershipProperties = map[string]string{
	"person_id": "person_id", "organization_id": "organization_id", "title": "role",
	"from": "start_date", "to": "end_date", "start_date": "start_date", "end_date": "end_date",
}

func (m *importer) writeMemberships(ctx context.Context, tx pgx.Tx) error {
	for _, o := range m.doc.Memberships {
		if err := importObject(ctx, tx, m, "membership", affiliation.Type, o, membershipProperties, m.membership); err != nil {
			return err
		}
	}
	return nil
}

func (m *importer) membership(ctx context.Context, tx pgx.Tx, o *Listed[membershipObject]) (out outcome, err error) {
	var d dates
	g := affiliation.Input{Title: m.text(m.doc.title(o.Value)), From: d.partial("start_date", o.Value.From), To: d.partial("end_date", o.Value.To)}
	for _, ref := range []struct {
		class, key, at string
		into           *int64
	}{
		{"person", o.Value.PersonID, "person_id", &g.PersonID},
		{"organization", m.doc.organizationOf(o.Value), "organization_id", &g.OrganizationID},
	} {
		id, dangling := m.reference(ref.class, ref.key, ref.at)
		d.mistakes = append(d.mistakes, dangling...)
		if id != nil {
			*ref.into = *id
		} else if dangling == nil {
			d.mistakes = append(d.mistakes, apperr.At("/"+ref.at, "required"))
		}
	}
	if err := apperr.Validation(d.mistakes); err != nil {
		return out, err
	}
	page, err := affiliation.List(ctx, tx, affiliation.Filter{
		Person: []int64{g.PersonID}, Organization: []int64{g.OrganizationID}, Params: paging.Params{Limit: paging.MaxLimit},
	})
	if err != nil {
		return out, err
	}
	ourID, _ := m.registryID(affiliation.Type, o.Key, o.Value.Sources)
	for _, byID := range []bool{true, false} {
		for _, r := range page.Items {
			switch {
			case byID && r.ID == ourID:
				out.matchedBy = "id"
			case byID, m.isMatched(affiliation.Type, r.ID), !sameTitle(r, g), !compatible(r.From, g.From), !compatible(r.To, g.To):
				continue
			default:
				out.matchedBy = "content"
			}
			in, add := r.Input, addition{}
			add.text("role", &in.Title, g.Title)
			fill(&add, "start_date", &in.From, g.From)
			fill(&add, "end_date", &in.To, g.To)
			out.id, out.changed, out.kept = r.ID, add.changed, add.kept
			update := func() error { return affiliation.Update(ctx, tx, r, in) }
			return out, m.change(ctx, tx, affiliation.Table, affiliation.Type, r.ID, add.changed, &in, update)
		}
	}
	if err := m.check(&g); err != nil {
		return out, err
	}
	out.id, err = affiliation.Create(ctx, tx, g)
	return out, err
}

// title returns the position of a membership: its role or label, or those of its post.
func (d *Document) title(o membershipObject) string {
	post := d.posts[o.PostID]
	for _, s := range []string{o.Role, o.Label, post.Label, post.Role} {
		if s != "" {
			return s
		}
	}
	return ""
}

func sameTitle(r affiliation.Affiliation, g affiliation.Input) bool {
	for _, v := range g.Title {
		return hasValue(r.Title, v)
	}
	return len(r.Title) == 0
}

// compatible reports whether two dates may be the same one.
func compatible(a, b *date.Partial) bool { return a == nil || b == nil || *a == *b }
