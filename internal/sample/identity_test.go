package sample_test

import (
	"testing"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
)

// person returns the id of the only person with the spelling.
func (w world) person(t *testing.T, spelling *string) *string {
	t.Helper()
	if spelling == nil {
		return nil
	}
	return w.only(t, "person", *spelling, w.known.People[*spelling], "SELECT person_id::text FROM person_names WHERE key = @key")
}

func (w world) people(t *testing.T, spellings []string) []string {
	t.Helper()
	ids := []string{}
	for _, s := range spellings {
		ids = append(ids, *w.person(t, &s))
	}
	return ids
}

func (w world) organization(t *testing.T, spelling *string) *string {
	t.Helper()
	if spelling == nil {
		return nil
	}
	return w.only(t, "organization", *spelling, w.known.Organizations[*spelling], "SELECT organization_id::text FROM organization_names WHERE key = @key")
}

func (w world) organizations(t *testing.T, spellings []string) []string {
	t.Helper()
	ids := []string{}
	for _, s := range spellings {
		ids = append(ids, *w.organization(t, &s))
	}
	return ids
}

// only returns the only record with the spelling, which must also have the usual name.
func (w world) only(t *testing.T, kind, spelling, usual, sql string) *string {
	t.Helper()
	if usual == "" {
		t.Fatalf("the index of the records does not know the %s %s", kind, spelling)
	}
	found := texts(t, w.db, sql, pg.Args{"key": names.Key(spelling)})
	same := texts(t, w.db, sql, pg.Args{"key": names.Key(usual)})
	if len(found) != 1 || len(same) != 1 || found[0] != same[0] {
		t.Fatalf("%s %s is %v, %s is %v: want one and the same", kind, spelling, found, usual, same)
	}
	return &found[0]
}

func TestEverySpellingLeadsToOneRecord(t *testing.T) {
	db := loaded(t)
	w := world{db: db, known: readExpected(t)}
	ids := map[string]string{}
	for spelling, usual := range w.known.People {
		id := *w.person(t, &spelling)
		if other, ok := ids[id]; ok && other != usual {
			t.Errorf("%s and %s became one person", usual, other)
		}
		ids[id] = usual
	}
	if len(ids) != 126 {
		t.Errorf("%d people, want 126", len(ids))
	}
	clear(ids)
	for spelling, usual := range w.known.Organizations {
		id := *w.organization(t, &spelling)
		if other, ok := ids[id]; ok && other != usual {
			t.Errorf("%s and %s became one organization", usual, other)
		}
		ids[id] = usual
	}
	if len(ids) != 131 {
		t.Errorf("%d organizations, want 131", len(ids))
	}
}

func TestEveryExpectedParentIsAParentInTheRegistry(t *testing.T) {
	db := loaded(t)
	known := readExpected(t)
	if len(known.Parents) != 21 {
		t.Fatalf("%d parents are expected", len(known.Parents))
	}
	for child, parent := range known.Parents {
		found := texts(t, db, `SELECT o.parent_id::text FROM organizations o
			WHERE o.id IN (SELECT organization_id FROM organization_names WHERE key = @child) AND o.parent_id IN (SELECT organization_id FROM organization_names WHERE key = @parent)`,
			pg.Args{"child": names.Key(child), "parent": names.Key(parent)})
		if len(found) != 1 {
			t.Errorf("%s is not a part of %s", child, parent)
		}
	}
}
