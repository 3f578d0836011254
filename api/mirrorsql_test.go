package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/pg"
)

// sqlMirror is a mirror with the tables of the published SQL, in a schema beside the registry.
type sqlMirror struct {
	caller
	conn   *pgx.Conn
	cursor string
}

func newSQLMirror(t *testing.T, r *rig) *sqlMirror {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), r.pool.Config().ConnConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	published, err := os.ReadFile("../openapi/examples/mirror/mirror.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE SCHEMA mirror; SET search_path = mirror; "+string(published)); err != nil {
		t.Fatal(err)
	}
	return &sqlMirror{caller: r.as(t), conn: conn}
}

// follow applies the changes since the last time. It first runs begin, such as a change of when foreign keys are checked.
func (m *sqlMirror) follow(t *testing.T, begin string) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), m.conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), begin); err != nil {
			return err
		}
		cursor := m.cursor
		for more := true; more; {
			answer := m.get(t, "/v1/changes?include_data=true&limit=50&cursor="+url.QueryEscape(cursor)).want(t, http.StatusOK)
			var page struct {
				Page PageInfo
				Meta ListMeta
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), "SELECT apply(change) FROM jsonb_array_elements($1::jsonb->'data') change", answer.Body.String()); err != nil {
				return err
			}
			cursor, more = page.Meta.Cursor, page.Page.Next != nil
		}
		m.cursor = cursor
		return nil
	})
}

// equal holds the mirror against the checkpoint.
func (m *sqlMirror) equal(t *testing.T) {
	t.Helper()
	var checkpoint Checkpoint
	if err := json.Unmarshal(m.get(t, "/v1/changes/checkpoint").want(t, http.StatusOK).Body.Bytes(), &checkpoint); err != nil {
		t.Fatal(err)
	}
	for _, want := range checkpoint.Types {
		var count int64
		var checksum string
		err := m.conn.QueryRow(t.Context(), fmt.Sprintf(`SELECT count(*), lpad(to_hex(coalesce(bit_xor(
			('x' || encode(substr(sha256(convert_to('%s:' || id || ':' || version, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint), 0)), 16, '0') FROM %s`,
			want.Type, strings.ReplaceAll(want.Type, "-", "_"))).Scan(&count, &checksum)
		if err != nil || count != want.Count || checksum != want.Checksum {
			t.Errorf("%s: the mirror has %d records with %s, the registry %d with %s (%v)", want.Type, count, checksum, want.Count, want.Checksum, err)
		}
	}
}

func TestTheMirrorInSQLHoldsItsForeignKeysIfTheyAreDeferred(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	m := newSQLMirror(t, r)
	change := func(sql string) {
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, sql)
			return err
		})
	}
	// What others refer to changes last, so that it comes last.
	change(`UPDATE people SET bio = '{"en": "Speaks."}'`)
	change(`UPDATE round_tables SET outcome = '{"en": "Agreed."}'`)
	change(`UPDATE organizations SET country = 'KZ'`)
	if err := m.follow(t, "SET CONSTRAINTS ALL IMMEDIATE"); err == nil || !strings.Contains(err.Error(), "violates foreign key constraint") {
		t.Errorf("with keys that are checked at once: %v", err)
	}
	if err := m.follow(t, ""); err != nil {
		t.Fatal(err)
	}
	m.equal(t)

	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := merge.People(ctx, tx, 41, 42)
		return err
	})
	change("UPDATE round_tables SET publication = 'withdrawn' WHERE id = 13")
	change("DELETE FROM recommendations WHERE id = (SELECT max(id) FROM recommendations)")
	if err := m.follow(t, ""); err != nil {
		t.Fatal(err)
	}
	m.equal(t)
}

func TestTheMirrorInSQLHasEveryTypeAndReference(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	m := newSQLMirror(t, r)
	tables := map[string]bool{}
	for _, k := range Kinds() {
		tables[k.Table] = slices.Contains(feedTypes, k.Type)
	}
	references := func(db pg.DB) (list []pg.ForeignKey) {
		keys, err := pg.ForeignKeys(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if tables[k.Table] && tables[k.Target] {
				list = append(list, k)
			}
		}
		return list
	}
	tx, err := m.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := references(tx), references(r.pool); !reflect.DeepEqual(got, want) || len(want) < 20 {
		t.Errorf("the mirror has the references %v\nwant %v", got, want)
	}
	for table, mirrored := range tables {
		if !mirrored {
			continue
		}
		if _, err := tx.Exec(t.Context(), "SELECT id, version, data FROM mirror."+table+" LIMIT 0"); err != nil {
			t.Fatalf("%s: %v", table, err)
		}
	}
}
