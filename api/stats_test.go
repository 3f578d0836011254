package api

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"
)

func viewIn[T any](t *testing.T, r reply) (view T) {
	t.Helper()
	if err := json.Unmarshal(r.want(t, http.StatusOK).Body.Bytes(), &view); err != nil {
		t.Fatalf("%s: %v", r.request, err)
	}
	return view
}

func TestTheNumbersOfAnOverviewAreThoseOfTheLists(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
		for _, filter := range []string{"", "&format=round_table", "&starts_from=2020-01-01&starts_to=2021-01-01", "&format=hearing&place=99999"} {
			o := viewIn[Overview](t, c.get(t, "/v1/stats/overview?lang=ru"+filter))
			total := func(list string) int64 {
				return *pageOf(t, c.get(t, list).want(t, http.StatusOK)).Meta.Total
			}
			if want := total("/v1/round-tables?limit=1&count=exact" + filter); *o.Counts.RoundTables != want {
				t.Errorf("%s: %d round tables, the list has %d", filter, *o.Counts.RoundTables, want)
			}
			if filter == "" {
				if want := total("/v1/statements?limit=1&count=exact"); *o.Counts.Statements != want {
					t.Errorf("%d statements, the list has %d", *o.Counts.Statements, want)
				}
			}
			latest := viewIn[struct {
				Data []struct {
					StartsOn *string `json:"starts_on"`
				}
			}](t, c.get(t, "/v1/round-tables?limit=1&sort=-starts_on"+filter))
			switch {
			case len(latest.Data) == 0 && (o.LastOn != nil || o.UpdatedAt != nil):
				t.Errorf("%s: no round table, but %v and %v", filter, o.LastOn, o.UpdatedAt)
			case len(latest.Data) > 0 && (o.LastOn == nil || o.LastOn.String() != *latest.Data[0].StartsOn || o.UpdatedAt == nil):
				t.Errorf("%s: the latest is of %v, the overview says %v", filter, *latest.Data[0].StartsOn, o.LastOn)
			}
			aggregated := aggregateIn(t, c.get(t, "/v1/round-tables/aggregate?group_by=topic&limit=10&lang=ru"+filter))
			if fmt.Sprint(aggregated.Meta.Total, len(aggregated.Groups)) != fmt.Sprint(o.Charts.TopTopics.Meta.Total, len(o.Charts.TopTopics.Groups)) ||
				aggregated.Meta.Cursor != o.Charts.TopTopics.Meta.Cursor {
				t.Errorf("%s: the chart of topics is %+v, the aggregate %+v", filter, o.Charts.TopTopics, aggregated)
			}
			for _, g := range o.Charts.Formats.Groups {
				if got := total(g.List + "&limit=1&count=exact"); got != *g.Count {
					t.Errorf("%s lists %d, the chart says %d", g.List, got, *g.Count)
				}
			}
		}
	}
	first := r.do(t, http.MethodGet, "/v1/stats/overview", nil)
	r.do(t, http.MethodGet, "/v1/stats/overview", nil, "If-None-Match", first.Header().Get("ETag")).want(t, http.StatusNotModified)
	r.as(t).get(t, "/v1/stats/overview?limit=3").wantProblem(t, http.StatusBadRequest, "bad_parameters", "limit unknown_parameter")
}

// network is a registry in which a, b and c met in pairs, and the public does not see that c met a restricted person or d.
type network struct {
	*rig
	a, b, c, d, secret int64
}

func newNetwork(t *testing.T) network {
	t.Helper()
	n := network{rig: newRig(t, nil)}
	for _, to := range []*int64{&n.a, &n.b, &n.c, &n.d} {
		*to = fixture.Person(t, n.pool, func(in *person.Input) { in.Name = text.Map{"en": "A & <B>", "ru": "Имя"} })
	}
	n.secret = fixture.Person(t, n.pool, func(in *person.Input) { in.Visibility, in.Name = "restricted", text.Map{"en": restrictedCanary} })
	meet := func(publication string, people ...int64) {
		event := fixture.RoundTable(t, n.pool, func(in *roundtable.Input) { in.Publication = publication })
		for _, id := range people {
			fixture.Attendee(t, n.pool, func(in *attendee.Input) { in.RoundTableID, in.PersonID = event, &id })
		}
	}
	meet("published", n.a, n.b, n.secret)
	meet("published", n.a, n.b)
	meet("published", n.b, n.c, n.secret)
	meet("draft", n.c, n.d)
	return n
}

func linksIn(n Network) (all string) {
	for _, l := range n.Links {
		all += fmt.Sprintf("%d-%d:%d ", l.Source, l.Target, l.Weight)
	}
	return strings.TrimSpace(all)
}

func TestANetworkLinksThoseThatMetAndHidesTheRest(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	public, reader := n.as(t), n.as(t, actor.Read)
	const path = "/v1/stats/network"
	for query, want := range map[string]string{
		"":                                   fmt.Sprintf("%d-%d:2 %d-%d:1", n.a, n.b, n.b, n.c),
		"?min_weight=2":                      fmt.Sprintf("%d-%d:2", n.a, n.b),
		fmt.Sprintf("?center=%d", n.c):       fmt.Sprintf("%d-%d:1", n.b, n.c),
		fmt.Sprintf("?center=%d", n.d):       "",
		fmt.Sprintf("?path=%d,%d", n.a, n.c): fmt.Sprintf("%d-%d:2 %d-%d:1", n.a, n.b, n.b, n.c),
		fmt.Sprintf("?path=%d,%d", n.a, n.d): "",
		"?limit=2":                           fmt.Sprintf("%d-%d:2", n.a, n.b),
		"?format=hearing":                    "",
	} {
		got := viewIn[Network](t, public.get(t, path+query))
		if linksIn(got) != want {
			t.Errorf("%s: %s, want %s", query, linksIn(got), want)
		}
		if got.Truncated != (query == "?limit=2") {
			t.Errorf("%s: truncated is %t", query, got.Truncated)
		}
		for _, node := range got.Nodes {
			attended := pageOf(t, public.get(t, fmt.Sprintf("/v1/attendees?limit=1&count=exact&person=%d", node.ID)).want(t, http.StatusOK))
			if *attended.Meta.Total != node.Count && node.Count != 0 {
				t.Errorf("%s: %d attended %d round tables, the network says %d", query, node.ID, *attended.Meta.Total, node.Count)
			}
		}
	}
	chain := viewIn[Network](t, reader.get(t, fmt.Sprintf("%s?path=%d,%d", path, n.a, n.d)))
	if len(chain.Nodes) != 4 || chain.Nodes[0].ID != n.a || chain.Nodes[3].ID != n.d || len(chain.Links) != 3 || len(chain.Links[2].Events) != 1 {
		t.Errorf("%+v", chain)
	}
	if got := viewIn[Network](t, reader.get(t, fmt.Sprintf("%s?center=%d", path, n.secret))); len(got.Nodes) != 4 || got.Nodes[0].ID != n.secret {
		t.Errorf("around the restricted person: %+v", got.Nodes)
	}
	for _, query := range []string{fmt.Sprintf("?center=%d", n.secret), fmt.Sprintf("?path=%d,%d", n.a, n.secret), "?center=99999"} {
		public.get(t, path+query).wantProblem(t, http.StatusNotFound, "not_found")
	}
	for query, want := range map[string]string{"?path=1": "path too_few", "?of=topics": "of not_allowed", "?min_weight=0": "min_weight too_small", "?cursor=x": "cursor unknown_parameter"} {
		public.get(t, path+query).wantProblem(t, http.StatusBadRequest, "bad_parameters", want)
	}
}

func TestTheNetworkOfOrganizationsOfTheSampleHasTheNumbersOfTheLists(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
		got := viewIn[Network](t, c.get(t, "/v1/stats/network?of=organizations&limit=15"))
		if len(got.Nodes) < 5 || len(got.Links) < 5 {
			t.Fatalf("%d nodes and %d links", len(got.Nodes), len(got.Links))
		}
		for _, node := range got.Nodes {
			if page := pageOf(t, c.get(t, fmt.Sprintf("/v1/round-tables?limit=1&count=exact&organization=%d", node.ID)).want(t, http.StatusOK)); *page.Meta.Total != node.Count {
				t.Errorf("%d: %d round tables, the network says %d", node.ID, *page.Meta.Total, node.Count)
			}
		}
		for _, l := range got.Links[:5] {
			if page := pageOf(t, c.get(t, fmt.Sprintf("/v1/round-tables?limit=1&count=exact&organization=all:%d,%d", l.Source, l.Target)).want(t, http.StatusOK)); *page.Meta.Total != l.Weight {
				t.Errorf("%d and %d: %d round tables, the network says %d", l.Source, l.Target, *page.Meta.Total, l.Weight)
			}
		}
	}
}

func TestANetworkIsWrittenForGephiAndSpreadsheets(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	public := n.as(t)
	var graph struct {
		Keys []struct {
			ID   string `xml:"id,attr"`
			Name string `xml:"attr.name,attr"`
			Type string `xml:"attr.type,attr"`
		} `xml:"key"`
		Graph struct {
			Default string `xml:"edgedefault,attr"`
			Nodes   []struct {
				ID   string   `xml:"id,attr"`
				Data []string `xml:"data"`
			} `xml:"node"`
			Edges []struct {
				Source string   `xml:"source,attr"`
				Target string   `xml:"target,attr"`
				Data   []string `xml:"data"`
			} `xml:"edge"`
		} `xml:"graph"`
	}
	file := public.get(t, "/v1/stats/network.graphml?lang=en").want(t, http.StatusOK)
	body := file.Body.String()
	if err := xml.Unmarshal([]byte(body), &graph); err != nil {
		t.Fatal(err)
	}
	if len(graph.Keys) != 3 || strings.Index(body, "<key") > strings.Index(body, "<graph ") || graph.Graph.Default != "undirected" ||
		len(graph.Graph.Nodes) != 3 || len(graph.Graph.Edges) != 2 || graph.Graph.Edges[0].Data[0] != "2.0" || graph.Graph.Nodes[0].Data[0] != "A & <B>" {
		t.Errorf("%s", body)
	}
	for _, e := range graph.Graph.Edges {
		for _, end := range []string{e.Source, e.Target} {
			if !slices.ContainsFunc(graph.Graph.Nodes, func(n struct {
				ID   string   `xml:"id,attr"`
				Data []string `xml:"data"`
			}) bool {
				return n.ID == end
			}) {
				t.Errorf("an edge ends at %s, which is no node", end)
			}
		}
	}
	tag := file.Header().Get("ETag")
	public.do(t, http.MethodGet, "/v1/stats/network.graphml?lang=en", nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	rows, err := csv.NewReader(strings.NewReader(public.get(t, "/v1/stats/network.csv?bom=0").want(t, http.StatusOK).Body.String())).ReadAll()
	if err != nil || len(rows) != 3 || strings.Join(rows[0][:3], " ") != "source target weight" || rows[1][2] != "2" {
		t.Errorf("%q, %v", rows, err)
	}
}
