// Command registry is the service: it answers requests, and it has the commands of the people who run it. Its schema is
// moved by the command migrate; only `registry dev` does that by itself.
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
	_ "time/tzdata" // the static image has no time zones of its own

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/config"
)

func main() {
	os.Exit(untilSignalled(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// untilSignalled runs until it is done or the first SIGTERM or SIGINT, which stops in order; a second one ends at once.
func untilSignalled(args, environ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	return run(ctx, args, environ, stdout, stderr)
}

const description = `A registry of round tables: who held them, who took part, what was said and what came of it.

    registry dev                      # try it: a database of its own in .data, migrated, ready at http://localhost:8080/docs/

    export DATABASE_URL='postgres://user:password@db.example.org:5432/registry'
    migrate up                        # a program of its own: the service never changes a schema
    registry serve
    registry keys create --name "Dashboard" --scope read

Settings are environment variables; deployments/README.md lists them all.

Exit codes:

    0  done, or stopped in order
    1  failed; the message says why
    2  wrong arguments or wrong settings; nothing was done
    3  the schema of the database is not the one of this program, or is dirty
    4  the database cannot be reached, or refuses the user
    5  the address to listen on is not to be had
    6  stopped, but requests had to be broken off`

type commandLine struct {
	Serve       serveCommand       `cmd:"" help:"Answer requests, with the database of $$DATABASE_URL."`
	Dev         devCommand         `cmd:"" help:"Answer requests on this machine, with a database that is started and migrated too."`
	Seed        seedCommand        `cmd:"" help:"Load the sample events into the database of $$DATABASE_URL."`
	Respell     respellCommand     `cmd:"" help:"Write the spellings by which names are found anew, after an upgrade that changed the rules."`
	Keys        keysCommand        `cmd:"" help:"Make, list and revoke the keys of clients."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the service on this machine whether it is ready; for containers without a shell."`
	Version     versionCommand     `cmd:"" help:"Print the version of this program and of its schema."`
}

// call is one invocation, as the commands see it.
type call struct {
	ctx            context.Context
	environ        []string
	stdout, stderr io.Writer
}

// usageError is a mistake in the arguments.
type usageError struct{ error }

// run does what args say and returns the exit code. Results go to stdout; log lines and errors to stderr.
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

// Errors that have an exit code of their own.
var (
	errSchema = errors.New("the schema does not fit")
	errListen = errors.New("the address is not to be had")
	errBroken = errors.New("requests were broken off")
)

func exitCode(err error) int {
	var (
		mistake  usageError
		problems config.Problems
	)
	switch {
	case err == nil:
		return 0
	case errors.As(err, &mistake), errors.As(err, &problems):
		return 2
	case errors.Is(err, errSchema):
		return 3
	case isConnectError(err):
		return 4
	case errors.Is(err, errListen):
		return 5
	case errors.Is(err, errBroken):
		return 6
	}
	return 1
}

func isConnectError(err error) bool {
	var failed *pgconn.ConnectError
	return errors.As(err, &failed)
}

// message is the text of an error on one line, except for lists of problems.
func message(err error) string {
	if isConnectError(err) {
		return strings.Join(strings.Fields(err.Error()), " ")
	}
	return err.Error()
}

// settings reads the environment.
func (c *call) settings() (config.Config, error) { return config.Read(c.environ) }

// database reads the environment for a command that needs a database.
func (c *call) database() (config.Config, error) {
	s, err := c.settings()
	if s.DatabaseURL == "" && err == nil {
		err = config.Problems{"DATABASE_URL: is not set, and this command needs a database, postgres://user:password@host:5432/database (\"registry dev\" starts one itself)"}
	}
	return s, err
}

// withDatabase opens the database for a command that does one thing with it.
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

// log makes the log of the service, on stderr.
func (c *call) log(s config.Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "text" {
		return slog.New(slog.NewTextHandler(c.stderr, o))
	}
	return slog.New(slog.NewJSONHandler(c.stderr, o))
}
