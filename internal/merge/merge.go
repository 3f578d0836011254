// Package merge merges duplicate records of a person or an organization into one, and undoes that.
package merge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Input names the record to merge into.
//
//	@Description	The record to merge into.
type Input struct {
	Into int64 `json:"into" validate:"required,gt=0" example:"2"` // The record that is kept. The other record is merged into it.
} //	@name	MergeInput

// Check returns no errors: the tags cover all rules.
func (*Input) Check() []apperr.Field { return nil }

// Outcome is the result of a merge or of its undo.
//
//	@Description	The result of a merge or of its undo.
type Outcome struct {
	Merge        Merge                      `json:"merge"`                  // The merge.
	Person       *person.Person             `json:"person,omitempty"`       // The person that was kept, or restored by the undo.
	Organization *organization.Organization `json:"organization,omitempty"` // The organization that was kept, or restored by the undo.
	Changed      []Count                    `json:"changed"`                // Number of changed records of each type.
	// Duplicates that were merged too, such as two attendances of the same round table. An undo restores them.
	Folded []Folded   `json:"folded"`
	Added  text.Added `json:",embed" swaggerignore:"true"`
} //	@name	MergeResult

// Count is the number of changed records of a type.
//
//	@Description	The number of changed records of a type.
type Count struct {
	Type  string `json:"type" db:"type" example:"attendees"` // The type of record, as in its path.
	Count int    `json:"count" db:"count" example:"3"`       // The number of records.
} //	@name	ChangedRecords

// Folded is a dependent record that was merged into another one.
//
//	@Description	A record that was merged into another one because both said the same.
type Folded struct {
	Type string `json:"type" db:"type" example:"attendees"` // The type of record, as in its path.
	ID   int64  `json:"id" db:"id" example:"41"`            // The record that was removed.
	Into int64  `json:"into" db:"into" example:"7"`         // The record that was kept.
} //	@name	MergedPart

// mergeable is what differs between merging people and merging organizations.
type mergeable struct {
	recordType, table string
	index             spelling.Index
	folds             []fold
	moves             []string // SQL statements that redirect references to the kept record
	combine           func(ctx context.Context, tx pgx.Tx, from, into int64) (apply func() error, err error)
}

// fold merges dependent records that both records have in equal form: row a belongs to the removed record, row b to the
// kept one.
type fold struct {
	recordType, table, owner string
	same                     string   // SQL condition under which a and b are duplicates
	combine                  []string // SQL statements that copy to b what only a has; @merge is the merge
}

// fromPairs is the FROM clause in which the statements of a fold find a and b.
func (f fold) fromPairs() string {
	return fmt.Sprintf("merged m JOIN %s a ON a.id = m.id WHERE m.merge_id = @merge AND m.type = '%s' AND b.id = m.into_id", f.table, f.recordType)
}

// statements returns the SQL statements of the fold, in order.
func (f fold) statements() []string {
	all := []string{fmt.Sprintf(`INSERT INTO merged (type, id, into_id, merge_id)
		SELECT '%s', a.id, b.id, @merge FROM %[2]s a JOIN %[2]s b ON %[3]s WHERE a.%[4]s = @from AND b.%[4]s = @into`,
		f.recordType, f.table, f.same, f.owner)}
	all = append(all, f.combine...)
	return append(all,
		fmt.Sprintf("DELETE FROM %s a USING merged m WHERE m.merge_id = @merge AND m.type = '%s' AND a.id = m.id", f.table, f.recordType),
		fmt.Sprintf("UPDATE %s SET %[2]s = @into WHERE %[2]s = @from", f.table, f.owner))
}

// People merges the person from into the person into: references move, and duplicate dependent records are folded.
// A missing from is the error of changes.Lock. A missing into, or into itself, is apperr.Invalid. Two people that are
// recorded as distinct, or have contradicting identifiers, are apperr.Conflict.
func People(ctx context.Context, tx pgx.Tx, from, into int64) (Outcome, error) {
	return people.merge(ctx, tx, from, into)
}

// Organizations is People for organizations. Child organizations move to the kept organization.
func Organizations(ctx context.Context, tx pgx.Tx, from, into int64) (Outcome, error) {
	return organizations.merge(ctx, tx, from, into)
}

func (s mergeable) merge(ctx context.Context, tx pgx.Tx, from, into int64) (Outcome, error) {
	if err := s.check(ctx, tx, from, into); err != nil {
		return Outcome{}, err
	}
	apply, err := s.combine(ctx, tx, from, into)
	if err != nil {
		return Outcome{}, err
	}
	before, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return Outcome{}, err
	}
	id, err := pg.ID(ctx, tx, fmt.Sprintf(`INSERT INTO merges (type, from_id, into_id, name)
		SELECT @type, id, @into, name FROM %s WHERE id = @from RETURNING id`, s.table),
		pg.Args{"type": s.recordType, "from": from, "into": into})
	if err != nil {
		return Outcome{}, err
	}
	for _, sql := range s.statements() {
		if err := pg.Exec(ctx, tx, sql, argsOf(sql, pg.Args{"merge": id, "from": from, "into": into, "type": s.recordType})); err != nil {
			return Outcome{}, err
		}
	}
	if err := apply(); err != nil { // after the deletion, because external identifiers are unique
		return Outcome{}, err
	}
	return finish(ctx, tx, id, before.Seq)
}

// statements returns the SQL statements that move everything to the kept record and delete the other one.
func (s mergeable) statements() (all []string) {
	all = append(all, "INSERT INTO merged (type, id, into_id, merge_id) VALUES (@type, @from, @into, @merge)")
	for _, f := range s.folds {
		all = append(all, f.statements()...)
	}
	all = append(all, s.moves...)
	all = append(all, moveDistinctions...)
	return append(all, "DELETE FROM "+s.table+" WHERE id = @from")
}

// argsOf returns the arguments that a statement uses.
func argsOf(sql string, all pg.Args) pg.Args {
	named := pg.Args{}
	for name, value := range all {
		if strings.Contains(sql, "@"+name) {
			named[name] = value
		}
	}
	return named
}

// check locks both records and returns an error if they cannot be merged.
func (s mergeable) check(ctx context.Context, tx pgx.Tx, from, into int64) error {
	if from == into {
		return apperr.Validation([]apperr.Field{apperr.At("/into", "same_record")})
	}
	first, second := min(from, into), max(from, into) // a fixed order, so that two merges cannot deadlock
	for _, id := range []int64{first, second} {
		_, err := changes.Lock(ctx, tx, s.table, s.recordType, id)
		switch {
		case err == nil:
		case id == from:
			return err
		default:
			return s.targetError(err)
		}
	}
	identifiers, err := s.index.ExternalIDs(ctx, tx, []int64{from, into})
	if err != nil {
		return err
	}
	if input.Contradict(identifiers[from], identifiers[into]) {
		return apperr.New(apperr.Conflict, "different_identifiers")
	}
	id, err := distinction.Between(ctx, tx, s.recordType, from, into)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	e := apperr.New(apperr.Conflict, "said_distinct")
	e.Extra = map[string]any{"distinction_id": id}
	return e
}

// targetError turns the error of locking the record to merge into into a field error.
func (s mergeable) targetError(err error) error {
	var e *apperr.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Kind == apperr.Merged:
		return apperr.Validation([]apperr.Field{apperr.At("/into", "merged_reference", "into", fmt.Sprint(e.Extra["into"]))})
	case e.Kind == apperr.NotFound || e.Kind == apperr.Gone:
		return apperr.Validation([]apperr.Field{apperr.At("/into", "unknown_reference")})
	}
	return err
}

// finish makes the triggers write the change log, records which of its entries belong to the merge, and returns the outcome.
func finish(ctx context.Context, tx pgx.Tx, id, before int64) (o Outcome, err error) {
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil {
		return o, err
	}
	if o.Changed, err = counts(ctx, tx, before); err != nil {
		return o, err
	}
	// The first entry locks the log, so the entries of this transaction are consecutive.
	err = pg.Exec(ctx, tx, `UPDATE merges
		SET (first_seq, last_seq) = (SELECT min(seq), max(seq) FROM changes WHERE seq > @before AND xact = pg_current_xact_id())
		WHERE id = @id`, pg.Args{"id": id, "before": before})
	if err != nil {
		return o, err
	}
	if o.Folded, err = folded(ctx, tx, id); err != nil {
		return o, err
	}
	if o.Merge, err = Get(ctx, tx, id); err != nil {
		return o, err
	}
	err = o.add(ctx, tx, o.Merge.IntoID)
	return o, err
}

// add reads the record that was kept or restored.
func (o *Outcome) add(ctx context.Context, tx pgx.Tx, id int64) error {
	if o.Merge.Type == person.Type {
		p, err := person.Get(ctx, tx, id)
		o.Person = &p
		return err
	}
	g, err := organization.Get(ctx, tx, id)
	o.Organization = &g
	return err
}

// counts returns how many records of each type this transaction has changed after a log entry, except the merge itself.
func counts(ctx context.Context, tx pgx.Tx, after int64) ([]Count, error) {
	return pg.All[Count](ctx, tx, `
		SELECT type, count(*) AS count FROM changes
		WHERE seq > @after AND xact = pg_current_xact_id() AND type <> @merges AND op <> 'visibility'
		GROUP BY type ORDER BY type`, pg.Args{"after": after, "merges": Type})
}

// folded returns the dependent records that a merge has folded.
func folded(ctx context.Context, tx pgx.Tx, id int64) ([]Folded, error) {
	return pg.All[Folded](ctx, tx, `SELECT f.type, f.id, f.into_id AS into FROM merged f JOIN merges m ON m.id = f.merge_id
		WHERE m.id = @id AND (f.type, f.id) <> (m.type, m.from_id) ORDER BY f.type, f.id`, pg.Args{"id": id})
}

// Table and Type are the table of merges and their record type in the change log.
const (
	Table = "merges"
	Type  = "merges"
)

// Merge is the record.
//
//	@Description	A merge of two records.
type Merge struct {
	changes.Record
	Type   string     `json:"type" db:"type" enums:"people,organizations" example:"people"` // The type of the merged records, as in their path.
	FromID int64      `json:"from_id" db:"from_id" example:"12"`                            // The record that was merged into the other one.
	From   text.Ref   `json:"from" db:"from"`                                               // A short form of that record, as it was.
	IntoID int64      `json:"into_id" db:"into_id" example:"2"`                             // The record that was kept.
	Into   *text.Ref  `json:"into" db:"into"`                                               // A short form of that record; null if it was deleted later.
	Undone bool       `json:"undone" db:"undone"`                                           // Whether the merge was undone.
	Actor  string     `json:"actor" db:"actor" example:"key:1"`                             // Who merged the records, or undid the merge.
	Added  text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Merge

// Filter narrows a list of merges.
type Filter struct {
	paging.Params
	ID           []int64 `query:"id" form:"id" validate:"max=200"`                     // Only records with these ids.
	Person       []int64 `query:"person" form:"person" validate:"max=200"`             // Only merges of these people, on either side.
	Organization []int64 `query:"organization" form:"organization" validate:"max=200"` // Only merges of these organizations, on either side.
	Undone       *bool   `query:"undone" form:"undone"`                                // Only merges that were undone (`true`), or that were not (`false`).
}

// Source is how merges are read.
var Source = paging.Source{
	Columns: changes.Columns("m") + `, m.type, m.from_id, json_build_object('id', m.from_id, 'name', m.name) AS "from", m.into_id,
		CASE WHEN coalesce(p.id, g.id) IS NOT NULL THEN json_build_object('id', m.into_id, 'name', coalesce(p.name, g.name)) END AS into, m.undone,
		coalesce((SELECT c.actor FROM changes c WHERE c.type = 'merges' AND c.id = m.id AND c.is_head), '') AS actor`,
	Table: "merges m",
	Joins: `LEFT JOIN people p ON m.type = 'people' AND p.id = m.into_id
		LEFT JOIN organizations g ON m.type = 'organizations' AND g.id = m.into_id`,
	ID:      "m.id",
	Sorts:   map[string]paging.Column{"updated_at": {SQL: "m.updated_at", Type: "timestamptz"}},
	Default: "-updated_at",
}

// List returns a page of merges.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Merge], error) {
	var w pg.Where
	pg.In(&w, "m.id", "id", f.ID)
	if len(f.Person) > 0 {
		w.Add("m.type = 'people' AND (m.from_id = ANY (@person) OR m.into_id = ANY (@person))", "person", f.Person)
	}
	if len(f.Organization) > 0 {
		w.Add("m.type = 'organizations' AND (m.from_id = ANY (@organization) OR m.into_id = ANY (@organization))", "organization", f.Organization)
	}
	if f.Undone != nil {
		w.Add("m.undone = @undone", "undone", *f.Undone)
	}
	return paging.Query[Merge](ctx, db, Source, w, f.Params)
}

// Get returns one merge, or apperr.NotFound.
func Get(ctx context.Context, db pg.DB, id int64) (Merge, error) {
	return changes.Get[Merge](ctx, db, Source, Type, id)
}
