// Command migrate migrates the schema of the registry's database. It contains the migrations. The service itself never
// changes the schema in production.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgconn"

	"roundtables.kz/registry/migrations"
)

func main() {
	os.Exit(runUntilSignal(migrations.FS, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// runUntilSignal runs the command until it ends or the first SIGTERM or SIGINT, which stops it before the next file.
// A second signal kills the program.
func runUntilSignal(files fs.FS, args []string, env func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, files, args, env, stdout, stderr)
}

const description = `Migrates the schema of the registry's PostgreSQL database from one version to another.

The migrations are numbered files in this program: version 3 means that the first three are applied. ` +
	`Each file runs as one transaction, so it takes effect completely or not at all. ` +
	`Several copies can run at once: one applies the migrations; the others wait and then have nothing to do.

Examples:

    export DATABASE_URL='postgres://user:password@db.example.org:5432/registry'
    migrate up          # apply pending migrations
    migrate status      # list applied and pending migrations
    migrate down 1      # revert the newest migration; this deletes the data of its tables
    migrate create add_rooms

Exit codes:

    0  success, or nothing to do
    1  failed or interrupted; the message describes the state of the database
    2  invalid arguments; nothing was changed
    3  the database is dirty: a migration did not complete; check the database
    4  lock timeout: another migration is running or a transaction has locked a table; try again later
    5  the database is ahead of this program: a newer release has migrated it
    6  cannot connect to the database`

type commandLine struct {
	Up      upCommand      `cmd:"" help:"Apply all pending migrations."`
	Down    downCommand    `cmd:"" help:"Revert the newest N migrations. This deletes the data in their tables."`
	Goto    gotoCommand    `cmd:"" help:"Migrate up or down to version V; 0 is the empty schema."`
	Version versionCommand `cmd:"" help:"Print the version of the database."`
	Status  statusCommand  `cmd:"" help:"List applied and pending migrations, and problems: a dirty version, unknown migrations, invalid indexes."`
	Force   forceCommand   `cmd:"" help:"Set the version to V and clear the dirty mark without running any migration. Check the database first."`
	Create  createCommand  `cmd:"" help:"Create the two files of a new migration."`

	DatabaseURL string        `name:"database-url" placeholder:"URL" help:"URL of the database, postgres://user:password@host:5432/database. Default: $$DATABASE_URL, which hides the password from other users of the machine. It must be the direct address of the server, because locks do not work through a connection pooler such as PgBouncer. Set lock_timeout (for tables; default 5s) and statement_timeout (default 30min) with ?name=milliseconds."`
	LockTimeout time.Duration `name:"lock-timeout" default:"${lock_timeout}" help:"How long to wait for another running migration; 0 means do not wait."`
	JSON        bool          `name:"json" help:"Print the result as JSON."`
}

// call is one invocation of the program.
type call struct {
	*commandLine
	ctx            context.Context
	files          fs.FS
	env            func(string) string
	stdout, stderr io.Writer
}

// usageError is an error in the arguments.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

var negative = regexp.MustCompile(`^-[0-9]+$`) // the parser takes such an argument for a flag

// run executes the command in args and returns the exit code. Results go to stdout, errors and advice to stderr.
func run(ctx context.Context, files fs.FS, args []string, env func(string) string, stdout, stderr io.Writer) int {
	c := &call{commandLine: &commandLine{}, ctx: ctx, files: files, env: env, stdout: stdout, stderr: stderr}
	if len(args) == 0 {
		run(ctx, files, []string{"--help"}, env, stderr, stderr)
		return 2
	}
	helped := false
	parser, err := kong.New(c.commandLine,
		kong.Name("migrate"),
		kong.Description(description),
		kong.Vars{"lock_timeout": migrations.DefaultLockTimeout.String()},
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "migrate:", err)
		return 1
	}
	chosen, err := parser.Parse(args)
	if helped {
		return 0
	}
	if err != nil {
		if i := slices.IndexFunc(args, negative.MatchString); i >= 0 {
			err = fmt.Errorf("%s is negative; numbers and versions of migrations must be 0 or more", args[i])
		}
		err = usageError{err}
	} else {
		err = chosen.Run(c)
	}
	if err != nil {
		fmt.Fprintln(stderr, "migrate:", message(err))
		if text := advice(err, files); text != "" {
			fmt.Fprintf(stderr, "\n%s\n", text)
		}
	}
	return exitCode(ctx, err)
}

func exitCode(ctx context.Context, err error) int {
	file, failed := errors.AsType[*migrations.FileError](err)
	switch {
	case err == nil:
		return 0
	case is[usageError](err), is[*migrations.URLError](err), is[*migrations.VersionError](err):
		return 2
	case is[*migrations.DirtyError](err), failed && file.Dirty:
		return 3
	case errors.Is(err, migrations.ErrLockTimeout):
		return 4
	case is[*migrations.AheadError](err):
		return 5
	case is[*pgconn.ConnectError](err) && ctx.Err() == nil:
		return 6
	}
	return 1
}

// runner returns the runner for commands that need a database.
func (c *call) runner(applied func(migrations.Step)) (*migrations.Runner, error) {
	if c.LockTimeout < 0 {
		return nil, usage("--lock-timeout must not be negative")
	}
	return migrations.New(c.files, cmp.Or(c.DatabaseURL, c.env("DATABASE_URL")), migrations.Options{
		LockTimeout: cmp.Or(c.LockTimeout, -1),
		Applied:     applied,
		Waiting: func(other migrations.Holder) {
			fmt.Fprintf(c.stderr, "another migration is running (%s); waiting up to %v\n", other, c.LockTimeout)
		},
	})
}
