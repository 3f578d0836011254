package merge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

func TestTheWorldHasEveryReferenceThatAMergeMustMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for table, id := range map[string]int64{"people": w.removed, "organizations": w.removedOrganization} {
		rows, err := w.Query(t.Context(), `SELECT c.conrelid::regclass::text || ' ' || a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND c.confrelid = $1::regclass`, table)
		if err != nil {
			t.Fatal(err)
		}
		references, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(references) < 9 {
			t.Fatalf("references to %s: %v, %v", table, references, err)
		}
		for _, r := range references {
			from, column, _ := strings.Cut(r, " ")
			if strings.HasSuffix(from, "_names") || strings.HasPrefix(column, "second_") {
				continue // derived, and the lower id stands first
			}
			var n int
			if err := w.QueryRow(t.Context(), fmt.Sprintf("SELECT count(*) FROM %s WHERE %s = $1", from, column), id).Scan(&n); err != nil || n == 0 {
				t.Errorf("nothing refers to %s by %s, so the tests cannot show that a merge moves it (%v)", table, r, err)
			}
		}
	}
}

func TestAMergeMovesAllReferencesAndFoldsDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.merge(t, merge.People, w.removed, w.kept)
	for _, want := range []struct {
		table, path, is string
		id              int64
	}{
		{"people", "name", `{"en": "Talgat Kaliyev", "ru": "Талгат Калиев"}`, w.kept},
		{"people", "external_ids", `["wikidata:Q1", "orcid:0000-0001", "viaf:2"]`, w.kept},
		{"people", "visibility", `"restricted"`, w.kept},
		{"people", "bio", `{"en": "A historian."}`, w.kept},
		{"people", "notes", `"Confirm the spelling.\n\nAsked not to be named."`, w.kept},
		{"people", "other_names,1,text", `"Калиев Талгат Бегимович"`, w.kept},
		{"people", "other_names,2,text", `"Qaliev"`, w.kept},
		{"people", "other_names,3", ``, w.kept},
		{"attendees", "roles", `["speaker", "moderator"]`, w.keptAttendee},
		{"attendees", "attendance", `"attended"`, w.keptAttendee},
		{"attendees", "name_as_listed", `"Г-н Калиев"`, w.keptAttendee},
		{"attendees", "on_behalf_of_person_id", `null`, w.keptAttendee},
		{"attendees", "affiliations,0,title", `{"en": "Director"}`, w.keptAttendee},
		{"attendees", "affiliations,1,title", `{"en": "Adviser"}`, w.keptAttendee},
		{"attendees", "affiliations,3", ``, w.keptAttendee},
		{"statements", "attendee_id", fmt.Sprint(w.keptAttendee), w.removedStatement},
		{"statements", "mentions,person_ids", fmt.Sprintf("[%d]", w.kept), w.removedStatement},
	} {
		if got := w.get(t, want.table, want.id, want.path); got != want.is {
			t.Errorf("%s %d: %s is %s, want %s", want.table, want.id, want.path, got, want.is)
		}
	}
	if got := jsonOf(t, o.Folded); !strings.Contains(got, fmt.Sprintf(`{"type":"attendees","id":%d,"into":%d}`, w.removedAttendee, w.keptAttendee)) || len(o.Folded) != 4 {
		t.Errorf("folded: %s", got)
	}
	for _, c := range o.Changed {
		if c.Type == "organizations" || c.Type == "round-tables" || c.Count == 0 {
			t.Errorf("changed: %+v", c)
		}
	}
	var op string
	var into int64
	if err := w.QueryRow(t.Context(), "SELECT op, into_id FROM changes WHERE type = 'people' AND id = $1 AND is_head", w.removed).Scan(&op, &into); err != nil || op != "merge" || into != w.kept {
		t.Errorf("the change log has %s into %d, %v", op, into, err)
	}
	if o.Merge.FromID != w.removed || o.Merge.IntoID != w.kept || o.Merge.Undone || o.Person.ID != w.kept || o.Organization != nil {
		t.Errorf("%+v", o)
	}
	var ids string
	if err := w.QueryRow(t.Context(), "SELECT string_agg(external_ids::text, ' ') FROM affiliations WHERE person_id = $1 AND cardinality(external_ids) > 0", w.kept).Scan(&ids); err != nil ||
		ids != fmt.Sprintf("{src:m%d,src:m%d}", w.kept, w.removed) {
		t.Errorf("the external ids of the folded affiliation are %s, %v", ids, err)
	}
	if lookedUp := w.get(t, "attendees", w.removedAttendee, "id"); lookedUp != "" {
		t.Error("the folded attendance is still there")
	}
}

func TestAMergeOfOrganizationsKeepsTheTree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	top := w.get(t, "organizations", w.removedOrganization, "parent_id")
	between := w.get(t, "organizations", w.keptOrganization, "parent_id")
	o := w.merge(t, merge.Organizations, w.removedOrganization, w.keptOrganization)
	var id int64
	if _, err := fmt.Sscan(between, &id); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		table, path, is string
		id              int64
	}{
		{"organizations", "parent_id", top, w.keptOrganization},
		{"organizations", "parent_id", fmt.Sprint(w.keptOrganization), id},
		{"organizations", "kind", `"think_tank"`, w.keptOrganization},
		{"organizations", "other_names,0,text", `"Institute of Strategic Studies"`, w.keptOrganization},
		{"organizations", "other_names,1", `{"kind": "abbreviated", "lang": "en", "text": "ISS"}`, w.keptOrganization},
		{"attendees", "affiliations,1,organization_id", fmt.Sprint(w.keptOrganization), w.removedAttendee},
		{"attendees", "affiliations,2", ``, w.removedAttendee},
		{"attendees", "on_behalf_of_organization_id", `null`, w.keptOrganizationAttendee},
		{"statements", "mentions,organization_ids", fmt.Sprintf("[%d, %s]", w.keptOrganization, top), w.removedStatement},
	} {
		if got := w.get(t, want.table, want.id, want.path); got != want.is {
			t.Errorf("%s %d: %s is %s, want %s", want.table, want.id, want.path, got, want.is)
		}
	}
	if o.Organization.ID != w.keptOrganization || o.Person != nil || len(o.Folded) != 3 {
		t.Errorf("%s", jsonOf(t, o))
	}
}

func TestAMergedOrganizationInheritsAParentOnlyIfItHasNone(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	w := world{Pool: db}
	part := func(parent *int64) int64 {
		return fixture.Organization(t, db, func(in *organization.Input) { in.ParentID = parent })
	}
	top, other := part(nil), part(nil)
	topless, above := part(nil), part(nil)
	for name, c := range map[string]struct {
		from, into int64
		want       string
	}{
		"both have one":      {part(&top), part(&other), fmt.Sprint(other)},
		"only the duplicate": {part(&top), part(nil), fmt.Sprint(top)},
		"only the target":    {part(nil), part(&other), fmt.Sprint(other)},
		"neither":            {part(nil), topless, "null"},
		"the target is the parent of the duplicate": {part(&above), above, "null"},
	} {
		w.merge(t, merge.Organizations, c.from, c.into)
		if got := w.get(t, "organizations", c.into, "parent_id"); got != c.want {
			t.Errorf("%s: the parent is %s, want %s", name, got, c.want)
		}
	}
}

func TestAMergedOrganizerKeepsItsNameAsListedElseInheritsOne(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	w := world{Pool: db}
	for name, c := range map[string]struct {
		gone, stays *string
		want        string
	}{
		"only the duplicate has one": {new("KazISS"), nil, `"KazISS"`},
		"both have one":              {new("KazISS"), new("Institute"), `"Institute"`},
		"neither":                    {nil, nil, "null"},
	} {
		event, gone, stays := fixture.RoundTable(t, db), fixture.Organization(t, db), fixture.Organization(t, db)
		listed := func(organization int64, name *string) int64 {
			return fixture.Organizer(t, db, func(in *organizer.Input) {
				in.RoundTableID, in.OrganizationID, in.NameAsListed = event, organization, name
			})
		}
		listed(gone, c.gone)
		left := listed(stays, c.stays)
		w.merge(t, merge.Organizations, gone, stays)
		if got := w.get(t, "organizers", left, "name_as_listed"); got != c.want {
			t.Errorf("%s: listed as %s, want %s", name, got, c.want)
		}
	}
}

func TestUndoRestoresTheExactPreviousState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		merge of
		ids   func(w world) (from, into int64)
	}{
		"people":                               {merge.People, func(w world) (int64, int64) { return w.removed, w.kept }},
		"people, the other way round":          {merge.People, func(w world) (int64, int64) { return w.kept, w.removed }},
		"organizations":                        {merge.Organizations, func(w world) (int64, int64) { return w.removedOrganization, w.keptOrganization }},
		"organizations, a part into its whole": {merge.Organizations, func(w world) (int64, int64) { return w.keptOrganization, w.removedOrganization }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			was := w.state(t)
			from, into := c.ids(w)
			for range 2 { // a merge can be repeated after an undo
				o := w.merge(t, c.merge, from, into)
				if slices.Equal(differences(was, w.state(t)), nil) {
					t.Fatal("the merge did nothing")
				}
				back := w.undo(t, o.Merge.ID)
				if diff := differences(was, w.state(t)); len(diff) > 0 {
					t.Fatalf("after the undo:\n%s", strings.Join(diff, "\n"))
				}
				if !back.Merge.Undone || len(back.Folded) != len(o.Folded) || jsonOf(t, back.Changed) != jsonOf(t, o.Changed) {
					t.Errorf("merged %s\nundone %s", jsonOf(t, o), jsonOf(t, back))
				}
				if err := w.try(func(tx pgx.Tx) error {
					_, err := merge.Undo(fixture.Context(), tx, api.Kinds(), o.Merge.ID)
					return err
				}); codeOf(err) != "already_undone" {
					t.Errorf("undone twice: %v", err)
				}
			}
		})
	}
}

func TestAnUndoThatWouldLoseLaterChangesIsRejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.merge(t, merge.People, w.removed, w.kept).Merge.ID
	w.do(t, func(tx pgx.Tx) error {
		return pg.Exec(t.Context(), tx, "UPDATE attendees SET attendance = 'online' WHERE id = @id", pg.Args{"id": w.keptAttendee})
	})
	third := fixture.Person(t, w)
	second := w.merge(t, merge.People, w.kept, third).Merge.ID
	merged := w.state(t)
	err := w.try(func(tx pgx.Tx) error { _, err := merge.Undo(fixture.Context(), tx, api.Kinds(), first); return err })
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Conflict || e.Code != "changed_since" {
		t.Fatalf("undone under a later merge: %v", err)
	}
	since := jsonOf(t, e.Extra["changed_since"])
	for _, want := range []string{fmt.Sprintf(`"type":"people","id":%d,"op":"merge"`, w.kept), fmt.Sprintf(`"type":"attendees","id":%d,"op":"update"`, w.keptAttendee)} {
		if !strings.Contains(since, want) {
			t.Errorf("%s is not in %s", want, since)
		}
	}
	if diff := differences(merged, w.state(t)); len(diff) > 0 {
		t.Errorf("a rejected undo changed something: %v", diff)
	}
	// It succeeds in reverse order, with the attendance as the merge left it.
	w.undo(t, second)
	if err := w.try(func(tx pgx.Tx) error { _, err := merge.Undo(fixture.Context(), tx, api.Kinds(), first); return err }); codeOf(err) != "changed_since" {
		t.Fatalf("%v", err)
	}
	w.do(t, func(tx pgx.Tx) error {
		return pg.Exec(t.Context(), tx, "UPDATE attendees SET attendance = 'attended' WHERE id = @id", pg.Args{"id": w.keptAttendee})
	})
	w.undo(t, first)
}

func TestAnUndoThatCannotSucceedNamesTheObstacle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	above, other := fixture.Organization(t, w), fixture.Organization(t, w)
	below := func(parent int64) int64 {
		return fixture.Organization(t, w, func(in *organization.Input) { in.ParentID = &parent })
	}
	gone, stays := below(above), below(other)
	id := w.merge(t, merge.Organizations, gone, stays).Merge.ID
	w.do(t, func(tx pgx.Tx) error { return changes.Delete(t.Context(), tx, organization.Table, above) })
	merged := w.state(t)
	err := w.try(func(tx pgx.Tx) error {
		_, err := merge.Undo(fixture.Context(), tx, api.Kinds(), id)
		return err
	})
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Conflict || e.Code != "cannot_come_back" || e.Args["id"] != fmt.Sprint(gone) || e.Fields[0].Pointer != "/parent_id" {
		t.Errorf("%v", err)
	}
	if diff := differences(merged, w.state(t)); len(diff) > 0 {
		t.Errorf("a rejected undo changed something: %v", diff)
	}
}

func TestAMergedRecordPointsToTheEndOfTheChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	third := fixture.Person(t, w)
	w.merge(t, merge.People, w.removed, w.kept)
	second := w.merge(t, merge.People, w.kept, third).Merge.ID
	at := func() (string, any) {
		var e *apperr.Error
		if err := changes.Missing(fixture.Context(), w, "people", w.removed); errors.As(err, &e) {
			return e.Code, e.Extra["into"]
		}
		return "", nil
	}
	if code, into := at(); code != "merged" || into != third {
		t.Errorf("%s into %v, want the end of the chain, %d", code, into, third)
	}
	w.undo(t, second)
	if code, into := at(); code != "merged" || into != w.kept {
		t.Errorf("after the undo of the second: %s into %v, want %d", code, into, w.kept)
	}
}

func TestImpossibleMergesAreRejectedAndChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	merged := fixture.Person(t, w)
	w.merge(t, merge.People, merged, w.kept)
	distinct := fixture.Person(t, w)
	w.do(t, func(tx pgx.Tx) error {
		_, err := distinction.Create(t.Context(), tx, distinction.Input{Type: "people", FirstID: distinct, SecondID: w.removed})
		return err
	})
	was := w.state(t)
	for name, c := range map[string]struct {
		from, into int64
		want       string
	}{
		"itself":            {w.removed, w.removed, "validation_failed /into:same_record"},
		"nobody":            {w.removed, 999, "validation_failed /into:unknown_reference"},
		"a merged one":      {w.removed, merged, "validation_failed /into:merged_reference"},
		"nobody into one":   {999, w.removed, "not_found"},
		"a merged into one": {merged, w.removed, "merged"},
		"not the same":      {w.removed, distinct, "said_distinct"},
	} {
		err := w.try(func(tx pgx.Tx) error { _, err := merge.People(fixture.Context(), tx, c.from, c.into); return err })
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if diff := differences(was, w.state(t)); len(diff) > 0 {
		t.Errorf("%v", diff)
	}
}

func TestConcurrentMergesLoseNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var people []int64
	for range 8 {
		people = append(people, fixture.Person(t, w))
	}
	done := make(chan error)
	for i, from := range people {
		go func() { // each into its neighbour, in a ring: at least one merge finds its neighbour removed
			done <- w.try(func(tx pgx.Tx) error {
				_, err := merge.People(fixture.Context(), tx, from, people[(i+1)%len(people)])
				return err
			})
		}()
	}
	refused := 0
	for range people {
		if err := <-done; err != nil {
			if code := codeOf(err); code != "validation_failed" && code != "merged" {
				t.Errorf("%v", err)
			}
			refused++
		}
	}
	var left int
	if err := w.QueryRow(context.Background(), "SELECT count(*) FROM people WHERE id = ANY ($1)", people).Scan(&left); err != nil || left != refused || left == 0 {
		t.Errorf("%d people are left after %d merges, %d rejected: %v", left, len(people)-refused, refused, err)
	}
}

func codeOf(err error) string {
	var e *apperr.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestListsOfMergesSupportEveryFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.merge(t, merge.Organizations, w.removedOrganization, w.keptOrganization)
	w.undo(t, w.merge(t, merge.People, w.removed, w.kept).Merge.ID)
	fixture.EveryFilter(t, w, merge.List,
		func(f *merge.Filter) { f.Person = []int64{w.removed} }, func(f *merge.Filter) { f.Organization = []int64{w.keptOrganization} })
}
