package api

import (
	"flag"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
)

func TestMain(m *testing.M) {
	// A quarter of the default cases of rapid: each sends several requests.
	if err := flag.Set("rapid.checks", "25"); err != nil {
		panic(err)
	}
	dbtest.Main(covered{m})
}
