package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/config"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/migrations"
)

type serveCommand struct{}

func (serveCommand) Help() string {
	return `The service never migrates the schema. It waits up to $START_TIMEOUT for the database and its schema, then exits with
code 3 or 4. The schema may be newer than the program: migrations are compatible with the previous release.
SIGTERM or Ctrl-C starts a graceful shutdown: /readyz returns 503, after $SHUTDOWN_DELAY the service accepts no new
connections, and requests in progress may finish within $SHUTDOWN_GRACE. A second signal ends the program at once.`
}

func (serveCommand) Run(c *call) error {
	s, err := c.database()
	if err != nil {
		return err
	}
	log := c.log(s)
	l, err := listen(c.ctx, s)
	if err != nil {
		return err
	}
	defer l.Close()
	pool, err := open(c.ctx, s, log)
	if err != nil {
		return stopped(c.ctx, err)
	}
	defer pool.Close()
	if s.OperatorKey != "" {
		if err := ensureOperator(c.ctx, pool, string(s.OperatorKey)); err != nil {
			return stopped(c.ctx, err)
		}
	}
	return serve(c.ctx, l, pool, s, "", log)
}

// stopped returns nil for the error of a start that a signal has cancelled, and other errors unchanged.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// listen opens the address before anything else happens, so that a second service on the same address changes nothing.
func listen(ctx context.Context, s config.Config) (net.Listener, error) {
	var how net.ListenConfig
	l, err := how.Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; set ADDR to use another one", errListen, err)
	}
	return l, nil
}

// serve runs the service on l until ctx ends. own is its URL on this machine if it serves only this machine.
func serve(ctx context.Context, l net.Listener, pool *pgxpool.Pool, s config.Config, own string, log *slog.Logger) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // requests in progress may finish after ctx ends
	defer end()
	service, err := api.New(life, api.Config{
		DB: pool, Log: log, PublicBaseURL: s.PublicBaseURL, OwnURL: own, RequestTimeout: s.RequestTimeout,
		CORSOrigins: s.CORSOrigins, LocalOrigins: own != "", TrustedProxies: s.TrustedProxies, RateAnonymous: s.RateAnonymous, RateKeys: s.RateKeys,
		AnswerCache: s.AnswerCacheMiB << 20, ContactRetention: s.ContactRetention, ReviewRequired: s.ReviewRequired, WebhooksPrivate: s.WebhooksPrivate,
	})
	if err != nil {
		return fmt.Errorf("set up the service: %w", err)
	}
	log.Info("serving", "address", l.Addr().String(), "version", version(), "schema", migrations.Latest())
	context.AfterFunc(ctx, func() { log.Info("stopping", "delay", s.ShutdownDelay.String(), "grace", s.ShutdownGrace.String()) })
	delivery, stopDelivery := context.WithCancel(ctx)
	delivered := make(chan error, 1)
	go func() { delivered <- service.Deliver(delivery, s.ShutdownGrace) }()
	err = api.Serve(ctx, l, service, log, api.Stop{Delay: s.ShutdownDelay, Grace: s.ShutdownGrace})
	stopDelivery() // also if the service ended by itself
	if err := <-delivered; err != nil {
		log.Warn("webhook deliveries were aborted", "error", err.Error()) // the next start repeats them
	}
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", errAborted, err)
		}
		return err
	}
	log.Info("stopped")
	return nil
}

// retryInterval is how often open retries.
const retryInterval = 250 * time.Millisecond

// open returns a pool once the database answers and its schema matches. It retries up to s.StartTimeout if the database
// does not answer or its schema is behind.
func open(ctx context.Context, s config.Config, log *slog.Logger) (*pgxpool.Pool, error) {
	deadline := time.Now().Add(s.StartTimeout)
	for logged := false; ; logged = true {
		pool, err := ready(ctx, s)
		if err == nil || ctx.Err() != nil || accessDenied(err) || time.Now().After(deadline) {
			return pool, err
		}
		if !logged {
			log.Warn("waiting for the database", "error", message(err), "limit", s.StartTimeout.String())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(retryInterval):
		}
	}
}

func ready(ctx context.Context, s config.Config) (*pgxpool.Pool, error) {
	pool, err := pg.Open(ctx, string(s.DatabaseURL), poolOptions(s))
	if err != nil {
		return nil, err
	}
	if err := checkSchema(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func poolOptions(s config.Config) pg.Options {
	return pg.Options{MaxConns: s.PoolSize, StatementTimeout: s.StatementTimeout, LockTimeout: s.LockTimeout, ApplicationName: "registry"}
}

// checkSchema returns an error unless the schema has at least the version of this program.
func checkSchema(ctx context.Context, db pg.DB) error {
	v, dirty, err := migrations.Version(ctx, db)
	switch wanted := migrations.Latest(); {
	case err != nil:
		return err
	case dirty:
		return fmt.Errorf("%w: the database is marked dirty at version %d; \"migrate status\" explains what to do", errSchema, v)
	case v < wanted:
		return fmt.Errorf("%w: the database is at version %d and this program requires %d; run \"migrate up\"", errSchema, v, wanted)
	}
	return nil
}

// accessDenied reports whether the server rejected the user or the database, so that waiting does not help.
func accessDenied(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && isConnectError(err) && (answer.Code[:2] == "28" || answer.Code == "3D000")
}

// operatorName is the name of the key from the settings.
const operatorName = "operator"

// ensureOperator makes token a valid key with all scopes.
func ensureOperator(ctx context.Context, pool *pgxpool.Pool, token string) error {
	ctx = actor.With(ctx, actor.System("start"))
	secret, err := registrySecret(ctx, pool)
	if err != nil {
		return err
	}
	var scopes []string
	for _, s := range actor.Scopes {
		scopes = append(scopes, string(s))
	}
	return changes.Write(ctx, pool, changes.Options{}, func(tx pgx.Tx) error {
		return apikey.Ensure(ctx, tx, secret, operatorName, token, scopes)
	})
}

// registrySecret reads the secret with which keys are hashed.
func registrySecret(ctx context.Context, db pg.DB) (secret []byte, err error) {
	if err := db.QueryRow(ctx, "SELECT secret FROM registry").Scan(&secret); err != nil {
		return nil, fmt.Errorf("read the registry's secret: %w", err)
	}
	return secret, nil
}
