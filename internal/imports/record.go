package imports

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// writer writes the rows of one file.
type writer[I any, T record] struct {
	Collection[I, T]
	options Options
	table   *export.Table // of the members that clients write
	editor  *export.Editor
	header  []string
	seen    map[string]int // name keys of the records that earlier rows created -> line
	written map[int64]int  // records that earlier rows named -> line of the first row
	head    *Head
	rows    []Row

	session *spelling.Session // of the name index; nil if the collection has none
	careful bool              // each row has a savepoint of its own
	refused bool              // a row failed while it had none
}

// record updates the record of a row, or creates it.
func (w *writer[I, T]) record(ctx context.Context, tx pgx.Tx, row fileRow, done *Row) error {
	id, version, err := w.key(row)
	if err != nil {
		return err
	}
	by := "/id"
	if id == 0 {
		members, err := w.members(row, nil)
		if err != nil {
			return err
		}
		if id, err = w.identified(ctx, tx, members); err != nil {
			return err
		}
		if id == 0 {
			return w.make(ctx, tx, row.line, members, done)
		}
		by = "/external_ids"
	}
	done.ID = &id
	return w.change(ctx, tx, row, id, version, by, done)
}

// key returns the id and the version of a row, 0 if it has none.
func (w *writer[I, T]) key(row fileRow) (id, version int64, err error) {
	given := map[string]string{}
	if row.record != nil {
		var members map[string]jsontext.Value
		if err := json.Unmarshal(row.record, &members); err != nil {
			return 0, 0, err
		}
		for _, name := range keys {
			if v := members[name]; len(v) > 0 && v.Kind() != 'n' {
				given[name] = export.Whole(string(v))
			}
		}
	} else {
		for i, name := range w.header {
			if slices.Contains(keys, name) {
				given[name] = export.Whole(row.cells[i])
			}
		}
	}
	var mistakes []apperr.Field
	number := func(name string) (n int64) {
		if given[name] == "" {
			return 0
		}
		n, err := strconv.ParseInt(given[name], 10, 64)
		if err != nil || n < 1 {
			mistakes = append(mistakes, apperr.At("/"+name, "bad_number"))
		}
		return n
	}
	id, version = number("id"), number("version")
	return id, version, apperr.Validation(mistakes)
}

// members returns the members that a row sets; current is the content of its record, nil if there is none.
func (w *writer[I, T]) members(row fileRow, current jsontext.Value) (map[string]jsontext.Value, error) {
	if row.record == nil {
		return w.editor.Members(current, row.cells)
	}
	raw, err := writable(row.record, reflect.TypeFor[T](), reflect.TypeFor[I](), "", w.ignore)
	if err != nil {
		return nil, err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	for _, name := range endMembers { // pandas adds those of the last line to all lines
		if value, ok := members[name]; ok && value.Kind() == 'n' {
			delete(members, name)
		}
	}
	return members, nil
}

// ignore reports a member that is not read.
func (w *writer[I, T]) ignore(path string) {
	if !slices.Contains(keys, path) && !slices.Contains(w.head.Ignored, path) {
		w.head.Ignored = append(w.head.Ignored, path)
	}
}

// removed returns the columns or members of a row from which input.Clean removes invisible characters.
func (w *writer[I, T]) removed(members map[string]jsontext.Value) (from []string) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		for _, at := range input.Removed(members[name]) {
			at = "/" + name + at
			if at = cmp.Or(w.column(at), at); !slices.Contains(from, at) {
				from = append(from, at)
			}
		}
	}
	return from
}

// identified returns the id of the record that has an external id of the row, 0 if there is none.
func (w *writer[I, T]) identified(ctx context.Context, tx pgx.Tx, members map[string]jsontext.Value) (int64, error) {
	given := externalIDsIn(members)
	if len(given) == 0 {
		return 0, nil
	}
	// Planned for its values: a generic plan would read all ids of the collection for every row.
	rows, _ := tx.Query(ctx, "SELECT DISTINCT id FROM external_ids WHERE type = @type AND external_id = ANY(@ids) ORDER BY id",
		pgx.QueryExecModeCacheDescribe, pg.Args{"type": w.Table, "ids": given}) // the rows carry its error
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	switch {
	case err != nil:
		return 0, pg.Error(err)
	case len(ids) == 0:
		return 0, nil
	case len(ids) > 1:
		f := apperr.At("/external_ids", "external_ids_of_several")
		for _, id := range ids {
			f.Candidates = append(f.Candidates, apperr.Candidate{ID: id, Score: 1})
		}
		return 0, apperr.Validation([]apperr.Field{f})
	}
	return ids[0], nil
}

// externalIDsIn returns the external ids of a row. Errors in them are reported when the row is written.
func externalIDsIn(members map[string]jsontext.Value) (ids []string) {
	_ = json.Unmarshal(members["external_ids"], &ids)
	return input.StoredForms(ids)
}

// make creates the record of a row.
func (w *writer[I, T]) make(ctx context.Context, tx pgx.Tx, line int, members map[string]jsontext.Value, done *Row) error {
	raw, err := export.Merge(nil, members)
	if err != nil {
		return err
	}
	var in I
	done.Removed = w.removed(members)
	if err := input.Decode(raw, &in); err != nil {
		return err
	}
	if err := w.alone(in); err != nil {
		return err
	}
	var others []apperr.Candidate
	if w.session != nil {
		if others, err = distinction.Allow(w.Distinct(ctx, tx, w.session, in), w.options.AllowDuplicate); err != nil {
			return err
		}
	}
	if w.Similar != nil {
		if others, err = distinction.Allow(w.Similar(ctx, tx, in), w.options.AllowDuplicate); err != nil {
			return err
		}
	}
	return w.guarded(ctx, tx, func(sub pgx.Tx) error {
		id, err := w.Create(ctx, sub, in)
		if err != nil {
			return err
		}
		if err := distinction.Record(ctx, sub, w.Type, id, others); err != nil {
			return err
		}
		for _, key := range w.keys(in) {
			w.seen[key] = line
		}
		if len(externalIDsIn(members)) == 0 {
			w.head.Unkeyed++
		}
		done.Action, done.ID = Created, &id
		return nil
	})
}

// keys returns the keys by which two rows name the same record; none for a collection without a name index.
func (w *writer[I, T]) keys(in I) []string {
	if w.Spellings == nil {
		return nil
	}
	return names.Keys(w.Spellings(in)...)
}

// alone rejects a record if an earlier row created one of the same name, which the search for duplicates does not see yet.
func (w *writer[I, T]) alone(in I) error {
	if w.options.AllowDuplicate {
		return nil
	}
	for _, key := range w.keys(in) {
		if line, ok := w.seen[key]; ok {
			return apperr.Validation([]apperr.Field{apperr.At("/name", "duplicate_row", "line", strconv.Itoa(line))})
		}
	}
	return nil
}

// change updates a record with the members of a row. A row that changes nothing is unchanged. by is the member by which
// the row names the record.
func (w *writer[I, T]) change(ctx context.Context, tx pgx.Tx, row fileRow, id, version int64, by string, done *Row) error {
	r, err := w.Get(ctx, tx, id)
	if err != nil {
		return err
	}
	current, err := json.Marshal(w.Input(&r), input.JSON)
	if err != nil {
		return err
	}
	members, err := w.members(row, current)
	if err != nil {
		return err
	}
	merged, err := export.Merge(current, members)
	if err != nil {
		return err
	}
	if w.exported(row) {
		if merged, err = w.keepHidden(ctx, tx, id, current, merged); err != nil {
			return err
		}
	}
	var in I
	done.Removed = w.removed(members)
	if err := input.DecodeChange(merged, w.Input(&r), &in); err != nil {
		return err
	}
	after, err := json.Marshal(&in, input.JSON)
	if err != nil {
		return err
	}
	if len(members) == 0 || bytes.Equal(current, after) {
		done.Action = Unchanged
		return nil
	}
	if line, ok := w.written[id]; ok { // the two rows contradict each other
		return apperr.Validation([]apperr.Field{apperr.At(by, "duplicate_row", "line", strconv.Itoa(line))})
	}
	is := r.Meta().Version
	if version != 0 && version != is && !w.options.Overwrite {
		return outdated(is)
	}
	return w.guarded(ctx, tx, func(sub pgx.Tx) error {
		current, err := changes.Lock(ctx, sub, w.Table, w.Type, id)
		if err != nil {
			return err
		}
		if current != is {
			return outdated(current)
		}
		done.Action = Updated
		return w.Update(ctx, sub, r, in)
	})
}

func outdated(current int64) error {
	return apperr.Validation([]apperr.Field{apperr.At("/version", "row_outdated", "current", strconv.FormatInt(current, 10))})
}

// exported reports whether a row comes from an export: it has a member that clients cannot write.
func (w *writer[I, T]) exported(row fileRow) bool {
	const stamp = "updated_at"
	if row.record == nil {
		return slices.Contains(w.header, stamp)
	}
	var members map[string]jsontext.Value
	return json.Unmarshal(row.record, &members) == nil && members[stamp] != nil
}

// keepHidden keeps the stored value of members that a row has as the public sees them. In a file that was exported
// without a key, notes and restricted people are empty; importing it must not empty them.
func (w *writer[I, T]) keepHidden(ctx context.Context, tx pgx.Tx, id int64, current, merged jsontext.Value) (jsontext.Value, error) {
	was, err := canonicalMembers(current)
	if err != nil {
		return nil, err
	}
	is, err := canonicalMembers(merged)
	if err != nil || maps.EqualFunc(was, is, sameValue) {
		return merged, err
	}
	shown, err := w.Get(actor.With(ctx, actor.Actor{}), tx, id)
	if apperr.IsKind(err, apperr.NotFound) { // no public export contains it
		return merged, nil
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(w.Input(&shown), input.JSON)
	if err != nil {
		return nil, err
	}
	public, err := canonicalMembers(raw)
	if err != nil {
		return nil, err
	}
	for name, value := range is {
		if sameValue(value, public[name]) {
			is[name] = was[name]
		}
	}
	return json.Marshal(is)
}

// canonicalMembers returns the members of an object in canonical form, so that equal values are equal bytes.
func canonicalMembers(object jsontext.Value) (members map[string]jsontext.Value, err error) {
	object = bytes.Clone(object)
	if err := object.Canonicalize(); err != nil {
		return nil, err
	}
	err = json.Unmarshal(object, &members)
	return members, err
}

func sameValue(a, b jsontext.Value) bool { return bytes.Equal(a, b) }

// column returns the column for a pointer into a record, "" for a file without columns.
func (w *writer[I, T]) column(pointer string) string {
	if w.header == nil {
		return ""
	}
	var parts []string
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if _, err := strconv.Atoi(part); err != nil {
			parts = append(parts, part)
		}
	}
	for n := len(parts); n > 0; n-- {
		for _, between := range []string{".", "_"} {
			if name := strings.Join(parts[:n], between); slices.Contains(w.header, name) {
				return name
			}
		}
	}
	of := func(name string) bool {
		return strings.HasPrefix(name, parts[0]+"_") || strings.HasPrefix(name, parts[0]+".")
	}
	if i := slices.IndexFunc(w.header, of); i >= 0 { // an error of a text in no particular language
		return w.header[i]
	}
	return parts[0]
}
