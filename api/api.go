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

// Config is what the API needs. Zero durations and texts take defaults.
type Config struct {
	DB             *pgxpool.Pool
	Log            *slog.Logger
	PublicBaseURL  string        // of the links in answers, "https://registry.example.org"; empty: links are relative
	OwnURL         string        // where a service without a public address is reached on its own machine, for clients that cannot do with relative links
	RequestTimeout time.Duration // of one request, 30 s by default
	StreamFor      time.Duration // how long a stream of changes stays open, 15 min by default

	AnswerCache int // bytes of answers that are kept to be given again; 0 keeps none

	WebhooksPrivate bool            // webhooks may lie in any network and on any port, also without TLS
	WebhookWaits    []time.Duration // between the attempts of a delivery, three days in all by default
	WebhookEvery    time.Duration   // how often changes for webhooks are looked for, 250 ms by default

	CORSOrigins    []string       // whose pages may send keys and write: "https://dashboard.example.org"
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; nobody's by default
	RateAnonymous  int            // requests a minute of an address without a key; 0 is no limit
	RateKeys       int            // requests a minute of a key; 0 is no limit

	Now func() time.Time // the clock of quotas and remembered keys, time.Now by default
}

// Route is one line of the route table: what a method on a path does and which scope it needs.
type Route struct {
	Method, Path string
	Scope        actor.Scope
	handle       func(*server, echo.Context) error
}

func (r Route) handler(s *server) echo.HandlerFunc {
	return func(c echo.Context) error { return r.handle(s, c) }
}

// Routes is the table of contents of the API: the router, the test of authorization and the test that the document
// is complete are all made from it.
func Routes() []Route {
	const (
		get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
		public, read, write   = actor.Public, actor.Read, actor.Write
		publish, pii, admin   = actor.Publish, actor.PII, actor.Admin
	)
	return []Route{
		{get, "/v1/round-tables", public, (*server).listRoundTables},
		{post, "/v1/round-tables", write, (*server).createRoundTable},
		{get, "/v1/round-tables/:id", public, (*server).getRoundTable},
		{patch, "/v1/round-tables/:id", write, (*server).patchRoundTable},
		{del, "/v1/round-tables/:id", write, (*server).deleteRoundTable},
		{post, "/v1/round-tables/:id/restore", write, (*server).restoreRoundTable},
		{get, "/v1/round-tables/:id/history", read, (*server).historyRoundTable},
		{post, "/v1/round-tables/:id/publish", publish, (*server).publishRoundTable},
		{post, "/v1/round-tables/:id/withdraw", publish, (*server).withdrawRoundTable},
		{get, "/v1/round-tables/:id/organizers", public, (*server).listOrganizersOfRoundTable},
		{get, "/v1/round-tables/:id/attendees", public, (*server).listAttendeesOfRoundTable},
		{get, "/v1/round-tables/:id/statements", public, (*server).listStatementsOfRoundTable},
		{get, "/v1/round-tables/:id/recommendations", public, (*server).listRecommendationsOfRoundTable},

		{get, "/v1/organizers", public, (*server).listOrganizers},
		{post, "/v1/organizers", write, (*server).createOrganizer},
		{get, "/v1/organizers/:id", public, (*server).getOrganizer},
		{patch, "/v1/organizers/:id", write, (*server).patchOrganizer},
		{del, "/v1/organizers/:id", write, (*server).deleteOrganizer},
		{post, "/v1/organizers/:id/restore", write, (*server).restoreOrganizer},
		{get, "/v1/organizers/:id/history", read, (*server).historyOrganizer},

		{get, "/v1/attendees", public, (*server).listAttendees},
		{post, "/v1/attendees", write, (*server).createAttendee},
		{get, "/v1/attendees/:id", public, (*server).getAttendee},
		{patch, "/v1/attendees/:id", write, (*server).patchAttendee},
		{del, "/v1/attendees/:id", write, (*server).deleteAttendee},
		{post, "/v1/attendees/:id/restore", write, (*server).restoreAttendee},
		{get, "/v1/attendees/:id/history", read, (*server).historyAttendee},
		{post, "/v1/attendees/:id/resolve", write, (*server).resolveAttendee},

		{get, "/v1/statements", public, (*server).listStatements},
		{post, "/v1/statements", write, (*server).createStatement},
		{get, "/v1/statements/:id", public, (*server).getStatement},
		{patch, "/v1/statements/:id", write, (*server).patchStatement},
		{del, "/v1/statements/:id", write, (*server).deleteStatement},
		{post, "/v1/statements/:id/restore", write, (*server).restoreStatement},
		{get, "/v1/statements/:id/history", read, (*server).historyStatement},

		{get, "/v1/recommendations", public, (*server).listRecommendations},
		{post, "/v1/recommendations", write, (*server).createRecommendation},
		{get, "/v1/recommendations/:id", public, (*server).getRecommendation},
		{patch, "/v1/recommendations/:id", write, (*server).patchRecommendation},
		{del, "/v1/recommendations/:id", write, (*server).deleteRecommendation},
		{post, "/v1/recommendations/:id/restore", write, (*server).restoreRecommendation},
		{get, "/v1/recommendations/:id/history", read, (*server).historyRecommendation},

		{get, "/v1/people", public, (*server).listPeople},
		{post, "/v1/people", write, (*server).createPerson},
		{get, "/v1/people/duplicates", read, (*server).listPeopleDuplicates},
		{get, "/v1/people/lookup", public, (*server).lookupPeople},
		{post, "/v1/people/match", public, (*server).matchPeople},
		{post, "/v1/people/:id/merge", write, (*server).mergePerson},
		{get, "/v1/people/:id", public, (*server).getPerson},
		{patch, "/v1/people/:id", write, (*server).patchPerson},
		{del, "/v1/people/:id", write, (*server).deletePerson},
		{post, "/v1/people/:id/restore", write, (*server).restorePerson},
		{get, "/v1/people/:id/history", read, (*server).historyPerson},
		{get, "/v1/people/:person_id/contacts", pii, (*server).listContacts},
		{post, "/v1/people/:person_id/contacts", pii, (*server).createContact},
		{get, "/v1/people/:person_id/contacts/:id", pii, (*server).getContact},
		{patch, "/v1/people/:person_id/contacts/:id", pii, (*server).patchContact},
		{del, "/v1/people/:person_id/contacts/:id", pii, (*server).deleteContact},
		{get, "/v1/people/:person_id/contacts/:id/history", pii, (*server).historyContact},

		{get, "/v1/organizations", public, (*server).listOrganizations},
		{post, "/v1/organizations", write, (*server).createOrganization},
		{get, "/v1/organizations/duplicates", read, (*server).listOrganizationsDuplicates},
		{get, "/v1/organizations/lookup", public, (*server).lookupOrganizations},
		{post, "/v1/organizations/match", public, (*server).matchOrganizations},
		{post, "/v1/organizations/:id/merge", write, (*server).mergeOrganization},
		{get, "/v1/organizations/:id", public, (*server).getOrganization},
		{patch, "/v1/organizations/:id", write, (*server).patchOrganization},
		{del, "/v1/organizations/:id", write, (*server).deleteOrganization},
		{post, "/v1/organizations/:id/restore", write, (*server).restoreOrganization},
		{get, "/v1/organizations/:id/history", read, (*server).historyOrganization},

		{get, "/v1/merges", read, (*server).listMerges},
		{get, "/v1/merges/:id", read, (*server).getMerge},
		{post, "/v1/merges/:id/undo", write, (*server).undoMerge},

		{get, "/v1/distinctions", read, (*server).listDistinctions},
		{post, "/v1/distinctions", write, (*server).createDistinction},
		{get, "/v1/distinctions/:id", read, (*server).getDistinction},
		{del, "/v1/distinctions/:id", write, (*server).deleteDistinction},
		{post, "/v1/distinctions/:id/restore", write, (*server).restoreDistinction},
		{get, "/v1/distinctions/:id/history", read, (*server).historyDistinction},

		{get, reconcilePath, public, (*server).reconcileService},
		{post, reconcilePath, public, (*server).reconcile},
		{get, reconcilePath + "/suggest/entity", public, (*server).suggestEntities},
		{get, reconcilePath + "/suggest/property", public, (*server).suggestProperties},
		{get, reconcilePath + "/suggest/type", public, (*server).suggestTypes},

		{get, "/v1/affiliations", public, (*server).listAffiliations},
		{post, "/v1/affiliations", write, (*server).createAffiliation},
		{get, "/v1/affiliations/:id", public, (*server).getAffiliation},
		{patch, "/v1/affiliations/:id", write, (*server).patchAffiliation},
		{del, "/v1/affiliations/:id", write, (*server).deleteAffiliation},
		{post, "/v1/affiliations/:id/restore", write, (*server).restoreAffiliation},
		{get, "/v1/affiliations/:id/history", read, (*server).historyAffiliation},

		{get, "/v1/documents", public, (*server).listDocuments},
		{post, "/v1/documents", write, (*server).createDocument},
		{get, "/v1/documents/:id", public, (*server).getDocument},
		{patch, "/v1/documents/:id", write, (*server).patchDocument},
		{del, "/v1/documents/:id", write, (*server).deleteDocument},
		{post, "/v1/documents/:id/restore", write, (*server).restoreDocument},
		{get, "/v1/documents/:id/history", read, (*server).historyDocument},

		{get, "/v1/exports/round-tables.:format", public, (*server).exportRoundTables},
		{get, "/v1/exports/organizers.:format", public, (*server).exportOrganizers},
		{get, "/v1/exports/attendees.:format", public, (*server).exportAttendees},
		{get, "/v1/exports/statements.:format", public, (*server).exportStatements},
		{get, "/v1/exports/recommendations.:format", public, (*server).exportRecommendations},
		{get, "/v1/exports/people.:format", public, (*server).exportPeople},
		{get, "/v1/exports/organizations.:format", public, (*server).exportOrganizations},
		{get, "/v1/exports/affiliations.:format", public, (*server).exportAffiliations},
		{get, "/v1/exports/documents.:format", public, (*server).exportDocuments},
		{get, "/v1/exports/topics.:format", public, (*server).exportTopics},
		{get, "/v1/exports/places.:format", public, (*server).exportPlaces},
		{get, "/v1/exports/roles.:format", public, (*server).exportRoles},

		{get, "/v1/exports/popolo.json", public, (*server).exportPopolo},

		{get, "/v1/calendar.ics", public, (*server).getCalendar},
		{get, "/v1/feed.atom", public, (*server).getAtomFeed},
		{get, "/v1/feed.json", public, (*server).getJSONFeed},

		{get, "/v1/changes", public, (*server).listChanges},
		{get, streamPath, public, (*server).streamChanges},
		{get, "/v1/changes/checkpoint", public, (*server).getCheckpoint},

		{post, "/v1/bundles", write, (*server).createBundle},
		{post, "/v1/imports/round-tables", write, (*server).importRoundTables},
		{post, "/v1/imports/organizers", write, (*server).importOrganizers},
		{post, "/v1/imports/attendees", write, (*server).importAttendees},
		{post, "/v1/imports/statements", write, (*server).importStatements},
		{post, "/v1/imports/recommendations", write, (*server).importRecommendations},
		{post, "/v1/imports/people", write, (*server).importPeople},
		{post, "/v1/imports/organizations", write, (*server).importOrganizations},
		{post, "/v1/imports/affiliations", write, (*server).importAffiliations},
		{post, "/v1/imports/documents", write, (*server).importDocuments},
		{post, "/v1/imports/topics", write, (*server).importTopics},
		{post, "/v1/imports/places", write, (*server).importPlaces},
		{post, "/v1/imports/roles", write, (*server).importRoles},
		{get, "/v1/imports/templates/round-tables.csv", public, (*server).templateRoundTables},
		{get, "/v1/imports/templates/organizers.csv", public, (*server).templateOrganizers},
		{get, "/v1/imports/templates/attendees.csv", public, (*server).templateAttendees},
		{get, "/v1/imports/templates/statements.csv", public, (*server).templateStatements},
		{get, "/v1/imports/templates/recommendations.csv", public, (*server).templateRecommendations},
		{get, "/v1/imports/templates/people.csv", public, (*server).templatePeople},
		{get, "/v1/imports/templates/organizations.csv", public, (*server).templateOrganizations},
		{get, "/v1/imports/templates/affiliations.csv", public, (*server).templateAffiliations},
		{get, "/v1/imports/templates/documents.csv", public, (*server).templateDocuments},
		{get, "/v1/imports/templates/topics.csv", public, (*server).templateTopics},
		{get, "/v1/imports/templates/places.csv", public, (*server).templatePlaces},
		{get, "/v1/imports/templates/roles.csv", public, (*server).templateRoles},
		{get, "/v1/imports", read, (*server).listImports},
		{get, "/v1/imports/:id", read, (*server).getImport},
		{post, "/v1/imports/:id/revert", write, (*server).revertImport},
		{post, "/v1/imports/popolo", write, (*server).importPopolo},

		{get, "/v1/topics", public, (*server).listTopics},
		{post, "/v1/topics", write, (*server).createTopic},
		{get, "/v1/topics/:id", public, (*server).getTopic},
		{patch, "/v1/topics/:id", write, (*server).patchTopic},
		{del, "/v1/topics/:id", write, (*server).deleteTopic},
		{post, "/v1/topics/:id/restore", write, (*server).restoreTopic},
		{get, "/v1/topics/:id/history", read, (*server).historyTopic},

		{get, "/v1/places", public, (*server).listPlaces},
		{post, "/v1/places", write, (*server).createPlace},
		{get, "/v1/places/:id", public, (*server).getPlace},
		{patch, "/v1/places/:id", write, (*server).patchPlace},
		{del, "/v1/places/:id", write, (*server).deletePlace},
		{post, "/v1/places/:id/restore", write, (*server).restorePlace},
		{get, "/v1/places/:id/history", read, (*server).historyPlace},

		{get, "/v1/roles", public, (*server).listRoles},
		{post, "/v1/roles", write, (*server).createRole},
		{get, "/v1/roles/:id", public, (*server).getRole},
		{patch, "/v1/roles/:id", write, (*server).patchRole},
		{del, "/v1/roles/:id", write, (*server).deleteRole},
		{post, "/v1/roles/:id/restore", write, (*server).restoreRole},
		{get, "/v1/roles/:id/history", read, (*server).historyRole},

		{get, "/v1/api-keys", admin, (*server).listAPIKeys},
		{post, "/v1/api-keys", admin, (*server).createAPIKey},
		{get, "/v1/api-keys/:id", admin, (*server).getAPIKey},
		{patch, "/v1/api-keys/:id", admin, (*server).patchAPIKey},
		{post, "/v1/api-keys/:id/revoke", admin, (*server).revokeAPIKey},
		{get, "/v1/api-keys/:id/history", admin, (*server).historyAPIKey},
		{get, "/v1/audit", admin, (*server).listAudit},

		{get, "/v1/webhooks", admin, (*server).listWebhooks},
		{post, "/v1/webhooks", admin, (*server).createWebhook},
		{get, "/v1/webhooks/:id", admin, (*server).getWebhook},
		{patch, "/v1/webhooks/:id", admin, (*server).patchWebhook},
		{del, "/v1/webhooks/:id", admin, (*server).deleteWebhook},
		{get, "/v1/webhooks/:id/history", admin, (*server).historyWebhook},
		{post, "/v1/webhooks/:id/rotate", admin, (*server).rotateWebhookSecret},
		{post, "/v1/webhooks/:id/replay", admin, (*server).replayWebhook},
		{post, webhookTestPath, admin, (*server).testWebhook},
		{get, "/v1/webhooks/:webhook_id/deliveries", admin, (*server).listWebhookDeliveries},
		{get, "/v1/webhooks/:webhook_id/deliveries/:id", admin, (*server).getWebhookDelivery},
		{post, "/v1/webhooks/:webhook_id/deliveries/:id/retry", admin, (*server).retryWebhookDelivery},

		{get, "/v1/me", public, (*server).showMe},
	}
}

// API is the whole service: it answers requests, and Deliver tells webhooks of changes.
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
