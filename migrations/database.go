package migrations

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/pg"
)

// The parameters of every connection that migrates, unless the database URL sets them.
const (
	// ApplicationName is what pg_stat_activity shows of a running migration.
	ApplicationName  = "registry-migrate"
	tableLockTimeout = 5 * time.Second  // a waiting ALTER TABLE makes every later reader of the table wait behind it
	statementTimeout = 30 * time.Minute // for a long CREATE INDEX or UPDATE
	connectionCheck  = time.Second      // the server gives up on the statement of a client that was killed
	connectTimeout   = 10 * time.Second
)

// URLError says what is wrong with a database URL. Its text never quotes the URL, because a URL that cannot be read
// may have its password anywhere.
type URLError struct{ Problem string }

func (e *URLError) Error() string { return e.Problem }

func parseURL(databaseURL string) (*pgx.ConnConfig, error) {
	if strings.TrimSpace(databaseURL) == "" {
		return nil, &URLError{"no database URL was given"}
	}
	const form = "it should look like postgres://user:password@host:5432/database"
	if scheme, _, ok := strings.Cut(databaseURL, "://"); ok {
		if scheme != "postgres" && scheme != "postgresql" {
			return nil, &URLError{"the database URL does not start with postgres://; " + form}
		}
		if err := pg.CheckURL(databaseURL); err != nil {
			return nil, &URLError{err.Error()}
		}
	}
	// pgxpool's parser, so that a URL with pool_ settings, written for the service, serves here too.
	pool, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, &URLError{"the database URL cannot be read" + reason(err) + "; " + form}
	}
	config := pool.ConnConfig
	setDefault := func(name, value string) {
		if _, set := config.RuntimeParams[name]; !set {
			config.RuntimeParams[name] = value
		}
	}
	milliseconds := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	setDefault("application_name", ApplicationName)
	setDefault("lock_timeout", milliseconds(tableLockTimeout))
	setDefault("statement_timeout", milliseconds(statementTimeout))
	setDefault("client_connection_check_interval", milliseconds(connectionCheck))
	setDefault("idle_session_timeout", "0") // the session that holds the lock is idle while files run
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	return config, nil
}

// reason gives pgx's reason for refusing a connection string when it is about one setting, and nothing when the whole
// could not be taken apart: that text quotes pieces of it.
func reason(err error) string {
	text := err.Error()
	at := strings.LastIndex(text, "`: ")
	if at < 0 || strings.HasPrefix(text[at+3:], "failed to parse") {
		return ""
	}
	return ": " + text[at+3:]
}

// where names a database without its password: registry on db.example.org:5432.
func where(config *pgx.ConnConfig) string {
	return fmt.Sprintf("%s on %s:%d", config.Database, config.Host, config.Port)
}

// errNoSchema is met in a database whose search_path names no schema that exists.
var errNoSchema = errors.New("the search_path of this user names no schema that exists; create it (CREATE SCHEMA public) or set search_path in the database URL")
