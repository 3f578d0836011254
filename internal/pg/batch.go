package pg

import (
	"context"
	"fmt"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5"
)

// Insert queues the statements that create a record with an id. While they run, they add the errors that they find in the
// input to fields.
type Insert[I any] func(b *pgx.Batch, id int64, in I, fields *[]apperr.Field)

// Create creates one record and returns its id.
func Create[I any](ctx context.Context, db DB, table string, in I, insert Insert[I]) (int64, error) {
	ids, err := NextIDs(ctx, db, map[string]int{table: 1})
	if err != nil {
		return 0, err
	}
	var b Batch
	Add(&b, ids[table][0], in, insert, func(err error) error { return err })
	return ids[table][0], b.Run(ctx, db)
}

// Candidates runs a query whose rows have what was looked for, and the id and the name of a record that was found. It returns
// the records by what was looked for.
func Candidates(ctx context.Context, db DB, sql string, args Args) (map[string][]apperr.Candidate, error) {
	rows, _ := db.Query(ctx, sql, args) // the rows carry its error
	found := map[string][]apperr.Candidate{}
	var given string
	c := apperr.Candidate{Score: 1}
	_, err := pgx.ForEachRow(rows, []any{&given, &c.ID, &c.Name}, func() error {
		found[given] = append(found[given], c)
		return nil
	})
	return found, failed(sql, err)
}

// NextIDs reserves ids for new records, a number for each table.
func NextIDs(ctx context.Context, db DB, counts map[string]int) (map[string][]int64, error) {
	var tables []string
	var numbers []int
	for table, n := range counts {
		tables, numbers = append(tables, table), append(numbers, n)
	}
	const sql = `SELECT t.name, nextval(pg_get_serial_sequence(t.name, 'id'))
		FROM unnest(@tables::text[], @numbers::int[]) t(name, n), generate_series(1, t.n)`
	rows, _ := db.Query(ctx, sql, Args{"tables": tables, "numbers": numbers}) // the rows carry its error
	ids := map[string][]int64{}
	var table string
	var id int64
	_, err := pgx.ForEachRow(rows, []any{&table, &id}, func() error {
		ids[table] = append(ids[table], id)
		return nil
	})
	if err != nil {
		return nil, Error(fmt.Errorf("reserve ids: %w", err))
	}
	return ids, nil
}

// Batch collects the statements that create several records, for one round trip.
type Batch struct {
	queued pgx.Batch
	writes []*write
}

// write is the statements of one record.
type write struct {
	end    int // how many statements the batch has with them
	fields []apperr.Field
	locate func(error) error
}

// Add adds a new record to a batch. locate completes an error of it.
func Add[I any](b *Batch, id int64, in I, insert Insert[I], locate func(error) error) {
	w := &write{locate: locate}
	insert(&b.queued, id, in, &w.fields)
	w.end = b.queued.Len()
	b.writes = append(b.writes, w)
}

// Run runs the statements in their order. It returns the error of the first record that has one.
func (b *Batch) Run(ctx context.Context, db DB) error {
	if b.queued.Len() == 0 {
		return nil
	}
	results := db.SendBatch(ctx, &b.queued)
	defer func() { _ = results.Close() }() // after an error
	next := 0
	for _, w := range b.writes {
		for ; next < w.end; next++ {
			var err error
			if q := b.queued.QueuedQueries[next]; q.Fn != nil {
				err = q.Fn(results)
			} else {
				_, err = results.Exec()
			}
			if err != nil {
				return w.locate(failed(b.queued.QueuedQueries[next].SQL, err))
			}
		}
		if err := apperr.Validation(w.fields); err != nil {
			return w.locate(err)
		}
	}
	return Error(results.Close())
}
