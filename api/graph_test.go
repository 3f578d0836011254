package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/piprate/json-gold/ld"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
)

// schemaOrg stands for the context at https://schema.org: the terms that have addresses as values, and the vocabulary of all others.
type schemaOrg struct{}

func (schemaOrg) LoadDocument(u string) (*ld.RemoteDocument, error) {
	if u != "https://schema.org" {
		return nil, fmt.Errorf("the context %s is not known", u)
	}
	var document any
	err := json.Unmarshal([]byte(`{"@context": {"@vocab": "http://schema.org/", "license": {"@type": "@id"}, "url": {"@type": "@id"}, "sameAs": {"@type": "@id"},
		"contentUrl": {"@type": "@id"}, "eventStatus": {"@type": "@id"}, "eventAttendanceMode": {"@type": "@id"}}}`), &document)
	return &ld.RemoteDocument{DocumentURL: u, Document: document}, err
}

// graph is a set of JSON-LD documents in one graph: nodes by address, with properties by name.
type graph map[string]map[string]any

// graphOf loads addresses into one graph, as a triple store does.
func graphOf(t *testing.T, c caller, addresses ...string) graph {
	t.Helper()
	options := ld.NewJsonLdOptions("")
	options.DocumentLoader = schemaOrg{}
	var all []any
	for _, at := range addresses {
		answer := c.do(t, http.MethodGet, at, nil, "Accept", "application/ld+json").want(t, http.StatusOK)
		if got := answer.Header().Get("Content-Type"); got != "application/ld+json" {
			t.Errorf("%s: Content-Type %s", at, got)
		}
		var document any
		if err := json.Unmarshal(answer.Body.Bytes(), &document); err != nil {
			t.Fatal(err)
		}
		expanded, err := ld.NewJsonLdProcessor().Expand(document, options)
		if err != nil {
			t.Fatalf("%s: %v", at, err)
		}
		all = append(all, expanded...)
	}
	flat, err := ld.NewJsonLdProcessor().Flatten(all, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	g := graph{}
	for _, n := range flat.([]any) {
		node := n.(map[string]any)
		g[node["@id"].(string)] = node
	}
	return g
}

// values returns the values of a property of schema.org: texts, or the addresses of nodes.
func (g graph) values(node, property string) (values []string) {
	list, _ := g[node]["http://schema.org/"+property].([]any)
	for _, v := range list {
		for _, of := range []string{"@value", "@id"} {
			if s, ok := v.(map[string]any)[of].(string); ok {
				values = append(values, s)
			}
		}
	}
	slices.Sort(values)
	return values
}

func (g graph) value(node, property string) string {
	return strings.Join(g.values(node, property), " ")
}

const graphBase = "https://registry.example.org"

func TestTwoEventsOfOnePersonInOneGraphKeepTheirPositions(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(c *Config) { c.PublicBaseURL = graphBase })
	someone := fixture.Person(t, r.pool, func(in *person.Input) { in.Name = text.Map{"en": "Talgat Kaliyev"} })
	positions := map[int64][2]string{} // title and organization, by event
	var addresses []string
	for _, held := range [][2]string{{"Director", "Institute"}, {"Minister", "Ministry"}} {
		event := fixture.RoundTable(t, r.pool)
		org := fixture.Organization(t, r.pool, func(in *organization.Input) { in.Name = text.Map{"en": held[1]} })
		fixture.Attendee(t, r.pool, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.Roles = event, &someone, []string{"moderator"}
			in.Affiliations = []attendee.Affiliation{{OrganizationID: &org, Title: text.Map{"en": held[0]}}}
		})
		positions[event] = held
		addresses = append(addresses, fmt.Sprintf("/v1/round-tables/%d", event))
	}
	c := r.as(t)
	g := graphOf(t, c, addresses...)
	who := fmt.Sprintf("%s/v1/people/%d", graphBase, someone)
	if len(g[who]) != 3 || g.value(who, "name") != "Talgat Kaliyev" { // with the address and the type
		t.Errorf("the person is %v", g[who])
	}
	for event, want := range positions {
		at := fmt.Sprintf("%s/v1/round-tables/%d", graphBase, event)
		role := g.value(at, "attendee")
		position := g.value(role, "worksFor")
		got := [2]string{g.value(position, "roleName"), g.value(g.value(position, "worksFor"), "name")}
		if g.value(role, "attendee") != who || g.value(role, "roleName") != "moderator" || got != want {
			t.Errorf("%s: the role is %v with the position %v, want %v", at, g[role], got, want)
		}
		if g.value(at, "license") != License || g.value(at, "url") != at || g.value(at, "eventStatus") != "https://schema.org/EventScheduled" {
			t.Errorf("the event is %v", g[at])
		}
	}
	if again := graphOf(t, c, append(addresses, addresses...)...); len(again) != len(g) {
		t.Errorf("%d nodes, and %d when the documents are read twice", len(g), len(again))
	}
}

func TestDocumentsOfOneRegistryJoinInOneGraph(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.server.config.PublicBaseURL = graphBase
	at := func(c string) string { return fmt.Sprintf("/v1/%s/%d", c, m.ids[c][shown]) }
	c := m.as(t)
	g := graphOf(t, c, at("round-tables"), at("people"), at("organizations"))
	for address, node := range g {
		if !strings.HasPrefix(address, "http") {
			t.Errorf("%s is no address: a second reading would repeat %v", address, node)
		}
	}
	who, org := graphBase+at("people"), graphBase+at("organizations")
	position := g.value(who, "worksFor")
	if g.value(who, "name") != "Talgat Kaliyev" || position != graphBase+at("affiliations") || g.value(position, "worksFor") != org || g.value(org, "license") != License {
		t.Errorf("the person is %v with the position %v in %v", g[who], g[position], g[org])
	}
	for _, hiddenOne := range []string{"people", "round-tables"} {
		path := fmt.Sprintf("/v1/%s/%d", hiddenOne, m.ids[hiddenOne][hidden])
		c.do(t, http.MethodGet, path, nil, "Accept", "application/ld+json").wantProblem(t, http.StatusNotFound, "not_found")
		m.do(t, http.MethodGet, path, nil, append([]string{"Accept", "application/ld+json"}, m.as(t, actor.Read).headers...)...).want(t, http.StatusOK)
	}
	c.do(t, http.MethodGet, at("people")+"?lang=ru", nil, "Accept", "application/ld+json").wantProblem(t, http.StatusBadRequest, "bad_parameters", "lang unknown_parameter")
}

func TestTheCatalogueNamesEveryFileOfEveryCollection(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE topics SET label = label || '{\"en\": \"Ice\"}' WHERE id = 1")
		return err
	})
	r.server.config.PublicBaseURL = graphBase
	c := r.as(t)
	g := graphOf(t, c, cataloguePath)
	whole := graphBase + cataloguePath
	if g.value(whole, "license") != License || g.value(whole, "name") == "" || g.value(whole, "dateModified") == "" || len(g.values(whole, "hasPart")) != len(collections) {
		t.Errorf("%v", g[whole])
	}
	var files []string
	for _, set := range append(g.values(whole, "hasPart"), whole) {
		list := g.values(set, "distribution")
		want := len(export.Formats)
		if set == whole {
			want = len(publishedFiles)
		}
		if g.value(set, "description") == "" || len(list) != want || fmt.Sprint(g[set]["@type"]) != "[http://schema.org/Dataset http://www.w3.org/ns/dcat#Dataset]" {
			t.Errorf("%s: %v", set, g[set])
		}
		files = append(files, list...)
	}
	for _, file := range files {
		answer := c.do(t, http.MethodGet, strings.TrimPrefix(g.value(file, "contentUrl"), graphBase), nil).want(t, http.StatusOK)
		if got, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";"); got != g.value(file, "encodingFormat") || g.value(file, "license") != License {
			t.Errorf("%s is %s, the catalogue says %v", file, got, g[file])
		}
		if download := fmt.Sprint(g[file]["http://www.w3.org/ns/dcat#downloadURL"]); download != "[map[@id:"+file+"]]" {
			t.Errorf("%s: dcat:downloadURL is %s", file, download)
		}
	}
	for _, accept := range []string{"*/*", "application/json", "text/html"} {
		c.do(t, http.MethodGet, cataloguePath, nil, "Accept", accept).want(t, http.StatusOK)
	}
	if got := len(r.as(t, actor.Read).get(t, cataloguePath).want(t, http.StatusOK).object(t)["hasPart"].([]any)); got != len(collections) {
		t.Errorf("a reader sees %d collections", got)
	}
}
