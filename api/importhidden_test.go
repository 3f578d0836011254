package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestAFileThatWasExportedWithoutAKeyEmptiesNothingThatThePublicDoesNotSee(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	editor := m.as(t, actor.Write)
	send := func(collection, format, file string) map[string]any {
		t.Helper()
		headers := append([]string{"Content-Type", mediaOf(format)}, editor.headers...)
		return m.do(t, http.MethodPost, "/v1/imports/"+collection, file, headers...).want(t, http.StatusCreated).object(t)
	}
	before := m.recordChanges(t)
	for _, collection := range []string{"people", "affiliations", "documents", "round-tables", "organizers", "attendees", "statements", "recommendations"} {
		for _, format := range []string{"csv", "ndjson", "xlsx"} {
			file := m.as(t).get(t, "/v1/exports/"+collection+"."+format).want(t, http.StatusOK).Body.String()
			if strings.Contains(file, notesCanary) || strings.Contains(file, restrictedCanary) {
				t.Fatalf("%s.%s shows what is hidden", collection, format)
			}
			if done := send(collection, format, file); done["unchanged"] == 0.0 || done["updated"] != 0.0 || done["created"] != 0.0 {
				t.Errorf("%s.%s: %v created, %v updated, %v unchanged", collection, format, done["created"], done["updated"], done["unchanged"])
			}
		}
	}
	if m.recordChanges(t) != before {
		t.Error("something has changed")
	}
	event := fmt.Sprintf("/v1/round-tables/%d", m.ids["round-tables"][shown])
	file := m.as(t).get(t, "/v1/exports/round-tables.csv").want(t, http.StatusOK).Body.String()
	if done := send("round-tables", "csv", strings.Replace(file, "Ethnic policy", "Ethnic policy today", 1)); done["updated"] != 1.0 {
		t.Errorf("a change was not taken: %v", done)
	}
	if o := editor.get(t, event).want(t, http.StatusOK).object(t); path(o, "title", "en") != "Ethnic policy today" || o["notes"] != notesCanary {
		t.Errorf("title %v, notes %v", o["title"], o["notes"])
	}
	// Who leaves out what nobody can write means what the row says.
	if done := send("round-tables", "csv", fmt.Sprintf("id,notes\r\n%d,\r\n", m.ids["round-tables"][shown])); done["updated"] != 1.0 {
		t.Errorf("notes could not be emptied: %v", done)
	}
	if o := editor.get(t, event).want(t, http.StatusOK).object(t); o["notes"] != nil {
		t.Errorf("notes %v", o["notes"])
	}
}
