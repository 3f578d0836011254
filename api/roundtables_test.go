package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"
)

func TestARoundTableIsKeptWithAllThatItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	place := fixture.Insert(t, r.pool, `INSERT INTO places (name, country) VALUES ('{"en": "Astana"}', 'KZ') RETURNING id`)
	series := fixture.RoundTable(t, r.pool)
	first, second := fixture.Topic(t, r.pool), fixture.Topic(t, r.pool)
	document := fixture.Document(t, r.pool)
	body := fmt.Sprintf(`{"title":{"en":"Ethnic policy","kk":"Этносаясат"},"purpose":{"en":"To study"},"format":"conference","status":"held","publication":"review",
		"starts_on":"2020-02-27","ends_on":"2020-02-28","date_precision":"day","starts_at":"2020-02-27T04:00:00Z","ends_at":"2020-02-28T13:00:00+06:00","timezone":"Asia/Almaty",
		"mode":"hybrid","place_id":%d,"venue":{"en":"Hall"},"online_url":"https://example.org/live","parent_id":%d,"languages":["ru","kk-Latn"],"topic_ids":[%d,%d],
		"document_links":[{"document_id":%d,"relation":"outcome"},{"document_id":%[5]d,"relation":"source"}],"outcome":{"en":"Proposals"},"external_ids":["kisi:5298"],"notes":"Internal"}`,
		place, series, second, first, document)
	made := editor.post(t, "/v1/round-tables", body).want(t, http.StatusCreated)
	at := made.Header().Get("Location")
	o := editor.get(t, at+"?lang=en").want(t, http.StatusOK).object(t)
	for want, got := range map[string]any{
		"2020-02-27": o["starts_on"], "2020-02-28": o["ends_on"], "2020-02-27T10:00:00+06:00": o["starts_at"], "2020-02-28T13:00:00+06:00": o["ends_at"],
		"Astana": path(o, "place", "name", "en"), "conference": o["format"], "hybrid": o["mode"], "review": o["publication"], "Internal": o["notes"], "Ethnic policy": o["title_text"],
		fmt.Sprint(series): fmt.Sprint(path(o, "parent", "id")), fmt.Sprint([]any{float64(second), float64(first)}): fmt.Sprint(o["topic_ids"]),
		"[ru kk-Latn]": fmt.Sprint(o["languages"]), "[kisi:5298]": fmt.Sprint(o["external_ids"]),
		"map[attendees:0 organizers:0 recommendations:0 speakers:0 statements:0]": fmt.Sprint(o["counts"]),
	} {
		if got != want {
			t.Errorf("%v, want %s: %s", got, want, made.Body)
		}
	}
	links := o["document_links"].([]any)
	if len(links) != 2 || path(links[0], "relation") != "outcome" || path(links[1], "document", "name", "en") != "Press release" || path(links[1], "document", "name_text") != "Press release" {
		t.Errorf("document_links %v", links)
	}
	if topics := o["topics"].([]any); len(topics) != 2 || path(topics[0], "id") != float64(second) {
		t.Errorf("topics %v", topics)
	}
	before := r.changeCount(t)
	if again := editor.patch(t, at, body).want(t, http.StatusOK); !strings.HasPrefix(again.Header().Get("ETag"), `"1-`) || r.changeCount(t) != before {
		t.Errorf("the same content made a new version: %s", again.Body)
	}
	patched := editor.patch(t, at, fmt.Sprintf(`{"topic_ids":[%d],"document_links":null,"languages":null,"notes":null,"place_id":null,"format":null}`, first)).want(t, http.StatusOK).object(t)
	for field, want := range map[string]string{"topic_ids": fmt.Sprint([]int64{first}), "document_links": "[]", "languages": "[]", "notes": "<nil>", "place": "<nil>", "format": "round_table", "version": "2", "mode": "hybrid"} {
		if got := fmt.Sprint(patched[field]); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	editor.del(t, at).want(t, http.StatusNoContent)
	editor.get(t, at).wantProblem(t, http.StatusGone, "deleted")
}

func TestWhatIsLeftOutTakesItsDefault(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	for body, want := range map[string]string{
		`{"title":{"en":"a"}}`:                                                                                                             "round_table held draft unknown Asia/Almaty <nil> <nil> unknown",
		`{"title":{"en":"a"},"starts_on":"2020-02-27"}`:                                                                                    "round_table held draft unknown Asia/Almaty 2020-02-27 <nil> day",
		`{"title":{"en":"a"},"starts_at":"2020-02-27T23:30:00Z"}`:                                                                          "round_table held draft unknown Asia/Almaty 2020-02-28 <nil> day",
		`{"title":{"en":"a"},"starts_at":"2020-02-27T23:30:00Z","timezone":"Europe/London"}`:                                               "round_table held draft unknown Europe/London 2020-02-27 <nil> day",
		`{"title":{"en":"a"},"starts_at":"2020-02-27T04:00:00Z","ends_at":"2020-02-28T04:00:00Z"}`:                                         "round_table held draft unknown Asia/Almaty 2020-02-27 2020-02-28 day",
		`{"title":{"en":"a"},"starts_at":"2020-02-27T04:00:00Z","ends_at":"2020-02-27T05:00:00Z"}`:                                         "round_table held draft unknown Asia/Almaty 2020-02-27 <nil> day",
		`{"title":{"en":"a"},"starts_on":"2017-02-01","date_precision":"month"}`:                                                           "round_table held draft unknown Asia/Almaty 2017-02-01 <nil> month",
		`{"title":{"en":"a"},"starts_on":"2017-01-01","date_precision":"year"}`:                                                            "round_table held draft unknown Asia/Almaty 2017-01-01 <nil> year",
		`{"title":{"en":"a"},"starts_on":null,"date_precision":"unknown","format":null,"status":null,"publication":null,"topic_ids":null}`: "round_table held draft unknown Asia/Almaty <nil> <nil> unknown",
	} {
		o := editor.post(t, "/v1/round-tables", body).want(t, http.StatusCreated).object(t)
		if got := strings.TrimSpace(fmt.Sprintln(o["format"], o["status"], o["publication"], o["mode"], o["timezone"], o["starts_on"], o["ends_on"], o["date_precision"])); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestTimesHaveTheOffsetThatTheTimeZoneHadThen(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	for given, want := range map[string]string{ // Kazakhstan has had one time, UTC+5, since the first of March 2024
		"2024-02-29T23:59:59+06:00": "2024-02-29T23:59:59+06:00",
		"2024-02-29T10:00:00Z":      "2024-02-29T16:00:00+06:00",
		"2024-03-01T00:30:00+05:00": "2024-03-01T00:30:00+05:00",
		"2024-03-01T10:00:00Z":      "2024-03-01T15:00:00+05:00",
		"1900-01-01T12:00:00+05:08": "1900-01-01T11:59:00+05:07", // the local time of then, which RFC 3339 cannot say to the second
	} {
		o := editor.post(t, "/v1/round-tables", `{"title":{"en":"a"},"starts_at":"`+given+`","ends_at":"`+given+`"}`).want(t, http.StatusCreated).object(t)
		if o["starts_at"] != want || o["ends_at"] != want || o["starts_on"] != want[:10] {
			t.Errorf("%s is answered as %v and %v on %v, want %s", given, o["starts_at"], o["ends_at"], o["starts_on"], want)
		}
	}
}

func TestARoundTableThatBreaksARuleIsRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	known := fixture.Topic(t, r.pool)
	fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.ExternalIDs = []string{"kisi:1"} })
	editor := r.as(t, actor.Write)
	with := func(members string) string { return `{"title":{"en":"a"},` + members + `}` }
	editor.refusals(t, "/v1/round-tables", map[string][]string{
		`{}`:                    {"/title required"},
		`{"title":{}}`:          {"/title empty_text"},
		`{"title":{"en":" "}}`:  {"/title/en blank"},
		`{"title":{"xx-":"a"}}`: {"/title/xx- unknown_language"},
		`{"title":{"en":"` + strings.Repeat("ә", 501) + `"}}`:                                             {"/title/en too_long"},
		with(`"format":"party","status":"x"`):                                                             {"/format not_allowed", "/status not_allowed"},
		with(`"publication":"secret","mode":"x"`):                                                         {"/publication not_allowed", "/mode not_allowed"},
		with(`"starts_on":20200227`):                                                                      {"/starts_on wrong_type"},
		with(`"starts_on":"2020-02"`):                                                                     {"/starts_on date_without_day"},
		with(`"starts_on":"2020-02-30"`):                                                                  {"/starts_on no_such_date"},
		with(`"starts_on":"2020-2-3"`):                                                                    {"/starts_on bad_date"},
		with(`"starts_on":20200203`):                                                                      {"/starts_on wrong_type"},
		with(`"starts_on":"2020-02-27","ends_on":"2020-02-26"`):                                           {"/ends_on before_start"},
		with(`"ends_on":"2020-02-26"`):                                                                    {"/starts_on required"},
		with(`"starts_on":"2020-02-27","date_precision":"hour"`):                                          {"/date_precision not_allowed"},
		with(`"starts_on":"2020-02-27","date_precision":"unknown"`):                                       {"/date_precision precision_mismatch"},
		with(`"date_precision":"month"`):                                                                  {"/date_precision precision_mismatch"},
		with(`"starts_on":"2020-02-27","date_precision":"month"`):                                         {"/starts_on first_of_month"},
		with(`"starts_on":"2020-02-01","date_precision":"year"`):                                          {"/starts_on first_of_year"},
		with(`"starts_on":"2020-02-01","date_precision":"month","starts_at":"2020-02-01T10:00:00+06:00"`): {"/date_precision day_needed"},
		with(`"starts_at":"2020-02-27 10:00"`):                                                            {"/starts_at wrong_type"},
		with(`"starts_at":"2020-02-27T10:00:00"`):                                                         {"/starts_at wrong_type"},
		with(`"starts_at":"0000-06-01T10:00:00Z"`):                                                        {"/starts_at bad_value"},
		with(`"starts_on":"2020-02-27","starts_at":"2020-02-27T20:00:00Z"`):                               {"/starts_at other_day"},
		with(`"starts_on":"2020-02-27","ends_on":"2020-02-28","starts_at":"2020-02-27T10:00:00+06:00","ends_at":"2020-02-29T10:00:00+06:00"`): {"/ends_at other_day"},
		with(`"starts_at":"2020-02-27T10:00:00+06:00","ends_at":"2020-02-27T09:00:00+06:00"`):                                                 {"/ends_at before_start"},
		with(`"ends_at":"2020-02-27T09:00:00+06:00"`):                                                                                         {"/starts_at required"},
		with(`"timezone":"Asia/Atlantis"`):                                                                                                    {"/timezone unknown_timezone"},
		with(`"timezone":"Local","starts_at":"2020-02-27T09:00:00Z"`):                                                                         {"/timezone unknown_timezone"},
		with(`"timezone":"../etc/passwd"`):                                                                                                    {"/timezone unknown_timezone"},
		with(`"online_url":"ftp://example.org"`):                                                                                              {"/online_url bad_url"},
		with(`"languages":["ru","ru"]`):                                                                                                       {"/languages duplicate"},
		with(`"languages":["русский"]`):                                                                                                       {"/languages/0 unknown_language"},
		with(`"external_ids":["5298"]`):                                                                                                       {"/external_ids/0 bad_external_id"},
		with(`"notes":""`):                                                                                                                    {"/notes blank"},
		with(`"place_id":999`):                                                                                                                {"/place_id unknown_reference"},
		with(`"place_id":0`):                                                                                                                  {"/place_id too_small"},
		with(`"parent_id":999`):                                                                                                               {"/parent_id unknown_reference"},
		with(fmt.Sprintf(`"topic_ids":[998,%d,999],"document_links":[{"document_id":7,"relation":"source"}]`, known)): {
			"/document_links/0/document_id unknown_reference", "/topic_ids/0 unknown_reference", "/topic_ids/2 unknown_reference"},
		with(fmt.Sprintf(`"topic_ids":[%d,%[1]d]`, known)): {"/topic_ids duplicate"},
		with(`"topic_ids":["1"]`):                          {"/topic_ids/0 wrong_type"},
		with(`"document_links":[{"relation":"about"}]`):    {"/document_links/0/document_id required", "/document_links/0/relation not_allowed"},
		with(`"document_links":[{"document_id":1,"relation":"source"},{"document_id":1,"relation":"source"}]`): {"/document_links duplicate"},
		with(`"counts":{},"topic":1`): {"/counts unknown_field", "/topic unknown_field"},
	})
	editor.post(t, "/v1/round-tables", with(`"external_ids":["kisi:1"]`)).wantProblem(t, http.StatusConflict, "already_exists", "/external_ids already_taken")
	editor.post(t, "/v1/round-tables", with(`"notes":"a\u0000b"`)).wantProblem(t, http.StatusBadRequest, "malformed_json", "/notes nul_character")
}

func TestARoundTableNeverStandsBelowItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	top := fixture.RoundTable(t, r.pool)
	below := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.ParentID = &top })
	for parent, at := range map[int64]string{below: fmt.Sprintf("/v1/round-tables/%d", top), top: fmt.Sprintf("/v1/round-tables/%d", top)} {
		editor.patch(t, at, fmt.Sprintf(`{"parent_id":%d}`, parent)).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/parent_id cycle")
	}
}

func TestWhatOthersReferToIsNotDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write, actor.Publish)
	id := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.TopicIDs = []int64{fixture.Topic(t, r.pool)} })
	at := fmt.Sprintf("/v1/round-tables/%d", id)
	organizer := editor.make(t, "/v1/organizers", `{"round_table_id":%d,"organization_id":%d}`, id, newOrganization(t, r))
	recommendation := editor.make(t, "/v1/recommendations", `{"round_table_id":%d,"text":{"en":"a"}}`, id)
	refused := editor.del(t, at)
	refused.wantProblem(t, http.StatusConflict, "in_use")
	if got := fmt.Sprint(refused.object(t)["referenced_by"]); got != "map[organizers:1 recommendations:1]" {
		t.Errorf("referenced_by %s", got)
	}
	editor.del(t, organizer).want(t, http.StatusNoContent)
	editor.del(t, recommendation).want(t, http.StatusNoContent)
	editor.del(t, at).want(t, http.StatusNoContent)
}

func newOrganization(t testing.TB, r *rig) int64 {
	t.Helper()
	return fixture.Insert(t, r.pool, `INSERT INTO organizations (name) VALUES ('{"en": "Institute for Strategic Studies"}') RETURNING id`)
}

func TestRoundTablesOfADayShowTheirOrganizersInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor, public := r.as(t, actor.Write, actor.Publish), r.as(t)
	at := editor.make(t, "/v1/round-tables", `{"title":{"en":"Actual Issues of Ethnic Policy in Kazakhstan"},"starts_on":"2020-02-27","publication":"published"}`)
	editor.make(t, "/v1/round-tables", `{"title":{"en":"The day after"},"starts_on":"2020-02-28","publication":"published"}`)
	id := at[strings.LastIndex(at, "/")+1:]
	for i, name := range []string{"KazISS", "Kogamdyk Kelisim", "Central Communications Service"} {
		org := fixture.Insert(t, r.pool, "INSERT INTO organizations (name) VALUES (jsonb_build_object('en', $1::text)) RETURNING id", name)
		editor.make(t, "/v1/organizers", `{"round_table_id":%s,"organization_id":%d,"kind":%q,"position":%d}`, id, org, []string{"host", "organizer", "partner"}[i], 3-i)
	}
	page := pageOf(t, public.get(t, "/v1/round-tables?starts_from=2020-02-27&starts_to=2020-02-28&lang=ru").want(t, http.StatusOK))
	if len(page.Data) != 1 {
		t.Fatalf("%d round tables", len(page.Data))
	}
	var names []string
	for _, o := range page.Data[0]["organizers"].([]any) {
		names = append(names, fmt.Sprint(path(o, "name_text"), " as ", path(o, "kind")))
	}
	if got := strings.Join(names, ", "); got != "Central Communications Service as partner, Kogamdyk Kelisim as organizer, KazISS as host" || path(page.Data[0], "counts", "organizers") != 3.0 {
		t.Errorf("%s; counts %v", got, page.Data[0]["counts"])
	}
	listed := pageOf(t, public.get(t, at+"/organizers").want(t, http.StatusOK))
	if len(listed.Data) != 3 || path(listed.Data[2], "organization", "name", "en") != "KazISS" {
		t.Errorf("%v", listed.Data)
	}
}

func TestCountsTellSpeakersFromThoseWhoOnlyListened(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	id := fixture.RoundTable(t, r.pool)
	attendee := func(role string) int64 {
		a := fixture.Insert(t, r.pool, "INSERT INTO attendees (round_table_id, name_as_listed, position) VALUES ($1, 'A name', 1) RETURNING id", id)
		fixture.Insert(t, r.pool, "INSERT INTO attendee_roles (attendee_id, role, position) VALUES ($1, $2, 1) RETURNING attendee_id", a, role)
		return a
	}
	statement := func(attendee *int64, sequence int) {
		fixture.Insert(t, r.pool, `WITH s AS (INSERT INTO statements (round_table_id, attendee_id, sequence) VALUES ($1, $2, $3) RETURNING id)
			INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT id, 'en', 'Said', true, 1 FROM s RETURNING statement_id`, id, attendee, sequence)
	}
	attendee("observer")
	moderator, spoke := attendee("moderator"), attendee("participant")
	attendee("speaker")
	statement(&moderator, 1)
	statement(&spoke, 2)
	statement(&spoke, 3)
	statement(nil, 4)
	fixture.Insert(t, r.pool, `INSERT INTO recommendations (round_table_id, text) VALUES ($1, '{"en": "a"}') RETURNING id`, id)
	o := r.as(t).get(t, fmt.Sprintf("/v1/round-tables/%d", id)).want(t, http.StatusOK).object(t)
	if got := fmt.Sprint(o["counts"]); got != "map[attendees:4 organizers:0 recommendations:1 speakers:3 statements:4]" {
		t.Errorf("counts %s", got)
	}
}

func TestRoundTablesSortWithTheUndatedLastAndAMonthBeforeItsDays(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	at := func(starts *date.Day, precision string) int64 {
		return fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.StartsOn, in.DatePrecision = starts, precision })
	}
	undated, day, nothing := at(nil, ""), at(fixture.Day(2020, 1, 1), "day"), at(nil, "unknown")
	month, year := at(fixture.Day(2020, 1, 1), "month"), at(fixture.Day(2020, 1, 1), "year")
	for sort, want := range map[string][]int64{
		"starts_on": {year, month, day, undated, nothing}, "-starts_on": {day, month, year, nothing, undated}, "": {day, month, year, nothing, undated},
	} {
		if got := ids(pageOf(t, r.as(t).get(t, "/v1/round-tables?sort="+sort).want(t, http.StatusOK))); !slices.Equal(got, want) {
			t.Errorf("sort=%s: %v, want %v", sort, got, want)
		}
	}
}

func TestAFilterThatNamesNoSuchThingIsRefusedWithWhatIsAllowed(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	for query, mistake := range map[string]string{
		"startsfrom=2020-02-27":                 "startsfrom unknown_parameter_hint",
		"starts_from=2020-02-30":                "starts_from no_such_date",
		"starts_to=yesterday":                   "starts_to bad_date",
		"format=party":                          "format not_allowed",
		"publication=x":                         "publication not_allowed",
		"country=Kazakhstan":                    "country unknown_country",
		"language=russian_":                     "language unknown_language",
		"has_statements=1":                      "has_statements wrong_type",
		"organizer=KazISS":                      "organizer wrong_type",
		"q=a&q=b":                               "q repeated_parameter",
		"sort=date":                             "sort bad_sort",
		"q=" + strings.Repeat("a", 201):         "q too_long",
		"id=" + strings.Repeat("1,", 200) + "1": "id too_many",
	} {
		r.as(t).get(t, "/v1/round-tables?"+query).wantProblem(t, http.StatusBadRequest, "bad_parameters", mistake)
	}
}
