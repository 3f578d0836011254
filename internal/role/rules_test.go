package role_test

import (
	"slices"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

func TestARoleWithoutARankGetsRank100(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	zero := int64(0)
	for name, rank := range map[string]*int64{"without": nil, "with": &zero} {
		in := role.Input{Code: name, Label: text.Map{"en": "Envoy"}, Rank: rank}
		if fields := input.Check(&in); fields != nil {
			t.Fatal(fields)
		}
		want := map[string]int64{"without": 100, "with": 0}[name]
		if *in.Rank != want {
			t.Errorf("%s a rank: %d", name, *in.Rank)
		}
		unchecked := fixture.Role(t, db, func(in *role.Input) { in.Rank = rank })
		if r, err := role.Get(fixture.Context(), db, unchecked); err != nil || *r.Rank != want {
			t.Errorf("%s a rank: stored with %+v, %v", name, r.Rank, err)
		}
	}
}

func TestACodeIsSmallLatinLettersDigitsAndUnderscores(t *testing.T) {
	t.Parallel()
	for code, valid := range map[string]bool{
		"moderator": true, "co_host_2": true, "a": true, " a\n": true, // outer space is removed
		"Moderator": false, "2nd": false, "_a": false, "co-host": false, "a b": false, "роль": false, "a\nb": false,
	} {
		fields := input.Check(&role.Input{Code: code, Label: text.Map{"en": "A"}})
		if valid != (fields == nil) || fields != nil && (fields[0].Pointer != "/code" || fields[0].Code != "bad_code") {
			t.Errorf("%q: %v", code, fields)
		}
	}
}

func TestACodeThatAnotherRoleHasIsAConflict(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	fixture.Role(t, db, func(in *role.Input) { in.Code = "host" })
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		_, err := role.Create(t.Context(), tx, role.Input{Code: "host", Label: text.Map{"en": "Host"}})
		return err
	})
	if !apperr.IsKind(err, apperr.Conflict) {
		t.Errorf("%v", err)
	}
}

func TestADeletedRoleIsGoneAndAnUnknownOneNotFound(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Role(t, db)
	if err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		return changes.Delete(t.Context(), tx, role.Table, id)
	}); err != nil {
		t.Fatal(err)
	}
	for id, kind := range map[int64]apperr.Kind{id: apperr.Gone, id + 1: apperr.NotFound} {
		if _, err := role.Get(fixture.Context(), db, id); !apperr.IsKind(err, kind) {
			t.Errorf("role %d: %v", id, err)
		}
	}
}

func TestRolesAreListedByRankAndFilteredByCodeAndSpeech(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ids := map[string]int64{}
	for i, code := range []string{"test_b", "test_a", "test_c"} {
		rank := int64(1_000 - i)
		ids[code] = fixture.Role(t, db, func(in *role.Input) { in.Code, in.Rank, in.Speaks = code, &rank, code == "test_a" })
	}
	all := []string{"test_a", "test_b", "test_c"}
	for _, c := range []struct {
		name string
		set  func(*role.Filter)
		want []string
	}{
		{"by rank", func(*role.Filter) {}, []string{"test_c", "test_a", "test_b"}},
		{"by code", func(f *role.Filter) { f.Sort = "code" }, all},
		{"one code", func(f *role.Filter) { f.Code = []string{"test_b"} }, []string{"test_b"}},
		{"one id", func(f *role.Filter) { f.Code, f.ID = nil, []int64{ids["test_c"]} }, []string{"test_c"}},
		{"speakers", func(f *role.Filter) { f.Speaks = new(true) }, []string{"test_a"}},
		{"others", func(f *role.Filter) { f.Speaks = new(false) }, []string{"test_c", "test_b"}},
	} {
		f := role.Filter{Code: all}
		f.Limit = 10
		c.set(&f)
		page, err := role.List(fixture.Context(), db, f)
		var got []string
		for _, r := range page.Items {
			got = append(got, r.Code)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v (%v)", c.name, got, c.want, err)
		}
	}
}
