package popolo_test

import (
	"runtime"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/formats/popolo"
)

// TestAnObjectWithTooManyValuesIsNotValidated counts the bytes that are allocated. It does not run beside other tests.
func TestAnObjectWithTooManyValuesIsNotValidated(t *testing.T) {
	document := `{"persons":[{"name":"A","other_names":[1` + strings.Repeat(",1", 1<<20) + `]},{"name":"B"}]}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d, err := popolo.Read([]byte(document))
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if m := d.People[0].Mistakes; len(m) != 1 || m[0].Code != "object_too_large" || m[0].Pointer != "/persons/0" || len(d.People[1].Mistakes) > 0 {
		t.Errorf("%+v, %+v", m, d.People[1].Mistakes)
	}
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 32 {
		t.Errorf("%d MiB were allocated", used)
	}
}
