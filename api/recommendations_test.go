package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

// statementAt makes a statement of a person at a round table.
func statementAt(t testing.TB, r *rig, event, person int64) int64 {
	t.Helper()
	attendee := fixture.Insert(t, r.pool, "INSERT INTO attendees (round_table_id, person_id, position) VALUES ($1, $2, 1) RETURNING id", event, person)
	return fixture.Insert(t, r.pool, `WITH s AS (INSERT INTO statements (round_table_id, attendee_id, sequence) VALUES ($1, $2, 1) RETURNING id)
		INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT id, 'en', 'Said', true, 1 FROM s RETURNING statement_id`, event, attendee)
}

func TestARecommendationIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	event, org, person, document := fixture.RoundTable(t, r.pool), newOrganization(t, r), somebody(t, r), fixture.Document(t, r.pool)
	statement := statementAt(t, r, event, person)
	made := editor.post(t, "/v1/recommendations", fmt.Sprintf(`{"round_table_id":%d,"statement_id":%d,"text":{"en":"Study it each year"},"addressee_id":%d}`, event, statement, org)).want(t, http.StatusCreated)
	at, o := made.Header().Get("Location"), made.object(t)
	if o["status"] != "proposed" || o["status_on"] != nil || path(o, "addressee", "id") != float64(org) || path(o, "person", "id") != float64(person) || path(o, "person", "name", "en") != "Irina Chernykh" {
		t.Errorf("%s", made.Body)
	}
	patched := editor.patch(t, at, fmt.Sprintf(`{"status":"implemented","status_on":"2021-01-15","evidence_document_id":%d,"statement_id":null}`, document)).want(t, http.StatusOK).object(t)
	if patched["status_on"] != "2021-01-15" || path(patched, "evidence_document", "name", "en") != "Press release" || patched["person"] != nil || patched["version"] != 2.0 {
		t.Errorf("%v", patched)
	}
	for query, n := range map[string]int{"status=implemented": 1, "status=proposed": 0, fmt.Sprintf("addressee=%d&round_table=%d", org, event): 1, fmt.Sprintf("person=%d", person): 0} {
		if page := pageOf(t, r.as(t).get(t, "/v1/recommendations?"+query).want(t, http.StatusOK)); len(page.Data) != n {
			t.Errorf("%s: %v", query, page.Data)
		}
	}
	editor.get(t, at).want(t, http.StatusOK)
	editor.del(t, at).want(t, http.StatusNoContent)
	editor.get(t, at).wantProblem(t, http.StatusGone, "deleted")
}

func TestARecommendationThatBreaksARuleIsRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	event, other := fixture.RoundTable(t, r.pool), fixture.RoundTable(t, r.pool)
	elsewhere := statementAt(t, r, other, somebody(t, r))
	with := func(members string) string {
		return fmt.Sprintf(`{"round_table_id":%d,"text":{"en":"a"},%s}`, event, members)
	}
	r.as(t, actor.Write).refusals(t, "/v1/recommendations", map[string][]string{
		`{}`: {"/round_table_id required", "/text required"},
		`{"round_table_id":999,"text":{"en":"a"}}`:                         {"/round_table_id unknown_reference"},
		with(fmt.Sprintf(`"statement_id":%d`, elsewhere)):                  {"/statement_id not_in_round_table"},
		with(`"statement_id":999`):                                         {"/statement_id not_in_round_table"},
		with(`"addressee_id":999`):                                         {"/addressee_id unknown_reference"},
		with(`"evidence_document_id":999`):                                 {"/evidence_document_id unknown_reference"},
		with(`"status":"done"`):                                            {"/status not_allowed"},
		with(`"status_on":"2021-02-29"`):                                   {"/status_on no_such_date"},
		with(`"status_on":"2021-02"`):                                      {"/status_on date_without_day"},
		with(`"text_":{}`):                                                 {"/text_ unknown_field_hint"},
		fmt.Sprintf(`{"round_table_id":%d,"text":{"klingon":"a"}}`, event): {"/text/klingon unknown_language"},
		fmt.Sprintf(`{"round_table_id":%d,"text":{"en":"%s"}}`, event, strings.Repeat("a", 5001)): {"/text/en too_long"},
	})
}

func TestARecommendationDoesNotMoveAwayFromItsStatement(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	editor := r.as(t, actor.Write)
	event, other := fixture.RoundTable(t, r.pool), fixture.RoundTable(t, r.pool)
	at := editor.make(t, "/v1/recommendations", `{"round_table_id":%d,"statement_id":%d,"text":{"en":"a"}}`, event, statementAt(t, r, event, somebody(t, r)))
	editor.patch(t, at, fmt.Sprintf(`{"round_table_id":%d}`, other)).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/statement_id not_in_round_table")
	editor.patch(t, at, fmt.Sprintf(`{"round_table_id":%d,"statement_id":null}`, other)).want(t, http.StatusOK)
}
