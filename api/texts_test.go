package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/topic"
)

func TestTopicsThatLookAlikeAreOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := c.make(t, "/v1/topics", `{"label":{"en":" Caf\u0065\u0301  policy\u200b "},"description":{"en":"One\r\n\r\n  two\u202e "}}`)
	o := c.get(t, at).object(t)
	if path(o, "label", "en") != "Café policy" || path(o, "description", "en") != "One\n\n  two" {
		t.Errorf("%v", o)
	}
	for _, label := range []string{"Café policy", "Café policy ", "  Café  policy", `Café\npolicy`, `Cafe\u0301 policy`, `Caf\u00ade\u0301\u00a0policy\ufeff`, `\u202eCafé policy\u202c`} {
		c.post(t, "/v1/topics", `{"label":{"en":"`+label+`"}}`).wantProblem(t, http.StatusConflict, "already_exists", "/label/en already_taken")
	}
	c.refusals(t, "/v1/topics", map[string][]string{`{"label":{"en":"\u200b \u202e"}}`: {"/label/en blank"}})
	// The response names the members from which invisible characters were removed, of patches too.
	answer := c.patch(t, at, `{"label":{"ru":"Кафе\u200b"},"description":{"ru":"Кафе"}}`).want(t, http.StatusOK)
	if got := answer.Header().Get("X-Removed-Characters"); got != "/label/ru" {
		t.Errorf("removed from %q", got)
	}
	if got := c.patch(t, at, `{"label":{"ru":" Кафе "}}`).want(t, http.StatusOK).Header()["X-Removed-Characters"]; got != nil {
		t.Errorf("removed from %q", got)
	}
}

// dirty is a name as people paste it, with an ORCID iD and a Wikidata id as they copy them, and what is stored of each.
const (
	dirtyName  = "  Zha\u200bnna\u00a0 Omarova\u202e "
	dirtyORCID = "https://orcid.org/0000-0002-1825-0097"
	cleanName  = "Zhanna Omarova"
)

func TestTextsAndIdsAreCleanedInEveryWayIn(t *testing.T) {
	t.Parallel()
	upload := func(collection, mediaType, file string) func(*testing.T, *rig, caller) reply {
		return func(t *testing.T, r *rig, c caller) reply {
			return r.do(t, http.MethodPost, "/v1/imports/"+collection, file, append([]string{"Content-Type", mediaType}, c.headers...)...)
		}
	}
	for name, send := range map[string]func(*testing.T, *rig, caller) reply{
		"a request": func(t *testing.T, r *rig, c caller) reply {
			return c.post(t, "/v1/people", `{"name":{"en":"`+dirtyName+`"},"external_ids":["`+dirtyORCID+`","wikidata:q42"]}`)
		},
		"a patch": func(t *testing.T, r *rig, c caller) reply {
			at := c.make(t, "/v1/people", `{"name":{"en":"Somebody Else"}}`)
			return c.patch(t, at, `{"name":{"en":"`+dirtyName+`"},"external_ids":["`+dirtyORCID+`","wikidata:q42"]}`)
		},
		"a bundle": func(t *testing.T, r *rig, c caller) reply {
			return c.post(t, "/v1/bundles", `{"lang":"en","round_table":{"title":{"en":"Water"},"starts_on":"2024-02-01"},
				"attendees":[{"person":{"name":"`+dirtyName+`"}}],"people":[{"name":"`+cleanName+`","external_ids":["`+dirtyORCID+`","wikidata:q42"]}]}`)
		},
		"NDJSON": upload("people", "application/x-ndjson", `{"name":{"en":"`+dirtyName+`"},"external_ids":["`+dirtyORCID+`","wikidata:q42"]}`),
		"CSV":    upload("people", "text/csv", "name_en,external_ids\n"+dirtyName+","+dirtyORCID+"|wikidata:q42\n"),
		"Popolo": upload("popolo", jsonBody, `{"persons":[{"name":"`+dirtyName+`","identifiers":[{"scheme":"orcid","identifier":"`+dirtyORCID+`"},{"scheme":"wikidata","identifier":"q42"}]}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil)
			c := r.as(t, actor.Write)
			answer := send(t, r, c)
			if answer.Code != http.StatusCreated && answer.Code != http.StatusOK {
				t.Fatalf("%d %s", answer.Code, answer.Body)
			}
			o := c.get(t, "/v1/people?q=Omarova").object(t)["data"].([]any)[0]
			if ids := fmt.Sprint(path(o, "external_ids")); path(o, "name", "en") != cleanName || ids != "[orcid:0000-0002-1825-0097 wikidata:Q42]" {
				t.Errorf("%q %s", path(o, "name", "en"), ids)
			}
			noted := answer.Header().Get("X-Removed-Characters") != "" || strings.Contains(answer.Body.String(), `"removed":["`)
			if !noted {
				t.Errorf("no note of what was removed: %v %s", answer.Header(), answer.Body)
			}
		})
	}
}

func TestRowsNameTheColumnsFromWhichCharactersWereRemoved(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	id := fixture.Topic(t, r.pool)
	file := fmt.Sprintf("id,label_en,label_ru,description_en\n,Wa\u200bter,Вода,\n%d,Land, Земля ,\"Li\u202ene\nbreak\"\n", id)
	m := importIn(t, r.do(t, http.MethodPost, "/v1/imports/topics", file, append([]string{"Content-Type", "text/csv"}, c.headers...)...).want(t, http.StatusCreated))
	if len(m.Rows) != 2 || !slices.Equal(m.Rows[0].Removed, []string{"label_en"}) || !slices.Equal(m.Rows[1].Removed, []string{"description_en"}) {
		t.Errorf("%+v", m.Rows)
	}
	if o := c.get(t, fmt.Sprintf("/v1/topics/%d", id)).object(t); path(o, "label", "ru") != "Земля" || path(o, "description", "en") != "Line\nbreak" {
		t.Errorf("%v", o)
	}
}

func TestAMergeCleansAndUnitesWhatWasStoredBefore(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	into := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"en": "Marat  Saparov "}, []string{"wikidata:q42", "orcid:0000-0002-1825-0098"}
	})
	from := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"ru": "Марат\u200b Сапаров"}, []string{"wikidata:Q42", "ror:1"}
	})
	c.post(t, fmt.Sprintf("/v1/people/%d/merge", from), fmt.Sprintf(`{"into":%d}`, into)).want(t, http.StatusOK)
	o := c.get(t, fmt.Sprintf("/v1/people/%d", into)).object(t)
	if path(o, "name", "en") != "Marat Saparov" || path(o, "name", "ru") != "Марат Сапаров" || fmt.Sprint(path(o, "external_ids")) != "[wikidata:Q42 orcid:0000-0002-1825-0098 ror:1]" {
		t.Errorf("%v", o)
	}
}

func TestRecordsFromBeforeTheRulesStayReadableAndCanBeChanged(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	fixture.Topic(t, r.pool, func(in *topic.Input) { in.Label = text.Map{"en": "Water"} })
	twin := fixture.Topic(t, r.pool, func(in *topic.Input) { in.Label = text.Map{"en": "Water "} })
	at := fmt.Sprintf("/v1/topics/%d", twin)
	c.patch(t, at, `{"description":{"en":"Rivers and lakes"}}`).want(t, http.StatusOK)
	if o := c.get(t, at).object(t); path(o, "label", "en") != "Water " {
		t.Errorf("%v", o)
	}
	c.patch(t, at, `{"label":{"en":"  Water"}}`).wantProblem(t, http.StatusConflict, "already_exists", "/label/en already_taken")
	c.patch(t, at, `{"label":{"en":"Sea "}}`).want(t, http.StatusOK)
	if o := c.get(t, at).object(t); path(o, "label", "en") != "Sea" {
		t.Errorf("%v", o)
	}

	old := fixture.Person(t, r.pool, func(in *person.Input) {
		in.Name, in.ExternalIDs = text.Map{"en": "Marat\nSaparov"}, []string{"orcid:0000-0002-1825-0098", "wikidata:q7", "doi:10.1/a,b"}
	})
	at = fmt.Sprintf("/v1/people/%d", old)
	c.patch(t, at, `{"bio":{"en":"A historian."}}`).want(t, http.StatusOK)
	for _, id := range []string{"orcid:0000-0002-1825-0098", "wikidata:q7"} {
		if data := c.get(t, "/v1/people?external_id="+id).want(t, http.StatusOK).object(t)["data"].([]any); len(data) != 1 {
			t.Errorf("%s is not found", id)
		}
	}
	file := c.get(t, "/v1/exports/people.ndjson?fields=id,version,name,external_ids").want(t, http.StatusOK).Body.String()
	line, _, _ := strings.Cut(file, "\n")
	m := importIn(t, r.do(t, http.MethodPost, "/v1/imports/people", line, append([]string{"Content-Type", "application/x-ndjson"}, c.headers...)...).want(t, http.StatusCreated))
	if m.Unchanged != 1 {
		t.Errorf("an export that is imported again: %+v", m.Counts)
	}
	c.patch(t, at, `{"external_ids":["orcid:0000-0002-1825-0098","kisi:1"]}`).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/external_ids/0 bad_identifier")
	c.patch(t, at, `{"external_ids":["orcid:0000-0002-1825-0097"]}`).want(t, http.StatusOK)
}

func TestExternalIDsOfKnownSchemesAreCheckedWhereverTheyAreWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	wrong := map[string][]string{
		`{"%s":{"en":"A"},"external_ids":["orcid:0000-0002-1825-0098"]}`:          {"/external_ids/0 bad_identifier"},
		`{"%s":{"en":"A"},"external_ids":["kisi:1","isni:0000 0001 2103 2684"]}`:  {"/external_ids/1 bad_identifier"},
		`{"%s":{"en":"A"},"external_ids":["https://www.wikidata.org/wiki/Main"]}`: {"/external_ids/0 bad_external_id"},
		`{"%s":{"en":"A"},"external_ids":["ror:03yrm5c27","doi:11.1/a"]}`:         {"/external_ids/0 bad_identifier", "/external_ids/1 bad_identifier"},
	}
	for list, name := range map[string]string{"/v1/people": "name", "/v1/organizations": "name", "/v1/round-tables": "title"} {
		bodies := map[string][]string{}
		for body, mistakes := range wrong {
			bodies[fmt.Sprintf(body, name)] = mistakes
		}
		c.refusals(t, list, bodies)
	}
	if p := c.post(t, "/v1/people", `{"name":{"en":"A"},"external_ids":["orcid:0000-0002-1825-0098"]}`).
		wantProblem(t, http.StatusUnprocessableEntity, "validation_failed"); !strings.Contains(p.Detail, "ORCID iD") || !strings.Contains(p.Detail, "0000-0002-1825-0097") {
		t.Errorf("%s", p.Detail)
	}
	c.post(t, "/v1/bundles", `{"lang":"en","round_table":{"title":{"en":"A"}},"attendees":[{"person":{"name":"Marat Saparov","external_ids":["orcid:1"]}}]}`).
		wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/attendees/0/person/external_ids/0 bad_identifier")
	answer := r.do(t, http.MethodPost, "/v1/imports/people", "name_en,external_ids\nMarat Saparov,wikidata:42\n", append([]string{"Content-Type", "text/csv"}, c.headers...)...)
	if got := mistakesIn(refusedIn(t, answer).Rows); !slices.Equal(got, []string{"2 external_ids bad_identifier"}) {
		t.Errorf("%q", got)
	}
}

func TestARecordIsFoundByAnIDInAnyOfItsForms(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	fixture.Organization(t, r.pool, func(in *organization.Input) { in.ExternalIDs = []string{"kisi:9"} })
	c.make(t, "/v1/organizations", `{"name":{"en":"Institute"},"external_ids":["https://ror.org/05DXPS055","doi:10.1/a,b","bin:\"1\""]}`)
	for filter, want := range map[string]int{
		"ror:05DXPS055": 1, "https%3A%2F%2Fror.org%2F05dxps055": 1, "ror:05dxps055": 1, `%22doi:10.1/A,b%22`: 1, `kisi:9,%22doi:10.1/a,b%22`: 2, `%22bin:%22%221%22%22%22`: 1, "ror:05dxps056": 0,
	} {
		if data := c.get(t, "/v1/organizations?external_id="+filter).want(t, http.StatusOK).object(t)["data"].([]any); len(data) != want {
			t.Errorf("%s: %d records, want %d", filter, len(data), want)
		}
	}
	c.post(t, "/v1/organizations", `{"name":{"en":"Another"},"external_ids":["ror:05DXPS055"]}`).wantProblem(t, http.StatusConflict, "already_exists", "/external_ids already_taken")
}
