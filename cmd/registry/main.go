// Command registry runs the service and contains the commands for its operators. The command migrate changes the schema;
// of the commands here, only `registry dev` does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // the static image has no time zone database

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/config"
)

func main() {
	os.Exit(runUntilSignal(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// runUntilSignal runs the command until it ends or the first SIGTERM or SIGINT stops it gracefully. A second signal ends
// the program at once.
func runUntilSignal(args, environ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, args, environ, stdout, stderr)
}

// #nosec G101 -- its password is an example
const description = `A registry of round tables: who held them, who took part, what was said and what came of it.

    registry dev                      # try it at http://localhost:8080/, with an embedded database in .data

    export DATABASE_URL='postgres://user:password@db.example.org:5432/registry'
    migrate up                        # a separate program, because the service never changes the schema
    registry serve
    registry keys create --name "Dashboard" --scope read

Settings are environment variables. deployments/README.md lists them.

Exit codes:

    0  success, or graceful shutdown
    1  failed; the message says why
    2  invalid arguments or settings; nothing was done
    3  the schema of the database does not match this program, or is dirty
    4  the database cannot be reached, or denies access
    5  the address to listen on is not available
    6  stopped, but requests were aborted`

type commandLine struct {
	Serve       serveCommand       `cmd:"" help:"Run the service with the database in $$DATABASE_URL."`
	Dev         devCommand         `cmd:"" help:"Run the service on this machine with an embedded database, for development."`
	Seed        seedCommand        `cmd:"" help:"Load the sample events into the database in $$DATABASE_URL."`
	Respell     respellCommand     `cmd:"" help:"Rebuild the search keys of names after an upgrade that changed their rules."`
	Keys        keysCommand        `cmd:"" help:"Create, list and revoke API keys."`
	Healthcheck healthcheckCommand `cmd:"" help:"Check whether the service on this machine is ready; for containers without a shell."`
	Version     versionCommand     `cmd:"" help:"Print the versions of this program and its schema."`
}

// call is one invocation of the program.
type call struct {
	ctx            context.Context
	environ        []string
	stdout, stderr io.Writer
}

// usageError is an error in the arguments.
type usageError struct{ error }

// run executes the command in args and returns the exit code. Results go to stdout, log lines and errors to stderr.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		run(ctx, []string{"--help"}, environ, stderr, stderr)
		return 2
	}
	helped := false
	parser, err := kong.New(&commandLine{},
		kong.Name("registry"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "registry:", err)
		return 1
	}
	chosen, err := parser.Parse(args)
	if helped {
		return 0
	}
	if err != nil {
		err = usageError{fmt.Errorf(`%w; "registry --help" explains the commands`, err)}
	} else {
		err = chosen.Run(&call{ctx, environ, stdout, stderr})
	}
	if err != nil {
		fmt.Fprintln(stderr, "registry:", message(err))
	}
	return exitCode(err)
}

// Errors with their own exit code.
var (
	errSchema  = errors.New("the schema does not match")
	errListen  = errors.New("the address is not available")
	errAborted = errors.New("requests were aborted")
)

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case is[usageError](err), is[config.Problems](err):
		return 2
	case errors.Is(err, errSchema):
		return 3
	case isConnectError(err):
		return 4
	case errors.Is(err, errListen):
		return 5
	case errors.Is(err, errAborted):
		return 6
	}
	return 1
}

// is reports whether an error wraps one of the type E.
func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isConnectError(err error) bool { return is[*pgconn.ConnectError](err) }

// message returns the text of an error, on one line unless it is a list of problems.
func message(err error) string {
	if isConnectError(err) {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	return err.Error()
}

// settings reads the settings from the environment.
func (c *call) settings() (config.Config, error) { return config.Read(c.environ) }

// database reads the settings for a command that needs a database.
func (c *call) database() (config.Config, error) {
	s, err := c.settings()
	if s.DatabaseURL == "" && err == nil {
		err = config.Problems{"DATABASE_URL: is not set, and this command requires a database, " +
			"postgres://user:password@host:5432/database (\"registry dev\" starts its own)"}
	}
	return s, err
}

// withDatabase runs do with one connection to the database.
func (c *call) withDatabase(do func(*pgxpool.Pool) error) error {
	s, err := c.database()
	if err != nil {
		return err
	}
	s.PoolSize = 1
	pool, err := ready(c.ctx, s)
	if err != nil {
		return err
	}
	defer pool.Close()
	return do(pool)
}

// log returns the logger of the service, which writes to stderr.
func (c *call) log(s config.Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(c.stderr, o))
	}
	return slog.New(slog.NewJSONHandler(c.stderr, o))
}
