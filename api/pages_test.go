package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/api/site"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/check"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// sitePages are pages of every kind, below their language, for the sample.
var sitePages = []string{
	"", "round-tables", "round-tables?format=conference&q=Asia&starts_from=2019-01-01", "round-tables/13", "people", "people?q=Kaliyev", "people/17",
	"organizations", "organizations?kind=government", "organizations/5", "topics", "topics/2", "statements", "statements?act=proposal",
	"recommendations", "recommendations?status=proposed", "calendar", "calendar?format=round_table&month=2020-02", "?starts_from=2020-01-01&starts_to=2021-01-01",
	"?topic=2", "operator", "search", "search?q=Sadvokasova", "search?q=migration&types=topics", "about",
}

var (
	titleOf       = regexp.MustCompile(`<title>([^<]+)</title>`)
	descriptionOf = regexp.MustCompile(`<meta name="description" content="([^"]+)">`)
	headings      = regexp.MustCompile(`<h1[ >]`)
	linksOf       = regexp.MustCompile(`href="([^"]+)"`)
	scripts       = regexp.MustCompile(`<script[^>]*>`)
)

// allowedScripts are data, and modules of this service.
var allowedScripts = []string{
	`<script type="application/ld+json">`, `<script type="application/json" id="operator-data">`,
	`<script type="module" src="/site/site.js">`, `<script type="module" src="/site/operator.js">`,
}

// page gets a page as a browser does. The OpenAPI document does not describe pages.
func (r *rig) page(t *testing.T, target string, headers ...string) reply {
	t.Helper()
	request := httptest.NewRequest(http.MethodGet, target, nil)
	request.Header.Set("Accept", "text/html,*/*;q=0.8")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	r.handler.ServeHTTP(recorder, request)
	return reply{recorder, "GET " + target}
}

func TestEveryPageIsCompleteInThreeLanguages(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	for _, path := range sitePages {
		titles := map[string]string{}
		for _, lang := range site.Languages {
			target := "/" + lang + "/" + path
			got := r.page(t, target).want(t, http.StatusOK)
			body := got.Body.String()
			if !strings.Contains(body, `<html lang="`+lang+`">`) || got.Header().Get("Content-Language") != lang {
				t.Errorf("%s does not name its language", target)
			}
			if title := titleOf.FindStringSubmatch(body); title == nil || descriptionOf.FindString(body) == "" {
				t.Errorf("%s has no title or description", target)
			} else {
				titles[title[1]] = lang
			}
			if n := len(headings.FindAllString(body, -1)); n != 1 {
				t.Errorf("%s has %d first headings", target, n)
			}
			for _, other := range site.Languages {
				if !strings.Contains(body, `rel="alternate" hreflang="`+other+`"`) {
					t.Errorf("%s does not link to %s", target, other)
				}
			}
			if got.Header().Get("Content-Security-Policy") != site.Policy(path) || strings.Contains(body, " style=") || strings.Contains(body, "ZgotmplZ") {
				t.Errorf("%s breaks its policy", target)
			}
			for _, script := range scripts.FindAllString(body, -1) {
				if !slices.Contains(allowedScripts, script) {
					t.Errorf("%s has the script %s", target, script)
				}
			}
		}
		if len(titles) < 3 && !strings.Contains(path, "/") {
			t.Errorf("%s has the titles %v", path, titles)
		}
	}
}

// crawl gets all pages that can be reached from the first page in a language, without filters, and calls see with each.
func crawl(t *testing.T, r *rig, lang string, see func(target, body string)) (pages int) {
	t.Helper()
	begin := "/" + lang + "/"
	seen, queue := map[string]bool{begin: true}, []string{begin}
	for len(queue) > 0 {
		target := queue[0]
		queue = queue[1:]
		body := r.page(t, target).want(t, http.StatusOK).Body.String()
		see(target, body)
		for _, link := range linksOf.FindAllStringSubmatch(body, -1) {
			next, _, _ := strings.Cut(html.UnescapeString(link[1]), "#")
			follow := strings.HasPrefix(next, begin) && (!strings.Contains(next, "?") || strings.Contains(next, "cursor="))
			if follow && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return len(seen)
}

func TestNoPageShowsWhatIsHidden(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample with canaries", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, `
			UPDATE people SET name = '{"en": "Canary Restricted"}', other_names = '[]', visibility = 'restricted', notes = 'Canary note' WHERE id % 5 = 0;
			UPDATE attendees SET name_as_listed = 'Canary Listed' WHERE person_id % 5 = 0;
			UPDATE people SET notes = 'Canary note' WHERE id % 5 <> 0;
			UPDATE round_tables SET notes = 'Canary note';
			UPDATE round_tables SET title = '{"en": "Canary Draft"}', publication = 'draft' WHERE id % 7 = 0`)
		return err
	}), nil)
	pages := crawl(t, r, "en", func(target, body string) {
		if at := strings.Index(body, "Canary"); at >= 0 {
			t.Errorf("%s shows: %s", target, body[max(0, at-100):at+100])
		}
	})
	if pages < 200 {
		t.Errorf("only %d pages were found", pages)
	}
	for _, target := range []string{"/en/search?q=Canary", "/en/round-tables?q=Canary", "/en/people?q=Canary", "/sitemap.xml"} {
		if body := r.page(t, target).Body.String(); strings.Contains(strings.ReplaceAll(body, `value="Canary"`, ""), "Canary R") || strings.Contains(body, "Canary D") {
			t.Errorf("%s finds what is hidden", target)
		}
	}
	key, _ := r.key(t, actor.Scopes...)
	r.page(t, "/en/round-tables/7", "Authorization", "Bearer "+key).want(t, http.StatusNotFound)
	r.page(t, "/en/people/5", "Authorization", "Bearer "+key).want(t, http.StatusNotFound)
	if sitemap := r.page(t, "/sitemap.xml").want(t, http.StatusOK).Body.String(); strings.Contains(sitemap, "/en/round-tables/7<") || !strings.Contains(sitemap, "/kk/round-tables/8<") {
		t.Error("the sitemap lists a draft, or lacks an event")
	}
}

func TestMarkupInEveryTextStaysText(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample with markup", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		return db.QueryRow(ctx, `
			WITH x AS (SELECT $1::text AS s, jsonb_build_object('en', $1::text) AS m),
			a AS (UPDATE round_tables SET title = m, purpose = m, outcome = m, venue = m FROM x RETURNING 1),
			b AS (UPDATE people SET name = m, honorific = m, bio = m, other_names = jsonb_build_array(jsonb_build_object('text', s, 'lang', 'en', 'kind', 'alias')) FROM x RETURNING 1),
			c AS (UPDATE organizations SET name = m, short_name = m FROM x RETURNING 1),
			d AS (UPDATE topics SET label = jsonb_build_object('en', s || topics.id), description = m FROM x RETURNING 1),
			e AS (UPDATE places SET name = m FROM x RETURNING 1),
			f AS (UPDATE statements SET attribution = s FROM x RETURNING 1),
			g AS (UPDATE documents SET title = m FROM x RETURNING 1),
			h AS (UPDATE recommendations SET text = m FROM x RETURNING 1),
			i AS (UPDATE attendees SET name_as_listed = s FROM x WHERE name_as_listed IS NOT NULL RETURNING 1),
			j AS (UPDATE attendee_affiliations SET title = m FROM x RETURNING 1)
			SELECT count(*) FROM a`, markup).Scan(new(int))
	}), nil)
	escaped := 0
	for _, lang := range []string{"en", "kk"} {
		for _, path := range append(slices.Clone(sitePages), "search?q=alert", "search?q="+strings.ReplaceAll(markup, " ", "+"), "round-tables?q=%3Cscript%3Ealert(1)") {
			body := r.page(t, "/"+lang+"/"+strings.NewReplacer("<", "%3C", ">", "%3E", `"`, "%22", "'", "%27").Replace(path)).Body.String()
			for _, raw := range []string{"<script>alert", "<img src=x", `"><` + "script"} {
				if strings.Contains(strings.ToLower(body), raw) {
					t.Errorf("/%s/%s holds %s", lang, path, raw)
				}
			}
			escaped += strings.Count(body, "&lt;script&gt;alert") + strings.Count(body, `\u003cscript`)
		}
	}
	if escaped < 200 {
		t.Errorf("only %d texts with markup are shown", escaped)
	}
}

// markup is what must never be read as HTML, in a text, an attribute or a script.
const markup = `"'></script><script>alert(1)</script><img src=x onerror=alert(1)>`

var (
	barCounts = regexp.MustCompile(`class="bar-count" href="([^"]+)">([^<]+)<`)
	cellLinks = regexp.MustCompile(`<td[^>]*><a href="([^"]+)">([0-9]+)</a>`)
	dotLinks  = regexp.MustCompile(`<a href="([^"]+)" tabindex="-1" aria-label="[^"]*: ([0-9]+)">`)
	bigCounts = regexp.MustCompile(`<li><a href="([^"]+)"><strong>([0-9]+)</strong>`)
	foundText = regexp.MustCompile(`class="found" role="status">([^<]+)<`)
)

// total returns how many records the list of a page has, of round tables for the first page.
func (r *rig) total(t *testing.T, page string) int {
	t.Helper()
	path, query, _ := strings.Cut(page[len("/en/"):], "?")
	var list struct{ Meta struct{ Total int } }
	got := r.do(t, http.MethodGet, "/v1/"+cmp.Or(path, "round-tables")+"?count=exact&limit=1&"+query, nil).want(t, http.StatusOK)
	if err := json.Unmarshal(got.Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	return list.Meta.Total
}

func TestTheNumbersOfChartsEqualTheListsThatTheyLinkTo(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	checked := 0
	for _, target := range []string{
		"/en/", "/en/?role=moderator", "/en/?organization_tree=5", "/ru/topics/2", "/en/organizations/5", "/en/people/17", "/en/recommendations", "/en/recommendations?role=moderator",
	} {
		body := r.page(t, target).want(t, http.StatusOK).Body.String()
		links := append(barCounts.FindAllStringSubmatch(body, -1), bigCounts.FindAllStringSubmatch(body, -1)...)
		for _, link := range links {
			list := r.page(t, html.UnescapeString(link[1])).want(t, http.StatusOK).Body.String()
			found := foundText.FindStringSubmatch(list)
			if found == nil || found[1] != link[2] && !strings.HasPrefix(found[1], link[2]+"\u00a0") {
				t.Errorf("%s shows %s, %s has %v", target, link[2], link[1], found)
			}
			checked++
		}
		// The cells and dots are many: their lists are read from the API, which the pages show.
		for _, link := range append(cellLinks.FindAllStringSubmatch(body, -1), dotLinks.FindAllStringSubmatch(body, -1)...) {
			if total := r.total(t, html.UnescapeString(link[1])); fmt.Sprint(total) != link[2] {
				t.Errorf("%s shows %s, %s has %d", target, link[2], link[1], total)
			}
			checked++
		}
	}
	if checked < 300 {
		t.Errorf("only %d numbers link to a list", checked)
	}
}

func TestAnEventCountsThoseWhoTookPart(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample with absences", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, `UPDATE attendees a SET attendance = (ARRAY['online', 'invited', 'confirmed', 'absent'])[n.n]
			FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM attendees WHERE round_table_id = 13) n WHERE n.id = a.id AND n.n <= 4`)
		return err
	}), nil)
	body := r.page(t, "/en/round-tables/13").want(t, http.StatusOK).Body.String()
	for section, attendances := range map[string]string{"attendees": "attended,online", "others": "invited,confirmed,absent"} {
		shown := regexp.MustCompile(`(?s)id="` + section + `"><h2>[^<]*<span class="quiet">(\d+)</span></h2>(.*?)</section>`).FindStringSubmatch(body)
		total := r.total(t, "/en/attendees?round_table=13&attendance="+attendances)
		if shown == nil || shown[1] != fmt.Sprint(total) || strings.Count(shown[2], `<p class="roles">`) != total || total < 3 {
			t.Errorf("%s: the page shows %v, the list has %d", section, shown, total)
		}
	}
}

func TestAnOrganizationCountsTheEventsOfAllItsParts(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample with parts", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, `UPDATE organizations SET parent_id = CASE id WHEN 6 THEN 1 WHEN 5 THEN 6 END WHERE id IN (1, 5, 6)`)
		return err
	}), nil)
	shown := regexp.MustCompile(`href="([^"]+)">All events, with those of its parts</a> <span class="quiet">(\d+)<`).
		FindStringSubmatch(r.page(t, "/en/organizations/1").want(t, http.StatusOK).Body.String())
	total := r.total(t, "/en/round-tables?organization=1,5,6")
	if total == r.total(t, "/en/round-tables?organization=1,6") {
		t.Fatal("the part of the part was at no other event")
	}
	if shown == nil || shown[2] != fmt.Sprint(total) {
		t.Fatalf("the page shows %v, the lists have %d", shown, total)
	}
	list := r.page(t, html.UnescapeString(shown[1])).want(t, http.StatusOK).Body.String()
	if found := foundText.FindStringSubmatch(list); !strings.HasPrefix(found[1], shown[2]+"\u00a0") || !strings.Contains(list, "Organization with its parts:") {
		t.Errorf("the page shows %s, its list %v", shown[2], found)
	}
}

func TestTheNumbersOfChartsEqualTheRequestsThatTheyShow(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	body := r.page(t, "/en/").want(t, http.StatusOK).Body.String()
	requests := regexp.MustCompile(`<h3>URL</h3><pre tabindex="0"><code>([^<]+)</code>`).FindAllStringSubmatch(body, -1)
	if len(requests) != 9 {
		t.Fatalf("%d requests", len(requests))
	}
	for _, request := range requests {
		target := html.UnescapeString(request[1])
		var answer struct {
			Groups []struct {
				Label text.Map
				Count int64
			}
		}
		if err := json.Unmarshal(r.do(t, http.MethodGet, target, nil).want(t, http.StatusOK).Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		for _, g := range answer.Groups {
			label, _ := g.Label.In("en")
			if label == "" {
				continue // a unit of time
			}
			row := regexp.MustCompile(`(?s)` + regexp.QuoteMeta(html.EscapeString(label)) + `<.*?</(?:li|tr)>`)
			if !slices.ContainsFunc(row.FindAllString(body, -1), func(s string) bool {
				return strings.Contains(s, fmt.Sprintf(">%d\u00a0", g.Count)) || strings.Contains(s, fmt.Sprintf(">%d<", g.Count))
			}) {
				t.Errorf("%s: the page does not show %s: %d", target, label, g.Count)
			}
		}
		r.do(t, http.MethodGet, strings.Replace(target, "/aggregate?", "/aggregate.csv?", 1), nil).want(t, http.StatusOK)
	}
}

func TestTheFirstPageFollowsTheLanguageOfTheBrowser(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	for accept, want := range map[string]string{"kk-KZ,ru;q=0.8": "kk", "ru": "ru", "de": "en", "": "en"} {
		got := r.page(t, "/", "Accept-Language", accept).want(t, http.StatusOK)
		if got.Header().Get("Content-Language") != want || !strings.Contains(got.Header().Get("Vary"), "Accept-Language") {
			t.Errorf("%q: %v", accept, got.Header())
		}
		for _, lang := range site.Languages {
			if !strings.Contains(got.Body.String(), `href="/`+lang+`/" lang="`+lang+`"`) {
				t.Errorf("%q: no link to %s", accept, lang)
			}
		}
	}
	if got := r.page(t, "/en").Header().Get("Location"); got != "/en/" {
		t.Errorf("/en leads to %q", got)
	}
}

func TestAPageIsRevalidatedByTheHeadOfTheLog(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	first := r.page(t, "/en/topics").want(t, http.StatusOK)
	tag := first.Header().Get("ETag")
	r.page(t, "/en/topics", "If-None-Match", tag).want(t, http.StatusNotModified)
	if again := r.page(t, "/en/topics").want(t, http.StatusOK); again.Body.String() != first.Body.String() || !strings.HasPrefix(again.Header().Get("Content-Type"), "text/html") {
		t.Errorf("the cached page differs: %v", again.Header())
	}
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		_, err := topic.Create(ctx, tx, topic.Input{Label: text.Map{"en": "Canals"}})
		return err
	})
	if got := r.page(t, "/en/topics", "If-None-Match", tag).want(t, http.StatusOK).Header().Get("ETag"); got == tag {
		t.Error("a write does not change the tag")
	}
}

func TestErrorsArePagesInTheLanguageOfTheAddress(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	for target, want := range map[string]struct {
		status int
		text   string
	}{
		"/en/nothing":                                 {http.StatusNotFound, "Page not found"},
		"/ru/round-tables/99999":                      {http.StatusNotFound, "Страница не найдена"},
		"/kk/people/0":                                {http.StatusNotFound, "Бет табылмады"},
		"/en/people/1/positions":                      {http.StatusNotFound, "Page not found"},
		"/en/round-tables?format=ball":                {http.StatusBadRequest, "round_table, conference"},
		"/ru/round-tables?cursor=x":                   {http.StatusBadRequest, "Ошибка в адресе"},
		"/en/topics?api_key=rtr_x":                    {http.StatusBadRequest, "The address is not valid"},
		"/en/round-tables?utm_source=x":               {http.StatusOK, "events"},
		"/ru/search?q=" + strings.Repeat("a", maxURL): {http.StatusRequestURITooLong, "Ошибка в адресе"},
	} {
		got := r.page(t, target).want(t, want.status)
		if !strings.Contains(got.Body.String(), want.text) || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: %s", target, got.Body)
		}
		if want.status != http.StatusOK && (got.Header().Get("Cache-Control") != "no-store" || !strings.Contains(got.Body.String(), "noindex")) {
			t.Errorf("%s: an error may be kept: %v", target, got.Header())
		}
	}
}

func TestPagesCountAgainstTheQuotaOnce(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample", loadSample), func(c *Config) { c.RateAnonymous = 2 })
	for n, status := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		got := r.page(t, "/en/").want(t, status)
		if n == 2 && (!strings.Contains(got.Body.String(), "Too many requests") || got.Header().Get("Retry-After") == "") {
			t.Errorf("%v: %s", got.Header(), got.Body)
		}
	}
}

func TestARegistryOfOneEventReadsRight(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	key, _ := r.key(t, actor.Write, actor.Publish)
	r.do(t, http.MethodPost, "/v1/bundles", `{"lang": "en",
		"round_table": {"title": {"en": "Water forum"}, "starts_on": "2026-03-12", "format": "forum", "languages": ["en"], "publication": "published",
			"place": "Almaty", "topics": ["Water"]},
		"places": [{"name": "Almaty", "latitude": 43.2, "longitude": 76.9}],
		"organizers": [{"organization": {"name": "Institute of Water"}}],
		"attendees": [{"person": {"name": "Irina Chernykh"}, "roles": ["speaker"],
			"affiliations": [{"organization": {"name": "Institute of Water"}, "title": {"en": "fellow"}}]}],
		"statements": [{"speaker": "Irina Chernykh", "act": "proposal", "topics": ["Water"], "texts": [{"text": "Meet every year."}]}],
		"recommendations": [{"text": {"en": "Meet every year."}}]}`, "Authorization", "Bearer "+key, "Content-Type", "application/json").want(t, http.StatusCreated)
	plural := regexp.MustCompile(`\b1(?:</strong>)?[ \x{a0}](?:events|people|organizations|statements|recommendations|attendees|results|round tables)\b`)
	broken := regexp.MustCompile(`NaN|\bInf\b|%!|(?:width|height|r|cx|cy)="-|\b1 (?:мероприяти[яй]|высказывани[яй]|организаци[ий]|рекомендаци[ий]|участник(?:а|ов)|круглых)(?:[^\pL]|$)`)
	for _, lang := range site.Languages {
		for _, path := range []string{
			"", "?format=forum", "round-tables", "round-tables/1", "people", "people/1", "organizations", "organizations/1", "topics", "topics/1", "statements", "recommendations",
			"calendar", "about", "search?q=Water", "charts/months.svg", "charts/topics.svg", "charts/network.svg", "charts/places.svg", "charts/speakers.svg",
		} {
			body := r.page(t, "/"+lang+"/"+path).want(t, http.StatusOK).Body.String()
			if found := plural.FindString(body); found != "" && lang == "en" {
				t.Errorf("/%s/%s: %q", lang, path, found)
			}
			if found := broken.FindString(strings.ReplaceAll(strings.ReplaceAll(body, "\u00a0", " "), "</strong>", "")); found != "" {
				t.Errorf("/%s/%s: %q", lang, path, found)
			}
		}
	}
	body := strings.ReplaceAll(r.page(t, "/en/").Body.String(), "\u00a0", " ")
	for _, want := range []string{
		`<strong>1</strong> round table or other event<`, `<strong>1</strong> person<`, `<strong>1</strong> statement<`, "Events of 2026.", `>1 statement<`, `>1 event<`,
		`<text x="0.000%" y="15">2026</text>`, `<rect width="100.000%"`, `<td class="heat-1"><a href="/en/?starts_from=2026-01-01&amp;starts_to=2027-01-01&amp;topic=1">1</a>`,
		`aria-label="March 2026, Forum: 1"`, `aria-label="Almaty: 1"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the first page lacks %s", want)
		}
	}
	if body := strings.ReplaceAll(r.page(t, "/ru/").Body.String(), "\u00a0", " "); !strings.Contains(body, "<strong>1</strong> высказывание<") || !strings.Contains(body, "Мероприятия 2026 года.") {
		t.Error("the first page in Russian has no singular")
	}
	for path, want := range map[string]string{
		"round-tables": "1 event", "people": "1 person", "organizations": "1 organization", "statements": "1 statement", "recommendations": "1 recommendation",
	} {
		if found := foundText.FindStringSubmatch(r.page(t, "/en/"+path).Body.String()); found == nil || strings.ReplaceAll(found[1], "\u00a0", " ") != want {
			t.Errorf("%s shows %v", path, found)
		}
	}
}

func TestAnEmptyRegistryHasPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for _, path := range []string{"", "round-tables", "people", "organizations", "topics", "statements", "recommendations", "about", "search?q=a", "calendar", "operator", "?format=forum"} {
		r.page(t, "/en/"+path).want(t, http.StatusOK)
	}
	if body := r.page(t, "/en/").Body.String(); !strings.Contains(body, "no published events yet") {
		t.Error("the first page does not say that there is nothing")
	}
}

func TestSearchEnginesFindThePages(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample", loadSample), func(c *Config) { c.PublicBaseURL = "https://registry.example.org" })
	if got := r.page(t, "/robots.txt").want(t, http.StatusOK).Body.String(); !strings.Contains(got, "Sitemap: https://registry.example.org/sitemap.xml") {
		t.Errorf("%s", got)
	}
	sitemap := r.page(t, "/sitemap.xml").want(t, http.StatusOK).Body.String()
	for _, want := range []string{"<loc>https://registry.example.org/en/</loc>", "<loc>https://registry.example.org/ru/people/17</loc>", `hreflang="kk"`} {
		if !strings.Contains(sitemap, want) {
			t.Errorf("the sitemap lacks %s", want)
		}
	}
	body := r.page(t, "/ru/round-tables/13").want(t, http.StatusOK).Body.String()
	for _, want := range []string{
		`rel="canonical" href="https://registry.example.org/ru/round-tables/13"`, `hreflang="en" href="https://registry.example.org/en/round-tables/13"`,
		`property="og:url" content="https://registry.example.org/ru/round-tables/13"`, `"@type":"Event"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if list := r.page(t, "/en/round-tables?format=forum").Body.String(); !strings.Contains(list, `content="noindex, follow"`) {
		t.Error("a filtered list may be indexed")
	}
}

var (
	narrowLinks = regexp.MustCompile(`<a class="bar-narrow" href="([^"]+)" aria-label="[^"]*">`)
	narrowBars  = regexp.MustCompile(`(?s)<a class="bar-narrow" href="([^"]+)"[^>]*>.{0,200}?class="bar-count[^>]*>([^<]+ events?)<`)
)

func TestAClickOnAChartNarrowsTheWholePage(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	body := r.page(t, "/en/").want(t, http.StatusOK).Body.String()
	links := narrowLinks.FindAllStringSubmatch(body, -1)
	if len(links) < 20 {
		t.Fatalf("only %d bars narrow the page", len(links))
	}
	for _, link := range links {
		target := html.UnescapeString(link[1])
		if !strings.HasPrefix(target, "/en/?") {
			t.Errorf("a bar leads to %s", target)
		}
	}
	// A bar that counts events shows how many the narrowed page has.
	bars := narrowBars.FindAllStringSubmatch(strings.ReplaceAll(body, "\u00a0", " "), -1)
	if len(bars) < 10 {
		t.Errorf("only %d bars count events", len(bars))
	}
	for _, bar := range bars {
		narrowed := r.page(t, html.UnescapeString(bar[1])).want(t, http.StatusOK).Body.String()
		if found := foundText.FindStringSubmatch(narrowed); found == nil || strings.ReplaceAll(found[1], "\u00a0", " ") != bar[2] {
			t.Errorf("the bar of %s shows %s, its page %v", bar[1], bar[2], found)
		}
	}
	const filters = "starts_from=2020-01-01&starts_to=2021-01-01&topic=2"
	narrowed := r.page(t, "/en/?"+filters).want(t, http.StatusOK).Body.String()
	for _, want := range []string{
		`href="/en/?topic=2"><span class="quiet">Time:</span> 2020`, `href="/en/?starts_from=2020-01-01&amp;starts_to=2021-01-01"><span class="quiet">Topic:</span> interethnic relations`,
		`href="/ru/?` + strings.ReplaceAll(filters, "&", "&amp;") + `"`, `href="/en/calendar?`, `content="noindex, follow"`,
	} {
		if !strings.Contains(narrowed, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, request := range regexp.MustCompile(`<h3>URL</h3><pre tabindex="0"><code>([^<]+)</code>`).FindAllStringSubmatch(narrowed, -1) {
		asked, err := url.Parse(html.UnescapeString(request[1]))
		if err != nil || asked.Query().Get("topic") != "2" || asked.Query().Get("starts_from") != "2020-01-01" || asked.Query().Get("starts_to") != "2021-01-01" {
			t.Errorf("a chart asks for %s", request[1])
		}
	}
	total := r.total(t, "/en/?"+filters)
	if found := foundText.FindStringSubmatch(narrowed); total == 0 || found == nil || !strings.HasPrefix(found[1], fmt.Sprintf("%d\u00a0", total)) {
		t.Errorf("the page shows %v, the list has %d", found, total)
	}
}

func TestEveryChartIsAFile(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	files := 0
	for _, target := range []string{"/en/", "/ru/?topic=2", "/kk/topics", "/en/topics/2", "/en/people/17", "/en/organizations/5", "/en/recommendations"} {
		body := r.page(t, target).want(t, http.StatusOK).Body.String()
		for _, link := range regexp.MustCompile(`<a href="([^"]+)" download>SVG</a>`).FindAllStringSubmatch(body, -1) {
			file := r.page(t, html.UnescapeString(link[1])).want(t, http.StatusOK)
			if got := file.Header().Get("Content-Type"); got != site.MediaTypeSVG || !strings.Contains(file.Header().Get("Content-Disposition"), ".svg") {
				t.Errorf("%s: %v", link[1], file.Header())
			}
			var picture struct {
				XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
				Texts   []string `xml:"text"`
			}
			if err := xml.Unmarshal(file.Body.Bytes(), &picture); err != nil || len(picture.Texts) < 2 {
				t.Errorf("%s is not SVG: %v: %.200s", link[1], err, file.Body)
			}
			files++
		}
	}
	if files < 25 {
		t.Errorf("only %d files", files)
	}
	for target, status := range map[string]int{
		"/en/charts/nothing.svg": http.StatusNotFound, "/en/charts/months": http.StatusNotFound, "/en/charts/months.svg?format=ball": http.StatusBadRequest, "/en/charts": http.StatusNotFound,
	} {
		if got := r.page(t, target).want(t, status); !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") || got.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: %v", target, got.Header())
		}
	}
}

func TestTheCalendarShowsEachEventOfItsMonth(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	body := r.page(t, "/en/calendar?month=2020-02").want(t, http.StatusOK).Body.String()
	for _, want := range []string{`href="/en/round-tables/13"`, `datetime="2020-02-27"`, `<ol class="month first-6">`, "27\u00a0February 2020"} {
		if !strings.Contains(body, want) {
			t.Errorf("the calendar lacks %s", want)
		}
	}
	// The numbers of the months are those of the lists.
	empty := 0
	for month := 1; month <= 12; month++ {
		from, until := fmt.Sprintf("2020-%02d-01", month), fmt.Sprintf("2020-%02d-01", month+1)
		if month == 12 {
			until = "2021-01-01"
		}
		total := r.total(t, "/en/?date_precision=day,month&starts_from="+from+"&starts_to="+until)
		shown := regexp.MustCompile(`href="/en/calendar\?month=` + from[:7] + `"[^>]*>[^<]*<span class="count">([^<]+)<`).FindStringSubmatch(body)
		want := fmt.Sprint(total)
		if total == 0 {
			want = "–"
			empty++
		}
		if shown == nil || shown[1] != want {
			t.Errorf("%s shows %v, want %s", from[:7], shown, want)
		}
	}
	if empty == 0 || empty == 12 {
		t.Errorf("%d months are empty", empty)
	}
	r.page(t, "/en/calendar?month=2020-13").want(t, http.StatusOK)
}

func TestTheCalendarShowsEventsWithoutADayApart(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample with dates", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, `UPDATE round_tables SET starts_on = '2016-01-01', ends_on = NULL, starts_at = NULL, ends_at = NULL,
			date_precision = (ARRAY['day', 'month', 'year'])[id] WHERE id <= 3`)
		return err
	}), nil)
	link := func(id int) string { return fmt.Sprintf(`href="/en/round-tables/%d"`, id) }
	for _, c := range []struct {
		filter           string
		day, month, year bool
	}{
		{"", true, true, true}, {"&date_precision=day", true, false, false}, {"&date_precision=month", false, true, false},
		{"&date_precision=year", true, true, true}, {"&date_precision=day,year", true, false, false}, // what is known to the year is in no month
	} {
		body := r.page(t, "/en/calendar?month=2016-01"+c.filter).want(t, http.StatusOK).Body.String()
		days, apart, found := strings.Cut(body, "In this month, day unknown")
		if strings.Contains(days, link(1)) != c.day || strings.Contains(days, link(2)) || found != c.month || strings.Contains(apart, link(2)) != c.month ||
			strings.Contains(body, link(3)) || strings.Contains(body, "only the year is known: 1") != c.year {
			t.Errorf("%s: %s", c.filter, body[strings.Index(body, "<main"):])
		}
		// The day links to its events only.
		if day := regexp.MustCompile(`<a href="([^"]+)"><time datetime="2016-01-01">`).FindStringSubmatch(body); c.day && (day == nil || r.total(t, html.UnescapeString(day[1])) != 1) {
			t.Errorf("%s: the day links to %v", c.filter, day)
		}
	}
}

func TestThePageOfOperatorsHoldsNoDraft(t *testing.T) {
	t.Parallel()
	r := newRigOn(t, dbtest.Filled(t, "sample with a named draft", func(ctx context.Context, db *pgxpool.Pool) error {
		if err := loadSample(ctx, db); err != nil {
			return err
		}
		_, err := db.Exec(ctx, `UPDATE round_tables SET title = '{"en": "Canary Draft"}', publication = 'draft' WHERE id = 13`)
		return err
	}), nil)
	key, _ := r.key(t, actor.Scopes...)
	if draft := r.do(t, http.MethodGet, "/v1/round-tables/13", nil, "Authorization", "Bearer "+key).want(t, http.StatusOK); !strings.Contains(draft.Body.String(), "Canary") {
		t.Fatalf("operators see no draft: %s", draft.Body)
	}
	for _, headers := range [][]string{{"Authorization", "Bearer " + key}, nil} { // first with the key: the page without it may be kept
		body := r.page(t, "/en/operator?round_table=13", headers...).want(t, http.StatusOK).Body.String()
		if strings.Contains(body, "Canary") || !strings.Contains(body, `"patchRoundTable"`) || strings.Contains(body, key) {
			t.Errorf("the page holds a record, the key, or no operations")
		}
	}
	for _, lang := range site.Languages {
		body := r.page(t, "/"+lang+"/operator").want(t, http.StatusOK).Body.String()
		for _, code := range check.Codes {
			if !strings.Contains(body, `"finding_`+code+`":"`) {
				t.Errorf("the finding %s has no words in %s", code, lang)
			}
		}
	}
	for _, name := range []string{"operator.js", "site.js"} {
		script := r.page(t, "/site/"+name).want(t, http.StatusOK).Body.String()
		for _, unsafe := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage", "cookie"} {
			if strings.Contains(script, unsafe) {
				t.Errorf("%s uses %s", name, unsafe)
			}
		}
	}
}

func TestTheReadmeShowsAPictureOfTheFirstPage(t *testing.T) {
	t.Parallel()
	const name = "openapi/pictures/overview.png" // TestAVisitorCanReadEveryPage makes it
	picture, err := os.ReadFile("../" + name)
	if err != nil || len(picture) > 100_000 || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		t.Errorf("%d bytes: %v", len(picture), err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil || !strings.Contains(string(readme), "]("+name+")") {
		t.Errorf("the README does not show it: %v", err)
	}
}
