package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/config"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/sample"
	"roundtables.kz/registry/migrations"
)

type devCommand struct{}

func (devCommand) Help() string {
	return `Starts an embedded PostgreSQL server in $DATA_DIR/postgres, with the programs of this machine or a downloaded
build, or uses $DATABASE_URL if it is set. Then it migrates the schema, loads new sample events, makes sure that the
operator's key is valid, prints all addresses, and serves until Ctrl-C. A second Ctrl-C ends the program at once. Data is
kept for the next start. A database server that ends is started again; if that fails, the program exits with code 1. As root,
the server runs as the user postgres or nobody; if they have no access to DATA_DIR, the database is in /var/lib/registry and
$DATA_DIR/postgres is a link to it. Not for production.`
}

func (devCommand) Run(c *call) (err error) {
	s, err := c.settings()
	if err != nil {
		return err
	}
	if s.AppEnv == config.Production && s.DatabaseURL == "" {
		return config.Problems{"APP_ENV: production does not use the embedded database; set DATABASE_URL and run \"registry serve\""}
	}
	for name, quota := range map[string]*int{"RATE_LIMIT_ANONYMOUS": &s.RateAnonymous, "RATE_LIMIT_KEYS": &s.RateKeys} {
		if !c.isSet(name) {
			*quota = devQuota
		}
	}
	if !c.isSet("WEBHOOKS_PRIVATE") {
		s.WebhooksPrivate = true
	}
	log := c.log(s)
	l, err := listen(c.ctx, s)
	if err != nil {
		return err
	}
	defer l.Close()
	where := "the database of DATABASE_URL"
	if s.DatabaseURL == "" {
		server, failed := startEmbedded(c, s, log)
		if failed != nil {
			return stopped(c.ctx, failed)
		}
		ctx, cancel := context.WithCancel(c.ctx)
		c.ctx = ctx // ends the service if the database server cannot be kept running
		kept := make(chan error, 1)
		go func() {
			defer cancel()
			kept <- server.Keep(ctx)
		}()
		defer func() {
			cancel()
			err = errors.Join(err, <-kept, server.Stop())
		}()
		s.DatabaseURL = config.Secret(server.URL())
		where = "PostgreSQL " + server.Version() + " in " + s.DataDir
	}
	if err := migrations.Up(c.ctx, string(s.DatabaseURL)); err != nil {
		return stopped(c.ctx, fmt.Errorf("migrate: %w", err))
	}
	pool, err := pg.Open(c.ctx, string(s.DatabaseURL), poolOptions(s))
	if err != nil {
		return stopped(c.ctx, err)
	}
	defer pool.Close()
	key, err := operatorKey(s)
	if err == nil {
		err = ensureOperator(c.ctx, pool, key)
	}
	if err != nil {
		return stopped(c.ctx, err)
	}
	if _, err := sample.Load(c.ctx, pool); err != nil {
		return stopped(c.ctx, fmt.Errorf("load the sample events: %w", err))
	}
	c.welcome(base(s, l), where, key)
	return serve(c.ctx, l, pool, s, base(s, l), log)
}

// devQuota is the default rate limit of dev, in requests per minute. It is too high to be reached by accident, but
// responses have the headers of rate limits.
const devQuota = 1_000_000

// isSet reports whether the environment contains a setting.
func (c *call) isSet(name string) bool {
	return slices.ContainsFunc(c.environ, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
}

// operatorKey returns the operator's key from the settings, or else from DATA_DIR, where it generates one if necessary.
func operatorKey(s config.Config) (string, error) {
	if s.OperatorKey != "" {
		return string(s.OperatorKey), nil
	}
	file := filepath.Join(s.DataDir, "operator-key")
	content, err := os.ReadFile(file)
	if key := strings.TrimSpace(string(content)); err == nil && key != "" {
		return key, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the operator's key: %w", err)
	}
	key := apikey.Token()
	if err := errors.Join(os.MkdirAll(s.DataDir, 0o700), os.WriteFile(file, []byte(key+"\n"), 0o600)); err != nil {
		return "", fmt.Errorf("store the operator's key: %w", err)
	}
	return key, nil
}

// base returns the URL of the service for a browser on this machine.
func base(s config.Config, l net.Listener) string {
	if s.PublicBaseURL != "" {
		return s.PublicBaseURL
	}
	host, _, err := net.SplitHostPort(s.Addr)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return "http://" + net.JoinHostPort(host, port)
}

func (c *call) welcome(base, where, key string) {
	fmt.Fprintf(c.stdout, `
The registry is at %[1]s (%[2]s)

  Pages            %[1]s/
  Swagger UI       %[1]s/docs/
  Round tables     %[1]s/v1/round-tables
  Readiness        %[1]s/readyz
  Operator's key   %[3]s

  curl -H 'Authorization: Bearer %[3]s' %[1]s/v1/me

Press Ctrl-C to stop it.

`, base, where, key)
}
