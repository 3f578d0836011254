package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
)

// What must never be seen below a scope. Each stands in one kind of place only.
const (
	draftCanary      = "CanaryOfADraft"
	restrictedCanary = "CanaryOfARestrictedPerson"
	notesCanary      = "CanaryOfInternalNotes"
	contactCanary    = "canary.of.a.contact@example.org"
)

// state is what a record can be to the public.
type state int

const (
	shown  state = iota // everybody may see it
	hidden              // only who may read drafts and restricted people
)

// matrix is a registry with a shown and a hidden record of every collection.
type matrix struct {
	*rig
	ids map[string][2]int64 // by the collection in the path
}

func newMatrix(t *testing.T) matrix {
	t.Helper()
	m := matrix{rig: newRig(t, nil), ids: map[string][2]int64{}}
	put := func(collection string, s state, id int64) {
		both := m.ids[collection]
		both[s] = id
		m.ids[collection] = both
	}
	secret := func(s state, canary, open string) text.Map {
		if s == hidden {
			return text.Map{"en": canary}
		}
		return text.Map{"en": open}
	}
	notes := notesCanary
	institute := fixture.Organization(t, m.pool)
	for _, s := range []state{shown, hidden} {
		visibility, publication := "public", "published"
		if s == hidden {
			visibility, publication = "restricted", "draft"
		}
		someone := fixture.Person(t, m.pool, func(in *person.Input) {
			in.Name, in.Visibility, in.Notes = secret(s, restrictedCanary, "Talgat Kaliyev"), visibility, &notes
		})
		put("people", s, someone)
		put("affiliations", s, fixture.Affiliation(t, m.pool, func(in *affiliation.Input) { in.PersonID, in.OrganizationID = someone, institute }))
		source := fixture.Document(t, m.pool, func(in *document.Input) {
			in.Title, in.AuthorIDs = secret(s, draftCanary, "Press release"), []int64{someone}
		})
		put("documents", s, source)
		event := fixture.RoundTable(t, m.pool, func(in *roundtable.Input) {
			in.Title, in.Publication, in.Notes = secret(s, draftCanary, "Ethnic policy"), publication, &notes
			in.DocumentLinks = []roundtable.DocumentLink{{DocumentID: source, Relation: "source"}}
		})
		put("round-tables", s, event)
		put("organizers", s, fixture.Organizer(t, m.pool, func(in *organizer.Input) { in.RoundTableID, in.OrganizationID = event, institute }))
		speaker := fixture.Attendee(t, m.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID = event, &someone })
		put("attendees", s, speaker)
		put("statements", s, fixture.Statement(t, m.pool, func(in *statement.Input) {
			in.RoundTableID, in.AttendeeID, in.QuotedPersonID, in.Mentions.PersonIDs = event, &speaker, &someone, []int64{someone}
			in.Texts = []statement.Text{{Lang: "en", Text: secret(s, draftCanary, "Said.")["en"], Original: true}}
		}))
		put("recommendations", s, fixture.Recommendation(t, m.pool, func(in *recommendation.Input) {
			in.RoundTableID, in.Text = event, secret(s, draftCanary, "Found an institute.")
		}))
		for collection, id := range map[string]int64{"organizations": institute, "topics": fixture.Topic(t, m.pool), "places": fixture.Place(t, m.pool), "roles": 1} {
			put(collection, s, id) // these are never hidden
		}
		_, key := m.key(t, actor.Read)
		put("api-keys", s, key)
		put("contacts", s, fixture.Insert(t, m.pool, "INSERT INTO contacts (person_id, kind, value) VALUES ($1, 'email', $2) RETURNING id", someone, contactCanary))
	}
	m.addSimple(t, put)
	m.rememberDecisions(t, put)
	for _, s := range []state{shown, hidden} {
		id, delivery := fixture.Webhook(t, m.pool)
		put("webhooks", s, id)
		put("deliveries", s, delivery)
	}
	for _, s := range []state{shown, hidden} {
		m.write(t, func(ctx context.Context, tx pgx.Tx) error {
			done, err := imports.Keep(ctx, tx, imports.Head{Collection: "people", Format: "csv", SHA256: strings.Repeat("0", 64), OnError: "abort"}, []imports.Row{}, 0)
			put("imports", s, done.ID)
			return err
		})
		put("bundles", s, fixture.Insert(t, m.pool, "INSERT INTO bundles (round_table_id, first_seq, last_seq) VALUES ($1, 0, 0) RETURNING id",
			m.ids["round-tables"][s]))
	}
	// At the shown event a restricted person spoke, too.
	restricted := m.ids["people"][hidden]
	name := restrictedCanary
	event := m.ids["round-tables"][shown]
	speaker := fixture.Attendee(t, m.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID, in.NameAsListed = event, &restricted, &name })
	fixture.Statement(t, m.pool, func(in *statement.Input) {
		in.RoundTableID, in.AttendeeID, in.Attribution, in.QuotedPersonID, in.Mentions.PersonIDs = event, &speaker, &name, &restricted, []int64{restricted}
	})
	return m
}

// addSimple adds records of each resource that has none yet: the required members of its input, with the values of their
// tag `example`. What belongs to a round table belongs to the shown or the hidden one.
func (m matrix) addSimple(t *testing.T, put func(collection string, s state, id int64)) {
	t.Helper()
	editor := m.as(t, actor.Write)
	for _, r := range Resources() {
		_, known := m.ids[r.Type]
		if _, lacks := r.Lacks[Create]; known || lacks || r.Of != "" || r.Type == distinction.Type {
			continue
		}
		for _, s := range []state{shown, hidden} {
			body := map[string]any{}
			for _, f := range reflect.VisibleFields(r.Input) {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				switch required := strings.HasPrefix(f.Tag.Get("validate")+",", "required,"); {
				case !required:
				case name == "round_table_id":
					body[name] = m.ids["round-tables"][s]
				case f.Type == reflect.TypeFor[text.Map]():
					body[name] = map[state]text.Map{shown: {"en": "Text"}, hidden: {"en": draftCanary}}[s]
				default:
					body[name] = json.RawMessage(f.Tag.Get("example"))
					if f.Type.Kind() == reflect.String {
						body[name] = f.Tag.Get("example")
					}
				}
			}
			put(r.Type, s, idIn(t, editor.make(t, "/v1/"+r.Type, "%s", jsonOf(t, body))))
		}
	}
}

// rememberDecisions adds what operators decided about people who look alike.
func (m matrix) rememberDecisions(t *testing.T, put func(collection string, s state, id int64)) {
	t.Helper()
	secretive := func(in *person.Input) { in.Name, in.Visibility = text.Map{"en": restrictedCanary}, "restricted" }
	for _, s := range []state{shown, hidden} {
		one, other, third := fixture.Person(t, m.pool, secretive), fixture.Person(t, m.pool, secretive), fixture.Person(t, m.pool)
		m.write(t, func(ctx context.Context, tx pgx.Tx) error {
			n, err := distinction.Create(ctx, tx, distinction.Input{Type: person.Type, FirstID: one, SecondID: third})
			put("distinctions", s, n)
			return err
		})
		m.write(t, func(ctx context.Context, tx pgx.Tx) error {
			o, err := merge.People(ctx, tx, other, third)
			put("merges", s, o.Merge.ID)
			return err
		})
	}
}

// path fills the path of a route with the ids of records in a state. A collection that the matrix lacks fails the test.
func (m matrix) path(t *testing.T, r Route, s state) string {
	t.Helper()
	path := strings.NewReplacer(":person_id", fmt.Sprint(m.ids["people"][s]), ":webhook_id", fmt.Sprint(m.ids["webhooks"][s]), ":format", map[state]string{shown: "csv", hidden: "ndjson"}[s]).Replace(r.Path)
	parts := strings.Split(path, "/")
	for i, p := range parts {
		extension, ok := strings.CutPrefix(p, ":id")
		if !ok {
			continue
		}
		both, ok := m.ids[parts[i-1]]
		if !ok {
			t.Fatalf("%s: the matrix has no records of %s; add some", r.Path, parts[i-1])
		}
		parts[i] = fmt.Sprint(both[s]) + extension
	}
	return strings.Join(parts, "/")
}

// takesNoBody reports whether a write succeeds with the empty body that the test sends.
func takesNoBody(r Route) bool {
	for _, act := range []string{"/revoke", "/undo", "/revert", "/rotate", "/test", "/retry"} {
		if strings.HasSuffix(r.Path, act) {
			return true
		}
	}
	return false
}

// isHidden reports whether a path leads to something that the public must not see.
func (m matrix) isHidden(r Route, s state) bool {
	if s == shown || !strings.Contains(r.Path, "/:") {
		return false
	}
	for _, open := range []string{"organizations", "topics", "places", "roles", "api-keys", "merges", "distinctions", "imports", "bundles", "webhooks"} {
		if strings.HasPrefix(r.Path, "/v1/"+open+"/") {
			return false
		}
	}
	return true
}

func TestEveryRouteLetsInWhomItsScopeSaysAndShowsThemNoMoreThanTheyMaySee(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	callers := map[string][]actor.Scope{"anonymous": nil, "every scope": actor.Scopes}
	for _, s := range actor.Scopes {
		callers[string(s)] = []actor.Scope{s}
	}
	for name, scopes := range callers {
		who := actor.Actor{Scopes: scopes}
		c := m.as(t, scopes...)
		for _, route := range Routes() {
			for _, s := range []state{shown, hidden} {
				path := m.path(t, route, s)
				at := fmt.Sprintf("%s: %s %s (%s)", name, route.Method, path, map[state]string{shown: "shown", hidden: "hidden"}[s])
				reply := c.do(t, route.Method, path, map[string]any{http.MethodPost: `{}`, http.MethodPut: `{}`, http.MethodPatch: `{}`}[route.Method], append([]string{"Content-Type", jsonBody}, c.headers...)...)
				sees := who.Can(actor.Read) || route.Path == disclosurePath && who.Can(actor.PII) // a disclosure shows everything
				visible := sees || !m.isHidden(route, s)
				switch {
				case !who.Can(route.Scope) && len(scopes) == 0:
					reply.wantProblem(t, http.StatusUnauthorized, "key_required")
				case !who.Can(route.Scope):
					reply.wantProblem(t, http.StatusForbidden, "scope_missing")
				case route.Method == http.MethodGet && visible && reply.Code != http.StatusOK:
					t.Errorf("%s: status %d: %s", at, reply.Code, reply.Body)
				case route.Method == http.MethodGet && !visible && reply.Code != http.StatusNotFound:
					t.Errorf("%s: status %d: %s", at, reply.Code, reply.Body)
				case route.Method != http.MethodGet && (reply.Code == 401 || reply.Code == 403 || reply.Code < 400 && !takesNoBody(route) || reply.Code >= 500):
					t.Errorf("%s: status %d: %s", at, reply.Code, reply.Body)
				}
				body := reply.Body.String()
				for _, canary := range []string{draftCanary, restrictedCanary, notesCanary} {
					if !sees && strings.Contains(body, canary) {
						t.Errorf("%s shows %s: %s", at, canary, body)
					}
				}
				if strings.Contains(body, contactCanary) && !strings.Contains(path, "/contacts") && route.Path != disclosurePath {
					t.Errorf("%s shows a contact", at)
				}
			}
		}
	}
	for _, line := range m.log.take() {
		if strings.Contains(line, "Canary") || strings.Contains(line, "canary") {
			t.Errorf("the log shows what is in the records: %s", line)
		}
	}
	if metrics := m.do(t, "GET", "/metrics", nil).want(t, 200).Body.String(); strings.Contains(strings.ToLower(metrics), "canary") {
		t.Error("the metrics show what is in the records")
	}
}

func TestTheMatrixSeesEachCanaryWithTheScopeForIt(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	reader := m.as(t, actor.Read)
	for path, canary := range map[string]string{
		m.pathTo("round-tables"): draftCanary, m.pathTo("statements"): draftCanary, m.pathTo("recommendations"): draftCanary, m.pathTo("documents"): draftCanary,
		m.pathTo("people"): restrictedCanary, m.pathTo("affiliations"): restrictedCanary, m.pathTo("attendees"): restrictedCanary,
		fmt.Sprintf("/v1/round-tables/%d", m.ids["round-tables"][shown]): notesCanary,
	} {
		if body := reader.get(t, path).want(t, 200).Body.String(); !strings.Contains(body, canary) {
			t.Errorf("GET %s lacks %s: the matrix would see no leak: %s", path, canary, body)
		}
	}
	list := fmt.Sprintf("/v1/people/%d/contacts", m.ids["people"][shown])
	if body := m.as(t, actor.PII).get(t, list).want(t, 200).Body.String(); !strings.Contains(body, contactCanary) {
		t.Errorf("no contact: %s", body)
	}
}

func (m matrix) pathTo(collection string) string {
	return fmt.Sprintf("/v1/%s/%d", collection, m.ids[collection][hidden])
}

func TestTheHiddenAreFoundByNoFilter(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	public := m.as(t)
	event, someone := m.ids["round-tables"][hidden], m.ids["people"][hidden]
	for _, query := range []string{
		"round-tables?id=%[1]d", "round-tables?person=%[2]d", "round-tables?q=" + draftCanary, "organizers?round_table=%[1]d", "attendees?round_table=%[1]d", "attendees?person=%[2]d",
		"statements?round_table=%[1]d", "statements?person=%[2]d", "statements?mention_person=%[2]d", "statements?q=" + draftCanary, "recommendations?round_table=%[1]d",
		"recommendations?person=%[2]d", "documents?round_table=%[1]d", "documents?q=" + draftCanary, "documents?person=%[2]d", "people?id=%[2]d", "people?round_table=%[1]d", "people?q=" + restrictedCanary, "affiliations?person=%[2]d",
	} {
		path := "/v1/" + strings.NewReplacer("%[1]d", fmt.Sprint(event), "%[2]d", fmt.Sprint(someone)).Replace(query)
		if page := pageOf(t, public.get(t, path+"&count=exact").want(t, 200)); len(page.Data) != 0 || *page.Meta.Total != 0 {
			t.Errorf("GET %s finds %d records: %v", path, *page.Meta.Total, page.Data)
		}
		if page := pageOf(t, m.as(t, actor.Read).get(t, path).want(t, 200)); len(page.Data) == 0 && !strings.Contains(path, "recommendations?person") {
			t.Errorf("GET %s finds nothing for a reader either", path)
		}
	}
}
