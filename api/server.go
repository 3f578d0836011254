package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"roundtables.kz/registry/api/site"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/webhook"
)

type server struct {
	config  Config
	db      database
	epoch   string
	secret  []byte
	cursors cursors

	authority, calendarDomain string    // of ids in feeds and calendars
	releasedAt                time.Time // since when the service writes what it writes

	follower  *follower // of the change log
	streams   *slots    // of streams and of requests that wait for changes
	cache     *responseCache
	shares    *shares
	reserve   *pgxpool.Pool
	outage    outage
	checksums *checksums

	keys       *apikey.Authenticator
	dispatcher *webhook.Dispatcher

	people, organizations *spelling.Finder // those of the matcher
	matcher               *match.Matcher

	anonymous, keyed, failures *limiter
	lookups                    lookups // of keys from addresses that have sent too many wrong ones

	crossOrigin func(*http.Request) error
	metrics     *metrics
	probe       *probe
	site        *site.Site
	guides      func() (guides, error)
	downloads   *slots
	imports     *slots
	aggregates  *slots
	operations  map[string]bool // paths of Operations and Documentation
	readPaths   map[string]bool // paths whose POST only reads
}

func newServer(ctx context.Context, config Config) (*server, error) {
	if config.RequestTimeout == 0 {
		config.RequestTimeout = 30 * time.Second
	}
	if config.StreamFor == 0 {
		config.StreamFor = 15 * time.Minute
	}
	if config.AggregateTimeout == 0 {
		config.AggregateTimeout = 5 * time.Second
	}
	if config.ContactRetention == 0 {
		config.ContactRetention = 30 * 24 * time.Hour
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &server{config: config, db: database{config.DB}, operations: map[string]bool{}, readPaths: map[string]bool{}}
	identity, err := changes.Identify(ctx, config.DB, changes.Service{Release: release + " " + config.PublicBaseURL, Domain: hostOf(config.PublicBaseURL)})
	if err != nil {
		return nil, fmt.Errorf("read the identity of the database: %w", err)
	}
	s.epoch, s.secret = identity.Epoch, identity.Secret
	s.authority, s.calendarDomain = identity.Authority, identity.CalendarDomain
	if identity.ReleasedAt != nil {
		s.releasedAt = *identity.ReleasedAt
	}
	if s.crossOrigin, err = newCrossOrigin(config); err != nil {
		return nil, err
	}
	s.cursors = cursors{s.secret}
	s.follower = newFollower(func(ctx context.Context) (int64, error) {
		head, err := changes.ReadHead(ctx, config.DB)
		return head.Seq, err
	})
	s.checksums = newChecksums()
	if s.cache, err = newResponseCache(config.AnswerCache); err != nil {
		return nil, fmt.Errorf("set up the response cache: %w", err)
	}
	s.shares, s.outage.now = newShares(config.DB.Config().MaxConns), config.Now
	if s.reserve, err = newReserve(ctx, config.DB); err != nil {
		return nil, fmt.Errorf("set up the spare connection: %w", err)
	}
	s.streams = streamSlots()
	s.keys = apikey.NewAuthenticator(config.DB, s.secret, config.Now)
	if s.matcher, err = match.New(ctx, config.DB); err != nil {
		return nil, err
	}
	s.people, s.organizations = s.matcher.People, s.matcher.Organizations
	s.guides = newGuides(config.PublicBaseURL)
	s.anonymous = newLimiter("anonymous", config.RateAnonymous, config.Now)
	s.keyed = newLimiter("key", config.RateKeys, config.Now)
	s.lookups.of = map[client]*turns{}
	s.failures = newLimiter("wrong-keys", config.RateAnonymous, config.Now)
	s.metrics = newMetrics(config.DB, func() time.Duration { return s.dispatcher.Lag() })
	s.dispatcher = s.newDispatcher()
	s.downloads, s.imports = downloadSlots(config.DB.Config().MaxConns), importSlots(config.DB.Config().MaxConns)
	s.aggregates = aggregateSlots(config.DB.Config().MaxConns)
	s.probe = newProbe(ctx, config.DB.Config().ConnConfig, config.Now)
	return s, nil
}

// hostOf returns the host name of the public address, or a constant if there is none. Calendars of databases that are older than
// their calendar domain have ids with it.
func hostOf(base string) string {
	if u, err := url.Parse(base); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "roundtables.kz"
}
