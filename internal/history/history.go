// Package history restores the content that records had, from the change log. It writes what a snapshot function of the
// schema has read: the columns of a record and its parts. It is not for reading histories (see changes).
package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Kind is how the records of one type are written back.
type Kind struct {
	Type    string // in the change log and in paths
	Table   string
	Parts   []Part                                               // lists of a record that have tables of their own
	Relearn func(ctx context.Context, tx pgx.Tx, id int64) error // rebuilds what depends on the record, such as its name index; nil: nothing does

	// Guard returns an error if the actor may not give a record that has the snapshot was the content of the snapshot is, for
	// example without the scope for a field. A snapshot is nil if there is no record. A nil Guard allows everything.
	Guard func(ctx context.Context, was, is json.RawMessage) error
}

// Part is a list that belongs to a record and has a table of its own.
type Part struct {
	path  string // in the snapshot, "mentions,person_ids"
	table string
	owner string // the column that names the record
	from  string // SELECT of the columns after the owner, from the list @list
	into  string // those columns
}

// References is a part that lists ids in one column.
func References(path, table, owner, column string) Part {
	return Part{path: path, table: table, owner: owner, into: column + ", position", from: "e.value::bigint, e.position"}
}

// Values is a part that lists texts in one column.
func Values(path, table, owner, column string) Part {
	return Part{path: path, table: table, owner: owner, into: column + ", position", from: "e.value #>> '{}', e.position"}
}

// Objects is a part that lists objects. columns are those of its table besides the owner and the position, with their
// types ("title jsonb"); the members of the objects have their names.
func Objects(path, table, owner string, columns ...string) Part {
	p := Part{path: path, table: table, owner: owner}
	for _, c := range columns {
		name, columnType, _ := strings.Cut(c, " ")
		value := "e.value ->> '" + name + "'"
		if columnType == "jsonb" {
			value = "nullif(e.value -> '" + name + "', 'null')"
		}
		p.into += name + ", "
		p.from += "(" + value + ")::" + columnType + ", "
	}
	p.into += "position"
	p.from += "e.position"
	return p
}

// Kinds are all kinds of records, each after those that it refers to.
type Kinds []Kind

// Of returns the kind of a type, false if there is none.
func (all Kinds) Of(recordType string) (Kind, bool) {
	i := all.Index(recordType)
	if i < 0 {
		return Kind{}, false
	}
	return all[i], true
}

// Index returns the position of a type in the order of references, -1 if there is none.
func (all Kinds) Index(recordType string) int {
	return slices.IndexFunc(all, func(k Kind) bool { return k.Type == recordType })
}

// Put gives a record the content of a snapshot. A deleted record comes back with its id and its next version. Content
// that the record already has changes nothing, the version included. What the schema rejects is the error that the
// resource would return: a reference to a deleted record, a value that another record has. Put returns the error of Guard.
func (k Kind) Put(ctx context.Context, tx pgx.Tx, id int64, snapshot []byte) error {
	if err := k.guard(ctx, tx, id, snapshot); err != nil {
		return err
	}
	columns, err := k.columns(ctx, tx, snapshot)
	if err != nil {
		return err
	}
	args := pg.Args{"id": id, "snapshot": snapshot}
	sql := fmt.Sprintf("UPDATE %[1]s SET (%[2]s) = (SELECT %[2]s FROM jsonb_populate_record(NULL::%[1]s, @snapshot)) WHERE id = @id", k.Table, columns)
	done, err := tx.Exec(ctx, sql, args)
	if err != nil {
		return pg.Error(err)
	}
	if done.RowsAffected() == 0 { // it was deleted, or there is nothing to change
		args["type"] = k.Type
		err = pg.Exec(ctx, tx, fmt.Sprintf(`
			INSERT INTO %[1]s (id, version, %[2]s)
			SELECT @id, (SELECT version + 1 FROM changes WHERE type = @type AND id = @id AND is_head), %[2]s FROM jsonb_populate_record(NULL::%[1]s, @snapshot)
			WHERE NOT EXISTS (SELECT FROM %[1]s WHERE id = @id)`, k.Table, columns), args)
		if err != nil {
			return err
		}
	}
	for _, p := range k.Parts {
		if err := k.putPart(ctx, tx, p, id, snapshot); err != nil {
			return err
		}
	}
	if k.Relearn == nil {
		return nil
	}
	return k.Relearn(ctx, tx, id)
}

// Delete deletes a record. It returns the errors of changes.Delete, else that of Guard.
func (k Kind) Delete(ctx context.Context, tx pgx.Tx, id int64) error {
	guarded := k.guard(ctx, tx, id, nil)
	if err := changes.Delete(ctx, tx, k.Table, id); err != nil {
		return err
	}
	return guarded
}

// guard runs Guard on the current content of a record and the next one.
func (k Kind) guard(ctx context.Context, tx pgx.Tx, id int64, is json.RawMessage) error {
	if k.Guard == nil {
		return nil
	}
	was, err := pg.Value[json.RawMessage](ctx, tx, "SELECT "+k.Table+"_snapshot(@id)", pg.Args{"id": id})
	if err != nil {
		return err
	}
	return k.Guard(ctx, was, is)
}

// columns returns the columns of the table that the snapshot has and that can be written.
func (k Kind) columns(ctx context.Context, tx pgx.Tx, snapshot []byte) (columns string, err error) {
	err = tx.QueryRow(ctx, `
		SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = @table::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND @snapshot::jsonb ? attname
			AND attname NOT IN ('id', 'version', 'updated_at', 'xact')`, pg.Args{"table": k.Table, "snapshot": snapshot}).Scan(&columns)
	return columns, pg.Error(err)
}

// putPart replaces a list of a record, unless it is equal.
func (k Kind) putPart(ctx context.Context, tx pgx.Tx, p Part, id int64, snapshot []byte) error {
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

// Since is a record and its last change.
type Since struct {
	Type  string    `json:"type"`
	ID    int64     `json:"id"`
	Op    string    `json:"op"`
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
}

// Touched is a record that a write changed, with its state before and since.
type Touched struct {
	Since
	Before json.RawMessage // its content before the write, nil if it did not exist
	Same   bool            // whether it still has the content that the write gave it
}

// TouchedBetween returns the records that a range of the change log changed, and locks them until the end of the
// transaction. Records of the type without are left out.
func (all Kinds) TouchedBetween(ctx context.Context, tx pgx.Tx, first, last int64, without string) ([]Touched, error) {
	seqs, err := pg.Column[int64](ctx, tx, "SELECT seq FROM changes WHERE seq BETWEEN @first AND @last AND type <> @without",
		pg.Args{"first": first, "last": last, "without": without})
	if err != nil {
		return nil, err
	}
	return all.TouchedBy(ctx, tx, seqs)
}

// TouchedBy is TouchedBetween for entries of the log, by their numbers.
func (all Kinds) TouchedBy(ctx context.Context, tx pgx.Tx, seqs []int64) ([]Touched, error) {
	for _, kind := range all {
		err := pg.Exec(ctx, tx, "SELECT FROM "+kind.Table+` r WHERE r.id IN (SELECT c.id FROM changes c
			WHERE c.seq = ANY(@seqs) AND c.type = @type) ORDER BY r.id FOR UPDATE OF r`, pg.Args{"seqs": pg.OrEmpty(seqs), "type": kind.Type})
		if err != nil {
			return nil, err
		}
	}
	return pg.All[Touched](ctx, tx, `
		SELECT c.type, c.id, c.before, head.after IS NOT DISTINCT FROM c.after AS same, head.op, head.actor, head.at
		FROM changes c JOIN changes head ON head.type = c.type AND head.id = c.id AND head.is_head
		WHERE c.seq = ANY(@seqs) AND c.op <> 'visibility' ORDER BY c.seq`, pg.Args{"seqs": pg.OrEmpty(seqs)})
}

// Unchanged returns apperr.Conflict with code changed_since if records have changed since the write; its member
// changed_since lists them.
func Unchanged(list []Touched) error {
	var since []Since
	for _, t := range list {
		if !t.Same {
			since = append(since, t.Since)
		}
	}
	if len(since) == 0 {
		return nil
	}
	e := apperr.New(apperr.Conflict, "changed_since")
	e.Extra = map[string]any{"changed_since": since}
	return e
}

// PutBack gives a record its content from before the write, or deletes it if it had none. It returns apperr.Conflict with
// code cannot_come_back if the old content refers to a deleted record or has a value that another record has now, and with
// code in_use if other records refer to a record that is to be deleted. It returns the error of Guard.
func (all Kinds) PutBack(ctx context.Context, tx pgx.Tx, t Touched) error {
	kind, ok := all.Of(t.Type)
	if !ok {
		return fmt.Errorf("%s %d cannot be written back", t.Type, t.ID)
	}
	if t.Before == nil {
		return kind.Delete(ctx, tx, t.ID)
	}
	err := kind.Put(ctx, tx, t.ID, t.Before)
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Invalid && e.Kind != apperr.Conflict {
		return err
	}
	args := apperr.Args{"type": t.Type, "id": strconv.FormatInt(t.ID, 10)}
	return &apperr.Error{Kind: apperr.Conflict, Code: "cannot_come_back", Args: args, Fields: e.Fields, Err: err}
}
