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
	return `The service never migrates. It waits up to $START_TIMEOUT for the database and for its schema, then gives up with
exit code 3 or 4. A schema that is newer than the program is fine: migrations keep the release before them working.
SIGTERM or Ctrl-C stops in order: /readyz says 503, after $SHUTDOWN_DELAY new connections are refused, and requests
under way finish within $SHUTDOWN_GRACE. A second signal ends at once.`
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

// stopped forgives an error that is only the start having been broken off by a signal.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// listen takes the address before anything else is done, so that a second service on it changes nothing.
func listen(ctx context.Context, s config.Config) (net.Listener, error) {
	var how net.ListenConfig
	l, err := how.Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; ADDR chooses another one", errListen, err)
	}
	return l, nil
}

// serve answers requests on l until ctx ends. own is where this machine reaches it, if it is for this machine alone.
func serve(ctx context.Context, l net.Listener, pool *pgxpool.Pool, s config.Config, own string, log *slog.Logger) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // the handler must outlive the requests that finish after ctx
	defer end()
	service, err := api.New(life, api.Config{
		DB: pool, Log: log, PublicBaseURL: s.PublicBaseURL, OwnURL: own, RequestTimeout: s.RequestTimeout,
		CORSOrigins: s.CORSOrigins, TrustedProxies: s.TrustedProxies, RateAnonymous: s.RateAnonymous, RateKeys: s.RateKeys,
		AnswerCache: s.AnswerCacheMiB << 20, WebhooksPrivate: s.WebhooksPrivate,
	})
	if err != nil {
		return fmt.Errorf("set up the service: %w", err)
	}
	log.Info("serving", "address", l.Addr().String(), "version", version(), "schema", migrations.Latest())
	context.AfterFunc(ctx, func() { log.Info("stopping", "delay", s.ShutdownDelay.String(), "grace", s.ShutdownGrace.String()) })
	telling, stopTelling := context.WithCancel(ctx)
	told := make(chan error, 1)
	go func() { told <- service.Deliver(telling, s.ShutdownGrace) }()
	err = api.Serve(ctx, l, service, log, api.Stop{Delay: s.ShutdownDelay, Grace: s.ShutdownGrace})
	stopTelling() // also where the service ended by itself
	if err := <-told; err != nil {
		log.Warn("stop the delivery of webhooks", "error", err.Error()) // they are told again at the next start
	}
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", errBroken, err)
		}
		return err
	}
	log.Info("stopped")
	return nil
}

// waitStep is how often open looks again.
const waitStep = 250 * time.Millisecond

// open gives the pool once the database answers and its schema fits. What can pass (no answer, a schema that is behind)
// is waited for, up to s.StartLimit.
func open(ctx context.Context, s config.Config, log *slog.Logger) (*pgxpool.Pool, error) {
	deadline := time.Now().Add(s.StartTimeout)
	for told := false; ; told = true {
		pool, err := ready(ctx, s)
		if err == nil || ctx.Err() != nil || refused(err) || time.Now().After(deadline) {
			return pool, err
		}
		if !told {
			log.Warn("waiting for the database", "error", message(err), "limit", s.StartTimeout.String())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(waitStep):
		}
	}
}

func ready(ctx context.Context, s config.Config) (*pgxpool.Pool, error) {
	pool, err := pg.Open(ctx, string(s.DatabaseURL), poolOptions(s))
	if err != nil {
		return nil, err
	}
	if err := fits(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

func poolOptions(s config.Config) pg.Options {
	return pg.Options{MaxConns: s.PoolSize, StatementTimeout: s.StatementTimeout, LockTimeout: s.LockTimeout, ApplicationName: "registry"}
}

// fits checks that the schema is at least the one of this program.
func fits(ctx context.Context, db pg.DB) error {
	v, dirty, err := migrations.Version(ctx, db)
	switch wanted := migrations.Latest(); {
	case err != nil:
		return err
	case dirty:
		return fmt.Errorf("%w: the database is marked dirty at version %d; \"migrate status\" says what to do", errSchema, v)
	case v < wanted:
		return fmt.Errorf("%w: the database is at version %d and this program needs %d; run \"migrate up\"", errSchema, v, wanted)
	}
	return nil
}

// refused reports whether the server answered that it will not have this user or database: waiting does not help.
func refused(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && isConnectError(err) && (answer.Code[:2] == "28" || answer.Code == "3D000")
}

// operatorName is the name of the key that the settings hold.
const operatorName = "operator"

// ensureOperator makes token valid with every scope.
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

// registrySecret reads what keys are hashed with.
func registrySecret(ctx context.Context, db pg.DB) (secret []byte, err error) {
	if err := db.QueryRow(ctx, "SELECT secret FROM registry").Scan(&secret); err != nil {
		return nil, fmt.Errorf("read the registry's secret: %w", err)
	}
	return secret, nil
}
