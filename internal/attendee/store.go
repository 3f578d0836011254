package attendee

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of attendees, Type their record type in the change log.
const (
	Table = "attendees"
	Type  = "attendees"
)

// sourceFor returns how the actor reads attendees.
var sourceFor = actor.PerView(newSource)

// newSource returns how attendees are read. The public sees only those of published round tables, and nothing that
// names restricted people.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Table: "attendees a",
		Joins: "LEFT JOIN round_tables r ON r.id = a.round_table_id", // PostgreSQL drops an outer join that nothing uses
		Shown: `LEFT JOIN people p ON p.id = a.person_id` + reference.Shown("p", public) + ` LEFT JOIN organizations g ON g.id = a.organization_id
			LEFT JOIN people bp ON bp.id = a.on_behalf_of_person_id` + reference.Shown("bp", public) + `
			LEFT JOIN organizations bg ON bg.id = a.on_behalf_of_organization_id`,
		ID: "a.id",
		Sorts: map[string]paging.Column{
			"position":   {SQL: "a.position", Type: "integer"},
			"starts_on":  {SQL: "a.starts_key", Type: "integer", Date: true},
			"updated_at": {SQL: "a.updated_at", Type: "timestamptz"},
		},
		Default: "-starts_on",
		Within:  "position",
	}
	s.Dimensions, s.Metrics = dimensions(public)
	name := "a.name_as_listed"
	if public {
		s.Visible = "r.publication = 'published'"
		name = "CASE WHEN a.person_id IS NULL OR p.id IS NOT NULL THEN a.name_as_listed END AS name_as_listed"
	}
	s.Columns = changes.Columns("a") + `, a.round_table_id, p.id AS person_id, a.organization_id, ` + name + `,
		a.description, a.group_size, a.attendance, a.position,
		ARRAY(SELECT h.role FROM attendee_roles h WHERE h.attendee_id = a.id ORDER BY h.position) AS roles,
		` + reference.RoundTable("r") + ` AS round_table,
		CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.name) END AS person,
		CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END AS organization,
		(SELECT coalesce(json_agg(json_build_object('organization_id', f.organization_id, 'organization_as_listed', f.organization_as_listed, 'title', f.title,
			'organization', CASE WHEN o.id IS NOT NULL THEN json_build_object('id', o.id, 'name', o.name) END) ORDER BY f.position), '[]')
		 FROM attendee_affiliations f LEFT JOIN organizations o ON o.id = f.organization_id WHERE f.attendee_id = a.id) AS affiliations,
		CASE WHEN bp.id IS NOT NULL OR bg.id IS NOT NULL THEN json_build_object('person_id', bp.id, 'organization_id', bg.id,
			'person', CASE WHEN bp.id IS NOT NULL THEN json_build_object('id', bp.id, 'name', bp.name) END,
			'organization', CASE WHEN bg.id IS NOT NULL THEN json_build_object('id', bg.id, 'name', bg.name) END) END AS on_behalf_of`
	return s
}

// dimensions returns what aggregates of attendees group them by, and what they count.
func dimensions(public bool) (map[string]paging.Dimension, map[string]paging.Values) {
	const event = "a.round_table_id"
	person, organizations := paging.Values{SQL: reference.Unrestricted("a.person_id", public)}, reference.AttendeeOrganizations("a.id")
	d := reference.EventDimensions(event, "a.starts_key", public)
	d["person"] = paging.Dimension{Values: person, Named: reference.NamedPeople}
	d["organization"] = paging.Dimension{Values: organizations, Named: reference.NamedOrganizations}
	d["organization_kind"] = paging.Dimension{Vocabulary: "organization_kind", Values: paging.Values{
		Pairs: "SELECT l.attendee_id, g.kind FROM " + reference.OrganizationLinks + " JOIN organizations g ON g.id = l.organization_id",
	}}
	d["role"] = paging.Dimension{Values: paging.Values{Pairs: "SELECT attendee_id, role FROM attendee_roles", Once: true}, Named: reference.NamedRoles}
	d["attendance"] = paging.Dimension{Values: paging.Values{SQL: "a.attendance"}, Vocabulary: "attendance"}
	return d, map[string]paging.Values{
		"round_tables":  {SQL: event},
		"people":        person,
		"organizations": organizations,
		"topics":        reference.EventTopics(event),
		"statements":    {Pairs: "SELECT attendee_id, id FROM statements", Once: true},
		"recommendations": {Pairs: "SELECT s.attendee_id, x.id FROM recommendations x JOIN statements s ON s.id = x.statement_id",
			Once: true},
	}
}

// List returns a page of attendees.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Attendee], error) {
	return paging.Query[Attendee](ctx, db, sourceFor(ctx), f.where(actor.From(ctx).SeesOnlyPublished()), f.Params)
}

// where turns the filter into predicates. For the public, restricted people do not match.
func (f Filter) where(public bool) (w pg.Where) {
	pg.In(&w, "a.id", "id", f.ID)
	pg.In(&w, "a.round_table_id", "round_table", f.RoundTable)
	paging.Starts(&w, "a.starts_key", f.StartsFrom, f.StartsTo)
	reference.AddPeople(&w, "a.person_id", "person", f.Person, public)
	pg.Through(&w, pg.Link{Table: reference.OrganizationLinks, Parent: "attendee_id"}, "l.organization_id", "organization", f.Organization)
	f.OrganizationTreeFilter.Through(&w, pg.Link{Table: reference.OrganizationLinks, Parent: "attendee_id"}, "l.organization_id")
	pg.Through(&w, pg.Link{Table: "attendee_roles l", Parent: "attendee_id"}, "l.role", "role", f.Role)
	pg.In(&w, "a.attendance", "attendance", f.Attendance)
	if f.Speaks != nil {
		speaks := `(EXISTS (SELECT FROM statements s WHERE s.attendee_id = a.id)
			OR EXISTS (SELECT FROM attendee_roles h WHERE h.attendee_id = a.id AND h.role = ANY (ARRAY(SELECT k.code FROM roles k WHERE k.speaks))))`
		if !*f.Speaks {
			speaks = "NOT " + speaks
		}
		w.Vary(speaks)
	}
	if f.Resolved != nil {
		const unresolved = "a.person_id IS NULL AND a.organization_id IS NULL AND a.description IS NULL"
		if *f.Resolved {
			w.Add("NOT (" + unresolved + ")")
		} else {
			w.Add(unresolved)
		}
	}
	pg.Together(&w, "a.id", pg.Link{Table: reference.OrganizationLinks, Parent: "attendee_id"}, "l.organization_id", "organization", f.AllOrganizations)
	pg.Together(&w, "a.id", pg.Link{Table: "attendee_roles l", Parent: "attendee_id"}, "l.role", "role", f.AllRoles)
	pg.Through(&w, organizationKinds, "l.kind", "organization_kind", f.OrganizationKind)
	pg.Together(&w, "a.id", organizationKinds, "l.kind", "organization_kind", f.AllOrganizationKinds)
	const event = "a.round_table_id"
	f.EventFilter.Add(&w, event, "a.starts_key", public)
	f.EventStatusFilter.Add(&w, event)
	f.EventTopicFilter.Add(&w, event)
	f.EventLanguageFilter.Add(&w, event)
	return w
}

// organizationKinds is a link table of attendees and the kinds of their organizations.
var organizationKinds = pg.Link{
	Table: "(SELECT k.attendee_id, k.starts_key, g.kind FROM " + strings.TrimSuffix(reference.OrganizationLinks, " l") +
		" k JOIN organizations g ON g.id = k.organization_id) l",
	Parent: "attendee_id",
}

// ListWithin returns a page of the attendees of one round table, in the order of the source. It does not
// check that the round table exists.
func ListWithin(ctx context.Context, db pg.DB, roundTable int64, f Within) (paging.Page[Attendee], error) {
	if f.Sort == "" {
		f.Sort = "position"
	}
	return List(ctx, db, Filter{Within: f, RoundTable: []int64{roundTable}})
}

// Get returns one attendee. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Attendee, error) {
	return changes.Get[Attendee](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates an attendee. Without a position it becomes the last one of its round table. An unknown round table,
// person, organization or role is apperr.Invalid. A person or an organization that already attends is
// apperr.Conflict.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.Create(ctx, tx, Table, in, Insert)
}

// Insert queues the statements of Create.
func Insert(b *pgx.Batch, id int64, in Input, fields *[]apperr.Field) {
	in.complete()
	args := in.args()
	args["id"] = id
	b.Queue(`
		INSERT INTO attendees (id, round_table_id, person_id, organization_id, name_as_listed, description, group_size, on_behalf_of_person_id,
			on_behalf_of_organization_id, attendance, position)
		VALUES (@id, @round_table_id, @person_id, @organization_id, @name_as_listed, @description, @group_size, @on_behalf_of_person_id,
			@on_behalf_of_organization_id, @attendance,
			coalesce(@position, (SELECT least(coalesce(max(a.position), 0) + 1, 100000) FROM attendees a WHERE a.round_table_id = @round_table_id)))`, args)
	addParts(b, id, in.Roles, in.Affiliations, fields)
}

// Update replaces the content of old, with the errors of Create. Another round table is apperr.Invalid. Without a
// position it keeps its own. Content that is already stored changes nothing, not even the version.
func Update(ctx context.Context, tx pgx.Tx, old Attendee, in Input) error {
	in.complete()
	if err := input.Keeps(old.Input, in); err != nil {
		return err
	}
	args := in.args()
	delete(args, "round_table_id")
	args["id"] = old.ID
	err := pg.Exec(ctx, tx, `
		UPDATE attendees SET person_id = @person_id, organization_id = @organization_id, name_as_listed = @name_as_listed, description = @description,
			group_size = @group_size, on_behalf_of_person_id = @on_behalf_of_person_id, on_behalf_of_organization_id = @on_behalf_of_organization_id,
			attendance = @attendance, position = coalesce(@position, position) WHERE id = @id`, args)
	if err != nil {
		return err
	}
	return replaceParts(ctx, tx, old.ID, old.Input, in)
}

// Resolve links an attendee to a person or an organization, with the errors of Update. An attendee that is already
// linked, or is a group, is apperr.Conflict.
func Resolve(ctx context.Context, tx pgx.Tx, id int64, person, organization *int64) error {
	a, err := Get(ctx, tx, id)
	if err != nil {
		return err
	}
	if a.PersonID != nil || a.OrganizationID != nil || a.Description != nil {
		return apperr.New(apperr.Conflict, "already_resolved")
	}
	in := a.Input
	in.PersonID, in.OrganizationID = person, organization
	return Update(ctx, tx, a, in)
}

func (in Input) args() pg.Args {
	behalf := OnBehalfOf{}
	if in.OnBehalfOf != nil {
		behalf = *in.OnBehalfOf
	}
	return pg.Args{
		"round_table_id": in.RoundTableID, "person_id": in.PersonID, "organization_id": in.OrganizationID, "name_as_listed": in.NameAsListed,
		"description": in.Description, "group_size": in.GroupSize, "on_behalf_of_person_id": behalf.PersonID,
		"on_behalf_of_organization_id": behalf.OrganizationID, "attendance": in.Attendance, "position": in.Position,
	}
}

// OfRoundTables returns up to per attendees of each round table, in the order of the source.
func OfRoundTables(ctx context.Context, db pg.DB, roundTables []int64, per int) ([]Attendee, error) {
	return paging.Each[Attendee](ctx, db, sourceFor(ctx), "c.round_table_id", "c.position, c.id", roundTables, per)
}

// OfPeople returns up to per attendees of each person, those of the latest round tables first.
func OfPeople(ctx context.Context, db pg.DB, people []int64, per int) ([]Attendee, error) {
	return paging.Each[Attendee](ctx, db, sourceFor(ctx), "c.person_id", "c.starts_key DESC, c.id DESC", people, per)
}

// replaceParts replaces the roles and positions of an attendee where they differ.
func replaceParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	var parts pgx.Batch
	var fields []apperr.Field
	roles, affiliations := in.Roles, in.Affiliations
	if slices.Equal(old.Roles, roles) {
		roles = nil
	} else {
		parts.Queue("DELETE FROM attendee_roles WHERE attendee_id = $1", id)
	}
	if len(old.Affiliations) == len(affiliations) && (len(affiliations) == 0 || reflect.DeepEqual(old.Affiliations, affiliations)) {
		affiliations = nil
	} else {
		parts.Queue("DELETE FROM attendee_affiliations WHERE attendee_id = $1", id)
	}
	addParts(&parts, id, roles, affiliations, &fields)
	if err := pg.Send(ctx, tx, "replace the parts of an attendee", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}

// numbered is a position as it is inserted.
type numbered struct {
	Affiliation
	Position int `json:"position"`
}

// addParts queues the statements that add roles and positions to an attendee. They insert only references that exist and
// add all others to fields, each by its index.
func addParts(parts *pgx.Batch, id int64, roles []string, affiliations []Affiliation, fields *[]apperr.Field) {
	if len(roles) > 0 {
		parts.Queue(`
			WITH named AS (SELECT g.position, `+reference.RoleNamed("g.name")+` AS role FROM unnest(@roles::text[]) WITH ORDINALITY g(name, position)),
			added AS (
				INSERT INTO attendee_roles (attendee_id, role, position)
				SELECT @id::bigint, n.role, min(n.position) FROM named n WHERE n.role IS NOT NULL GROUP BY n.role
			)
			SELECT position FROM named WHERE role IS NOT NULL`, pg.Args{"id": id, "roles": roles}).Query(func(rows pgx.Rows) error {
			known, err := pgx.CollectRows(rows, pgx.RowTo[int])
			for i, role := range roles {
				if !slices.Contains(known, i+1) {
					*fields = append(*fields, apperr.At("/roles/"+strconv.Itoa(i), "unknown_role", "value", role))
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
					*fields = append(*fields, apperr.At("/affiliations/"+strconv.Itoa(i)+"/organization_id", "unknown_reference"))
				}
			}
			return err
		})
	}
}
