package profile

import (
	"context"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Spelling is a form under which a person or an organization was listed.
//
//	@Description	A form under which a person or an organization was listed.
type Spelling struct {
	Text      string              `json:"text" db:"text" example:"T. Kaliyev"` // The name as listed.
	Count     int64               `json:"count" db:"count" example:"3"`        // How often. 0 for a remembered name (kind `as_listed`) whose listing is gone or not visible.
	LastEvent *text.RoundTableRef `json:"last_event" db:"last_event"`          // The latest round table that lists it. Null if `count` is 0.
	Total     int64               `json:"-" db:"total"`
	Added     text.Added          `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	ListedSpelling

// The listings of records with the ids @ids: the names as listed and the round tables.
const (
	listingsOfPerson       = `SELECT a.name_as_listed AS text, a.round_table_id FROM attendees a WHERE a.person_id = ANY(@ids) AND a.name_as_listed IS NOT NULL`
	listingsOfOrganization = `SELECT o.name_as_listed AS text, o.round_table_id FROM organizers o
			WHERE o.organization_id = ANY(@ids) AND o.name_as_listed IS NOT NULL
		UNION ALL SELECT a.name_as_listed, a.round_table_id FROM attendees a WHERE a.organization_id = ANY(@ids) AND a.name_as_listed IS NOT NULL
		UNION ALL SELECT f.organization_as_listed, f.round_table_id FROM attendee_affiliations f
			WHERE f.organization_id = ANY(@ids) AND f.organization_as_listed IS NOT NULL`
)

// SpellingsOfPerson returns at most limit forms under which a person was listed, the most frequent first, and how many there are. The
// public sees only those of published round tables. It returns apperr.NotFound if the actor may not see the person.
func SpellingsOfPerson(ctx context.Context, tx pgx.Tx, id int64, limit int) ([]Spelling, int64, error) {
	if _, err := person.Get(ctx, tx, id); err != nil {
		return nil, 0, err
	}
	return spellingsOf(ctx, tx, person.Table, listingsOfPerson, []int64{id}, limit)
}

// SpellingsOfOrganization is SpellingsOfPerson for an organization: as an organizer, as an attendee, and in positions of attendees.
func SpellingsOfOrganization(ctx context.Context, tx pgx.Tx, id int64, limit int) ([]Spelling, int64, error) {
	if _, err := organization.Get(ctx, tx, id); err != nil {
		return nil, 0, err
	}
	return spellingsOf(ctx, tx, organization.Table, listingsOfOrganization, []int64{id}, limit)
}

func spellingsOf(ctx context.Context, tx pgx.Tx, table, listings string, ids []int64, limit int) ([]Spelling, int64, error) {
	list, err := pg.All[Spelling](ctx, tx, `
		WITH listed AS (
			SELECT l.text, r.id, r.starts_key FROM (`+listings+`) l
			JOIN round_tables r ON r.id = l.round_table_id`+published(actor.From(ctx).SeesOnlyPublished())+`
			UNION ALL SELECT n ->> 'text', NULL, NULL FROM `+table+` t, jsonb_array_elements(t.other_names) n
			WHERE t.id = ANY(@ids) AND n ->> 'kind' = 'as_listed'),
		counted AS (SELECT g.text, count(g.id) AS count,
			(array_agg(g.id ORDER BY g.starts_key DESC NULLS LAST, g.id DESC NULLS LAST))[1] AS last FROM listed g GROUP BY g.text)
		SELECT c.text, c.count, `+reference.RoundTable("e")+` AS last_event, count(*) OVER () AS total
		FROM counted c LEFT JOIN round_tables e ON e.id = c.last
		ORDER BY c.count DESC, e.starts_key DESC NULLS LAST, c.text COLLATE "C" LIMIT @limit`, pg.Args{"ids": ids, "limit": limit})
	if err != nil || len(list) == 0 {
		return []Spelling{}, 0, err
	}
	return list, list[0].Total, nil
}
