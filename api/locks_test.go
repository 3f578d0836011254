package api

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// newOrganizations is a bundle of n new organizations whose names are not alike.
func newOrganizations(n int) bundle.Input {
	in := bundle.Input{Lang: "en", RoundTable: bundle.RoundTable{Title: text.Map{"en": "Many"}}}
	for i := range n {
		name := fmt.Sprintf("%X", sha256.Sum256([]byte(fmt.Sprint(i))))
		name = strings.Map(func(c rune) rune { return rune("BKMRSTVLNDAEIOUY"[strings.IndexRune("0123456789ABCDEF", c)]) }, name)
		in.Organizations = append(in.Organizations, bundle.Organization{Name: name[:9] + " " + name[9:18]})
	}
	return in
}

func TestABundleDoesNotKeepOthersFromCreatingOrganizations(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write)
	parent := fixture.Organization(t, r.pool)
	r.write(t, func(ctx context.Context, tx pgx.Tx) error {
		w := bundle.NewWriter(tx, r.server.matcher.Finders)
		in := newOrganizations(300) // enough for locks that names share
		in.Organizations = append(in.Organizations, bundle.Organization{Name: "Water Department", New: true, Parent: &in.Organizations[0].Name})
		if _, err := w.Create(ctx, in); err != nil {
			return err
		}
		for _, name := range []string{"Centre of Strategic Research", "Senate of the Parliament"} { // while the bundle is written
			r.do(t, "POST", "/v1/organizations", fmt.Sprintf(`{"name":{"en":%q},"parent_id":%d}`, name, parent),
				"Authorization", "Bearer "+r.token, "Content-Type", jsonBody).want(t, http.StatusCreated)
		}
		return w.Confirm(ctx)
	})
}

// TestADryRunWaitsForNoLockOfTheLog holds the lock of the change log as a commit does. No dry run may need it: it could hold it, too.
func TestADryRunWaitsForNoLockOfTheLog(t *testing.T) {
	t.Parallel()
	r := newBundleRig(t, actor.Write, actor.Publish, actor.PII)
	named := func(name string) func(*organization.Input) {
		return func(in *organization.Input) { in.Name = text.Map{"en": name} }
	}
	from, into := fixture.Organization(t, r.pool, named("Senate")), fixture.Organization(t, r.pool, named("Parliament"))
	person, event := fixture.Person(t, r.pool), fixture.RoundTable(t, r.pool)
	tx, err := r.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock(7241)"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ method, path, media, body string }{
		{"POST", "/v1/bundles", jsonBody, `{"lang":"en","round_table":{"title":{"en":"A"}},"attendees":[{"person":{"name":"Aidos Sarym"}}],"organizations":[{"name":"Q7z Institute"}]}`},
		{"POST", "/v1/organizations", jsonBody, fmt.Sprintf(`{"name":{"en":"Institute of Water"},"parent_id":%d}`, from)},
		{"PATCH", fmt.Sprint("/v1/organizations/", into), mergeBody, fmt.Sprintf(`{"parent_id":%d}`, from)},
		{"PATCH", fmt.Sprint("/v1/people/", person), mergeBody, `{"visibility":"restricted"}`},
		{"PATCH", fmt.Sprint("/v1/round-tables/", event), mergeBody, `{"publication":"withdrawn"}`},
		{"DELETE", fmt.Sprint("/v1/organizations/", into), "", ""},
		{"POST", fmt.Sprintf("/v1/organizations/%d/merge", from), jsonBody, fmt.Sprintf(`{"into":%d}`, into)},
		{"POST", fmt.Sprintf("/v1/people/%d/erase", person), jsonBody, `{}`},
		{"POST", "/v1/imports/people", "text/csv", "name_en\nAidos Sarym\n"},
		{"POST", "/v1/imports/popolo", "application/json", `{"persons":[{"name":"Aidos Sarym"}]}`},
	} {
		for _, key := range []string{"", "k"} {
			headers := []string{"Authorization", "Bearer " + r.token, "If-Match", "*", "Content-Type", c.media, "X-Change-Reason", "a test"}
			if key != "" && c.method == "POST" && !strings.HasSuffix(c.path, "/erase") {
				headers = append(headers, "Idempotency-Key", key)
			}
			if reply := r.do(t, c.method, c.path+"?dry_run=true", c.body, headers...); reply.Code != http.StatusOK && reply.Code != http.StatusNoContent {
				t.Errorf("%s %s: %d %s", c.method, c.path, reply.Code, reply.Body)
			}
		}
	}
}
