package distinction_test

import (
	"context"
	"errors"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/fixture"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func write(db *pgxpool.Pool, f func(ctx context.Context, tx pgx.Tx) error) error {
	ctx := fixture.Context()
	return changes.Write(ctx, db, changes.Options{}, func(tx pgx.Tx) error { return f(ctx, tx) })
}

func create(db *pgxpool.Pool, in distinction.Input) (id int64, err error) {
	err = write(db, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = distinction.Create(ctx, tx, in)
		return err
	})
	return id, err
}

func TestARecordIsNotDistinctFromItself(t *testing.T) {
	t.Parallel()
	for second, valid := range map[int64]bool{7: false, 8: true} {
		in := distinction.Input{Type: "people", FirstID: 7, SecondID: second}
		if fields := in.Check(); valid != (len(fields) == 0) || !valid && fields[0].Pointer+" "+fields[0].Code != "/second_id same_record" {
			t.Errorf("7 and %d: %v", second, fields)
		}
	}
}

func TestADistinctionIsTheSameInEitherOrder(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	one, other := fixture.Person(t, db), fixture.Person(t, db)
	id, err := create(db, distinction.Input{Type: "people", FirstID: other, SecondID: one})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := distinction.Get(fixture.Context(), db, id); err != nil || got.FirstID != one || got.SecondID != other || got.First.ID != one || got.Second.ID != other {
		t.Errorf("%+v, %v", got, err)
	}
	for _, pair := range [][2]int64{{one, other}, {other, one}} {
		if got, err := distinction.Between(t.Context(), db, "people", pair[0], pair[1]); err != nil || got != id {
			t.Errorf("%v: %d, want %d (%v)", pair, got, id, err)
		}
		if _, err := create(db, distinction.Input{Type: "people", FirstID: pair[0], SecondID: pair[1]}); !apperr.IsKind(err, apperr.Conflict) {
			t.Errorf("%v again: %v", pair, err)
		}
	}
	if _, err := distinction.Between(t.Context(), db, "organizations", one, other); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("of another type: %v", err)
	}
}

func TestADistinctionReportsEachUnknownRecord(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	known := fixture.Person(t, db)
	for _, c := range []struct {
		first, second int64
		want          int
	}{{known, known + 1, 1}, {known + 1, known, 1}, {known + 1, known + 2, 2}} {
		_, err := create(db, distinction.Input{Type: "people", FirstID: c.first, SecondID: c.second})
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Invalid || len(e.Fields) != c.want || e.Fields[0].Code != "unknown_reference" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestOnlyARejectionAsALikelyDuplicateCanBeAllowed(t *testing.T) {
	t.Parallel()
	duplicate := apperr.New(apperr.Conflict, "duplicate_candidates")
	duplicate.Extra = map[string]any{"candidates": []apperr.Candidate{{ID: 7}}}
	other := apperr.New(apperr.Conflict, "already_exists")
	for name, c := range map[string]struct {
		rejection  error
		allowed    bool
		candidates int
		err        error
	}{
		"a duplicate":            {duplicate, true, 1, nil},
		"a duplicate, forbidden": {duplicate, false, 0, duplicate},
		"another rejection":      {other, true, 0, other},
		"none":                   {nil, true, 0, nil},
	} {
		candidates, err := distinction.Allow(c.rejection, c.allowed)
		if len(candidates) != c.candidates || err != c.err {
			t.Errorf("%s: %v, %v", name, candidates, err)
		}
	}
}

func TestARecordBecomesDistinctFromEachCandidateThatStillExists(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id, one, gone, other := fixture.Person(t, db), fixture.Person(t, db), fixture.Person(t, db), fixture.Person(t, db)
	err := write(db, func(ctx context.Context, tx pgx.Tx) error {
		if err := changes.Delete(ctx, tx, "people", gone); err != nil {
			return err
		}
		return distinction.Record(ctx, tx, "people", id, []apperr.Candidate{{ID: one}, {ID: gone}, {ID: other}})
	})
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := distinction.DistinctPairs(t.Context(), db, "people", []int64{id, one, other})
	if err != nil || len(pairs) != 2 || !pairs[[2]int64{id, one}] || !pairs[[2]int64{id, other}] {
		t.Errorf("%v, %v", pairs, err)
	}
}
