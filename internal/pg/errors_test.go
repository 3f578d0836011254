package pg_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// describe writes an error for the client as "kind code pointer:code".
func describe(err error) string {
	var e *apperr.Error
	if !errors.As(err, &e) {
		return "none"
	}
	text := fmt.Sprintf("%d %s", e.Kind, e.Code)
	for _, f := range e.Fields {
		text += " " + f.Pointer + ":" + f.Code
	}
	return text
}

func TestWhatTheSchemaRefusesIsAMistakeInAFieldOfTheBody(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	setup := `
		CREATE TABLE owners (id int PRIMARY KEY);
		CREATE TABLE things (
			id         int PRIMARY KEY,
			code       text UNIQUE,
			owner_id   int REFERENCES owners,
			size       int NOT NULL DEFAULT 1 CHECK (size > 0),
			odd        int CONSTRAINT contacts_person_id_kind_value_key CHECK (odd < 5),
			begins     date,
			ends       date,
			during     int4range,
			small      smallint,
			at         timestamptz,
			CONSTRAINT things_ends_order CHECK (ends >= begins),
			CONSTRAINT things_during_key EXCLUDE USING gist (during WITH &&),
			CONSTRAINT strange CHECK (id <> 66)
		);
		INSERT INTO things (id, code, during) VALUES (1, 'a', '[1,5)')`
	if _, err := db.Exec(t.Context(), setup); err != nil {
		t.Fatal(err)
	}
	insert := "INSERT INTO things (id, %s) VALUES (2, %s)"
	invalid, conflict := apperr.Invalid, apperr.Conflict
	for name, c := range map[string]struct{ sql, want string }{
		"a value that is taken":        {fmt.Sprintf(insert, "code", "'a'"), fmt.Sprintf("%d already_exists /code:already_taken", conflict)},
		"a record that does not exist": {fmt.Sprintf(insert, "owner_id", "9"), fmt.Sprintf("%d validation_failed /owner_id:unknown_reference", invalid)},
		"a value that is missing":      {fmt.Sprintf(insert, "size", "NULL"), fmt.Sprintf("%d validation_failed /size:required", invalid)},
		"a value outside its bounds":   {fmt.Sprintf(insert, "size", "0"), fmt.Sprintf("%d validation_failed /size:not_valid", invalid)},
		"an explained constraint":      {fmt.Sprintf(insert, "odd", "7"), fmt.Sprintf("%d validation_failed /value:already_taken", invalid)},
		"an end before the start":      {fmt.Sprintf(insert, "begins, ends", "'2020-02-02', '2020-02-01'"), fmt.Sprintf("%d validation_failed /ends:before_start", invalid)},
		"an overlap":                   {fmt.Sprintf(insert, "during", "'[4,6)'"), fmt.Sprintf("%d validation_failed /during:not_valid", invalid)},
		"a constraint without a field": {"INSERT INTO things (id) VALUES (66)", fmt.Sprintf("%d validation_failed :not_valid", invalid)},
		"a number over its type":       {fmt.Sprintf(insert, "small", "99999"), fmt.Sprintf("%d bad_value", invalid)},
		"a time that does not exist":   {fmt.Sprintf(insert, "at", "'2020-02-30 10:00+05'"), fmt.Sprintf("%d bad_value", invalid)},
		"a topic below itself":         {`WITH t AS (INSERT INTO topics (label) VALUES ('{"en": "a"}')) INSERT INTO topics (id, label, parent_id) VALUES (900, '{"en": "b"}', 900)`, fmt.Sprintf("%d validation_failed /parent_id:cycle", invalid)},
		"an id that changes":           {"UPDATE roles SET id = id + 100", fmt.Sprintf("%d validation_failed /id:immutable", invalid)},
		"a column that is not there":   {"SELECT nothing FROM things", "none"},
		"a statement that is none":     {"SELEKT 1", "none"},
	} {
		_, err := db.Exec(t.Context(), c.sql)
		got := pg.Error(fmt.Errorf("store a thing: %w", err))
		if describe(got) != c.want {
			t.Errorf("%s: %s, want %s: %v", name, describe(got), c.want, err)
		}
		if err == nil || !strings.Contains(got.Error(), err.Error()) {
			t.Errorf("%s: the cause %v is lost in %v", name, err, got)
		}
	}
}

func TestEveryExplainedConstraintIsInTheSchema(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile("../../migrations/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	for name := range pg.ConstraintFields {
		if !regexp.MustCompile(`\b` + name + `\b`).Match(schema) {
			t.Errorf("no constraint is named %s", name)
		}
	}
}

// timeout is a net.Error of a connection whose deadline was over.
type timeout struct{}

func (timeout) Error() string   { return "i/o timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

func TestErrorsOfTheServerByMeaning(t *testing.T) {
	t.Parallel()
	state := func(code string) error { return &pgconn.PgError{Code: code, Severity: "ERROR"} }
	known := apperr.New(apperr.Conflict, "in_use")
	known.Err = state(pg.ForeignKeyViolation)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nothing":                      {nil, "none"},
		"an error of ours":             {io.ErrShortWrite, "none"},
		"no row":                       {pgx.ErrNoRows, "none"},
		"a lock that is held":          {state("55P03"), fmt.Sprintf("%d locked", apperr.Unavailable)},
		"a deadlock":                   {state("40P01"), fmt.Sprintf("%d locked", apperr.Unavailable)},
		"a serialization failure":      {state("40001"), fmt.Sprintf("%d locked", apperr.Unavailable)},
		"statement_timeout":            {state("57014"), fmt.Sprintf("%d query_timeout", apperr.Unavailable)},
		"an idle transaction":          {state("25P03"), fmt.Sprintf("%d query_timeout", apperr.Unavailable)},
		"a server that shuts down":     {state("57P01"), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a server that starts":         {state("57P03"), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"too many connections":         {state("53300"), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a full disk":                  {state("53100"), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a broken protocol":            {state("08P01"), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a bug in a function":          {state("P0001"), "none"},
		"a missing table":              {state("42P01"), "none"},
		"the end of the connection":    {fmt.Errorf("read: %w", io.ErrUnexpectedEOF), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a reset connection":           {&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a closed connection":          {fmt.Errorf("begin: %w", pgconn.ErrConnClosed), fmt.Sprintf("%d database_unavailable", apperr.Unavailable)},
		"a deadline":                   {fmt.Errorf("query: %w", context.DeadlineExceeded), fmt.Sprintf("%d timeout", apperr.Unavailable)},
		"a deadline while reading":     {errors.Join(context.DeadlineExceeded, &net.OpError{Op: "read", Err: timeout{}}), fmt.Sprintf("%d timeout", apperr.Unavailable)},
		"a client that has gone":       {errors.Join(context.Canceled, &net.OpError{Op: "read", Err: timeout{}}), "none"},
		"what has its meaning already": {fmt.Errorf("delete: %w", known), fmt.Sprintf("%d in_use", apperr.Conflict)},
	} {
		got := pg.Error(c.err)
		if describe(got) != c.want {
			t.Errorf("%s: %s, want %s", name, describe(got), c.want)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("%s: the cause is lost", name)
		}
	}
}

func TestOnlyARefusalOfTheServerIsAnAnswer(t *testing.T) {
	t.Parallel()
	for severity, want := range map[string]bool{"ERROR": true, "FATAL": false, "PANIC": false} {
		err := fmt.Errorf("commit: %w", &pgconn.PgError{Code: "23505", SeverityUnlocalized: severity})
		if pg.Answered(err) != want {
			t.Errorf("%s: %v", severity, !want)
		}
	}
	if pg.Answered(io.EOF) || pg.Answered(nil) {
		t.Error("no answer is one")
	}
}

func TestTheErrorOfAStatementSaysWhatItWasDoing(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ctx := t.Context()
	one := func(sql string) error { _, err := pg.One[struct{ ID int64 }](ctx, db, sql, nil); return err }
	all := func(sql string) error { _, err := pg.All[struct{ ID int64 }](ctx, db, sql, nil); return err }
	column := func(sql string) error { _, err := pg.Column[int64](ctx, db, sql, nil); return err }
	id := func(sql string) error { _, err := pg.ID(ctx, db, sql, nil); return err }
	exec := func(sql string) error { return pg.Exec(ctx, db, sql, nil) }
	for _, c := range []struct {
		run       func(sql string) error
		sql, want string
	}{
		{one, "SELECT nothing FROM people WHERE id = 1 FOR UPDATE", "read person: "},
		{all, "SELECT t.nothing FROM round_tables t JOIN people p ON true", "read round table: "},
		{column, "WITH x AS (SELECT nothing FROM webhook_deliveries) SELECT 1 FROM x", "read webhook delivery: "},
		{id, "\n\t\tINSERT INTO round_table_topics (nothing) SELECT 1 FROM topics RETURNING id", "create round table topic: "},
		{exec, "UPDATE topics SET nothing = 1", "update topic: "},
		{exec, "DELETE FROM api_keys WHERE nothing", "delete api key: "},
		{exec, "SET nothing", "run a statement: "},
		{exec, "INSERT INTO topics (label) VALUES (NULL)", "validation_failed /label:required: create topic: "},
	} {
		err := c.run(c.sql)
		var cause *pgconn.PgError
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || !errors.As(err, &cause) {
			t.Errorf("%s: %v, want %q and its cause", c.sql, err, c.want)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue("SELECT 1/0")
	if err := pg.Send(ctx, db, "divide", batch); err == nil || !strings.Contains(err.Error(), "divide: ") {
		t.Errorf("a batch: %v", err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := pg.One[struct{ ID int64 }](ended, db, "SELECT id FROM topics", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that has gone: %v", err)
	}
	if err := one("SELECT id FROM topics WHERE false"); err != pgx.ErrNoRows {
		t.Errorf("no row: %v", err)
	}
}
