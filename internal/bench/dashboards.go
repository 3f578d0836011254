package main

import (
	"math/rand/v2"
	"net/url"
	"strings"
)

// Requests of dashboards. Each of them has few variants, so that the cache of the service has them after the first round.
const variants = 4

// typed are words of the texts: some are frequent, some less so.
var typed = []string{"policy", "реформа", "ресурстары", "statistics"}

// dashboardCases returns the cases of charts, views and search.
func dashboardCases(a requester) []testCase {
	topic := func(r *rand.Rand) int { return 1 + r.IntN(variants) }
	data := members("data")
	return []testCase{
		{name: "month-format", title: "events of a year by month and format", part: data, next: func(r *rand.Rand) operation {
			year := 2010 + r.IntN(variants)
			return one(a.get("/v1/round-tables/aggregate?group_by=month,format&starts_from=%d-01-01&starts_to=%d-01-01", year, year+1))
		}},
		{name: "month-format-all", title: "all events by month and format", part: data, next: func(*rand.Rand) operation {
			return one(a.get("/v1/round-tables/aggregate?group_by=month,format"))
		}},
		{name: "topic-year", title: "all events by topic and year, of 20 topics", part: data, next: func(*rand.Rand) operation {
			return one(a.get("/v1/round-tables/aggregate?group_by=topic,year"))
		}},
		{name: "top-speakers", title: "the ten people with most statements", part: data, next: func(*rand.Rand) operation {
			return one(a.get("/v1/statements/aggregate?group_by=person&limit=10"))
		}},
		{name: "top-organizers", title: "the ten organizers with most events, and their distinct people", part: data, next: func(*rand.Rand) operation {
			return one(a.get("/v1/round-tables/aggregate?group_by=organizer&metric=count,people&limit=10"))
		}},
		{name: "facets", title: "50 events of a big organizer, with four facets", part: members("data"), next: func(r *rand.Rand) operation {
			return one(a.get("/v1/round-tables?organizer=%d&sort=-starts_on&limit=50&facets=format,topic,organizer,year", 1+r.IntN(bigOrganizers)))
		}},
		{name: "overview", title: "the overview of all events", part: members("counts"), next: func(*rand.Rand) operation {
			return one(a.get("/v1/stats/overview"))
		}},
		{name: "overview-topic", title: "the overview of a topic", part: members("counts"), next: func(r *rand.Rand) operation {
			return one(a.get("/v1/stats/overview?topic=%d", topic(r)))
		}},
		{name: "network", title: "the network of the people of a topic: 50 nodes", part: members("links"), next: func(r *rand.Rand) operation {
			return one(a.get("/v1/stats/network?topic=%d&limit=50", topic(r)))
		}},
		{name: "profile", title: "the profile of a busy person", part: members("appeared_with"), next: func(r *rand.Rand) operation {
			return one(a.get("/v1/people/%d/profile", 1+r.IntN(variants)))
		}},
		{name: "search-one", title: "search for one word", part: found, next: func(r *rand.Rand) operation {
			return one(a.search(typed[r.IntN(variants)]))
		}},
		{name: "search-three", title: "search for three words", part: found, next: func(r *rand.Rand) operation {
			return one(a.search([]string{"policy reform education", "реформа образования экономика", "су ресурстары шекара", "migration statistics law"}[r.IntN(variants)]))
		}},
		{name: "search-prefix", title: "search while typing: three letters", part: found, next: func(r *rand.Rand) operation {
			return one(a.search(string([]rune(typed[r.IntN(variants)])[:3])))
		}},
	}
}

func (a requester) search(q string) []byte {
	return a.get("/v1/search?q=%s", strings.ReplaceAll(url.QueryEscape(q), "+", "%20"))
}

// members keeps one member of a response, for comparison: the bare handler does not give the others.
func members(name string) func(any) any {
	return func(answer any) any {
		object, _ := answer.(map[string]any)
		return object[name]
	}
}

// found reports whether a search found anything. The bare handler knows no names and no ranks, so it finds other records.
func found(answer any) any {
	object, _ := answer.(map[string]any)
	data, _ := object["data"].([]any)
	return len(data) > 0
}
