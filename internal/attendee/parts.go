package attendee

import (
	"context"
	"reflect"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// replaceParts replaces the roles and positions of an attendee where they differ.
func replaceParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	var deletes pgx.Batch
	roles, affiliations := in.Roles, in.Affiliations
	if slices.Equal(old.Roles, roles) {
		roles = nil
	} else {
		deletes.Queue("DELETE FROM attendee_roles WHERE attendee_id = $1", id)
	}
	if len(old.Affiliations) == len(affiliations) && (len(affiliations) == 0 || reflect.DeepEqual(old.Affiliations, affiliations)) {
		affiliations = nil
	} else {
		deletes.Queue("DELETE FROM attendee_affiliations WHERE attendee_id = $1", id)
	}
	if err := pg.Send(ctx, tx, "remove the parts of an attendee", &deletes); err != nil {
		return err
	}
	return addParts(ctx, tx, id, roles, affiliations)
}

// numbered is a position as it is inserted.
type numbered struct {
	Affiliation
	Position int `json:"position"`
}

// addParts adds roles and positions to an attendee in one round trip. It inserts only references that exist and
// reports all others together as apperr.Invalid, each by its index.
func addParts(ctx context.Context, tx pgx.Tx, id int64, roles []string, affiliations []Affiliation) error {
	var parts pgx.Batch
	var fields []apperr.Field
	if len(roles) > 0 {
		parts.Queue(`
			INSERT INTO attendee_roles (attendee_id, role, position)
			SELECT @id::bigint, g.role, g.position FROM unnest(@roles::text[]) WITH ORDINALITY g(role, position)
			WHERE EXISTS (SELECT FROM roles r WHERE r.code = g.role)
			RETURNING role`, pg.Args{"id": id, "roles": roles}).Query(func(rows pgx.Rows) error {
			known, err := pgx.CollectRows(rows, pgx.RowTo[string])
			for i, role := range roles {
				if !slices.Contains(known, role) {
					fields = append(fields, apperr.At("/roles/"+strconv.Itoa(i), "unknown_role", "value", role))
				}
			}
			return err
		})
	}
	if len(affiliations) > 0 {
		list := make([]numbered, len(affiliations))
		for i, f := range affiliations {
			list[i] = numbered{f, i + 1}
		}
		parts.Queue(`
			INSERT INTO attendee_affiliations (attendee_id, position, organization_id, organization_as_listed, title)
			SELECT @id::bigint, g.position, g.organization_id, g.organization_as_listed, g.title
			FROM jsonb_to_recordset(@list::jsonb) g(position integer, organization_id bigint, organization_as_listed text, title jsonb)
			WHERE g.organization_id IS NULL OR EXISTS (SELECT FROM organizations o WHERE o.id = g.organization_id)
			RETURNING position`, pg.Args{"id": id, "list": list}).Query(func(rows pgx.Rows) error {
			known, err := pgx.CollectRows(rows, pgx.RowTo[int])
			for i := range affiliations {
				if !slices.Contains(known, i+1) {
					fields = append(fields, apperr.At("/affiliations/"+strconv.Itoa(i)+"/organization_id", "unknown_reference"))
				}
			}
			return err
		})
	}
	if err := pg.Send(ctx, tx, "add the parts of an attendee", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}
