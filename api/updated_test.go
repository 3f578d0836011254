package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/actor"
)

func TestEveryListAndExportCanBeLimitedToWhatChangedLast(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	c := r.as(t, actor.Scopes...)
	tried := 0
	for _, resource := range append(Resources(), OtherResources()...) {
		if resource.Of != "" { // lists below a record
			continue
		}
		all, _ := c.listedWhole(t, "/v1/"+resource.Type, "")
		for _, bound := range []string{timeOf(t, all, 0), timeOf(t, all, len(all)/2), timeOf(t, all, len(all)-1), "2000-01-01", "2100-01-01T00:00:00.5+05:00"} {
			for name, keeps := range map[string]func(at, bound time.Time) bool{
				"updated_from": func(at, bound time.Time) bool { return !at.Before(bound) },
				"updated_to":   func(at, bound time.Time) bool { return at.Before(bound) },
			} {
				query := name + "=" + strings.ReplaceAll(bound, "+", "%2B")
				var want []string
				for _, record := range all {
					if keeps(parsed(t, updatedAt(t, record)), parsed(t, bound)) {
						want = append(want, record)
					}
				}
				if got, _ := c.listedWhole(t, "/v1/"+resource.Type, query); !slices.Equal(got, want) {
					t.Errorf("%s?%s: %d records, want %d of %d", resource.Type, query, len(got), len(want), len(all))
				}
				if slices.Contains(collections, resource.Type) {
					if got := linesOf(t, c.get(t, "/v1/exports/"+resource.Type+".ndjson?"+query)); !slices.Equal(got, want) {
						t.Errorf("the export of %s?%s: %d records, want %d", resource.Type, query, len(got), len(want))
					}
					tried++
				}
			}
		}
		if resource.Lacks[Export] == "" && resource.About != "" {
			sorted, _ := c.listedWhole(t, "/v1/"+resource.Type, "sort=-updated_at")
			if !slices.IsSortedFunc(sorted, func(a, b string) int { return parsed(t, updatedAt(t, b)).Compare(parsed(t, updatedAt(t, a))) }) || len(sorted) != len(all) {
				t.Errorf("%s is not sorted by the last change", resource.Type)
			}
		}
		if n := r.rows(t, "SELECT count(*) FROM pg_indexes WHERE tablename = '"+resource.Table+"' AND indexdef LIKE '%(updated_at, id)'"); n != 1 && resource.Table != "" && resource.Table != "api_keys" {
			t.Errorf("%s: %d indexes of the last change", resource.Table, n)
		}
	}
	if tried < 100 {
		t.Errorf("only %d exports were tried", tried)
	}
	c.get(t, "/v1/topics?updated_from=2026-01-15T09:30:00+05:00").want(t, http.StatusOK) // a + that is not escaped
	for _, bad := range []string{"yesterday", "2026-13-01", "2026-01-15T09:30:00", "1736933400", "2026"} {
		c.get(t, "/v1/topics?updated_from="+bad).wantProblem(t, http.StatusBadRequest, "bad_parameters", "updated_from bad_instant")
	}
	for _, at := range []string{"/v1/audit", "/v1/audit/reads", "/v1/topics/1/history"} {
		c.get(t, at+"?updated_to=2026-01-15").wantProblem(t, http.StatusBadRequest, "bad_parameters", "updated_to unknown_parameter")
	}
}

// The calendar and the feeds take the filters of round tables.
func TestACalendarAndFeedsCanBeLimitedToWhatChangedLast(t *testing.T) {
	t.Parallel()
	c := sampled(t).as(t)
	for at, mark := range map[string]string{"/v1/calendar.ics": "BEGIN:VEVENT", "/v1/feed.atom": "<entry>", "/v1/feed.json": `"content_text"`} {
		for query, some := range map[string]bool{"updated_from=2000-01-01": true, "updated_to=2000-01-01": false} {
			if got := c.get(t, at+"?"+query).want(t, http.StatusOK).Body.String(); strings.Contains(got, mark) != some {
				t.Errorf("%s?%s has events: %t", at, query, !some)
			}
		}
	}
}

func timeOf(t *testing.T, records []string, i int) string {
	t.Helper()
	if len(records) == 0 {
		return "2026-01-15"
	}
	return updatedAt(t, records[i])
}

func updatedAt(t *testing.T, record string) string {
	t.Helper()
	var r struct {
		At string `json:"updated_at"`
	}
	if err := json.Unmarshal([]byte(record), &r); err != nil || r.At == "" {
		t.Fatal(fmt.Errorf("%s: %w", record, err))
	}
	return r.At
}

func parsed(t *testing.T, s string) time.Time {
	t.Helper()
	if len(s) == len(time.DateOnly) {
		s += "T00:00:00Z"
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
