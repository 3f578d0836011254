package sample_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	encode "github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// editor writes whole events to a database.
type editor struct {
	db      *pgxpool.Pool
	finders spelling.Finders
}

func newEditor(t *testing.T, db *pgxpool.Pool) editor {
	t.Helper()
	finders, err := spelling.NewFinders(db, person.Spellings, organization.Spellings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(finders.Close)
	return editor{db, finders}
}

func (e editor) context() context.Context {
	return actor.With(context.Background(), actor.System("test"))
}

func (e editor) read(t *testing.T, id int64, lang string) (event bundle.Event) {
	t.Helper()
	if err := changes.Snapshot(e.context(), e.db, func(tx pgx.Tx) (err error) {
		event, err = bundle.Read(e.context(), tx, id, lang)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return event
}

// write runs f with a writer that learns names.
func (e editor) write(t *testing.T, f func(w *bundle.Writer) error) {
	t.Helper()
	if err := changes.Write(e.context(), e.db, changes.Options{}, func(tx pgx.Tx) error {
		w := bundle.NewWriter(tx, e.finders)
		w.Learn = true
		if err := f(w); err != nil {
			return err
		}
		return w.Confirm(e.context())
	}); err != nil {
		t.Fatal(err)
	}
}

// sent returns the document as a client sends it back.
func sent(t *testing.T, in bundle.Input, change func(any)) (back bundle.Input) {
	t.Helper()
	raw, err := encode.Marshal(in, input.JSON, encode.OmitZeroStructFields(true))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	change(document)
	if raw, err = json.Marshal(document); err != nil {
		t.Fatal(err)
	}
	if err := input.Decode(raw, &back); err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	return back
}

// withoutIDs removes all ids of records, and the keys, which may contain them.
func withoutIDs(v any) {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "id")
		for _, x := range v {
			withoutIDs(x)
		}
	case []any:
		for _, x := range v {
			withoutIDs(x)
		}
	}
}

func TestAnEventSentBackUnchangedChangesNothing(t *testing.T) {
	t.Parallel()
	db := loaded(t)
	e := newEditor(t, db)
	for i, id := range eventIDs(t, db) {
		lang := []string{"", "ru", "kk", "en"}[i%4]
		was := e.read(t, id, lang)
		before := count(t, db, "SELECT max(seq) FROM changes")
		e.write(t, func(w *bundle.Writer) error {
			edit, err := w.Replace(e.context(), id, sent(t, was.Input, func(any) {}), func(tag string) error {
				if tag != was.Tag {
					t.Errorf("event %d: tag %s, was %s", id, tag, was.Tag)
				}
				return nil
			})
			parts := 1 + len(was.Organizers) + len(was.Attendees) + len(was.Statements) + len(was.Recommendations)
			if want := (bundle.Totals{Unchanged: parts}); edit.Totals != want {
				t.Errorf("event %d: %+v, want %+v: %+v %+v", id, edit.Totals, want, edit.Changed, edit.Created)
			}
			if err != nil {
				return fmt.Errorf("event %d: %w", id, err)
			}
			return nil
		})
		if after := count(t, db, "SELECT max(seq) FROM changes"); after != before {
			t.Errorf("event %d: %d changes", id, after-before)
		}
		if is := e.read(t, id, lang); !reflect.DeepEqual(is, was) {
			t.Errorf("event %d was %+v, is %+v", id, was, is)
		}
	}
}

func TestAnEventSentToAnEmptyRegistryIsTheSameEvent(t *testing.T) {
	t.Parallel()
	db, other := loaded(t), dbtest.New(t)
	from, to := newEditor(t, db), newEditor(t, other)
	for _, id := range eventIDs(t, db) {
		was := from.read(t, id, "")
		was.RoundTable.ParentID = nil // another event
		var made int64
		to.write(t, func(w *bundle.Writer) error {
			report, err := w.Create(to.context(), sent(t, was.Input, withoutIDs))
			if err != nil {
				return fmt.Errorf("event %d: %w", id, err)
			}
			made = *report.RoundTable.ID
			return nil
		})
		is := to.read(t, made, was.Lang)
		// Documents of the same title have keys with ids.
		if a, b := plain(t, is.Input), plain(t, was.Input); a != b {
			t.Errorf("event %d was\n%s\nis\n%s", id, b, a)
		}
		empty(t, other)
	}
}

// empty deletes all records.
func empty(t *testing.T, db *pgxpool.Pool) {
	t.Helper()
	for _, table := range []string{
		"recommendations", "statements", "attendees", "organizers", "round_tables", "documents", "people", "organizations", "places", "topics",
	} {
		if _, err := db.Exec(t.Context(), "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
}

// plain is a document without ids, and with its statements and documents by their order.
func plain(t *testing.T, in bundle.Input) string {
	t.Helper()
	renamed := map[string]string{}
	for i, s := range in.Statements {
		renamed[*s.Key] = fmt.Sprintf("statement %d", i)
	}
	for i, a := range in.Attendees {
		renamed[*a.Key] = fmt.Sprintf("attendee %d", i)
	}
	for i, d := range in.Documents {
		renamed[*d.Key] = fmt.Sprintf("document %d", i)
	}
	back := sent(t, in, func(v any) {
		withoutIDs(v)
		rename(v, renamed)
	})
	raw, err := json.MarshalIndent(back, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// rename renames keys where the document has or uses them.
func rename(v any, to map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for member, x := range v {
			key, _ := x.(string)
			switch member {
			case "key", "speaker", "in_reply_to", "document", "statement", "evidence_document":
				if to[key] != "" {
					v[member] = to[key]
				}
			default:
				rename(x, to)
			}
		}
	case []any:
		for i, x := range v {
			if key, _ := x.(string); to[key] != "" { // mentions of documents
				v[i] = to[key]
			}
			rename(x, to)
		}
	}
}

func eventIDs(t *testing.T, db *pgxpool.Pool) []int64 {
	t.Helper()
	ids, err := pg.Column[int64](t.Context(), db, "SELECT id FROM round_tables ORDER BY id", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != 43 {
		t.Fatalf("%d events", len(ids))
	}
	return ids
}
