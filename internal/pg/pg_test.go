package pg_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"
)

type row struct {
	ID int64     `db:"id"`
	At time.Time `db:"at"`
}

func TestATypoInTheNameOfAnArgumentFails(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, asked := range []string{"for the first time", "again"} {
		for name, args := range map[string]pg.Args{
			"another name": {"idd": 1},
			"one too many": {"id": 1, "other": 2},
			"none":         {},
		} {
			if _, err := pg.One[row](t.Context(), db, "SELECT @id::bigint AS id, now() AS at", args); err == nil {
				t.Errorf("%s, %s: One has passed", name, asked)
			}
			if _, err := pg.ID(t.Context(), db, "SELECT @id::bigint", args); err == nil {
				t.Errorf("%s, %s: ID has passed", name, asked)
			}
			if err := pg.Exec(t.Context(), db, "SELECT @id::bigint", args); err == nil {
				t.Errorf("%s, %s: Exec has passed", name, asked)
			}
		}
		if _, err := pg.One[row](t.Context(), db, "SELECT @id::bigint AS id, now() AS at", pg.Args{"id": 1}); err != nil {
			t.Error(err)
		}
		if err := pg.Exec(t.Context(), db, "SELECT @id::bigint", pg.Args{"id": 1}); err != nil {
			t.Error(err)
		}
	}
}

func TestArgumentsReachTheirPlacesWhateverTheirNumber(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for i := range 1500 { // more statements than are remembered
		sql := fmt.Sprintf("SELECT concat(@b::text, '@a', @a::text, @b, %d)", i%1200)
		var got string
		err := db.QueryRow(t.Context(), sql, pgx.QueryExecModeExec, pg.Args{"a": "1", "b": strconv.Itoa(i)}).Scan(&got)
		if want := fmt.Sprintf("%d@a1%d%d", i, i, i%1200); err != nil || got != want {
			t.Fatalf("%q, want %q: %v", got, want, err)
		}
	}
}

func TestOneGivesTheRowOrSaysThatThereIsNone(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	got, err := pg.One[row](t.Context(), db, "SELECT @id::bigint AS id, '2020-02-27 15:00+06'::timestamptz AS at", pg.Args{"id": 7})
	if err != nil || got.ID != 7 || got.At != time.Date(2020, 2, 27, 9, 0, 0, 0, time.UTC) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := pg.One[row](t.Context(), db, "SELECT 1::bigint AS id, now() AS at WHERE false", nil); !errors.Is(err, pgx.ErrNoRows) {
		t.Error(err)
	}
	if _, err := pg.One[row](t.Context(), db, "SELECT 1::bigint AS id, now() AS at, 2 AS more", nil); err == nil {
		t.Error("a column that the struct lacks has passed")
	}
}

func TestSettingsOfThePoolReachTheServer(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.URL(t), pg.Options{MaxConns: 3, StatementTimeout: 1500 * time.Millisecond, LockTimeout: 2 * time.Second, ApplicationName: "registry-test"})
	for name, want := range map[string]string{
		"statement_timeout": "1500ms", "lock_timeout": "1s", "application_name": "registry-test", "idle_in_transaction_session_timeout": "30s",
	} {
		var got string
		if err := db.QueryRow(t.Context(), "SELECT current_setting($1)", name).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", name, got, want, err)
		}
	}
	tx, err := db.BeginTx(t.Context(), pgx.TxOptions{BeginQuery: "BEGIN; " + pg.FullLockTimeout})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	var got string
	if err := tx.QueryRow(t.Context(), "SHOW lock_timeout").Scan(&got); err != nil || got != "2s" {
		t.Errorf("writes wait %q for locks: %v", got, err)
	}
	if n := db.Config().MaxConns; n != 3 {
		t.Errorf("%d connections", n)
	}
}

func TestADatabaseThatIsNotThereIsNoticedAtOnce(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"postgres://%zz": "read the database URL",
		strings.Replace(dbtest.Empty(t), "/test_", "/no_such_", 1): "reach the database",
	} {
		if _, err := pg.Open(context.Background(), url, pg.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestPredicatesStayApart(t *testing.T) {
	t.Parallel()
	var w pg.Where
	if w.SQL("t.id", false) != "" || len(w.Args()) != 0 {
		t.Error("an empty filter is not empty")
	}
	w.Add("a = @a OR b = @b", "a", 1, "b", 2)
	pg.In(&w, "c", "c", []int64{3})
	pg.In(&w, "d", "d", []int64(nil))
	pg.In(&w, "e", "e", []int64{5, 6})
	w.Through(pg.Link{Table: "links l", Parent: "thing_id", Cond: "l.x = ANY(@x)", Leads: true}, "x", []int64{4})
	if got, want := w.SQL("t.id", false), " WHERE (a = @a OR b = @b) AND (c = @c) AND (e = ANY(@e)) AND t.id IN (SELECT l.thing_id FROM links l WHERE l.x = ANY(@x))"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := w.SQL("t.id", true), " WHERE (a = @a OR b = @b) AND (c = @c) AND (e = ANY(@e))"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if args := w.Args(); len(args) != 5 {
		t.Errorf("%v", args)
	}
	w.Args()["more"] = 1
	if args := w.Args(); len(args) != 5 {
		t.Errorf("a copy of the arguments is none: %v", args)
	}
}

func TestOnlyASingleLinkOfOneValueLeads(t *testing.T) {
	t.Parallel()
	one, several := pg.Link{Table: "a l", Leads: true}, pg.Link{Table: "b l"}
	for name, c := range map[string]struct {
		links []pg.Link
		want  bool
	}{
		"none": {nil, false}, "one": {[]pg.Link{one}, true}, "one of several values": {[]pg.Link{several}, false}, "two": {[]pg.Link{one, one}, false},
	} {
		var w pg.Where
		for _, l := range c.links {
			w.Through(l)
		}
		if _, ok := w.Lead(); ok != c.want {
			t.Errorf("%s: leads is %v", name, ok)
		}
	}
}

func TestAnEscapedTextMatchesItselfOnly(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rapid.Check(t, func(t *rapid.T) {
		letters := []rune(`ab%_\`)
		a := rapid.StringOfN(rapid.SampledFrom(letters), 0, 6, -1).Draw(t, "a")
		b := rapid.StringOfN(rapid.SampledFrom(letters), 0, 6, -1).Draw(t, "b")
		var matches bool
		if err := db.QueryRow(context.Background(), "SELECT $1::text LIKE $2", a, pg.EscapeLike(b)).Scan(&matches); err != nil {
			t.Fatal(err)
		}
		if matches != (a == b) {
			t.Fatalf("%q matches %q: %v", a, b, matches)
		}
	})
}

func TestAURLThatWouldShowAPartOfItsPasswordIsRefused(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"postgres://u:p@h:5432/d": true, "postgres://u:p%40q@h/d?sslmode=disable": true, "postgres://h/d": true, "host=h password=a@b": true, "": true,
		"postgres://u:top:se@cret@h/d": false, "postgres://u:p/q@h/d": false, "postgres://u:p#q@h/d": false, "postgres://u:p?q@h/d": false, "postgres://u:p@q@h": false,
	} {
		if err := pg.CheckURL(text); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}
