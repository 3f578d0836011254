// Package merge makes two records of one person, or of one organization, one record, and takes that back.
package merge

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Input says what a record becomes part of.
//
//	@Description	Which record stays.
type Input struct {
	Into int64 `json:"into" validate:"required,gt=0" example:"2"` // The record that stays; the other one becomes part of it.
} //	@name	MergeInput

// Check gives the mistakes that no tag can say: none.
func (*Input) Check() []apperr.Field { return nil }

// Outcome is what a merge, or its undoing, has done.
//
//	@Description	What a merge, or its undoing, has done.
type Outcome struct {
	Merge        Merge                      `json:"merge"`                  // The merge.
	Person       *person.Person             `json:"person,omitempty"`       // The person as it is now: the one that stays, or the one that is back.
	Organization *organization.Organization `json:"organization,omitempty"` // Or the organization.
	Changed      []Count                    `json:"changed"`                // How many records of each type have changed.
	Folded       []Folded                   `json:"folded"`                 // The records that were in both, and became one: of two attendances of one round table, say. After an undoing they are back.
	Added        text.Added                 `json:",embed" swaggerignore:"true"`
} //	@name	MergeOutcome

// Count is how many records of a type have changed.
//
//	@Description	How many records of a type have changed.
type Count struct {
	Type  string `json:"type" db:"type" example:"attendees"` // As in the path.
	Count int    `json:"count" db:"count" example:"3"`       // How many.
} //	@name	TypeCount

// Folded is a record that became part of another one.
//
//	@Description	A record that became part of another one.
type Folded struct {
	Type string `json:"type" db:"type" example:"attendees"` // As in the path.
	ID   int64  `json:"id" db:"id" example:"41"`            // The record that was folded.
	Into int64  `json:"into" db:"into" example:"7"`         // The one that stays.
} //	@name	FoldedRecord

// subject is what people and organizations differ in.
type subject struct {
	kind, table string
	folds       []fold
	moves       []string // statements that let references name the record that stays
	unite       func(ctx context.Context, tx pgx.Tx, from, into int64) (apply func() error, err error)
}

// fold is a resource of which both records can have one that says the same: a is what belongs to the record that goes, b to the one
// that stays.
type fold struct {
	kind, table, owner string
	same               string   // when a and b say the same
	unite              []string // statements that let b have what only a has; @merge names the merge, merged m the pairs
}

// pairs is how the statements of a fold find a and b.
func (f fold) pairs() string {
	return fmt.Sprintf("merged m JOIN %s a ON a.id = m.id WHERE m.merge_id = @merge AND m.type = '%s' AND b.id = m.into_id", f.table, f.kind)
}

// statements are those of the fold, in their order.
func (f fold) statements() []string {
	all := []string{fmt.Sprintf("INSERT INTO merged (type, id, into_id, merge_id) SELECT '%s', a.id, b.id, @merge FROM %[2]s a JOIN %[2]s b ON %[3]s WHERE a.%[4]s = @from AND b.%[4]s = @into",
		f.kind, f.table, f.same, f.owner)}
	all = append(all, f.unite...)
	return append(all,
		fmt.Sprintf("DELETE FROM %s a USING merged m WHERE m.merge_id = @merge AND m.type = '%s' AND a.id = m.id", f.table, f.kind),
		fmt.Sprintf("UPDATE %s SET %[2]s = @into WHERE %[2]s = @from", f.table, f.owner))
}

// People makes one person part of another one. References move; what both have said of one round table becomes one. A person
// that is not there is the error of changes.Lock; into itself or into nobody is apperr.Invalid; two of whom it was said that they are not the same
// are apperr.Conflict.
func People(ctx context.Context, tx pgx.Tx, from, into int64) (Outcome, error) {
	o, err := people.merge(ctx, tx, from, into)
	if err != nil {
		return Outcome{}, err
	}
	p, err := person.Get(ctx, tx, into)
	o.Person = &p
	return o, err
}

// Organizations is People for organizations. Parts of the one become parts of the other.
func Organizations(ctx context.Context, tx pgx.Tx, from, into int64) (Outcome, error) {
	o, err := organizations.merge(ctx, tx, from, into)
	if err != nil {
		return Outcome{}, err
	}
	g, err := organization.Get(ctx, tx, into)
	o.Organization = &g
	return o, err
}

func (s subject) merge(ctx context.Context, tx pgx.Tx, from, into int64) (Outcome, error) {
	if err := s.check(ctx, tx, from, into); err != nil {
		return Outcome{}, err
	}
	apply, err := s.unite(ctx, tx, from, into)
	if err != nil {
		return Outcome{}, err
	}
	before, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return Outcome{}, err
	}
	id, err := pg.ID(ctx, tx, fmt.Sprintf("INSERT INTO merges (type, from_id, into_id, name) SELECT @type, id, @into, name FROM %s WHERE id = @from RETURNING id", s.table),
		pg.Args{"type": s.kind, "from": from, "into": into})
	if err != nil {
		return Outcome{}, err
	}
	for _, sql := range s.statements() {
		if err := pg.Exec(ctx, tx, sql, argsOf(sql, pg.Args{"merge": id, "from": from, "into": into, "type": s.kind})); err != nil {
			return Outcome{}, err
		}
	}
	if err := apply(); err != nil { // after the deletion: two records cannot have one identifier
		return Outcome{}, err
	}
	return conclude(ctx, tx, id, before.Seq)
}

// statements move everything to the record that stays and delete the other one.
func (s subject) statements() (all []string) {
	all = append(all, "INSERT INTO merged (type, id, into_id, merge_id) VALUES (@type, @from, @into, @merge)")
	for _, f := range s.folds {
		all = append(all, f.statements()...)
	}
	all = append(all, s.moves...)
	all = append(all, distinctions...)
	return append(all, "DELETE FROM "+s.table+" WHERE id = @from")
}

// argsOf are the arguments that a statement names.
func argsOf(sql string, all pg.Args) pg.Args {
	named := pg.Args{}
	for name, value := range all {
		if strings.Contains(sql, "@"+name) {
			named[name] = value
		}
	}
	return named
}

// check locks both records and finds out whether they can be merged.
func (s subject) check(ctx context.Context, tx pgx.Tx, from, into int64) error {
	if from == into {
		return apperr.Validation([]apperr.Field{apperr.At("/into", "same_record")})
	}
	first, second := min(from, into), max(from, into) // always in this order, so that two merges cannot wait for each other
	for _, id := range []int64{first, second} {
		_, err := changes.Lock(ctx, tx, s.table, s.kind, id)
		switch {
		case err == nil:
		case id == from:
			return err
		default:
			return s.noTarget(err)
		}
	}
	id, err := distinction.Between(ctx, tx, s.kind, from, into)
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

// noTarget words that the record to merge into cannot be had.
func (s subject) noTarget(err error) error {
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

// conclude lets the log be written, keeps which of its entries are the merge's, and tells what they are.
func conclude(ctx context.Context, tx pgx.Tx, id, before int64) (o Outcome, err error) {
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil {
		return o, err
	}
	if o.Changed, err = counts(ctx, tx, before); err != nil {
		return o, err
	}
	// The log is locked from its first entry on: those of this transaction stand together.
	err = pg.Exec(ctx, tx, `UPDATE merges SET (first_seq, last_seq) = (SELECT min(seq), max(seq) FROM changes WHERE seq > @before AND xact = pg_current_xact_id())
		WHERE id = @id`, pg.Args{"id": id, "before": before})
	if err != nil {
		return o, err
	}
	if o.Folded, err = folded(ctx, tx, id); err != nil {
		return o, err
	}
	o.Merge, err = Get(ctx, tx, id)
	return o, err
}

// counts tells what this transaction has written into the log after an entry, the merge itself apart.
func counts(ctx context.Context, tx pgx.Tx, after int64) ([]Count, error) {
	rows, err := tx.Query(ctx, `SELECT type, count(*) FROM changes WHERE seq > @after AND xact = pg_current_xact_id() AND type <> @merges AND op <> 'visibility'
		GROUP BY type ORDER BY type`, pg.Args{"after": after, "merges": Type})
	if err != nil {
		return nil, pg.Error(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Count])
	return all, pg.Error(err)
}

// folded are the records that became part of others in a merge, beside the merged one.
func folded(ctx context.Context, tx pgx.Tx, id int64) ([]Folded, error) {
	rows, err := tx.Query(ctx, `SELECT f.type, f.id, f.into_id AS into FROM merged f JOIN merges m ON m.id = f.merge_id
		WHERE m.id = @id AND (f.type, f.id) <> (m.type, m.from_id) ORDER BY f.type, f.id`, pg.Args{"id": id})
	if err != nil {
		return nil, pg.Error(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Folded])
	return all, pg.Error(err)
}
