// Command dump writes schema.sql, the schema that results from the migrations, for reading. It applies the migrations on
// a temporary server. go generate runs it in the directory of the migrations.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/jackc/pgx/v5"

	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/migrations"
)

const header = `-- The schema of the registry, for reading. Generated from the migrations by go generate; do not edit.

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := dump(ctx, "schema.sql"); err != nil {
		fmt.Fprintln(os.Stderr, "dump the schema:", err)
		os.Exit(1)
	}
}

func dump(ctx context.Context, path string) (err error) {
	dir, err := os.MkdirTemp("", "registry-schema-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server, err := embeddedpg.Start(ctx, embeddedpg.Options{Dir: dir, Ephemeral: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := migrations.Up(ctx, server.URL()); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, server.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	schema, err := migrations.Describe(ctx, conn)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(header+schema), 0o644)
}
