package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/search"
	"roundtables.kz/registry/internal/text"
)

// search sends a search and gives its results.
func (c caller) search(t *testing.T, q string, more ...string) (results SearchResults) {
	t.Helper()
	path := searchPath + "?q=" + url.QueryEscape(q) + strings.Join(more, "")
	decodeReply(t, c.get(t, path).want(t, http.StatusOK), &results)
	return results
}

// foundIn gives the results as "type id matched".
func foundIn(r SearchResults) (found []string) {
	for _, h := range r.Data {
		found = append(found, fmt.Sprint(h.Type, " ", h.ID, " ", h.Matched))
	}
	return found
}

// marked gives the marked parts of a context.
func marked(h search.Hit) (parts []string) {
	if h.Context == nil {
		return nil
	}
	runes := []rune(*h.Context)
	for _, p := range h.Highlight {
		parts = append(parts, string(runes[p[0]:p[1]]))
	}
	return parts
}

// texts is a registry with an event in three languages, a draft, and a statement under a topic with a Russian label.
type texts struct {
	caller
	event, draft, older, statement, hiddenStatement, topic, document int64
}

func newTexts(t *testing.T) texts {
	t.Helper()
	r := newRig(t, nil)
	c := r.as(t, actor.Scopes...)
	w := texts{caller: c}
	w.topic = idIn(t, c.make(t, "/v1/topics", `{"label":{"ru":"водные ресурсы"}}`))
	title := func(title text.Map, year int) func(*roundtable.Input) {
		return func(in *roundtable.Input) { in.Title, in.StartsOn = title, fixture.Day(year, 5, 1) }
	}
	w.event = fixture.RoundTable(t, r.pool, title(text.Map{"en": "Reforms of Local Government", "ru": "Реформы местного самоуправления", "kk": "Жергілікті өзін-өзі басқару реформалары"}, 2021))
	w.older = fixture.RoundTable(t, r.pool, title(text.Map{"en": "Reforms of Local Government"}, 2015))
	w.draft = fixture.RoundTable(t, r.pool, title(text.Map{"en": "Reforms in secret Zanzibar"}, 2022), fixture.Draft)
	say := func(event int64, texts string) int64 {
		return idIn(t, c.make(t, "/v1/statements", `{"round_table_id":%d,"topic_ids":[%d],"texts":[%s]}`, event, w.topic, texts))
	}
	w.statement = say(w.event, `{"lang":"en","text":"💧 The glaciers shrink: the government's budgets must grow.","original":true},{"lang":"kk","text":"Мұздықтардың көлемі азайып барады.","original":false}`)
	w.hiddenStatement = say(w.draft, `{"lang":"en","text":"The glaciers of Zanzibar.","original":true}`)
	w.document = idIn(t, c.make(t, "/v1/documents", `{"title":{"ru":"Доклад о ледниках","en":"A report on the cryosphere"}}`))
	return w
}

func TestASearchFindsWordsInEveryFormOrderAndLanguage(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	public := w.as(t)
	event, statement := fmt.Sprint("round-tables ", w.event, " title"), fmt.Sprint("statements ", w.statement, " text")
	for q, want := range map[string]string{
		"местному самоуправлению":                event, // Russian cases
		"government reform":                      event, // English, another order and number
		"реформы government":                     event, // two languages
		"басқаруды":                              event, // a Kazakh case
		"баскару реформаларынын":                 event, // without Kazakh letters
		"самоупр":                                event, // while typing
		`"local government"`:                     event,
		"«Reforms of Local»":                     event,
		"govvernment reforms":                    event, // a typing mistake
		"самоуправлиние":                         event,
		"glacier budget":                         statement,
		"мұздық":                                 statement,
		"cryosfere":                              fmt.Sprint("documents ", w.document, " title"),
		"ледники":                                fmt.Sprint("documents ", w.document, " title"),
		`"government local"`:                     "",
		"reforms of nothingwhatsoever":           "",
		"of the":                                 "",
		"и на":                                   "",
		`"`:                                      "",
		"!!! ???":                                "",
		`"unbalanced local`:                      "",
		"🙂":                                      "",
		"'); DROP TABLE people; -- \\ ':* & | !": "",
	} {
		found := foundIn(public.search(t, q))
		if got := strings.Join(found[:min(1, len(found))], ""); got != want {
			t.Errorf("%s: %v, want %q", q, found, want)
		}
	}
}

func TestTheBestResultsOfASearchComeFirst(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	// Titles as written, the newer first; then the text; then what only the title of its round table matches.
	want := fmt.Sprintf("[round-tables %d title round-tables %d title]", w.event, w.older)
	if got := fmt.Sprint(foundIn(w.as(t).search(t, "reforms", "&types=round-tables"))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	results := w.as(t).search(t, "government")
	want = fmt.Sprintf("[round-tables %d title round-tables %d title statements %d text]", w.event, w.older, w.statement)
	if got := fmt.Sprint(foundIn(results)); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if results.Counts["round-tables"] != 2 || results.Counts["statements"] != 1 || results.Counts["people"] != 0 || len(results.Counts) != 7 {
		t.Errorf("counts %v", results.Counts)
	}
	exact, stemmed := w.as(t).search(t, "reforms", "&types=round-tables").Data[0].Score, w.as(t).search(t, "reforming ", "&types=round-tables").Data[0].Score
	if exact <= stemmed {
		t.Errorf("a word as written scores %v, another form %v", exact, stemmed)
	}
	if got := w.as(t).search(t, "government", "&limit=1"); len(got.Data) != 1 || got.Counts["round-tables"] != 2 {
		t.Errorf("limit=1: %v", got)
	}
}

func TestASearchFindsRecordsByTheirTopicsPlacesAndRoundTables(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	hit := w.as(t).search(t, "водных ресурсов", "&types=statements").Data
	if len(hit) != 1 || hit[0].ID != w.statement || hit[0].Matched != "topic" || hit[0].Related == nil || hit[0].Related.ID != w.topic || *hit[0].Context != "водные ресурсы" {
		t.Fatalf("by the topic: %+v", hit)
	}
	if hit = w.as(t).search(t, "самоуправление", "&types=statements").Data; len(hit) != 1 || hit[0].Matched != "round_table" || hit[0].Related.ID != w.event {
		t.Errorf("by the round table: %+v", hit)
	}
	if hit = w.as(t).search(t, "glaciers ресурсы", "&types=statements").Data; len(hit) != 1 || hit[0].ID != w.statement {
		t.Errorf("by a word of its own and one of the topic: %+v", hit)
	}
	// The label changes: records with the topic are found by the new one.
	w.patch(t, fmt.Sprint("/v1/topics/", w.topic), `{"label":{"ru":"гидрология"}}`).want(t, http.StatusOK)
	if hit = w.as(t).search(t, "гидрологии", "&types=statements").Data; len(hit) != 1 {
		t.Errorf("by the new label: %+v", hit)
	}
	w.patch(t, fmt.Sprint("/v1/round-tables/", w.event), `{"title":{"ru":"Совершенно иначе"}}`).want(t, http.StatusOK)
	if hit = w.as(t).search(t, "иначе", "&types=statements").Data; len(hit) != 1 {
		t.Errorf("by the new title: %+v", hit)
	}
}

func TestHighlightsAreCodePointsOfTheContext(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	hit := w.as(t).search(t, "glacier budget", "&types=statements").Data[0]
	if got := fmt.Sprint(marked(hit)); got != "[glaciers budgets]" || hit.Highlight[0][0] != 6 || *hit.ContextLang != "en" {
		t.Errorf("%s, %v", got, hit.Highlight)
	}
	hit = w.as(t).search(t, "мұздық", "&types=statements").Data[0]
	if got := fmt.Sprint(marked(hit)) + *hit.ContextLang; got != "[Мұздықтардың]kk" {
		t.Error(got)
	}
	long := strings.Repeat("Слово за словом. ", 60) + "Наконец снегопад." + strings.Repeat(" Слово за словом.", 60)
	id := idIn(t, w.make(t, "/v1/statements", `{"round_table_id":%d,"texts":[{"lang":"ru","text":%q,"original":true}]}`, w.event, long))
	hit = w.as(t).search(t, "снегопада").Data[0]
	if got := fmt.Sprint(marked(hit)); hit.ID != id || got != "[снегопад]" || len([]rune(*hit.Context)) > 240 {
		t.Errorf("%d: %s in %q", hit.ID, got, *hit.Context)
	}
}

func TestASearchFindsOnlyWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	person := idIn(t, w.make(t, "/v1/people", `{"name":{"en":"Hidden Zanzibarov"},"visibility":"restricted"}`))
	reader := w.as(t, actor.Read)
	for _, q := range []string{"Zanzibar", "Zanzibarov", `"glaciers of Zanzibar"`, "zanzibor"} {
		if found := w.as(t).search(t, q); len(found.Data) != 0 || fmt.Sprint(found.Counts) != fmt.Sprint(w.as(t).search(t, "nothingatall").Counts) {
			t.Errorf("%s: the public finds %v, %v", q, foundIn(found), found.Counts)
		}
		if found := reader.search(t, q); len(found.Data) == 0 {
			t.Errorf("%s: a reader finds nothing", q)
		}
	}
	found := strings.Join(foundIn(reader.search(t, "Zanzibar")), ", ")
	for _, want := range []string{fmt.Sprint("round-tables ", w.draft), fmt.Sprint("statements ", w.hiddenStatement), fmt.Sprint("people ", person)} {
		if !strings.Contains(found, want) {
			t.Errorf("a reader finds %s, not %s", found, want)
		}
	}
	w.act(t, fmt.Sprintf("/v1/round-tables/%d/publish", w.draft)).want(t, http.StatusOK)
	if found := foundIn(w.as(t).search(t, "secret")); len(found) != 2 {
		t.Errorf("after the publication: %v", found)
	}
}

func TestACorrectedWordDoesNotTellWhatADraftContains(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	public, reader := w.as(t), w.as(t, actor.Read)
	const mistake = "govvernment"
	want := fmt.Sprint(foundIn(public.search(t, mistake)))
	listed := func() string {
		return fmt.Sprint(pageOf(t, public.get(t, "/v1/round-tables?fields=id&q="+mistake).want(t, http.StatusOK)).Data)
	}
	wantListed := listed()
	for _, title := range []string{"govvernment", "govvernmend", "govvernmenn", "govvernmens"} { // the word itself, and more similar ones
		fixture.RoundTable(t, w.pool, fixture.Draft, func(in *roundtable.Input) { in.Title = text.Map{"en": title} })
	}
	if got := fmt.Sprint(foundIn(public.search(t, mistake))); got != want || !strings.Contains(got, fmt.Sprint("round-tables ", w.event)) {
		t.Errorf("the public finds %s, before the drafts %s", got, want)
	}
	if got := listed(); got != wantListed || len(got) < 5 {
		t.Errorf("the list for the public has %s, before the drafts %s", got, wantListed)
	}
	if got := foundIn(reader.search(t, mistake)); len(got) != 1 {
		t.Errorf("a reader finds %v, not only the draft with the word as written", got)
	}
}

func TestAnAggregateCountsWhatTheListFinds(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	w.make(t, "/v1/places", `{"name":{"en":"Glacier Bay"},"country":"US"}`)
	for path, want := range map[string]int64{
		"round-tables/aggregate?group_by=year&q=самоуправлением": 1, "statements/aggregate?group_by=language&q=glacier": 1,
		"documents/aggregate?group_by=kind&q=ледник": 1, "topics/aggregate?q=ресурсов": 1, "places/aggregate?group_by=country&q=glaciers": 1,
		"round-tables/aggregate?group_by=year&q=Zanzibar": 0, "statements/aggregate?q=%22": 0,
	} {
		name, query, _ := strings.Cut(path, "?")
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var result aggregate.Result
		decodeReply(t, w.as(t).get(t, "/v1/"+name+"?"+values.Encode()).want(t, http.StatusOK), &result)
		if result.Meta.DistinctTotal != want {
			t.Errorf("%s: total %d, want %d", path, result.Meta.DistinctTotal, want)
		}
	}
}

func TestASearchFindsPeopleByInflectedNames(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	for q, want := range map[string]string{
		"Тукумовым": "Yerkin Tukumov", "Тоқаевтың": "Kassym-Jomart Tokayev", "Токаеву": "Kassym-Jomart Tokayev", "Тукумов": "Yerkin Tukumov",
		"Ерланом Кариным": "Yerlan Karin", "Tokaev": "Kassym-Jomart Tokayev",
	} {
		found := r.as(t).search(t, q, "&types=people")
		if len(found.Data) == 0 || found.Data[0].Label["en"] != want {
			t.Errorf("%s: %v", q, found.Data)
		}
		if list := pageOf(t, r.as(t).get(t, "/v1/people?q="+url.QueryEscape(q)).want(t, http.StatusOK)).Data; len(list) == 0 || list[0]["id"] != float64(found.Data[0].ID) {
			t.Errorf("%s: the list finds %v", q, list)
		}
	}
}

func TestListsFindWhatTheSearchFinds(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	for path, want := range map[string]int64{
		"round-tables?q=самоуправлением": w.event, "statements?q=glacier": w.statement, "statements?q=водные": w.statement, "documents?q=ледник": w.document, "topics?q=ресурсов": w.topic,
	} {
		name, q, _ := strings.Cut(path, "?q=")
		list := pageOf(t, w.as(t).get(t, "/v1/"+name+"?count=exact&q="+url.QueryEscape(q)).want(t, http.StatusOK))
		if len(list.Data) != 1 || list.Data[0]["id"] != float64(want) || *list.Meta.Total != 1 {
			t.Errorf("%s: %v", path, list.Data)
		}
		for _, q := range []string{"%22", "%20", "%25", "!"} {
			if list = pageOf(t, w.as(t).get(t, "/v1/"+name+"?q="+q).want(t, http.StatusOK)); len(list.Data) != 0 {
				t.Errorf("%s finds %s: %v", name, q, list.Data)
			}
		}
	}
}

func TestASearchIsCachedUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	const path = searchPath + "?q=blizzards"
	first := w.as(t).get(t, path).want(t, http.StatusOK)
	tag := first.Header().Get("ETag")
	w.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusNotModified)
	w.make(t, "/v1/topics", `{"label":{"en":"Blizzard"}}`)
	if found := foundIn(w.as(t).search(t, "blizzards")); len(found) != 1 {
		t.Errorf("after a change: %v", found)
	}
	w.do(t, http.MethodGet, path, nil, "If-None-Match", tag).want(t, http.StatusOK)
}

func TestABadSearchIsRejected(t *testing.T) {
	t.Parallel()
	c := newRig(t, nil).as(t)
	for query, mistake := range map[string]string{
		"?q=" + strings.Repeat("a", 201): "q too_long", "?q=a&types=nothing": "types not_allowed",
		"?q=a&limit=0": "limit too_small", "?q=a&lang=xx-": "lang unknown_language",
	} {
		c.get(t, searchPath+query).wantProblem(t, http.StatusBadRequest, "bad_parameters", mistake)
	}
	for _, query := range []string{"", "?q=", "?q=%20"} {
		if found := c.get(t, searchPath+query).want(t, http.StatusOK).object(t)["data"].([]any); len(found) > 0 {
			t.Errorf("%q finds %v", query, found)
		}
	}
	for _, query := range []string{"?q=%00", "?q=%ff"} {
		c.get(t, searchPath+query).want(t, http.StatusBadRequest)
	}
}

func TestAWordThatIsInNoTextAnyMoreIsForgotten(t *testing.T) {
	t.Parallel()
	w := newTexts(t)
	words := func() int {
		return w.rows(t, "SELECT (SELECT count(*) FROM search_words WHERE word = 'cryosphere') + (SELECT count(*) FROM search_texts WHERE vector::text LIKE '%cryosphere%')")
	}
	if n := words(); n != 2 {
		t.Fatalf("the word is in %d rows", n)
	}
	w.patch(t, fmt.Sprint("/v1/documents/", w.document), `{"title":{"en":"A report"}}`).want(t, http.StatusOK)
	if n := words(); n != 0 {
		t.Errorf("the word is still in %d rows", n)
	}
	w.del(t, fmt.Sprint("/v1/documents/", w.document)).want(t, http.StatusNoContent)
	if n := w.rows(t, "SELECT count(*) FROM search_texts WHERE type = 'documents'"); n != 0 {
		t.Errorf("a deleted document is still in %d rows", n)
	}
}
