package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"roundtables.kz/registry/internal/actor"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
)

// Config configures the API. Zero durations and empty texts mean the defaults.
type Config struct {
	DB             *pgxpool.Pool
	Log            *slog.Logger
	PublicBaseURL  string        // of the links in answers, "https://registry.example.org"; empty: links are relative
	OwnURL         string        // where a service without a public address is reached on its own machine, for clients that cannot do with relative links
	RequestTimeout time.Duration // of one request, 30 s by default
	StreamFor      time.Duration // how long a stream of changes stays open, 15 min by default

	AggregateTimeout time.Duration // of the statement of an aggregate, 5 s by default

	AnswerCache int // bytes of answers that are kept to be given again; 0 keeps none

	ContactRetention time.Duration // how long the log keeps deleted contacts, 30 days by default

	WebhooksPrivate bool            // webhooks may lie in any network and on any port, also without TLS
	WebhookWaits    []time.Duration // between the attempts of a delivery, three days in all by default
	WebhookEvery    time.Duration   // how often changes for webhooks are looked for, 250 ms by default

	CORSOrigins    []string       // whose pages may send keys and write: "https://dashboard.example.org"
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is trusted; none by default
	RateAnonymous  int            // requests a minute of an address without a key; 0 is no limit
	RateKeys       int            // requests a minute of a key; 0 is no limit

	Now func() time.Time // the clock of quotas and remembered keys, time.Now by default
}

// Route is one line of the route table: what a method on a path does and which scope it needs.
type Route struct {
	Method, Path string
	Scope        actor.Scope
	handle       func(*server, echo.Context) error

	also  string // a media type that clients may prefer to JSON
	fixed bool   // the response has one media type, whatever the client accepts
}

func route(method, path string, scope actor.Scope, handle func(*server, echo.Context) error) Route {
	return Route{Method: method, Path: path, Scope: scope, handle: handle}
}

// returning returns the route with a media type that clients may prefer to JSON.
func (r Route) returning(also string) Route {
	r.also = also
	return r
}

// inOneType returns the route with a fixed media type.
func (r Route) inOneType() Route {
	r.fixed = true
	return r
}

// answers reports whether the client accepts a media type of the response.
func (r Route) answers(request *http.Request) bool {
	return r.fixed || acceptsJSON(request) || r.also != "" && prefers(request, r.also)
}

// onlyReads reports whether the route is a POST that changes nothing: everyone may send it, also pages of all origins. Its path
// has no parameters.
func (r Route) onlyReads() bool { return r.Method == http.MethodPost && r.Scope == actor.Public }

func (r Route) handler(s *server) echo.HandlerFunc {
	return func(c echo.Context) error { return r.handle(s, c) }
}

// resources are the registered resources, each after those that it refers to. Their routes are expanded from their values
// (see resource); what a resource does beyond that is in the table below.
var resources = []registered{
	topics, places, roles, organizations, people, contacts, affiliations, documents,
	roundTables, organizers, attendees, statements, recommendations, distinctions,
}

// otherResources are the registered records that the service itself keeps. They have no restore, export, import or feed.
var otherResources = []registered{merges, importLedger, apiKeys, webhooks, webhookDeliveries}

// Routes is the table of contents of the API: the router, the authorization test and the test that the documents are
// complete derive from it.
func Routes() []Route {
	const (
		get, post           = http.MethodGet, http.MethodPost
		public, read, write = actor.Public, actor.Read, actor.Write
		publish, admin, pii = actor.Publish, actor.Admin, actor.PII
	)
	routes := []Route{
		route(get, cataloguePath, public, (*server).showCatalogue).inOneType(),

		route(post, "/v1/round-tables/:id/publish", publish, (*server).publishRoundTable),
		route(post, "/v1/round-tables/:id/withdraw", publish, (*server).withdrawRoundTable),

		route(post, "/v1/attendees/:id/resolve", write, (*server).resolveAttendee),

		route(post, erasePath, actor.All(pii, write), (*server).erasePerson),
		route(get, disclosurePath, pii, (*server).disclosePerson).returning(echo.MIMETextHTML),

		route(post, "/v1/merges/:id/undo", write, (*server).undoMerge),

		route(get, reconcilePath, public, (*server).reconcileService),
		route(post, reconcilePath, public, (*server).reconcile),
		route(get, reconcilePath+"/suggest/entity", public, (*server).suggestEntities),
		route(get, reconcilePath+"/suggest/property", public, (*server).suggestProperties),
		route(get, reconcilePath+"/suggest/type", public, (*server).suggestTypes),

		route(get, archivePath, public, (*server).exportRegistry),
		route(get, "/v1/exports/popolo.json", public, (*server).exportPopolo),

		route(get, "/v1/calendar.ics", public, (*server).getCalendar),
		route(get, "/v1/feed.atom", public, (*server).getAtomFeed),
		route(get, "/v1/feed.json", public, (*server).getJSONFeed),

		route(get, "/v1/changes", public, (*server).listChanges),
		route(get, streamPath, public, (*server).streamChanges).inOneType(),
		route(get, "/v1/changes/checkpoint", public, (*server).getCheckpoint),

		route(post, "/v1/bundles", write, (*server).createBundle),
		route(post, "/v1/imports/:id/revert", write, (*server).revertImport),
		route(post, "/v1/imports/popolo", write, (*server).importPopolo),

		route(post, "/v1/api-keys/:id/revoke", admin, (*server).revokeAPIKey),
		route(get, "/v1/audit", admin, (*server).listAudit),
		route(get, "/v1/audit/reads", admin, (*server).listReads),

		route(post, "/v1/webhooks/:id/rotate", admin, (*server).rotateWebhookSecret),
		route(post, "/v1/webhooks/:id/replay", admin, (*server).replayWebhook),
		route(post, webhookTestPath, admin, (*server).testWebhook),
		route(post, "/v1/webhooks/:webhook_id/deliveries/:id/retry", admin, (*server).retryWebhookDelivery),

		route(get, "/v1/me", public, (*server).showMe),
	}
	for _, r := range append(Resources(), OtherResources()...) {
		for _, o := range r.Operations {
			routes = append(routes, o.Route)
		}
	}
	return routes
}

// API is the service. It handles requests, and Deliver delivers changes to webhooks.
type API struct {
	http.Handler
	server *server
}

// New makes the service. It reads what this database is (its epoch and secret) once. The service is good until ctx ends,
// which closes the connection that /readyz keeps.
func New(ctx context.Context, config Config) (*API, error) {
	s, err := newServer(ctx, config)
	if err != nil {
		return nil, err
	}
	h, err := s.handler(Routes())
	return &API{h, s}, err
}

// handler routes requests to the routes, to Operations and to Documentation.
func (s *server) handler(routes []Route) (http.Handler, error) {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = clientAddress(s.config.TrustedProxies)
	e.HTTPErrorHandler = s.fail
	e.Pre(s.observe, s.cors, plainPath)
	add := func(r Route, h echo.HandlerFunc) {
		e.Add(r.Method, r.Path, h)
		if r.Method == http.MethodGet {
			e.Add(http.MethodHead, r.Path, h)
		}
	}
	for _, r := range routes {
		if r.onlyReads() {
			s.readPaths[r.Path] = true
		}
		add(r, s.guard(r))
	}
	for _, r := range append(Operations(), Documentation()...) {
		s.operations[r.Path] = true
		add(r, r.handler(s))
	}
	return compress(e)
}

// plainPath lets a slash be written as %2F: OpenRefine puts the id people/12 into the address of a record that way.
func plainPath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Request().URL.RawPath = ""
		return next(c)
	}
}

// clientAddress finds the address that a request came from: the nearest one that is not a trusted proxy.
func clientAddress(trusted []netip.Prefix) echo.IPExtractor {
	if len(trusted) == 0 {
		return echo.ExtractIPDirect()
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range trusted {
		mask := net.CIDRMask(p.Bits(), p.Addr().BitLen())
		options = append(options, echo.TrustIPRange(&net.IPNet{IP: p.Masked().Addr().AsSlice(), Mask: mask}))
	}
	return echo.ExtractIPFromXFFHeader(options...)
}
