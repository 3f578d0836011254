package person

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Workplaces gives where the people work or worked, by their affiliations and as of the last 50 round tables that they attended; each
// organization once. The ones of today come first, the primary one before all, then the ones last heard of. The public learns only what published round
// tables show; whether it may see the people is not looked at.
func Workplaces(ctx context.Context, db pg.DB, people []int64) (map[int64][]Position, error) {
	published := ""
	if actor.From(ctx).SeesOnlyPublished() {
		published = " JOIN round_tables r ON r.id = a.round_table_id AND r.publication = 'published'"
	}
	rows, err := db.Query(ctx, `
		SELECT w.person_id, g.id, g.name, w.title
		FROM (SELECT DISTINCT ON (person_id, organization_id) *
			FROM (SELECT f.person_id, f.organization_id, f.title, from_key AS since,
					CASE WHEN f.held_during @> current_date THEN 99999999 + f.is_primary::integer
						ELSE coalesce(to_char(upper(f.held_during), 'YYYYMMDD')::integer, f.from_key) END AS heard
				FROM affiliations f WHERE f.person_id = ANY(@people)
				UNION ALL
				SELECT p.id, f.organization_id, f.title, 0, f.starts_key
				FROM unnest(@people::bigint[]) p(id) CROSS JOIN LATERAL (
					SELECT a.id FROM attendees a`+published+` WHERE a.person_id = p.id ORDER BY a.starts_key DESC, a.id DESC LIMIT 50) a
				JOIN attendee_affiliations f ON f.attendee_id = a.id AND f.organization_id IS NOT NULL) known
			ORDER BY person_id, organization_id, heard DESC, since DESC) w
		JOIN organizations g ON g.id = w.organization_id
		ORDER BY w.person_id, w.heard DESC, w.since DESC, w.organization_id`, pg.Args{"people": people})
	if err != nil {
		return nil, pg.Error(err)
	}
	of := map[int64][]Position{}
	var id int64
	var organization text.Ref
	var title text.Map
	_, err = pgx.ForEachRow(rows, []any{&id, &organization.ID, &organization.Name, &title}, func() error {
		of[id] = append(of[id], Position{Organization: organization, Title: title})
		return nil
	})
	return of, pg.Error(err)
}
