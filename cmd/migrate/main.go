// Command migrate moves the schema of the registry's database between versions. It carries the migrations inside; the
// service itself never changes a schema in production.
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

	"roundtables.kz/registry/migrations"
)

func main() {
	os.Exit(untilSignalled(migrations.FS, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

// untilSignalled runs until it is done or the first SIGTERM or SIGINT, which stops between files; a second one kills.
func untilSignalled(files fs.FS, args []string, env func(string) string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, files, args, env, stdout, stderr)
}

const description = `Moves the schema of the registry's PostgreSQL database from one version to another.

The migrations are numbered files inside this program: version 3 means that the first three were applied. Each file runs as one transaction, so it takes effect whole or not at all. Any number of copies may be started at once: one does the work, the others wait for it and then find nothing to do.

Examples:

    export DATABASE_URL='postgres://user:password@db.example.org:5432/registry'
    migrate up          # apply what is pending
    migrate status      # what is applied, what is pending
    migrate down 1      # take the newest one back; the data of dropped tables is lost
    migrate create add_rooms

Exit codes:

    0  done, or nothing to do
    1  failed, or interrupted; the message says what state the database is in
    2  wrong arguments; nothing was changed
    3  the database is dirty: a migration did not end and someone has to look
    4  lock timeout: another migration, or a transaction that holds a table; try again later
    5  the database is ahead of this program: a newer release has migrated it
    6  cannot connect to the database`

type commandLine struct {
	Up      upCommand      `cmd:"" help:"Apply every pending migration."`
	Down    downCommand    `cmd:"" help:"Take back the newest N migrations. Data in tables that they made is lost."`
	Goto    gotoCommand    `cmd:"" help:"Move up or down to version V; 0 is the empty schema."`
	Version versionCommand `cmd:"" help:"Print the version of the database."`
	Status  statusCommand  `cmd:"" help:"List what is applied and pending, and what is wrong: a dirty version, migrations that this program does not know, invalid indexes."`
	Force   forceCommand   `cmd:"" help:"Write down that the schema has version V and is not dirty, without running anything. For a person who has looked at the database."`
	Create  createCommand  `cmd:"" help:"Make the two empty files of the next migration."`

	DatabaseURL string        `name:"database-url" placeholder:"URL" help:"The database, as postgres://user:password@host:5432/database; default $$DATABASE_URL, which does not show the password to other users of the machine. A direct address: locks do not survive a pooler such as PgBouncer. Its lock_timeout (default 5s, for tables) and statement_timeout (default 30min) may be set with ?name=milliseconds."`
	LockTimeout time.Duration `name:"lock-timeout" default:"${lock_timeout}" help:"How long to wait for another migration that is running; 0 does not wait."`
	JSON        bool          `name:"json" help:"Print the result as JSON."`
}

// call is one invocation, as the commands see it.
type call struct {
	*commandLine
	ctx            context.Context
	files          fs.FS
	env            func(string) string
	stdout, stderr io.Writer
}

// usageError is a mistake in the arguments.
type usageError struct{ error }

func usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

var negative = regexp.MustCompile(`^-[0-9]+$`) // which the parser takes for a flag

// run does what args say and returns the exit code. Results go to stdout, errors and what to do about them to stderr.
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
			err = fmt.Errorf("%s is negative; numbers of migrations and versions are not", args[i])
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
	var (
		mistake usageError
		url     *migrations.URLError
		version *migrations.VersionError
		dirty   *migrations.DirtyError
		file    *migrations.FileError
		ahead   *migrations.AheadError
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &mistake), errors.As(err, &url), errors.As(err, &version):
		return 2
	case errors.As(err, &dirty), errors.As(err, &file) && file.Dirty:
		return 3
	case errors.Is(err, migrations.ErrLockTimeout):
		return 4
	case errors.As(err, &ahead):
		return 5
	case isConnectError(err) && ctx.Err() == nil:
		return 6
	}
	return 1
}

// runner makes the runner of the commands that need a database.
func (c *call) runner(applied func(migrations.Step)) (*migrations.Runner, error) {
	if c.LockTimeout < 0 {
		return nil, usage("--lock-timeout must not be negative")
	}
	return migrations.New(c.files, cmp.Or(c.DatabaseURL, c.env("DATABASE_URL")), migrations.Options{
		LockTimeout: cmp.Or(c.LockTimeout, -1),
		Applied:     applied,
		Waiting: func(other migrations.Holder) {
			fmt.Fprintf(c.stderr, "another migration is running (%s), waiting up to %v\n", other, c.LockTimeout)
		},
	})
}
