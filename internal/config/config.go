// Package config holds the settings of the service: their names, meanings, defaults and what makes one wrong. It does
// not read the environment itself; commands hand it in.
package config

import (
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

const masked = "***"

// String hides the secret; an empty one stays empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret in JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret in logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Production is the APP_ENV of an installation that serves others.
const Production = "production"

// Config are the settings of the service. The table of deployments/README.md is checked against this struct: each field's comment is
// its line there.
type Config struct {
	AppEnv string `env:"APP_ENV" envDefault:"development"` // `development` or `production`. In production there is no embedded database.

	DatabaseURL     Secret        `env:"DATABASE_URL"`                       // The PostgreSQL database, `postgres://user:password@host:5432/database`. `serve` needs it; `dev` runs a database of its own without it.
	DatabaseURLFile string        `env:"DATABASE_URL_FILE"`                  // A file that holds the database URL, such as a mounted secret. Instead of `DATABASE_URL`; `migrate` does not read it.
	PoolSize        int32         `env:"POOL_SIZE" envDefault:"8"`           // Connections to the database at most; 2 to 4 a core of the database are enough. One more is kept for `/readyz`.
	StatementLimit  time.Duration `env:"STATEMENT_TIMEOUT" envDefault:"15s"` // How long one SQL statement may run.
	LockLimit       time.Duration `env:"LOCK_TIMEOUT" envDefault:"5s"`       // How long a statement may wait for a lock.
	StartLimit      time.Duration `env:"START_TIMEOUT" envDefault:"15s"`     // How long `serve` waits at its start for the database and its schema before it gives up.

	Addr           string         `env:"ADDR" envDefault:"localhost:8080"`      // Where the service listens, `host:port`; `:8080` is every address of the machine, port 0 any free port.
	PublicBaseURL  string         `env:"PUBLIC_BASE_URL"`                       // How clients reach the service, `https://registry.example.org`; links in answers begin with it. Empty: they begin at `/`.
	CORSOrigins    []string       `env:"CORS_ORIGINS"`                          // Sites whose pages may send keys and write, `https://dashboard.example.org`, separated by commas. Every page may read what is public.
	TrustedProxies []netip.Prefix `env:"TRUSTED_PROXIES"`                       // Networks whose `X-Forwarded-For` is believed, `10.0.0.0/8`, separated by commas.
	RateAnonymous  int            `env:"RATE_LIMIT_ANONYMOUS" envDefault:"300"` // Requests a minute of one address without a key; 0 is no limit. `dev` lets 1000000 through unless this is set.
	RateKeys       int            `env:"RATE_LIMIT_KEYS" envDefault:"3000"`     // Requests a minute of one key; 0 is no limit. `dev` lets 1000000 through unless this is set.
	RequestLimit   time.Duration  `env:"REQUEST_TIMEOUT" envDefault:"30s"`      // How long one request may take.
	AnswerCacheMiB int            `env:"ANSWER_CACHE_MIB" envDefault:"16"`      // Memory for answers that are given again while nothing has changed, in MiB; 0 keeps none.
	ShutdownDelay  time.Duration  `env:"SHUTDOWN_DELAY" envDefault:"0s"`        // How long requests are still taken after a stop was asked for and `/readyz` says 503: longer than the load balancer's check.
	ShutdownGrace  time.Duration  `env:"SHUTDOWN_GRACE" envDefault:"20s"`       // How long requests under way may take to finish at a stop.

	WebhooksPrivate bool `env:"WEBHOOKS_PRIVATE" envDefault:"false"` // Whether webhooks may lie in private networks, on any port and without TLS. `dev` lets them unless this is set.

	OperatorKey Secret `env:"OPERATOR_KEY"`                // A key of your own choice with every scope, in production of at least 20 characters; the one of before stops to work. `dev` makes one without it.
	DataDir     string `env:"DATA_DIR" envDefault:".data"` // Where `dev` keeps its database and key.

	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"info"`  // `debug`, `info`, `warn` or `error`.
	LogFormat string     `env:"LOG_FORMAT" envDefault:"json"` // `json` or `text`.
}

// Setting is one line of the table of settings.
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

// Problems are all that is wrong with a set of settings.
type Problems []string

func (p Problems) Error() string { return "wrong settings:\n  " + strings.Join(p, "\n  ") }

// Read makes the settings from an environment, whose entries look like NAME=value; an empty value is an absent one. The
// error is Problems, all at once; none of them shows a secret.
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
	problems := unreadable(err)
	problems = append(problems, c.readURL()...)
	problems = append(problems, c.check(problems)...)
	if len(problems) > 0 {
		return c, problems
	}
	return c, nil
}

// unreadable words what could not be parsed.
func unreadable(err error) (problems Problems) {
	if err == nil {
		return nil
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return Problems{err.Error()}
	}
	t := reflect.TypeFor[Config]()
	for _, err := range all.Errors {
		var wrong env.ParseError
		if !errors.As(err, &wrong) {
			problems = append(problems, err.Error())
			continue
		}
		field, _ := t.FieldByName(wrong.Name)
		problems = append(problems, field.Tag.Get("env")+": "+expected(field.Type))
	}
	return problems
}

func expected(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "must be a duration, such as 500ms, 15s or 2m"
	case reflect.TypeFor[slog.Level]():
		return "must be debug, info, warn or error"
	case reflect.TypeFor[bool]():
		return "must be true or false"
	case reflect.TypeFor[[]netip.Prefix]():
		return "must be networks or addresses separated by commas, such as 10.0.0.0/8,192.0.2.7"
	}
	return "must be a whole number"
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

// readURL takes the database URL from its file.
func (c *Config) readURL() (problems Problems) {
	if c.DatabaseURLFile != "" {
		content, err := os.ReadFile(c.DatabaseURLFile)
		switch text := strings.TrimSpace(string(content)); {
		case c.DatabaseURL != "":
			return Problems{"DATABASE_URL and DATABASE_URL_FILE are both set: give one of them"}
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
	if _, err := pgxpool.ParseConfig(url); err != nil || pg.CheckURL(url) != nil { // whose text quotes the URL
		return Problems{"DATABASE_URL: cannot be read; in a password write @ as %40, / as %2F, ? as %3F, # as %23 and % as %25"}
	}
	return nil
}

// check holds what could be parsed to the rules. What is in known is not looked at again.
func (c *Config) check(known Problems) (problems Problems) {
	wrong := func(bad bool, name, rule string) {
		if bad && !strings.Contains("\n"+strings.Join(known, "\n"), "\n"+name+": ") {
			problems = append(problems, name+": "+rule)
		}
	}
	wrong(c.AppEnv != "development" && c.AppEnv != Production, "APP_ENV", "must be development or production")
	wrong(c.PoolSize < 1 || c.PoolSize > 500, "POOL_SIZE", "must be from 1 to 500")
	wrong(c.RateAnonymous < 0, "RATE_LIMIT_ANONYMOUS", "must be 0 (no limit) or more")
	wrong(c.RateKeys < 0, "RATE_LIMIT_KEYS", "must be 0 (no limit) or more")
	wrong(c.AnswerCacheMiB < 0 || c.AnswerCacheMiB > 4096, "ANSWER_CACHE_MIB", "must be from 0 to 4096")
	wrong(c.StatementLimit <= 0, "STATEMENT_TIMEOUT", "must be more than 0")
	wrong(c.LockLimit <= 0, "LOCK_TIMEOUT", "must be more than 0")
	wrong(c.StartLimit < 0, "START_TIMEOUT", "must not be negative")
	wrong(c.RequestLimit <= 0 || c.RequestLimit > 55*time.Second, "REQUEST_TIMEOUT", "must be more than 0 and at most 55s")
	wrong(c.ShutdownDelay < 0, "SHUTDOWN_DELAY", "must not be negative")
	wrong(c.ShutdownGrace <= 0, "SHUTDOWN_GRACE", "must be more than 0")
	wrong(c.AppEnv == Production && c.OperatorKey != "" && len(c.OperatorKey) < 20, "OPERATOR_KEY", "must have at least 20 characters in production")
	wrong(strings.ContainsFunc(string(c.OperatorKey), notInKey), "OPERATOR_KEY", "must consist of printable ASCII characters without spaces")
	wrong(c.LogFormat != "json" && c.LogFormat != "text", "LOG_FORMAT", "must be json or text")
	_, port, err := net.SplitHostPort(c.Addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	wrong(err != nil, "ADDR", "must be host:port, such as localhost:8080 or :8080")
	wrong(c.PublicBaseURL != "" && !isOrigin(c.PublicBaseURL, true), "PUBLIC_BASE_URL", "must look like https://registry.example.org")
	c.PublicBaseURL = strings.TrimSuffix(c.PublicBaseURL, "/")
	for i, origin := range c.CORSOrigins {
		c.CORSOrigins[i] = strings.TrimSpace(origin)
		wrong(!isOrigin(c.CORSOrigins[i], false), "CORS_ORIGINS", fmt.Sprintf("%q must look like https://dashboard.example.org, without a path", origin))
	}
	return problems
}

func notInKey(r rune) bool { return r <= ' ' || r > '~' }

// isOrigin reports whether text is the address of a site, which may end with a path if so said.
func isOrigin(text string, path bool) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" &&
		u.Fragment == "" && (u.Path == "" || path)
}
