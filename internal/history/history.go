// Package history gives records the content that they had, as the log of changes keeps it. It writes what a snapshot function of
// the schema has read: the columns of the record, and its parts.
package history

import (
	"context"
	"fmt"
	"strings"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
)

// Kind is how the records of one type of the log are written back.
type Kind struct {
	Type  string // in the log
	Table string

	parts   []part
	relearn func(ctx context.Context, tx pgx.Tx, id int64) error // keeps the spellings anew
}

// part is a list that belongs to a record and is kept in a table of its own.
type part struct {
	path  string // in the snapshot, "mentions,person_ids"
	table string
	owner string // the column that names the record
	from  string // SELECT of the columns that follow the owner, from the list @list
	into  string // those columns
}

// Kinds are all that can be written back. Each refers only to those before it and to itself.
var Kinds = []Kind{
	{Type: role.Type, Table: role.Table},
	{Type: topic.Type, Table: topic.Table},
	{Type: place.Type, Table: place.Table, relearn: place.Relearn},
	{Type: organization.Type, Table: organization.Table, relearn: organization.Relearn},
	{Type: person.Type, Table: person.Table, relearn: person.Relearn},
	{Type: person.ContactType, Table: person.ContactTable},
	{Type: affiliation.Type, Table: affiliation.Table},
	{Type: document.Type, Table: document.Table, parts: []part{references("author_ids", "document_authors", "document_id", "person_id")}},
	{Type: roundtable.Type, Table: roundtable.Table, parts: []part{
		references("topic_ids", "round_table_topics", "round_table_id", "topic_id"),
		objects("document_links", "document_links", "round_table_id", "document_id bigint", "relation text"),
	}},
	{Type: organizer.Type, Table: organizer.Table},
	{Type: attendee.Type, Table: attendee.Table, parts: []part{
		{path: "roles", table: "attendee_roles", owner: "attendee_id", into: "role, position", from: "e.value #>> '{}', e.position"},
		objects("affiliations", "attendee_affiliations", "attendee_id", "organization_id bigint", "organization_as_listed text", "title jsonb"),
	}},
	{Type: statement.Type, Table: statement.Table, parts: []part{
		objects("texts", "statement_texts", "statement_id", "lang text", "text text", "original boolean", "translator text"),
		references("topic_ids", "statement_topics", "statement_id", "topic_id"),
		references("mentions,person_ids", "statement_people", "statement_id", "person_id"),
		references("mentions,organization_ids", "statement_organizations", "statement_id", "organization_id"),
		references("mentions,place_ids", "statement_places", "statement_id", "place_id"),
		references("mentions,document_ids", "statement_documents", "statement_id", "document_id"),
	}},
	{Type: recommendation.Type, Table: recommendation.Table},
	{Type: distinction.Type, Table: distinction.Table},
}

// references is a part that lists ids.
func references(path, table, owner, column string) part {
	return part{path: path, table: table, owner: owner, into: column + ", position", from: "e.value::bigint, e.position"}
}

// objects is a part that lists objects. columns are those of its table beside the owner and the position, with their types; the
// members of the objects have their names.
func objects(path, table, owner string, columns ...string) part {
	p := part{path: path, table: table, owner: owner}
	for _, c := range columns {
		name, kind, _ := strings.Cut(c, " ")
		value := "e.value ->> '" + name + "'"
		if kind == "jsonb" {
			value = "nullif(e.value -> '" + name + "', 'null')"
		}
		p.into += name + ", "
		p.from += "(" + value + ")::" + kind + ", "
	}
	p.into += "position"
	p.from += "e.position"
	return p
}

// KindOf gives the kind of a type of the log.
func KindOf(logged string) (Kind, bool) {
	for _, k := range Kinds {
		if k.Type == logged {
			return k, true
		}
	}
	return Kind{}, false
}

// Put gives a record the content of a snapshot: the one that is there, or one that was deleted, which comes back with its id and
// its next version. Content that the record has already changes nothing, the version included. What the schema refuses by now is the error of the
// resource (a reference to a record that is gone, a value that another has).
func (k Kind) Put(ctx context.Context, tx pgx.Tx, id int64, snapshot []byte) error {
	columns, err := k.columns(ctx, tx, snapshot)
	if err != nil {
		return err
	}
	args := pg.Args{"id": id, "snapshot": snapshot}
	done, err := tx.Exec(ctx, fmt.Sprintf("UPDATE %[1]s SET (%[2]s) = (SELECT %[2]s FROM jsonb_populate_record(NULL::%[1]s, @snapshot)) WHERE id = @id", k.Table, columns), args)
	if err != nil {
		return pg.Error(err)
	}
	if done.RowsAffected() == 0 { // or there is nothing to change
		args["type"] = k.Type
		err = pg.Exec(ctx, tx, fmt.Sprintf(`
			INSERT INTO %[1]s (id, version, %[2]s)
			SELECT @id, (SELECT version + 1 FROM changes WHERE type = @type AND id = @id AND is_head), %[2]s FROM jsonb_populate_record(NULL::%[1]s, @snapshot)
			WHERE NOT EXISTS (SELECT FROM %[1]s WHERE id = @id)`, k.Table, columns), args)
		if err != nil {
			return err
		}
	}
	for _, p := range k.parts {
		if err := k.putPart(ctx, tx, p, id, snapshot); err != nil {
			return err
		}
	}
	if k.relearn == nil {
		return nil
	}
	return k.relearn(ctx, tx, id)
}

// columns are those of the table that the snapshot has and that can be written.
func (k Kind) columns(ctx context.Context, tx pgx.Tx, snapshot []byte) (columns string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = @table::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND @snapshot::jsonb ? attname
			AND attname NOT IN ('id', 'version', 'updated_at', 'xact')`, pg.Args{"table": k.Table, "snapshot": snapshot}).Scan(&columns)
	return columns, pg.Error(err)
}

// putPart replaces a list of a record, unless it is the same.
func (k Kind) putPart(ctx context.Context, tx pgx.Tx, p part, id int64, snapshot []byte) error {
	var list []byte
	var same bool
	err := tx.QueryRow(ctx, fmt.Sprintf("SELECT s.list, s.list = %s_snapshot(@id) #> @path FROM (SELECT @snapshot::jsonb #> @path AS list) s", k.Table),
		pg.Args{"id": id, "snapshot": snapshot, "path": strings.Split(p.path, ",")}).Scan(&list, &same)
	if err != nil || same {
		return pg.Error(err)
	}
	if err := pg.Exec(ctx, tx, "DELETE FROM "+p.table+" WHERE "+p.owner+" = @id", pg.Args{"id": id}); err != nil {
		return err
	}
	return pg.Exec(ctx, tx, "INSERT INTO "+p.table+" ("+p.owner+", "+p.into+") SELECT @id, "+p.from+
		" FROM jsonb_array_elements(@list::jsonb) WITH ORDINALITY e(value, position)", pg.Args{"id": id, "list": list})
}
