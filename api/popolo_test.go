package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/linked"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// popoloLists are the lists of our documents and the classes of what is in them.
var popoloLists = map[string]string{"persons": "person", "organizations": "organization", "memberships": "membership", "events": "event"}

// wantValidPopolo holds a document against the schemas and gives how many objects it has.
func wantValidPopolo(t *testing.T, doc []byte) (objects int) {
	t.Helper()
	var lists map[string][]json.RawMessage
	if err := json.Unmarshal(doc, &lists); err != nil {
		t.Fatal(err)
	}
	for list, class := range popoloLists {
		for i, o := range lists[list] {
			objects++
			fields, err := linked.CheckPopolo(class, jsontext.Pointer(fmt.Sprintf("/%s/%d", list, i)), o)
			if err != nil || len(fields) > 0 {
				t.Errorf("%s is no %s: %v %v", o, class, fields, err)
			}
		}
	}
	return objects
}

func TestWhatIsSentAsPopoloIsValidPopolo(t *testing.T) {
	r := withSample(t)
	r.as(t, actor.Write).make(t, "/v1/affiliations", `{"person_id":2,"organization_id":2,"title":{"en":"Director"},"from":"2019-05"}`)
	for _, base := range []string{"", "https://registry.example.org"} {
		r.server.config.PublicBaseURL = base
		for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
			for _, query := range []string{"", "?lang=en", "?lang=ru", "?lang=kk"} {
				doc := c.get(t, "/v1/exports/popolo.json"+query).want(t, http.StatusOK).Body.Bytes()
				if n := wantValidPopolo(t, doc); n < 250 {
					t.Errorf("only %d objects", n)
				}
			}
		}
	}
}

// crowd makes a round table with so many attendees, each with a statement, and gives its id.
func (r *rig) crowd(t testing.TB, size int) (id int64) {
	t.Helper()
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `INSERT INTO round_tables (title, starts_on, publication) VALUES ('{"en":"Congress"}', '2024-05-01', 'published') RETURNING id`).Scan(&id)
		if err != nil {
			return err
		}
		for _, sql := range []string{
			`INSERT INTO people (name, external_ids) SELECT jsonb_build_object('en', 'Member ' || n), ARRAY['crowd:' || n] FROM generate_series(1, $2::int) n WHERE $1::bigint > 0`,
			`INSERT INTO attendees (round_table_id, person_id, position) SELECT $1::bigint, p.id, n FROM generate_series(1, $2::int) n JOIN external_ids x ON x.type = 'people' AND x.external_id = 'crowd:' || n JOIN people p ON p.id = x.id`,
			`INSERT INTO statements (round_table_id, attendee_id, sequence) SELECT $1::bigint, a.id, a.position FROM attendees a WHERE a.round_table_id = $1 AND a.position <= $2::int`,
			`INSERT INTO statement_texts (statement_id, lang, text, original, position) SELECT s.id, 'en', 'Statement ' || s.sequence, true, 1 FROM statements s WHERE s.round_table_id = $1 AND $2::int > 0`,
		} {
			if _, err := tx.Exec(ctx, sql, id, size); err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
	return id
}

func TestOfALargeEventNobodyIsLeftOut(t *testing.T) {
	r := newRig(t, nil)
	const size = 2*linkedAtOnce + 1
	large, small := r.crowd(t, size), r.as(t, actor.Write, actor.Publish).make(t, "/v1/round-tables", `{"title":{"en":"Small"},"publication":"published"}`)
	c := r.as(t)
	var event struct {
		Attendee []struct {
			Attendee struct {
				ID string `json:"@id"`
			} `json:"attendee"`
		} `json:"attendee"`
		WorkFeatured []struct {
			Creator struct {
				ID string `json:"@id"`
			} `json:"creator"`
			Text []struct {
				Value string `json:"@value"`
			} `json:"text"`
		} `json:"workFeatured"`
	}
	target := fmt.Sprintf("/v1/round-tables/%d", large)
	answer := c.do(t, http.MethodGet, target, nil, "Accept", "application/ld+json").want(t, http.StatusOK)
	if err := json.Unmarshal(answer.Body.Bytes(), &event); err != nil {
		t.Fatal(err)
	}
	if len(event.Attendee) != size || len(event.WorkFeatured) != size || answer.Header().Get("Content-Type") != mediaLinked {
		t.Fatalf("%d attendees, %d statements, %s", len(event.Attendee), len(event.WorkFeatured), answer.Header().Get("Content-Type"))
	}
	seen := map[string]bool{}
	for i, a := range event.Attendee {
		s := event.WorkFeatured[i]
		if seen[a.Attendee.ID] || s.Creator.ID != a.Attendee.ID || s.Text[0].Value != fmt.Sprintf("Statement %d", i+1) {
			t.Fatalf("%d: %v %v", i, a, s)
		}
		seen[a.Attendee.ID] = true
	}
	if head := c.do(t, http.MethodHead, target, nil, "Accept", "application/ld+json").want(t, http.StatusOK); head.Body.Len() > 0 {
		t.Errorf("HEAD: %s", head.Body)
	}
	if got := c.do(t, http.MethodGet, small, nil, "Accept", "application/ld+json").want(t, http.StatusOK).object(t); got["@id"] != small || got["attendee"] != nil {
		t.Errorf("%v", got)
	}

	doc := c.get(t, "/v1/exports/popolo.json").want(t, http.StatusOK).Body.Bytes()
	wantValidPopolo(t, doc)
	var popolo struct {
		Events []struct {
			Name      string
			Attendees []struct{ ID string }
		}
	}
	if err := json.Unmarshal(doc, &popolo); err != nil {
		t.Fatal(err)
	}
	for _, e := range popolo.Events {
		if want := map[string]int{"Congress": size}[e.Name]; len(e.Attendees) != want {
			t.Errorf("%s: %d attendees, want %d", e.Name, len(e.Attendees), want)
		}
	}
	if len(popolo.Events) != 2 {
		t.Errorf("%d events", len(popolo.Events))
	}
}
