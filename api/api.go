package api

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"

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

	ReviewRequired bool // an event is published only after its review, by another key than that which submitted it

	ContactRetention time.Duration // how long the log keeps deleted contacts, 30 days by default

	WebhooksPrivate bool            // webhooks may lie in any network and on any port, also without TLS
	WebhookWaits    []time.Duration // between the attempts of a delivery, three days in all by default
	WebhookEvery    time.Duration   // how often changes for webhooks are looked for, 250 ms by default

	CORSOrigins    []string       // whose pages may send keys and write: "https://dashboard.example.org"
	LocalOrigins   bool           // pages of this machine may do so, too, on any port
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
	properties
}

// properties are what sets a route apart from most others. The zero value is a route without any of them.
type properties struct {
	also        string // a media type that clients may prefer to JSON
	fixed       bool   // the response has one media type, whatever the client accepts, although the path does not name it
	translated  bool   // the response has messages or names in the language that the client accepts
	streams     bool   // the response is sent while it is created. Its only deadline is sendTimeout
	alsoStreams bool   // the same, for a response in the type of also
	slow        bool   // the request may take imports.Time. It takes one of the slots of imports
	file        bool   // the body may be a file
	unstored    bool   // the response is not stored under the Idempotency-Key
	past        string // the type of the record in the path, if the response can show it as it was
	reveals     string // which personal data the response shows, for the record of its reads; contacts by default

	wait func(*server, echo.Context) time.Duration // how long a request asks to wait for changes, in addition to its processing time
}

func route(method, path string, scope actor.Scope, handle func(*server, echo.Context) error) Route {
	return Route{Method: method, Path: path, Scope: scope, handle: handle}
}

// with returns the route with properties.
func (r Route) with(p properties) Route {
	r.properties = p
	return r
}

// Negotiated reports whether the media type of the response depends on what the client accepts. A file has the media
// type that its path names, and depends on the address only.
func (r Route) Negotiated() bool { return !r.fixed && !strings.Contains(r.Path, ".") }

// acceptable reports whether the client accepts a media type of the response.
func (r Route) acceptable(request *http.Request) bool {
	return !r.Negotiated() || acceptsJSON(request) || r.prefersOther(request)
}

// vary returns the headers of requests that the response depends on.
func (r Route) vary() string {
	vary := "Authorization"
	if r.translated {
		vary = "Accept-Language, " + vary
	}
	if r.Negotiated() {
		vary = "Accept, " + vary
	}
	return vary
}

// messages returns the language of the messages in the response, empty if it has none.
func (r Route) messages(request *http.Request) string {
	if !r.translated {
		return ""
	}
	return messageLanguage(request)
}

// prefersOther reports whether the client prefers the other media type to JSON.
func (r Route) prefersOther(request *http.Request) bool {
	return r.also != "" && prefers(request, r.also)
}

// timeLimit returns how long a request may take; false if it has no limit.
func (r Route) timeLimit(s *server, c echo.Context) (time.Duration, bool) {
	if r.streams || r.alsoStreams && r.prefersOther(c.Request()) {
		return 0, false
	}
	limit := s.config.RequestTimeout
	if r.wait != nil {
		limit += r.wait(s, c)
	}
	if r.slow {
		limit = max(limit, imports.Time)
	}
	return limit, true
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
		admin, pii          = actor.Admin, actor.PII
	)
	routes := []Route{
		route(get, cataloguePath, public, (*server).showCatalogue).with(properties{fixed: true}),

		route(get, "/v1/round-tables/:id/check", read, (*server).checkRoundTable).with(properties{translated: true}),
		route(get, "/v1/quality", read, (*server).listQuality).with(properties{translated: true}),
		route(post, "/v1/undo", write, (*server).undo),

		route(post, "/v1/attendees/:id/resolve", write, (*server).resolveAttendee),

		route(post, "/v1/people/:id/other-names", write, (*server).addOtherName),
		route(post, erasePath, actor.All(pii, write), (*server).erasePerson).with(properties{slow: true, unstored: true}),
		route(get, disclosurePath, pii, (*server).disclosePerson).with(properties{also: echo.MIMETextHTML, translated: true, reveals: person.Disclosure}),

		route(get, searchPath, public, (*server).search),

		route(post, "/v1/merges/:id/undo", write, (*server).undoMerge),

		route(get, reconcilePath, public, (*server).reconcileService).with(properties{translated: true}),
		route(post, reconcilePath, public, (*server).reconcile),
		route(get, reconcilePath+"/suggest/entity", public, (*server).suggestEntities).with(properties{translated: true}),
		route(get, reconcilePath+"/suggest/property", public, (*server).suggestProperties).with(properties{translated: true}),
		route(get, reconcilePath+"/suggest/type", public, (*server).suggestTypes).with(properties{translated: true}),

		route(get, archivePath, public, (*server).exportRegistry).with(properties{streams: true}),
		route(get, "/v1/exports/popolo.json", public, (*server).exportPopolo).with(properties{streams: true}),

		route(get, "/v1/calendar.ics", public, (*server).getCalendar).with(properties{streams: true}),
		route(get, "/v1/round-tables/:id.ics", public, (*server).getRoundTableCalendar).with(properties{streams: true}),
		route(get, "/v1/people/:id.ics", public, (*server).getPersonCalendar).with(properties{streams: true}),
		route(get, "/v1/round-tables/:id.jsonld", public, (*server).getRoundTableJSONLD).with(properties{streams: true}),
		route(get, "/v1/people/:id.jsonld", public, (*server).getPersonJSONLD).with(properties{streams: true}),
		route(get, "/v1/organizations/:id.jsonld", public, (*server).getOrganizationJSONLD).with(properties{streams: true}),
		route(get, "/v1/feed.atom", public, (*server).getAtomFeed),
		route(get, "/v1/feed.json", public, (*server).getJSONFeed),

		route(get, "/v1/people/:id/positions", public, (*server).getPersonPositions),
		route(get, "/v1/organizations/:id/positions", public, (*server).getOrganizationPositions),
		route(get, "/v1/people/:id/spellings", public, (*server).getPersonSpellings),
		route(get, "/v1/organizations/:id/spellings", public, (*server).getOrganizationSpellings),
		route(get, "/v1/people/:id/profile", public, (*server).getPersonProfile),
		route(get, "/v1/organizations/:id/profile", public, (*server).getOrganizationProfile),
		route(get, "/v1/stats/overview", public, (*server).getOverview),
		route(get, "/v1/stats/matrix", public, (*server).getMatrix),
		route(get, networkPath, public, (*server).getNetwork),
		route(get, networkPath+".graphml", public, (*server).getNetworkGraphML).with(properties{fixed: true}),
		route(get, networkPath+".csv", public, (*server).getNetworkCSV).with(properties{fixed: true}),
		route(get, "/v1/vocabularies", public, (*server).listVocabularies),

		route(get, "/v1/changes", public, (*server).listChanges).with(properties{wait: askedWait}),
		route(get, streamPath, public, (*server).streamChanges).with(properties{fixed: true, wait: streamTime}),
		route(get, "/v1/changes/checkpoint", public, (*server).getCheckpoint),

		route(post, "/v1/bundles", write, (*server).createBundle),
		route(post, "/v1/bundles/:id/revert", write, (*server).revertBundle),
		route(get, "/v1/round-tables/:id/bundle", public, (*server).getBundle).with(properties{past: roundtable.Type}),
		route(http.MethodPut, "/v1/round-tables/:id/bundle", write, (*server).replaceBundle),
		route(post, "/v1/imports/:id/revert", write, (*server).revertImport).with(properties{slow: true, translated: true}),
		route(post, "/v1/imports/popolo", write, (*server).importPopolo).with(properties{slow: true, file: true, translated: true}),

		route(post, "/v1/api-keys/:id/revoke", admin, (*server).revokeAPIKey),
		route(get, "/v1/audit", admin, (*server).listAudit),
		route(get, "/v1/audit/reads", admin, (*server).listReads),

		route(post, "/v1/webhooks/:id/rotate", admin, (*server).rotateWebhookSecret),
		route(post, "/v1/webhooks/:id/replay", admin, (*server).replayWebhook),
		route(post, webhookTestPath, admin, (*server).testWebhook).with(properties{unstored: true}),
		route(post, "/v1/webhooks/:webhook_id/deliveries/:id/retry", admin, (*server).retryWebhookDelivery),

		route(get, "/v1/me", public, (*server).showMe),
	}
	routes = append(routes, transitionRoutes()...)
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
	files := recordFiles(routes)
	for _, r := range routes {
		if r.onlyReads() {
			s.readPaths[r.Path] = true
		}
		if _, _, ok := splitExtension(r.Path); ok {
			continue // served by the route of the record
		}
		h := s.guard(r)
		if r.Method == http.MethodGet && files[r.Path] != nil {
			h = withExtensions(h, files[r.Path], s.guard)
		}
		add(r, h)
	}
	for _, r := range append(Operations(), Documentation()...) {
		s.operations[r.Path] = true
		add(r, r.handler(s))
	}
	s.site = s.newSite(e)
	return compress(e, routes)
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
