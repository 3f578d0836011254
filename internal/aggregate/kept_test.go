package aggregate_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"

	"github.com/jackc/pgx/v5"
)

// everyPrecision is a filter that keeps all events, so that their numbers are counted one by one.
const everyPrecision = "&date_precision=day,month,year,unknown"

func TestNumbersThatAreKeptEqualThoseThatAreCounted(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- any number will do
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- data of a test
	err := pgx.BeginFunc(context.Background(), db, func(tx pgx.Tx) error {
		fill(t, tx, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range collections()[:3] {
		for view, ctx := range map[string]context.Context{"public": context.Background(), "full": fixture.Context()} {
			for _, query := range []string{
				"metric=count,round_tables,people,organizations,statements,recommendations,topics", "metric=count,people&group_by=organizer",
				"metric=count&group_by=person", "metric=count&group_by=person&limit=2&sort=label", "metric=people,count&group_by=format&limit=1",
			} {
				kept, err := c.aggregate(ctx, db, query)
				if err != nil {
					t.Fatal(err)
				}
				counted, err := c.aggregate(ctx, db, query+everyPrecision)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(kept.Data, counted.Data) || !reflect.DeepEqual(kept.Meta, counted.Meta) || kept.Meta.Total == 0 {
					t.Errorf("%s %s?%s: kept are %v, %+v; counted %v, %+v", view, c.name, query, kept.Data, kept.Meta, counted.Data, counted.Meta)
				}
			}
		}
	}
}
