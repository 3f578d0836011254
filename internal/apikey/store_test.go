package apikey_test

import (
	"testing"

	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
)

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.APIKey(t, db)
	fixture.APIKey(t, db, func(in *apikey.Input) { in.Scopes = []string{"write", "publish"} })
	fixture.APIKey(t, db, func(in *apikey.Input) { in.Scopes = []string{"admin"} })
	fixture.EveryFilter(t, db, apikey.List, func(f *apikey.Filter) { f.Scope = []string{"read", "admin"} })
}
