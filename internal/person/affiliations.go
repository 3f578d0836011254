package person

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// lastRoundTables is the number of round tables of a person that Affiliations reads: some people attend thousands.
const lastRoundTables = 50

// Affiliations returns the positions of the people, from their affiliations and their last round tables, each organization
// once. Current positions come first, as in the record of a person, then the most recent past ones, then future ones. For
// the public it reads only published round tables. It does not check whether the actor may see the people.
func Affiliations(ctx context.Context, db pg.DB, people []int64) (map[int64][]Position, error) {
	published := ""
	if actor.From(ctx).SeesOnlyPublished() {
		published = " JOIN round_tables r ON r.id = a.round_table_id AND r.publication = 'published'"
	}
	rows, err := db.Query(ctx, `
		SELECT w.person_id, g.id, g.name, w.title
		FROM (SELECT DISTINCT ON (person_id, organization_id) *
			FROM (SELECT f.person_id, f.organization_id, f.title, lower(f.held_during) AS since, f.id AS item,
					CASE WHEN f.held_during @> current_date THEN 99999999 + f.is_primary::integer
						WHEN lower(f.held_during) > current_date THEN -1
						ELSE coalesce(to_char(upper(f.held_during), 'YYYYMMDD')::integer, f.from_key) END AS heard
				FROM affiliations f WHERE f.person_id = ANY(@people)
				UNION ALL
				SELECT p.id, f.organization_id, f.title, NULL, f.position, f.starts_key
				FROM unnest(@people::bigint[]) p(id) CROSS JOIN LATERAL (
					SELECT a.id FROM attendees a`+published+` WHERE a.person_id = p.id ORDER BY a.starts_key DESC, a.id DESC LIMIT @last) a
				JOIN attendee_affiliations f ON f.attendee_id = a.id AND f.organization_id IS NOT NULL) known
			ORDER BY person_id, organization_id, heard DESC, since DESC NULLS LAST, item) w
		JOIN organizations g ON g.id = w.organization_id
		ORDER BY w.person_id, w.heard DESC, w.since DESC NULLS LAST, w.item, w.organization_id`, pg.Args{"people": people, "last": lastRoundTables})
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

// AffiliatedWith returns the organizations of the people, from all of their affiliations and round tables.
func AffiliatedWith(ctx context.Context, db pg.DB, people []int64) (map[int64][]text.Ref, error) {
	rows, err := db.Query(ctx, `
		SELECT w.person_id, g.id, g.name
		FROM (SELECT person_id, organization_id FROM affiliations WHERE person_id = ANY(@people)
			UNION SELECT a.person_id, f.organization_id
			FROM attendees a JOIN attendee_affiliations f ON f.attendee_id = a.id WHERE a.person_id = ANY(@people)) w
		JOIN organizations g ON g.id = w.organization_id`, pg.Args{"people": people})
	if err != nil {
		return nil, pg.Error(err)
	}
	of := map[int64][]text.Ref{}
	var id int64
	var organization text.Ref
	_, err = pgx.ForEachRow(rows, []any{&id, &organization.ID, &organization.Name}, func() error {
		of[id] = append(of[id], organization)
		return nil
	})
	return of, pg.Error(err)
}
