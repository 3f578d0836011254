package api

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/formats/export"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/sample"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// bundleRig posts bundles with a key of the scopes.
type bundleRig struct {
	*rig
	token string
}

func newBundleRig(t *testing.T, scopes ...actor.Scope) bundleRig {
	t.Helper()
	return withKey(t, newRig(t, nil), scopes...)
}

// withKey is a registry that requests reach with a key of the scopes.
func withKey(t *testing.T, r *rig, scopes ...actor.Scope) bundleRig {
	t.Helper()
	token, _ := r.key(t, scopes...)
	return bundleRig{r, token}
}

func (r bundleRig) post(t *testing.T, query, body string) reply {
	t.Helper()
	return r.do(t, "POST", "/v1/bundles"+query, body, "Authorization", "Bearer "+r.token, "Content-Type", jsonBody)
}

func (r bundleRig) get(t *testing.T, target string, into any) {
	t.Helper()
	b := r.do(t, "GET", target, nil, "Authorization", "Bearer "+r.token).want(t, 200).Body.Bytes()
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func (r bundleRig) person(t *testing.T, in person.Input) (id int64) {
	t.Helper()
	r.write(t, func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = person.Create(ctx, tx, in)
		return err
	})
	return id
}

func reportOf(t *testing.T, r reply) (report bundle.Report) {
	t.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	return report
}

const waterBundle = `{
	"lang": "en",
	"round_table": {"title": {"en": "Water and energy"}, "starts_on": "2026-03-12", "place": "Almaty", "topics": ["water and energy"], "external_ids": ["example:water"]},
	"organizers": [{"organization": {"name": "Institute of Water"}}, {"organization": {"name": "Basin Council", "kind": "advisory_body"}, "kind": "co_organizer"}],
	"attendees": [
		{"person": {"name": "Aigerim Sadykova"}, "roles": ["moderator"], "affiliations": [{"organization": {"name": "Institute of Water"}, "title": {"en": "director"}}, {"title": {"en": "hydrologist"}}]},
		{"key": "guest", "affiliations": [{"organization": {"name": "Basin Council"}, "title": {"en": "secretary"}}]},
		{"description": {"en": "students"}, "group_size": 40}],
	"statements": [
		{"key": "asked", "speaker": "guest", "act": "question", "texts": [{"text": "Asked who pays."}]},
		{"speaker": "A. Sadykova", "act": "answer", "texts": [{"lang": "ru", "text": "Все.", "original": true}, {"text": "Everybody."}], "in_reply_to": "asked",
			"topics": ["finance", "water and energy"], "mentions": {"people": [{"name": "Aigerim Sadykova"}], "places": ["Almaty"], "documents": ["Basin agreement"]}}],
	"recommendations": [{"text": {"en": "Agree on shares."}, "statement": "asked", "addressee": {"name": "Basin Council"}}],
	"documents": [{"title": {"en": "Basin agreement"}, "kind": "law", "relation": "discussed"}, {"key": "report", "title": {"en": "Report"}, "kind": "press_release", "url": "https://example.org/1", "relation": "source"}],
	"people": [{"name": "Aigerim Sadykova", "names": {"ru": "Айгерим Садыкова"}, "other_names": [{"text": "A. Sadykova", "lang": "en", "kind": "abbreviated"}]}],
	"organizations": [{"name": "Institute of Water", "kind": "think_tank", "parent": "Basin Council", "country": "KZ"}]
}`

func TestABundleMakesTheWholeEventInTheOrderOfTheDocument(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	answer := r.post(t, "", waterBundle).want(t, 201)
	report := reportOf(t, answer)
	if report.DryRun || report.RoundTable.ID == nil || len(report.Matched) != 0 {
		t.Fatalf("report: %s", answer.Body)
	}
	counts := map[string]int{"round-tables": 1, "organizers": 2, "attendees": 3, "statements": 2, "recommendations": 1, "documents": 2, "people": 1, "organizations": 2, "places": 1, "topics": 2}
	if !reflect.DeepEqual(report.Counts, counts) {
		t.Errorf("counts %v, want %v", report.Counts, counts)
	}
	location := answer.Header().Get("Location")
	var event struct {
		Title       text.Map
		Publication string
		Place       *text.Ref
		Counts      map[string]int
	}
	r.get(t, location, &event)
	if event.Title["en"] != "Water and energy" || event.Publication != "draft" || event.Place == nil || event.Place.Name["en"] != "Almaty" {
		t.Errorf("%s: %+v", location, event)
	}
	var list struct {
		Data []struct {
			NameAsListed *string `json:"name_as_listed"`
			Position     int
			Sequence     int
			Person       *text.Ref
			GroupSize    *int `json:"group_size"`
			Affiliations []struct {
				OrganizationAsListed *string `json:"organization_as_listed"`
				Organization         *text.Ref
				Title                text.Map
			}
			Texts    []struct{ Lang, Text string }
			Mentions struct {
				PersonIDs   []int64 `json:"person_ids"`
				PlaceIDs    []int64 `json:"place_ids"`
				DocumentIDs []int64 `json:"document_ids"`
			}
			AttendeeID  *int64 `json:"attendee_id"`
			InReplyToID *int64 `json:"in_reply_to_id"`
			ID          int64
		}
	}
	r.get(t, location+"/attendees", &list)
	if len(list.Data) != 3 || list.Data[0].Person == nil || list.Data[0].Person.Name["ru"] != "Айгерим Садыкова" || len(list.Data[0].Affiliations) != 2 ||
		list.Data[0].Affiliations[0].Organization.Name["en"] != "Institute of Water" || list.Data[1].Person != nil || *list.Data[2].GroupSize != 40 {
		t.Errorf("attendees: %+v", list.Data)
	}
	moderator, guest := list.Data[0].ID, list.Data[1].ID
	r.get(t, location+"/statements", &list)
	if len(list.Data) != 2 || *list.Data[0].AttendeeID != guest || *list.Data[1].AttendeeID != moderator || *list.Data[1].InReplyToID != list.Data[0].ID ||
		len(list.Data[1].Texts) != 2 || len(list.Data[1].Mentions.PersonIDs) != 1 || len(list.Data[1].Mentions.PlaceIDs) != 1 || len(list.Data[1].Mentions.DocumentIDs) != 1 {
		t.Errorf("statements: %+v", list.Data)
	}
}

func TestADryRunOfABundleWritesNothingAndReportsTheSame(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write, actor.Publish)
	events, err := sample.Bundles()
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range events {
		body := bodyOf(t, e)
		if i%2 > 0 { // it may mention what another one creates
			r.post(t, "", body).want(t, 201)
			continue
		}
		before := r.changeCount(t)
		rehearsal := r.post(t, "?dry_run=true", body).want(t, 200)
		if rehearsal.Header().Get("X-Dry-Run") != "true" || rehearsal.Header().Get("Location") != "" {
			t.Errorf("headers of a dry run: %v", rehearsal.Header())
		}
		if r.changeCount(t) != before {
			t.Fatal("a dry run wrote something")
		}
		rehearsed := reportOf(t, rehearsal)
		if !rehearsed.DryRun || rehearsed.RoundTable.ID != nil {
			t.Errorf("the report of a dry run: %+v", rehearsed)
		}
		made := reportOf(t, r.post(t, "", body).want(t, 201))
		for _, c := range made.Created {
			if c.ID == nil {
				t.Errorf("%s has no id", c.Pointer)
			}
		}
		made.Rehearsed()
		if !reflect.DeepEqual(rehearsed, made) {
			t.Errorf("%s: the dry run reported\n%+v\nand the real run\n%+v", e.RoundTable.ExternalIDs, rehearsed, made)
		}
	}
}

func TestANameOfSeveralRecordsIsRefusedWithTheCandidatesUntilTheIdIsGiven(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	first := r.person(t, person.Input{Name: text.Map{"en": "Aigerim Sadykova"}})
	second := r.person(t, person.Input{Name: text.Map{"ru": "Айгерим Садыкова", "en": "Aigerim SADYKOVA"}})
	before := r.changeCount(t)
	for _, query := range []string{"", "?dry_run=true"} {
		p := r.post(t, query, waterBundle).wantProblem(t, 422, "ambiguous_names", "/people/0 ambiguous_name")
		var ids []int64
		for _, c := range p.Errors[0].Candidates {
			ids = append(ids, c.ID)
		}
		if !reflect.DeepEqual(ids, []int64{first, second}) {
			t.Errorf("candidates %+v, want %d and %d", p.Errors[0].Candidates, first, second)
		}
	}
	if r.changeCount(t) != before {
		t.Error("a refused bundle wrote something")
	}
	chosen := strings.Replace(waterBundle, `"people": [{"name"`, `"people": [{"id": `+jsonOf(t, second)+`, "name"`, 1)
	report := reportOf(t, r.post(t, "", chosen).want(t, 201))
	want := []bundle.Matched{{Pointer: "/people/0", Type: "people", ID: second, Name: "Айгерим Садыкова", Score: 1, Reasons: []spelling.Reason{{Feature: "id", Query: jsonOf(t, second), Record: "Айгерим Садыкова", Score: 1}}}}
	if !reflect.DeepEqual(report.Matched, want) {
		t.Errorf("matched %+v, want %+v", report.Matched, want)
	}
}

func TestWhereTheSpellingDoesNotDecideThePersonIsAskedInTheirLanguage(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	r.person(t, person.Input{Name: text.Map{"ru": "Садыкова Айгерим"}})
	renamed := strings.ReplaceAll(waterBundle, "Айгерим Садыкова", "Айгерим Садыков")
	for lang, want := range map[string][2]string{
		"en": {"it is not clear which record", "put `\"new\": true`"},
		"ru": {"неясно, какая запись", "укажите `\"new\": true`"},
		"kk": {"қай жазбаны білдіретіні анық емес", "`\"new\": true` деп көрсетіңіз"},
	} {
		p := r.do(t, "POST", "/v1/bundles?dry_run=true", strings.ReplaceAll(renamed, "Aigerim Sadykova", "Айгерім Садықов"), "Authorization", "Bearer "+r.token, "Content-Type", jsonBody, "Accept-Language", lang).
			wantProblem(t, 422, "ambiguous_names", "/people/0 ambiguous_name")
		if !strings.Contains(p.Errors[0].Message, want[0]) || !strings.Contains(p.Title, want[1]) || len(p.Errors[0].Candidates) != 1 {
			t.Errorf("%s: %+v", lang, p)
		}
	}
}

func TestAMatchBySoundAndASimilarNameAreReportedByADryRun(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	sadykova := r.person(t, person.Input{Name: text.Map{"ru": "Садыкова Айгерим"}})
	report := reportOf(t, r.post(t, "?dry_run=true", waterBundle).want(t, 200))
	want := bundle.Matched{Pointer: "/people/0", Type: "people", ID: sadykova, Name: "Садыкова Айгерим", Score: 1, Reasons: []spelling.Reason{{Feature: "name", Query: "Aigerim Sadykova", Record: "Садыкова Айгерим", Score: 1}}}
	if len(report.Matched) != 1 || !reflect.DeepEqual(report.Matched[0], want) {
		t.Errorf("matched %+v, want %+v", report.Matched, want)
	}
	similar := strings.NewReplacer("Aigerim Sadykova", "Aigerim Satykova", `"names": {"ru": "Айгерим Садыкова"}, `, "").Replace(waterBundle)
	report = reportOf(t, r.post(t, "?dry_run=true", similar).want(t, 200))
	i := slices.IndexFunc(report.Created, func(c bundle.Created) bool { return c.Type == "people" })
	if i < 0 || len(report.Created[i].Candidates) != 1 || report.Created[i].Candidates[0].ID != sadykova || report.Created[i].Candidates[0].Score > .9 {
		t.Errorf("created %+v", report.Created)
	}
}

func TestAnExistingRecordIsMatchedByAnyOfItsNamesAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	r.post(t, "", waterBundle).want(t, 201)
	again := strings.NewReplacer("example:water", "example:water-2", `"kind": "think_tank"`, `"kind": "ngo"`, `"place": "Almaty"`, `"place": "ALMATY"`,
		`"moderator"], "aff`, `"speaker"], "aff`).Replace(waterBundle)
	report := reportOf(t, r.post(t, "?allow_duplicate=true", again).want(t, 201)) // on the same day
	var matched []string
	for _, m := range report.Matched {
		matched = append(matched, m.Pointer+" "+m.Type)
	}
	want := "/round_table/place places, /round_table/topics/0 topics, /statements/1/topics/0 topics, /organizations/0 organizations, /organizers/1/organization organizations, /people/0 people, /documents/0 documents, /documents/1 documents"
	if got := strings.Join(matched, ", "); got != want {
		t.Errorf("matched\n%s\nwant\n%s", got, want)
	}
	if report.Counts["people"]+report.Counts["organizations"]+report.Counts["places"]+report.Counts["topics"]+report.Counts["documents"] != 0 {
		t.Errorf("counts %v", report.Counts)
	}
	var list struct{ Data []struct{ Kind string } }
	r.get(t, "/v1/organizations?kind=think_tank", &list)
	if len(list.Data) != 1 {
		t.Errorf("the matched organization was changed: %+v", list)
	}
}

func TestABundleOfAnEventThatIsThereIsAConflictThatNamesIt(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	made := reportOf(t, r.post(t, "", waterBundle).want(t, 201))
	before := r.changeCount(t)
	p := r.post(t, "", waterBundle).wantProblem(t, 409, "already_exists", "/round_table/external_ids/0 already_taken")
	if c := p.Errors[0].Candidates; len(c) != 1 || c[0].ID != *made.RoundTable.ID || c[0].Name != "Water and energy" {
		t.Errorf("candidates: %+v", p.Errors[0].Candidates)
	}
	if r.changeCount(t) != before {
		t.Error("a refused bundle wrote something")
	}
}

func TestEveryMistakeOfABundleIsNamedAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	before := r.changeCount(t)
	for _, c := range []struct {
		of, with string
		mistakes []string
	}{
		{`"lang": "en"`, `"lang": "xx-"`, []string{"/lang unknown_language"}},
		{`"lang": "en",`, ``, []string{"/lang required"}},
		{`"roles": ["moderator"]`, `"rolls": ["moderator"]`, []string{"/attendees/0/rolls unknown_field_hint"}},
		{`"roles": ["moderator"]`, `"roles": ["moderater"]`, []string{"/attendees/0/roles/0 not_allowed"}},
		{`"speaker": "guest"`, `"speaker": "nobody"`, []string{"/statements/0/speaker unknown_speaker"}},
		{`"in_reply_to": "asked"`, `"in_reply_to": "later"`, []string{"/statements/1/in_reply_to unknown_statement"}},
		{`"statement": "asked"`, `"statement": "ask"`, []string{"/recommendations/0/statement unknown_statement"}},
		{`"documents": ["Basin agreement"]`, `"documents": ["Basin"]`, []string{"/statements/1/mentions/documents/0 unknown_document"}},
		{`{"title": {"en": "Basin agreement"}, "kind"`, `{"key": "Basin agreement", "kind"`, []string{"/documents/0/title required"}},
		{`{"person": {"name": "Aigerim Sadykova"}, "roles"`, `{"person": {}, "roles"`, []string{"/attendees/0/person/name required"}},
		{`{"person": {"name": "Aigerim Sadykova"}, "roles"`, `{"person": {"id": 4711}, "roles"`, []string{"/attendees/0/person/id unknown_reference", "/statements/1/speaker unknown_speaker"}},
		{`"parent": "Basin Council"`, `"parent": "Institute of Water"`, []string{"/organizations/0/parent cycle"}},
		{`"name": "Institute of Water", "kind"`, `"name": "…", "kind"`, []string{"/organizations/0 no_name"}},
		{`"country": "KZ"`, `"country": "KX"`, []string{"/organizations/0/country unknown_country"}},
		{`"starts_on": "2026-03-12"`, `"starts_on": "2026-03-12", "ends_on": "2026-03-11"`, []string{"/round_table/ends_on before_start"}},
		{`"starts_on": "2026-03-12"`, `"starts_on": "2026-02-30"`, []string{"/round_table/starts_on no_such_date"}},
		{`"starts_on": "2026-03-12"`, `"starts_on": "2026-03-12", "parent_id": 4711`, []string{"/round_table/parent_id unknown_reference"}},
		{`{"description": {"en": "students"}, "group_size": 40}`, `{"key": "guest", "description": {"en": "students"}}`, []string{"/attendees/2/key duplicate"}},
		{`{"description": {"en": "students"}, "group_size": 40}`, `{"person": {"name": "A. Sadykova"}}`, []string{"/attendees/2/person listed_twice"}},
		{`"kind": "advisory_body"}, "kind": "co_organizer"`, `"kind": "committee"}, "kind": "leader"`, []string{"/organizers/1/kind not_allowed", "/organizers/1/organization/kind not_allowed"}},
		{`"people": [{"name": "Aigerim Sadykova", "names"`, `"people": [{"name": "Айгерим Садыкова"}, {"name": "A. Sadykova"}, {"name": "Aigerim Sadykova", "names"`, []string{"/people/2 name_of_another", "/people/2 name_of_another"}},
	} {
		body := strings.Replace(waterBundle, c.of, c.with, 1)
		if body == waterBundle {
			t.Fatalf("nothing is changed by %s", c.with)
		}
		for _, query := range []string{"?dry_run=true", ""} {
			r.post(t, query, body).wantProblem(t, 422, "validation_failed", c.mistakes...)
		}
	}
	several := strings.NewReplacer(`"kind": "co_organizer"`, `"kind": "leader"`, `"speaker": "guest"`, `"speaker": "nobody"`, `{"en": "Agree on shares."}`, `"Agree on shares."`).
		Replace(strings.Replace(waterBundle, `"lang": "en"`, `"lang": "xx-"`, 1))
	r.post(t, "", several).wantProblem(t, 422, "validation_failed",
		"/lang unknown_language", "/organizers/1/kind not_allowed", "/statements/0/speaker unknown_speaker")
	if r.changeCount(t) != before {
		t.Error("a refused bundle wrote something")
	}
}

// limitBundle is a bundle whose texts and lists are over the limits of the resources by so many characters and members.
func limitBundle(over int) string {
	long := func(limit int) string { return strings.Repeat("қ", limit+over) }
	list := func(limit int, item func(i int) string) string {
		items := make([]string, limit+over)
		for i := range items {
			items[i] = item(i)
		}
		return strings.Join(items, ",")
	}
	languages := strings.Fields("kk ru en tr de fr es it pl uk zh ja ko ar fa hi uz ky tg az mn")
	return fmt.Sprintf(`{
		"lang": "en",
		"round_table": {"title": {"en": "%s"}, "outcome": {"en": "%s"}, "topics": [%s], "place": "Almaty"},
		"attendees": [{"description": {"en": "%s"}}],
		"statements": [{"texts": [{"text": "%s"}], "locator": "%s"}, {"texts": [%s]}],
		"documents": [{"title": {"en": "%s"}, "authors": [%s], "relation": "source"}],
		"people": [{"name": "Marat", "new": true, "names": {"ru": "%s"}, "bio": {"en": "%s"}}],
		"places": [{"name": "Almaty", "former_names": [%s]}]
	}`, long(500), long(10000), list(50, func(i int) string { return fmt.Sprintf(`"topic %d"`, i) }),
		long(500), long(20000), long(200),
		list(20, func(i int) string {
			return fmt.Sprintf(`{"lang": "%s", "text": "A", "original": %t}`, languages[i], i == 0)
		}),
		long(500), list(100, func(i int) string { return fmt.Sprintf(`{"name": "%c%c", "new": true}`, 'a'+i/26, 'a'+i%26) }),
		long(300), long(5000), list(50, func(i int) string { return fmt.Sprintf(`{"name": {"en": "Verny %d"}}`, i) }))
}

func TestABundleHasTheLimitsOfTheResourcesItWrites(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	before := r.changeCount(t)
	r.post(t, "", limitBundle(1)).wantProblem(t, 422, "validation_failed",
		"/attendees/0/description/en too_long", "/documents/0/authors too_many", "/documents/0/title/en too_long",
		"/people/0/bio/en too_long", "/people/0/names/ru too_long", "/places/0/former_names too_many",
		"/round_table/outcome/en too_long", "/round_table/title/en too_long", "/round_table/topics too_many",
		"/statements/0/locator too_long", "/statements/0/texts/0/text too_long", "/statements/1/texts too_many")
	if r.changeCount(t) != before {
		t.Error("a rejected bundle wrote something")
	}
}

func TestWhatABundleStoresCanBePatchedAndImportedAgain(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write, actor.Publish)
	created := map[string]bool{}
	for _, body := range []string{limitBundle(0), waterBundle} {
		for _, c := range reportOf(t, r.post(t, "", body).want(t, 201)).Created {
			created[c.Type] = true
			at := fmt.Sprintf("/v1/%s/%d", c.Type, *c.ID)
			was := r.do(t, "GET", at, nil, "Authorization", "Bearer "+r.token).want(t, 200)
			is := r.do(t, "PATCH", at, `{}`, "Authorization", "Bearer "+r.token, "Content-Type", mergeBody, "If-Match", "*").want(t, 200)
			if was.Body.String() != is.Body.String() {
				t.Errorf("%s (%s): an empty patch changed %s to %s", at, c.Pointer, was.Body, is.Body)
			}
		}
	}
	before := r.recordChanges(t)
	for collection := range created {
		for _, format := range export.Formats {
			m := importIn(t, r.send(t, collection, "", format, r.file(t, collection, format)).want(t, 201))
			if n := r.rows(t, "SELECT count(*) FROM "+strings.ReplaceAll(collection, "-", "_")); m.Unchanged != n || m.Failed+m.Created+m.Updated != 0 {
				t.Errorf("%s.%s: %+v of %d records", collection, format, m.Counts, n)
			}
		}
	}
	if r.recordChanges(t) != before {
		t.Error("an import of what was exported wrote something")
	}
}

func TestOnlyAKeyThatMayWriteMakesBundlesAndOnlyOneThatMayPublishPublishesThem(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	published := strings.Replace(waterBundle, `"place": "Almaty"`, `"place": "Almaty", "publication": "published"`, 1)
	r.do(t, "POST", "/v1/bundles", waterBundle, "Content-Type", jsonBody).wantProblem(t, 401, "key_required")
	reader := r
	reader.token, _ = r.key(t, actor.Read)
	reader.post(t, "", waterBundle).wantProblem(t, 403, "scope_missing")
	before := r.changeCount(t)
	r.post(t, "", published).wantProblem(t, 403, "scope_missing")
	if r.changeCount(t) != before {
		t.Error("a refused bundle wrote something")
	}
	publisher := r
	publisher.token, _ = r.key(t, actor.Write, actor.Publish)
	publisher.post(t, "", published).want(t, 201)
}

func TestTheExamplesOfTheDocumentationAreAcceptedBesideTheSample(t *testing.T) {
	t.Parallel()
	r := withKey(t, sampled(t), actor.Write)
	for _, name := range []string{"minimal", "full"} { // the third one is about somebody new
		b, err := os.ReadFile("../openapi/examples/createBundle/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		report := reportOf(t, r.post(t, "", string(b)).want(t, 201))
		if n := report.Counts["people"] + report.Counts["organizations"] + report.Counts["places"] + report.Counts["topics"]; n != 0 {
			t.Errorf("%s made %v although the sample has all of it", name, report.Counts)
		}
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// bodyOf writes a bundle as people do, without what it does not say.
func bodyOf(t *testing.T, in bundle.Input) string {
	t.Helper()
	var said any
	if err := json.Unmarshal([]byte(jsonOf(t, in)), &said); err != nil {
		t.Fatal(err)
	}
	return jsonOf(t, withoutSilence(said))
}

func withoutSilence(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if value == nil || value == "" {
				delete(v, name)
				continue
			}
			v[name] = withoutSilence(value)
		}
	case []any:
		for i, value := range v {
			v[i] = withoutSilence(value)
		}
	}
	return v
}
