package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"
)

func TestAttendeesAndStatementsLiveOverHTTP(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, someone, institute, topic := fixture.RoundTable(t, r.pool), fixture.Person(t, r.pool), fixture.Organization(t, r.pool), fixture.Topic(t, r.pool)
	place, document := fixture.Place(t, r.pool), fixture.Document(t, r.pool)
	c.life(t, "/v1/attendees", fmt.Sprintf(`{"round_table_id":%d,"person_id":%d,"name_as_listed":"T. Kaliyev","roles":["moderator","speaker"],
		"affiliations":[{"organization_id":%[3]d,"title":{"en":"director"}},{"title":{"en":"political analyst"}}],"on_behalf_of":{"organization_id":%[3]d}}`, event, someone, institute),
		`{"roles":["speaker","moderator"]}`)
	speaker := fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
	first := fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID = event })
	c.life(t, "/v1/statements", fmt.Sprintf(`{"round_table_id":%d,"attendee_id":%d,"kind":"verbatim","act":"proposal","quoted_person_id":%d,"in_reply_to_id":%d,"document_id":%d,"locator":"p. 3",
		"texts":[{"lang":"en","text":"Said.","original":true,"translator":null},{"lang":"ru","text":"Сказал.","original":false,"translator":"Editor"}],"topic_ids":[%d],
		"mentions":{"person_ids":[%[3]d],"organization_ids":[%[7]d],"place_ids":[%[8]d],"document_ids":[%[5]d]}}`, event, speaker, someone, first, document, topic, institute, place),
		`{"mentions":{"place_ids":[]},"sequence":1}`)
	for _, list := range []string{"attendees", "statements"} {
		if got := len(pageOf(t, r.as(t).get(t, fmt.Sprintf("/v1/round-tables/%d/%s", event, list)).want(t, 200)).Data); got != 1 {
			t.Errorf("%d %s of the round table", got, list)
		}
		r.as(t).get(t, "/v1/round-tables/999/"+list).wantProblem(t, 404, "not_found")
		r.as(t).get(t, fmt.Sprintf("/v1/round-tables/%d/%s?round_table=1", event, list)).wantProblem(t, 400, "bad_parameters")
	}
}

func TestWhatBreaksARuleOfAnAttendeeIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, someone, institute := fixture.RoundTable(t, r.pool), fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	with := func(rest string) string { return fmt.Sprintf(`{"round_table_id":%d,%s}`, event, rest) }
	c.refusals(t, "/v1/attendees", map[string][]string{
		`{}`:                        {"/round_table_id required", "/person_id attendee_needed"},
		with(`"roles":["speaker"]`): {"/person_id attendee_needed"},
		with(fmt.Sprintf(`"person_id":%d,"organization_id":%d`, someone, institute)):                       {"/organization_id one_attendee"},
		with(`"group_size":3,"name_as_listed":"A"`):                                                        {"/description required"},
		with(`"description":{"en":"Students"},"group_size":0`):                                             {"/group_size too_small"},
		with(`"name_as_listed":"A","affiliations":[{}]`):                                                   {"/affiliations/0/organization_id empty_position"},
		with(`"name_as_listed":"A","affiliations":[{"title":{"en":"x"}},{"organization_id":999}]`):         {"/affiliations/1/organization_id unknown_reference"},
		with(`"name_as_listed":"A","affiliations":[{"title":{"en":"x"},"titel":1}]`):                       {"/affiliations/0/titel unknown_field_hint"},
		with(`"name_as_listed":"A","roles":["speaker","orator"],"affiliations":[{"organization_id":999}]`): {"/roles/1 unknown_role", "/affiliations/0/organization_id unknown_reference"},
		with(`"name_as_listed":"A","roles":["speaker","speaker"]`):                                         {"/roles duplicate"},
		with(`"name_as_listed":"A","on_behalf_of":{}`):                                                     {"/on_behalf_of/person_id person_or_organization"},
		with(`"name_as_listed":"A","on_behalf_of":{"person_id":999}`):                                      {"/on_behalf_of/person_id unknown_reference"},
		with(`"name_as_listed":"A","attendance":"maybe"`):                                                  {"/attendance not_allowed"},
		with(`"person_id":999`):                       {"/person_id unknown_reference"},
		`{"round_table_id":999,"name_as_listed":"A"}`: {"/round_table_id unknown_reference"},
	})
	at := c.make(t, "/v1/attendees", "%s", with(fmt.Sprintf(`"person_id":%d`, someone)))
	c.post(t, "/v1/attendees", with(fmt.Sprintf(`"person_id":%d`, someone))).wantProblem(t, 409, "already_exists", "/person_id already_attends")
	c.patch(t, at, fmt.Sprintf(`{"round_table_id":%d}`, fixture.RoundTable(t, r.pool))).wantProblem(t, 422, "validation_failed", "/round_table_id immutable")
	c.patch(t, at, `{"roles":["orator"]}`).wantProblem(t, 422, "validation_failed", "/roles/0 unknown_role")
}

func TestWhatBreaksARuleOfAStatementIsToldAtItsPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event := fixture.RoundTable(t, r.pool)
	elsewhere, foreign := fixture.Attendee(t, r.pool), fixture.Statement(t, r.pool)
	with := func(rest string) string { return fmt.Sprintf(`{"round_table_id":%d,%s}`, event, rest) }
	const said = `"texts":[{"lang":"en","text":"Said."}]`
	c.refusals(t, "/v1/statements", map[string][]string{
		`{}`:               {"/round_table_id required", "/texts required"},
		with(`"texts":[]`): {"/texts too_few"},
		with(`"texts":[{"lang":"en","text":" "}]`):                                                          {"/texts/0/text blank"},
		with(`"texts":[{"lang":"kz","text":"a"}]`):                                                          {"/texts/0/lang unknown_language"},
		with(`"texts":[{"lang":"en","text":"a"},{"lang":"ru","text":"b"}]`):                                 {"/texts original_missing"},
		with(`"texts":[{"lang":"en","text":"a","original":true},{"lang":"ru","text":"b","original":true}]`): {"/texts/1/original second_original"},
		with(`"texts":[{"lang":"en","text":"a","original":true},{"lang":"en","text":"b"}]`):                 {"/texts/1/lang duplicate"},
		with(said + fmt.Sprintf(`,"kind":"collective","attendee_id":%d`, elsewhere)):                        {"/attendee_id collective_speaker"},
		with(said + fmt.Sprintf(`,"attendee_id":%d`, elsewhere)):                                            {"/attendee_id other_event"},
		with(said + fmt.Sprintf(`,"in_reply_to_id":%d`, foreign)):                                           {"/in_reply_to_id other_event"},
		with(said + `,"document_id":999`):                                                                   {"/document_id unknown_reference"},
		with(said + `,"quoted_person_id":999`):                                                              {"/quoted_person_id unknown_reference"},
		with(said + `,"act":"joke"`):                                                                        {"/act not_allowed"},
		with(said + `,"topic_ids":[998,999],"mentions":{"person_ids":[999],"place_ids":[997]}`):             {"/topic_ids/0 unknown_reference", "/topic_ids/1 unknown_reference", "/mentions/person_ids/0 unknown_reference", "/mentions/place_ids/0 unknown_reference"},
		with(said + `,"mentions":{"people":[1]}`):                                                           {"/mentions/people unknown_field"},
		`{"round_table_id":999,` + said + `}`:                                                               {"/round_table_id unknown_reference"},
	})
}

func TestStatementsKeepTheirOrderAndCanBeReordered(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event := fixture.RoundTable(t, r.pool)
	var made []int64
	for range 3 {
		made = append(made, fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID = event }))
	}
	list := fmt.Sprintf("/v1/round-tables/%d/statements", event)
	order := func() string { return fmt.Sprint(ids(pageOf(t, c.get(t, list).want(t, 200)))) }
	if got := order(); got != fmt.Sprint(made) {
		t.Errorf("order %s, made %v", got, made)
	}
	c.patch(t, fmt.Sprintf("/v1/statements/%d", made[2]), `{"sequence":1,"in_reply_to_id":`+fmt.Sprint(made[1])+`}`).want(t, 200)
	c.patch(t, fmt.Sprintf("/v1/statements/%d", made[0]), `{"sequence":2}`).want(t, 200)
	c.patch(t, fmt.Sprintf("/v1/statements/%d", made[1]), `{"sequence":3}`).want(t, 200)
	if got := order(); got != fmt.Sprint([]int64{made[2], made[0], made[1]}) {
		t.Errorf("after reordering: %s", got)
	}
}

func TestAnAttendeeThatIsLinkedLaterBringsItsStatements(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, someone, institute := fixture.RoundTable(t, r.pool), fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	name := "A. Sarym"
	unknown := fixture.Attendee(t, r.pool, func(in *attendee.Input) {
		in.RoundTableID, in.NameAsListed, in.Affiliations = event, &name, []attendee.Affiliation{{OrganizationID: &institute, Title: text.Map{"en": "member"}}}
	})
	said := fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID, in.AttendeeID = event, &unknown })
	find := func() []int64 {
		return ids(pageOf(t, c.get(t, fmt.Sprintf("/v1/statements?person=%d", someone)).want(t, 200)))
	}
	unresolved := func() int { return len(pageOf(t, c.get(t, "/v1/attendees?resolved=false").want(t, 200)).Data) }
	if len(find()) != 0 || unresolved() != 1 {
		t.Fatal("the attendee is linked before it was")
	}
	c.patch(t, fmt.Sprintf("/v1/attendees/%d", unknown), fmt.Sprintf(`{"person_id":%d}`, someone)).want(t, 200)
	if got := find(); len(got) != 1 || got[0] != said || unresolved() != 0 {
		t.Errorf("the statements of the person are %v", got)
	}
	o := c.get(t, fmt.Sprintf("/v1/statements/%d", said)).object(t)
	if path(o, "speaker", "id") != float64(someone) || path(o, "speaker", "organization", "id") != float64(institute) || path(o, "speaker", "position", "en") != "member" ||
		path(o, "attendee", "name_as_listed") != name || path(o, "version") != float64(1) {
		t.Errorf("the speaker is %v of %v", path(o, "speaker"), o)
	}
	c.del(t, fmt.Sprintf("/v1/attendees/%d", unknown)).wantProblem(t, 409, "in_use")
	c.del(t, fmt.Sprintf("/v1/people/%d", someone)).wantProblem(t, 409, "in_use")
}

func TestThePublicSeesNeitherDraftsNorRestrictedPeopleInAttendeesAndStatements(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	public, reader := r.as(t), r.as(t, actor.Read)
	canary := "Canary"
	hidden := fixture.Person(t, r.pool, func(in *person.Input) { in.Name, in.Visibility = text.Map{"en": canary}, "restricted" })
	shown, institute := fixture.Person(t, r.pool), fixture.Organization(t, r.pool)
	published, draft := fixture.RoundTable(t, r.pool), fixture.RoundTable(t, r.pool, fixture.Draft)
	for _, event := range []int64{published, draft} {
		a := fixture.Attendee(t, r.pool, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.NameAsListed = event, &hidden, &canary
			in.Affiliations = []attendee.Affiliation{{OrganizationID: &institute, Title: text.Map{"en": "analyst"}}}
		})
		fixture.Attendee(t, r.pool, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.OnBehalfOf = event, &shown, &attendee.OnBehalfOf{PersonID: &hidden}
		})
		fixture.Statement(t, r.pool, func(in *statement.Input) {
			in.RoundTableID, in.AttendeeID, in.Attribution, in.QuotedPersonID = event, &a, &canary, &hidden
			in.Mentions.PersonIDs = []int64{hidden, shown}
		})
	}
	for _, path := range []string{"/v1/attendees", "/v1/statements", "/v1/attendees/1", "/v1/statements/1", fmt.Sprintf("/v1/round-tables/%d/attendees", published), fmt.Sprintf("/v1/round-tables/%d/statements", published)} {
		body := public.get(t, path).want(t, 200).Body.String()
		if strings.Contains(body, canary) || strings.Contains(body, fmt.Sprintf(`"person_id":%d`, hidden)) || !strings.Contains(body, "analyst") {
			t.Errorf("GET %s shows the public: %s", path, body)
		}
		if got := reader.get(t, path).want(t, 200).Body.String(); !strings.Contains(got, canary) {
			t.Errorf("GET %s hides from an editor: %s", path, got)
		}
	}
	for _, path := range []string{fmt.Sprintf("/v1/attendees?person=%d", hidden), fmt.Sprintf("/v1/statements?person=%d", hidden), fmt.Sprintf("/v1/statements?mention_person=%d", hidden),
		fmt.Sprintf("/v1/attendees?round_table=%d", draft), fmt.Sprintf("/v1/statements?round_table=%d", draft)} {
		if page := pageOf(t, public.get(t, path+"&count=exact").want(t, 200)); len(page.Data) != 0 || *page.Meta.Total != 0 {
			t.Errorf("GET %s finds %v", path, page.Data)
		}
		if page := pageOf(t, reader.get(t, path).want(t, 200)); len(page.Data) == 0 {
			t.Errorf("GET %s finds nothing for an editor", path)
		}
	}
	for _, path := range []string{"/v1/attendees/3", "/v1/statements/2", fmt.Sprintf("/v1/round-tables/%d/attendees", draft)} {
		public.get(t, path).wantProblem(t, http.StatusNotFound, "not_found")
	}
}

func TestStatementsAreFoundByLanguageAndByWords(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t)
	both := fixture.Statement(t, r.pool, func(in *statement.Input) {
		in.Texts = []statement.Text{{Lang: "kk", Text: "Білім беру саласы туралы айтты.", Original: true}, {Lang: "ru", Text: "Говорил о школах."}}
	})
	english := fixture.Statement(t, r.pool)
	for query, want := range map[string][]int64{"text_lang=ru": {both}, "text_lang=ru,en": {english, both}, "text_lang=de": nil, "lang=de": {english, both}, "q=" + "школа": {both}, "q=" + "агентства": nil, "q=agency": {english}, "q=" + "билим": {both}, "q=...": nil} {
		if got := ids(pageOf(t, c.get(t, "/v1/statements?sort=-starts_on,sequence&"+query).want(t, 200))); len(got) != len(want) {
			t.Errorf("%s found %v, want %v", query, got, want)
		}
	}
}

func TestTheDefaultOrderStaysWithinTheLimitOfTheInput(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, institute, other := fixture.RoundTable(t, r.pool), fixture.Organization(t, r.pool), fixture.Organization(t, r.pool)
	for list, bodies := range map[string][2]string{
		"attendees":  {`"name_as_listed":"A","position":100000`, `"name_as_listed":"B"`},
		"organizers": {fmt.Sprintf(`"organization_id":%d,"position":100000`, institute), fmt.Sprintf(`"organization_id":%d`, other)},
		"statements": {`"texts":[{"lang":"en","text":"A"}],"sequence":1000000`, `"texts":[{"lang":"en","text":"B"}]`},
	} {
		for _, body := range bodies {
			at := c.make(t, "/v1/"+list, `{"round_table_id":%d,%s}`, event, body)
			if got := c.get(t, at).object(t); got["position"] != 1e5 && got["sequence"] != 1e6 {
				t.Errorf("%s: %v", list, got)
			}
		}
	}
}
