package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// countedRecord is what the four collections with counts have in common.
type countedRecord struct {
	ID int64 `json:"id"`
	reference.Counted
}

// countedBy are the collections with counts, and the filter of other lists by their records.
var countedBy = map[string]string{"people": "person", "organizations": "organization", "topics": "topic", "places": "place"}

func TestTheCountsOfARecordAreTheNumbersOfItsLists(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
		for records, filter := range countedBy {
			counted := 0
			for _, x := range viewIn[Page[countedRecord]](t, c.get(t, "/v1/"+records+"?limit=15&sort=-counts.statements")).Data {
				counted += int(x.Counts.Statements)
				for list, got := range map[string]int64{"round-tables": x.Counts.RoundTables, "statements": x.Counts.Statements} {
					page := pageOf(t, c.get(t, fmt.Sprintf("/v1/%s?limit=1&count=exact&%s=%d", list, filter, x.ID)).want(t, http.StatusOK))
					if *page.Meta.Total != got {
						t.Errorf("%s %d: %d %s, the list has %d", records, x.ID, got, list, *page.Meta.Total)
					}
				}
				for sort, got := range map[string]string{"starts_on": fmt.Sprint(x.FirstOn), "-starts_on": fmt.Sprint(x.LastOn)} {
					first := viewIn[Page[RoundTable]](t, c.get(t, fmt.Sprintf("/v1/round-tables?limit=1&sort=%s&%s=%d", sort, filter, x.ID))).Data
					want := "<nil>"
					if len(first) > 0 {
						want = fmt.Sprint(first[0].StartsOn)
					}
					if got != want {
						t.Errorf("%s %d: %s, the list by %s begins on %s", records, x.ID, got, sort, want)
					}
				}
				item := viewIn[countedRecord](t, c.get(t, fmt.Sprintf("/v1/%s/%d", records, x.ID)))
				if fmt.Sprint(item) != fmt.Sprint(x) {
					t.Errorf("%s %d: the item says %v, the list %v", records, x.ID, item, x)
				}
			}
			if counted == 0 {
				t.Errorf("%s: nothing is counted", records)
			}
		}
	}
}

func TestListsPageByCountsAndDates(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t)
	key := map[string]func(countedRecord) int64{
		"counts.round_tables": func(x countedRecord) int64 { return x.Counts.RoundTables },
		"counts.statements":   func(x countedRecord) int64 { return x.Counts.Statements },
		"first_on": func(x countedRecord) int64 {
			if x.FirstOn == nil {
				return 0
			}
			return x.FirstOn.Time.Unix()
		},
		"last_on": func(x countedRecord) int64 {
			if x.LastOn == nil {
				return 0
			}
			return x.LastOn.Time.Unix()
		},
	}
	for records := range countedBy {
		total := *pageOf(t, c.get(t, "/v1/"+records+"?limit=1&count=exact").want(t, http.StatusOK)).Meta.Total
		for sort, of := range key {
			for _, sign := range []string{"", "-"} {
				var ids, values []int64
				for next := fmt.Sprintf("/v1/%s?limit=37&sort=%s%s", records, sign, sort); next != ""; {
					page := viewIn[Page[countedRecord]](t, c.get(t, next))
					for _, x := range page.Data {
						ids, values = append(ids, x.ID), append(values, of(x))
					}
					next = ""
					if page.Page.Next != nil {
						next = *page.Page.Next
					}
				}
				dates := sort == "first_on" || sort == "last_on"
				for i := range values[1:] {
					a, b := values[i], values[i+1]
					if dates && (a == 0 || b == 0) { // records without a date come last
						if a == 0 && b != 0 {
							t.Errorf("%s by %s%s: a date after none", records, sign, sort)
						}
					} else if sign == "" && a > b || sign == "-" && a < b {
						t.Errorf("%s by %s%s: %d before %d", records, sign, sort, a, b)
					}
				}
				var exported []int64
				lines := c.get(t, fmt.Sprintf("/v1/exports/%s.ndjson?end=0&fields=id&sort=%s%s", records, sign, sort)).want(t, http.StatusOK).Body
				for line := range strings.Lines(lines.String()) {
					var row struct{ ID int64 }
					if err := json.Unmarshal([]byte(line), &row); err != nil {
						t.Fatal(err)
					}
					exported = append(exported, row.ID)
				}
				if !slices.Equal(exported, ids) {
					t.Errorf("%s by %s%s: the export has the ids %v, the list %v", records, sign, sort, exported, ids)
				}
				slices.Sort(ids)
				if ids = slices.Compact(ids); int64(len(ids)) != total || len(values) != len(ids) {
					t.Errorf("%s by %s%s: %d records, %d different ones, want %d", records, sign, sort, len(values), len(ids), total)
				}
			}
		}
	}
}

func TestKeptCountsEqualThePlainQueryAfterRandomWrites(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	random := rand.New(rand.NewPCG(1, 2))
	one := func(table string) string {
		return fmt.Sprintf("(SELECT id FROM %s ORDER BY id OFFSET %d LIMIT 1)", table, random.IntN(20))
	}
	writes := []func() string{
		func() string {
			return "UPDATE round_tables SET publication = CASE publication WHEN 'published' THEN 'withdrawn' ELSE 'published' END WHERE id = " + one("round_tables")
		},
		func() string {
			return fmt.Sprintf("UPDATE round_tables SET starts_on = '20%02d-03-01', ends_on = NULL, date_precision = 'month', starts_at = NULL, ends_at = NULL WHERE id = %s", random.IntN(30), one("round_tables"))
		},
		func() string {
			return "UPDATE round_tables SET place_id = " + one("places") + " WHERE id = " + one("round_tables")
		},
		func() string {
			return "UPDATE attendees SET person_id = NULL, name_as_listed = 'Someone' WHERE id = " + one("attendees") + " AND organization_id IS NULL AND description IS NULL"
		},
		func() string {
			return "DELETE FROM recommendations; DELETE FROM statements WHERE id = " + one("statements") + " AND NOT EXISTS (SELECT FROM statements r WHERE r.in_reply_to_id = statements.id)"
		},
		func() string { return "DELETE FROM organizers WHERE id = " + one("organizers") },
		func() string {
			return "UPDATE organizers SET organization_id = " + one("organizations") + " WHERE id = " + one("organizers")
		},
		func() string { // where it is not an organizer yet
			return "UPDATE organizers o SET round_table_id = t.id FROM (SELECT " + one("round_tables") + " AS id) t WHERE o.id = " + one("organizers") +
				" AND NOT EXISTS (SELECT FROM organizers x WHERE x.round_table_id = t.id AND x.organization_id = o.organization_id)"
		},
		func() string {
			return "UPDATE statements SET quoted_person_id = " + one("people") + " WHERE id = " + one("statements")
		},
		func() string {
			return "INSERT INTO statement_topics (statement_id, topic_id, position) SELECT " + one("statements") + ", " + one("topics") + ", 40 ON CONFLICT DO NOTHING"
		},
		func() string { return "DELETE FROM round_table_topics WHERE round_table_id = " + one("round_tables") },
		func() string {
			return "UPDATE attendee_affiliations SET organization_id = " + one("organizations") + " WHERE attendee_id = " + one("attendees")
		},
		func() string {
			return "UPDATE attendees SET on_behalf_of_organization_id = " + one("organizations") + ", on_behalf_of_person_id = NULL WHERE id = " + one("attendees")
		},
		func() string {
			return "INSERT INTO topics (label) VALUES ('{\"en\": \"Topic " + fmt.Sprint(random.Int64()) + "\"}')"
		},
		func() string {
			return "DELETE FROM topics WHERE id = (SELECT max(id) FROM topics WHERE label ->> 'en' LIKE 'Topic %')"
		},
	}
	kept := func() (all []string) {
		rows, err := r.pool.Query(t.Context(), "SELECT c::text FROM record_counts c UNION ALL SELECT e::text FROM event_counts e UNION ALL SELECT z::text FROM event_sizes z ORDER BY 1")
		if err == nil {
			all, err = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	changed, before := 0, kept()
	for range 40 {
		r.write(t, func(ctx context.Context, tx pgx.Tx) error {
			for range 1 + random.IntN(5) {
				if _, err := tx.Exec(ctx, writes[random.IntN(len(writes))]()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	after := kept()
	for _, row := range after {
		if !slices.Contains(before, row) {
			changed++
		}
	}
	if _, err := r.pool.Exec(t.Context(), "CALL record_counts_all()"); err != nil {
		t.Fatal(err)
	}
	plain := kept()
	if !slices.Equal(after, plain) {
		for i := range min(len(after), len(plain)) {
			if after[i] != plain[i] {
				t.Errorf("%s is kept, the query says %s", after[i], plain[i])
				break
			}
		}
		t.Errorf("%d rows are kept, the query has %d", len(after), len(plain))
	}
	if changed < 50 || r.rows(t, "SELECT count(*) FROM uncounted_events") != 0 {
		t.Errorf("%d counts changed", changed)
	}
}

// A write counts at the end of its transaction, and reads its answer after that.
func TestAWriteAnswersWithTheCountsThatAreReadAfterIt(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	c := r.as(t, actor.Read, actor.Write, actor.Publish)
	counts := func(record any) string {
		o := record.(map[string]any)
		return fmt.Sprint(o["counts"], o["first_on"], o["last_on"])
	}
	same := func(what, path string, answered any) {
		t.Helper()
		if read := c.get(t, path).object(t); counts(answered) != counts(read) {
			t.Errorf("%s: answered %s, read %s", what, counts(answered), counts(read))
		}
	}
	for records, kept := range map[string]string{"people": "person", "organizations": "organization"} {
		var at []string
		var ids []int64
		for _, x := range viewIn[Page[countedRecord]](t, c.get(t, "/v1/"+records+"?limit=3&sort=-counts.statements")).Data {
			at, ids = append(at, fmt.Sprintf("/v1/%s/%d", records, x.ID)), append(ids, x.ID)
		}
		merged := c.post(t, at[1]+"/merge", fmt.Sprintf(`{"into": %d}`, ids[0])).want(t, http.StatusOK).object(t)
		same("merge of "+records, at[0], merged[kept])
		undone := c.act(t, fmt.Sprintf("/v1/merges/%v/undo", merged["merge"].(map[string]any)["id"])).want(t, http.StatusOK).object(t)
		same("undo of a merge of "+records, at[1], undone[kept])
		same("PATCH of "+records, at[2], c.patch(t, at[2], `{"external_ids": []}`).want(t, http.StatusOK).object(t))
		same("restore of "+records, at[2], c.post(t, at[2]+"/restore", `{"version": 1}`).want(t, http.StatusOK).object(t))
	}
	for records, body := range map[string]string{"topics": `{"label": {"en": "A topic"}}`, "places": `{"name": {"en": "A place"}}`} {
		at := c.make(t, "/v1/"+records, "%s", body)
		deleted := c.get(t, at).object(t)
		c.del(t, at).want(t, http.StatusNoContent)
		same("restore of "+records, at, c.act(t, at+"/restore").want(t, http.StatusOK).object(t))
		same("creation of "+records, at, deleted)
	}
}
