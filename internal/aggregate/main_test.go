package aggregate_test

import (
	"testing"

	"roundtables.kz/registry/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
