// Package config defines and validates the settings of the service. It does not read the environment itself: commands
// pass it in.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/internal/pg"
)

// Secret is a setting that is never printed.
type Secret string

// String masks the secret; an empty one stays empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString masks the secret for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText masks the secret in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue masks the secret in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Production is the APP_ENV of production installations.
const Production = "production"

// Config holds the settings of the service. The comment of each field is its line in the table of
// deployments/README.md; a test compares the two.
type Config struct {
	AppEnv string `env:"APP_ENV" envDefault:"development"` // `development` or `production`. In production there is no embedded database.

	DatabaseURL      Secret        `env:"DATABASE_URL"`                       // URL of the PostgreSQL database, `postgres://user:password@host:5432/database`. `serve` requires it; `dev` starts an embedded database without it.
	DatabaseURLFile  string        `env:"DATABASE_URL_FILE"`                  // File with the database URL, such as a mounted secret. Set it instead of `DATABASE_URL`. `migrate` does not read it.
	PoolSize         int32         `env:"POOL_SIZE" envDefault:"8"`           // Maximum number of database connections; 2 to 4 per core of the database server are enough. Up to four more are for `/readyz`, cached responses and the search of names.
	StatementTimeout time.Duration `env:"STATEMENT_TIMEOUT" envDefault:"15s"` // Maximum duration of one SQL statement.
	LockTimeout      time.Duration `env:"LOCK_TIMEOUT" envDefault:"5s"`       // Maximum time that a statement of a write waits for a lock. Reads wait at most 1 second.
	StartTimeout     time.Duration `env:"START_TIMEOUT" envDefault:"15s"`     // How long `serve` waits at startup for the database and its schema.

	Addr           string         `env:"ADDR" envDefault:"localhost:8080"`      // Address to listen on, `host:port`. `:8080` listens on all interfaces; port 0 picks a free port.
	PublicBaseURL  string         `env:"PUBLIC_BASE_URL"`                       // Public URL of the service, `https://registry.example.org`. Links in responses start with it; if empty, they start with `/`.
	CORSOrigins    []string       `env:"CORS_ORIGINS"`                          // Origins whose pages may send keys and write, `https://dashboard.example.org`, separated by commas. Any origin may read public data.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES"`                       // Networks of proxies whose `X-Forwarded-For` is trusted, `10.0.0.0/8`, separated by commas.
	RateAnonymous  int            `env:"RATE_LIMIT_ANONYMOUS" envDefault:"300"` // Requests per minute from one address without a key; 0 means no limit. `dev` allows 1000000 unless this is set.
	RateKeys       int            `env:"RATE_LIMIT_KEYS" envDefault:"3000"`     // Requests per minute with one key; 0 means no limit. `dev` allows 1000000 unless this is set.
	RequestTimeout time.Duration  `env:"REQUEST_TIMEOUT" envDefault:"30s"`      // Maximum duration of one request.
	AnswerCacheMiB int            `env:"ANSWER_CACHE_MIB" envDefault:"16"`      // Size of the response cache in MiB; 0 disables it.
	ShutdownDelay  time.Duration  `env:"SHUTDOWN_DELAY" envDefault:"0s"`        // How long the service still accepts requests at shutdown while `/readyz` returns 503. Set it longer than the health check interval of the load balancer.
	ShutdownGrace  time.Duration  `env:"SHUTDOWN_GRACE" envDefault:"20s"`       // How long requests in progress may take to finish at shutdown.

	ReviewRequired bool `env:"REVIEW_REQUIRED" envDefault:"false"` // Whether an event is published only after its review (`submit`), by another key than that which submitted it.

	ContactRetention time.Duration `env:"CONTACT_RETENTION" envDefault:"720h"` // How long the change log keeps deleted contacts of people. Afterwards the service erases them; it looks for them every minute.

	WebhooksPrivate bool `env:"WEBHOOKS_PRIVATE" envDefault:"false"` // Whether webhooks may use private networks, any port and plain HTTP. `dev` allows this unless this is set.

	OperatorKey Secret `env:"OPERATOR_KEY"`                // An API key of your choice with all scopes; in production at least 20 characters. If you change it, the previous key stops working. `dev` generates one if it is empty.
	DataDir     string `env:"DATA_DIR" envDefault:".data"` // Directory in which `dev` stores its database and key.

	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"info"`  // `debug`, `info`, `warn` or `error`.
	LogFormat string     `env:"LOG_FORMAT" envDefault:"json"` // `json` or `text`.
}

// Setting is one row of the table of settings.
type Setting struct {
	Name, Default string
}

// Settings lists the settings in the order of the struct.
func Settings() (list []Setting) {
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		list = append(list, Setting{tag.Get("env"), tag.Get("envDefault")})
	}
	return list
}

// Problems lists everything that is wrong with a set of settings.
type Problems []string

func (p Problems) Error() string { return "invalid settings:\n  " + strings.Join(p, "\n  ") }

// Read parses and validates the settings of an environment, whose entries have the form NAME=value. An empty value counts
// as absent. The error is Problems: it lists all problems and shows no secret.
func Read(environ []string) (Config, error) {
	var c Config
	values := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.TrimSpace(value) != "" {
			values[name] = strings.TrimSpace(value)
		}
	}
	err := env.ParseWithOptions(&c, env.Options{Environment: values, FuncMap: map[reflect.Type]env.ParserFunc{
		reflect.TypeFor[[]netip.Prefix](): parsePrefixes,
	}})
	problems := parseProblems(err)
	problems = append(problems, c.readURL()...)
	problems = append(problems, c.check(problems)...)
	if len(problems) > 0 {
		return c, problems
	}
	return c, nil
}

// parseProblems describes the settings that could not be parsed.
func parseProblems(err error) (problems Problems) {
	if err == nil {
		return nil
	}
	all, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return Problems{err.Error()}
	}
	t := reflect.TypeFor[Config]()
	for _, err := range all.Errors {
		wrong, ok := errors.AsType[env.ParseError](err)
		if !ok {
			problems = append(problems, err.Error())
			continue
		}
		field, _ := t.FieldByName(wrong.Name)
		problems = append(problems, field.Tag.Get("env")+": "+cmp.Or(expected[field.Type], "must be a whole number"))
	}
	return problems
}

// expected describes the valid values of a type.
var expected = map[reflect.Type]string{
	reflect.TypeFor[time.Duration]():  "must be a duration, such as 500ms, 15s or 2m",
	reflect.TypeFor[slog.Level]():     "must be debug, info, warn or error",
	reflect.TypeFor[bool]():           "must be true or false",
	reflect.TypeFor[[]netip.Prefix](): "must be networks or addresses separated by commas, such as 10.0.0.0/8,192.0.2.7",
}

func parsePrefixes(text string) (any, error) {
	var list []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if a, err := netip.ParseAddr(part); err == nil {
			list = append(list, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// readURL reads the database URL from its file, if there is one, and checks it.
func (c *Config) readURL() (problems Problems) {
	if c.DatabaseURLFile != "" {
		content, err := os.ReadFile(c.DatabaseURLFile)
		switch text := strings.TrimSpace(string(content)); {
		case c.DatabaseURL != "":
			return Problems{"DATABASE_URL and DATABASE_URL_FILE are both set: set only one of them"}
		case err != nil:
			return Problems{"DATABASE_URL_FILE: " + err.Error()}
		case text == "":
			return Problems{"DATABASE_URL_FILE: " + c.DatabaseURLFile + " is empty"}
		default:
			c.DatabaseURL = Secret(text)
		}
	}
	if c.DatabaseURL == "" {
		return nil
	}
	url := string(c.DatabaseURL)
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return Problems{"DATABASE_URL: must look like postgres://user:password@host:5432/database"}
	}
	if _, err := pgxpool.ParseConfig(url); err != nil || pg.CheckURL(url) != nil { // the error text quotes the URL
		return Problems{"DATABASE_URL: cannot be parsed; in a password write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25"}
	}
	return nil
}

// check validates the parsed settings. It skips the settings in known, which could not be parsed.
func (c *Config) check(known Problems) (problems Problems) {
	require := func(ok bool, name, rule string) {
		if !ok && !strings.Contains("\n"+strings.Join(known, "\n"), "\n"+name+": ") {
			problems = append(problems, name+": "+rule)
		}
	}
	require(c.AppEnv == "development" || c.AppEnv == Production, "APP_ENV", "must be development or production")
	require(c.PoolSize >= 1 && c.PoolSize <= 500, "POOL_SIZE", "must be from 1 to 500")
	require(c.RateAnonymous >= 0, "RATE_LIMIT_ANONYMOUS", "must be 0 (no limit) or more")
	require(c.RateKeys >= 0, "RATE_LIMIT_KEYS", "must be 0 (no limit) or more")
	require(c.AnswerCacheMiB >= 0 && c.AnswerCacheMiB <= 4096, "ANSWER_CACHE_MIB", "must be from 0 to 4096")
	require(c.StatementTimeout > 0, "STATEMENT_TIMEOUT", "must be more than 0")
	require(c.LockTimeout > 0, "LOCK_TIMEOUT", "must be more than 0")
	require(c.StartTimeout >= 0, "START_TIMEOUT", "must not be negative")
	require(c.RequestTimeout > 0 && c.RequestTimeout <= 55*time.Second, "REQUEST_TIMEOUT", "must be more than 0 and at most 55s")
	require(c.ContactRetention > 0, "CONTACT_RETENTION", "must be more than 0")
	require(c.ShutdownDelay >= 0, "SHUTDOWN_DELAY", "must not be negative")
	require(c.ShutdownGrace > 0, "SHUTDOWN_GRACE", "must be more than 0")
	require(c.AppEnv != Production || c.OperatorKey == "" || len(c.OperatorKey) >= 20, "OPERATOR_KEY", "must have at least 20 characters in production")
	require(!strings.ContainsFunc(string(c.OperatorKey), notInKey), "OPERATOR_KEY", "must consist of printable ASCII characters without spaces")
	require(c.LogFormat == "json" || c.LogFormat == "text", "LOG_FORMAT", "must be json or text")
	_, port, err := net.SplitHostPort(c.Addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	require(err == nil, "ADDR", "must be host:port, such as localhost:8080 or :8080")
	require(c.PublicBaseURL == "" || isOrigin(c.PublicBaseURL, true), "PUBLIC_BASE_URL", "must look like https://registry.example.org")
	c.PublicBaseURL = strings.TrimSuffix(c.PublicBaseURL, "/")
	for i, origin := range c.CORSOrigins {
		c.CORSOrigins[i] = strings.TrimSpace(origin)
		require(isOrigin(c.CORSOrigins[i], false), "CORS_ORIGINS", fmt.Sprintf("%q must look like https://dashboard.example.org, without a path", origin))
	}
	return problems
}

func notInKey(r rune) bool { return r <= ' ' || r > '~' }

// isOrigin reports whether text is an http or https origin. With path, it may end with a path.
func isOrigin(text string, path bool) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" &&
		u.Fragment == "" && (u.Path == "" || path)
}
