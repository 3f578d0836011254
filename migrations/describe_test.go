package migrations_test

import (
	"os"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/migrations"
)

func TestSchemaFileMatchesTheMigrations(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	if err := migrations.Up(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, schema, _ := strings.Cut(string(written), "\n\n") // skip the header
	if made := describe(t, url); schema != made {
		t.Errorf("schema.sql is out of date; run go generate ./migrations:\n%s", firstDifference(schema, made))
	}
}

func TestDescriptionCoversAllObjectsOfASchema(t *testing.T) {
	t.Parallel()
	url := dbtest.Empty(t)
	exec(t, url, `
		CREATE EXTENSION pg_trgm;
		CREATE TYPE mood AS ENUM ('glad', 'sad');
		CREATE DOMAIN code AS text DEFAULT 'x' CONSTRAINT short CHECK (length(VALUE) < 9);
		CREATE TYPE pair AS (a int, b text);
		CREATE SEQUENCE counter CACHE 5;
		CREATE TABLE rooms (
			id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			name  text COLLATE "C" NOT NULL DEFAULT 'a' CHECK (name <> ''),
			upper text GENERATED ALWAYS AS (upper(name)) STORED,
			of    bigint REFERENCES rooms,
			UNIQUE (name)
		) WITH (fillfactor=70);
		COMMENT ON TABLE rooms IS 'where people sit';
		COMMENT ON COLUMN rooms.name IS 'on the door';
		CREATE INDEX rooms_of_idx ON rooms (of) WHERE of > 1;
		CREATE TABLE log (at date) PARTITION BY RANGE (at);
		CREATE UNLOGGED TABLE cache ();
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER rooms_f AFTER INSERT ON rooms FOR EACH ROW EXECUTE FUNCTION f();
		CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);
		CREATE VIEW doors AS SELECT name FROM rooms;
		CREATE MATERIALIZED VIEW plates AS SELECT name FROM rooms;
		CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
		CREATE TABLE schema_migrations (version bigint)`)
	schema := describe(t, url)
	for _, want := range []string{
		"CREATE EXTENSION pg_trgm;\n",
		"CREATE TYPE mood AS ENUM ('glad', 'sad');\n",
		"CREATE DOMAIN code AS text DEFAULT 'x'::text CONSTRAINT short CHECK (length(VALUE) < 9);\n",
		"-- type pair\n",
		"CREATE SEQUENCE counter AS bigint INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 START 1 CACHE 5;\n",
		"    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,\n",
		"    name text COLLATE \"C\" DEFAULT 'a'::text NOT NULL,\n",
		"    upper text GENERATED ALWAYS AS (upper(name)) STORED,\n",
		"    CONSTRAINT rooms_pkey PRIMARY KEY (id),\n    CONSTRAINT rooms_name_key UNIQUE (name),\n    CONSTRAINT rooms_name_check CHECK (name <> ''::text),\n",
		"    CONSTRAINT rooms_of_fkey FOREIGN KEY (of) REFERENCES rooms(id)\n) WITH (fillfactor=70);\n",
		"COMMENT ON TABLE rooms IS 'where people sit';\nCOMMENT ON COLUMN rooms.name IS 'on the door';\n",
		"CREATE INDEX rooms_of_idx ON rooms USING btree (of) WHERE of > 1;\nCREATE TRIGGER rooms_f AFTER INSERT ON rooms FOR EACH ROW EXECUTE FUNCTION f();\n",
		") PARTITION BY RANGE (at);\n",
		"CREATE UNLOGGED TABLE cache (",
		"CREATE FUNCTION f()\n",
		"-- function total(integer)\n",
		"CREATE VIEW doors AS\n SELECT rooms.name\n",
		"CREATE MATERIALIZED VIEW plates AS\n",
		"-- text search configuration plain\n",
	} {
		if !strings.Contains(schema, want) && !strings.Contains(schema, strings.Replace(want, "SELECT rooms.name", "SELECT name", 1)) {
			t.Errorf("the description lacks %q", want)
		}
	}
	for _, unwanted := range []string{"similarity", "gtrgm", "schema_migrations", "rooms_id_seq", "rooms_pkey ON"} {
		if strings.Contains(schema, unwanted) {
			t.Errorf("the description has %q", unwanted)
		}
	}
	if t.Failed() {
		t.Log(schema)
	}
}

func TestDescriptionDoesNotDependOnTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	one, other := dbtest.Empty(t), dbtest.Empty(t)
	exec(t, one, "CREATE TABLE a (x int, y int); CREATE TABLE b (); CREATE INDEX i ON a (x); CREATE INDEX j ON a (y); CREATE TYPE t AS ENUM (); CREATE TYPE s AS ENUM ('1')")
	exec(t, other, "CREATE TYPE s AS ENUM ('1'); CREATE TYPE t AS ENUM (); CREATE TABLE b (); CREATE TABLE a (x int, z int, y int); ALTER TABLE a DROP z; CREATE INDEX j ON a (y); CREATE INDEX i ON a (x)")
	if a, b := describe(t, one), describe(t, other); a != b || !strings.Contains(a, "TYPE s") {
		t.Errorf("one\n%s\nother\n%s", a, b)
	}
}
