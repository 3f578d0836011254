package topic_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func labelled(label text.Map, parent ...int64) func(*topic.Input) {
	return func(in *topic.Input) {
		in.Label = label
		if len(parent) > 0 {
			in.ParentID = &parent[0]
		}
	}
}

// create gives the code of the error and of its first field.
func create(t *testing.T, db *pgxpool.Pool, in topic.Input) (kind apperr.Kind, field string) {
	t.Helper()
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		_, err := topic.Create(t.Context(), tx, in)
		return err
	})
	var e *apperr.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		t.Fatalf("%+v: %v", in, err)
	}
	return e.Kind, e.Fields[0].Pointer + " " + e.Fields[0].Code
}

func TestNoTwoSiblingsShareALabel(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	above := fixture.Topic(t, db, labelled(text.Map{"en": "Language", "ru": "Язык"}))
	fixture.Topic(t, db, labelled(text.Map{"en": "Language"}, above)) // no sibling
	fixture.Topic(t, db, labelled(text.Map{"en": "Script"}, above))
	for _, c := range []struct {
		in    topic.Input
		field string
	}{
		{topic.Input{Label: text.Map{"en": "Language"}}, "/label/en already_taken"},
		{topic.Input{Label: text.Map{"en": "Tongue", "ru": "Язык"}}, "/label/ru already_taken"},
		{topic.Input{Label: text.Map{"en": "Script"}, ParentID: &above}, "/label/en already_taken"},
	} {
		if kind, field := create(t, db, c.in); kind != apperr.Conflict || field != c.field {
			t.Errorf("%+v: %v %s", c.in, kind, field)
		}
	}
}

func TestAnUnknownParentIsInvalid(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	if kind, field := create(t, db, topic.Input{Label: text.Map{"en": "Script"}, ParentID: new(int64(4711))}); kind != apperr.Invalid || field != "/parent_id unknown_reference" {
		t.Errorf("%v %s", kind, field)
	}
}

func TestATopicShowsItsParent(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	above := fixture.Topic(t, db, labelled(text.Map{"en": "Language"}))
	below := fixture.Topic(t, db, labelled(text.Map{"en": "Script"}, above))
	got, err := topic.Get(t.Context(), db, below)
	if err != nil || got.Parent == nil || got.Parent.ID != above || got.Parent.Name["en"] != "Language" || *got.ParentID != above {
		t.Errorf("%+v, %v", got, err)
	}
	if top, err := topic.Get(t.Context(), db, above); err != nil || top.Parent != nil || top.ParentID != nil {
		t.Errorf("%+v, %v", top, err)
	}
}

func TestADeletedTopicIsGoneAndAnUnknownOneNotFound(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	id := fixture.Topic(t, db)
	if err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		return changes.Delete(t.Context(), tx, topic.Table, id)
	}); err != nil {
		t.Fatal(err)
	}
	for id, kind := range map[int64]apperr.Kind{id: apperr.Gone, id + 1: apperr.NotFound} {
		if _, err := topic.Get(t.Context(), db, id); !apperr.IsKind(err, kind) {
			t.Errorf("topic %d: %v", id, err)
		}
	}
}

func TestASearchFindsPartsOfLabelsInAnyLanguageAndNoWildcards(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	percent := fixture.Topic(t, db, labelled(text.Map{"en": "The 7% threshold"}))
	fixture.Topic(t, db, labelled(text.Map{"ru": "Национальная политика", "en": "Policy"}))
	for q, want := range map[string]int{"нац": 1, "POLI": 1, "%": 1, "7%": 1, "_": 0, "e": 1, "o": 2, "absent": 0} {
		f := topic.Filter{Q: q}
		f.Limit = 10
		page, err := topic.List(t.Context(), db, f)
		if err != nil || len(page.Items) != want {
			t.Errorf("%q: %d topics, want %d (%v)", q, len(page.Items), want, err)
		}
		if q == "%" && len(page.Items) == 1 && page.Items[0].ID != percent {
			t.Errorf("%q finds %v", q, page.Items[0].Label)
		}
	}
}

func TestALabelFindsAtMostTenTopicsWhateverItsCaseAndLanguage(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	var ids []int64
	for range 12 {
		above := fixture.Topic(t, db)
		ids = append(ids, fixture.Topic(t, db, labelled(text.Map{"en": "Script", "ru": "Письмо"}, above)))
	}
	for label, want := range map[string][]int64{"script": ids[:10], "ПИСЬМО": ids[:10], "Scripts": nil, "%": nil} {
		byLabel, err := topic.ByLabels(context.Background(), db, []string{label})
		found := byLabel[label]
		var got []int64
		for _, c := range found {
			got = append(got, c.ID)
			if c.Name == "" || c.Score != 1 {
				t.Errorf("%s: %+v", label, c)
			}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v (%v)", label, got, want, err)
		}
	}
}
