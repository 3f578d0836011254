package migrations

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/pg"
)

// The default parameters of connections for migrations. The database URL can override them.
const (
	// ApplicationName is the name of a running migration in pg_stat_activity.
	ApplicationName  = "registry-migrate"
	tableLockTimeout = 5 * time.Second  // while an ALTER TABLE waits, all later readers of the table wait behind it
	statementTimeout = 30 * time.Minute // enough for a long CREATE INDEX or UPDATE
	connectionCheck  = time.Second      // how soon the server cancels the statement of a killed client
	connectTimeout   = 10 * time.Second
)

// URLError describes a problem with a database URL. Its text never quotes the URL, because an invalid URL may contain
// its password anywhere.
type URLError struct{ Problem string }

func (e *URLError) Error() string { return e.Problem }

func parseURL(databaseURL string) (*pgx.ConnConfig, error) {
	if strings.TrimSpace(databaseURL) == "" {
		return nil, &URLError{"no database URL is set"}
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
	// pgxpool's parser also accepts the pool_ settings of a URL for the service.
	pool, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, &URLError{"the database URL cannot be parsed" + reason(err) + "; " + form}
	}
	config := pool.ConnConfig
	milliseconds := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	params := map[string]string{
		"application_name":                 ApplicationName,
		"lock_timeout":                     milliseconds(tableLockTimeout),
		"statement_timeout":                milliseconds(statementTimeout),
		"client_connection_check_interval": milliseconds(connectionCheck),
		"idle_session_timeout":             "0", // the session with the lock is idle while files run
	}
	maps.Copy(params, config.RuntimeParams)
	config.RuntimeParams = params
	config.ConnectTimeout = cmp.Or(config.ConnectTimeout, connectTimeout)
	return config, nil
}

// reason returns pgx's reason for rejecting a connection string if it concerns one setting. It returns "" if the string
// could not be parsed, because then the reason quotes parts of it.
func reason(err error) string {
	text := err.Error()
	at := strings.LastIndex(text, "`: ")
	if at < 0 || strings.HasPrefix(text[at+3:], "failed to parse") {
		return ""
	}
	return ": " + text[at+3:]
}

// databaseName names a database without its password: registry on db.example.org:5432.
func databaseName(config *pgx.ConnConfig) string {
	return fmt.Sprintf("%s on %s:%d", config.Database, config.Host, config.Port)
}

// errNoSchema means that the search_path contains no existing schema.
var errNoSchema = errors.New("the search_path of this user contains no existing schema; " +
	"create one (CREATE SCHEMA public) or set search_path in the database URL")
