package merge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// world is a registry with two people and two organizations that have every kind of reference, some of them in common.
type world struct {
	*pgxpool.Pool
	removed, kept                                         int64 // people
	removedOrganization, keptOrganization                 int64 // the kept one is below the removed one
	shared, lone                                          int64 // round tables: of both; of the removed ones only
	removedAttendee, keptAttendee                         int64 // the people at the shared round table
	removedStatement                                      int64 // of the removed person at the shared round table
	removedOrganizationAttendee, keptOrganizationAttendee int64 // the organizations at the shared round table
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := dbtest.New(t)
	w := world{Pool: db, shared: fixture.RoundTable(t, db), lone: fixture.RoundTable(t, db, fixture.Draft)}
	note, restrictedNote := "Confirm the spelling.", "Asked not to be named."
	w.kept = fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.Notes, in.ExternalIDs = text.Map{"ru": "Талгат Калиев"}, &note, []string{"wikidata:Q1"}
		in.OtherNames = []text.OtherName{{Text: "Т. Калиев", Kind: "abbreviated"}}
	})
	w.removed = fixture.Person(t, db, func(in *person.Input) {
		in.Name, in.Notes, in.ExternalIDs = text.Map{"ru": "Калиев Талгат Бегимович", "en": "Talgat Kaliyev"}, &restrictedNote, []string{"orcid:0000-0001", "viaf:2"}
		in.OtherNames, in.Visibility, in.Bio = []text.OtherName{{Text: "Т. КАЛИЕВ", Kind: "alias"}, {Text: "Qaliev", Kind: "transliteration"}}, "restricted", text.Map{"en": "A historian."}
	})
	top := fixture.Organization(t, db)
	w.removedOrganization = fixture.Organization(t, db, func(in *organization.Input) {
		in.Name, in.ShortName, in.ParentID, in.Kind = text.Map{"en": "Institute of Strategic Studies"}, text.Map{"en": "ISS"}, &top, "think_tank"
		in.ExternalIDs = []string{"bin:1"}
	})
	between := fixture.Organization(t, db, func(in *organization.Input) { in.ParentID = &w.removedOrganization })
	w.keptOrganization = fixture.Organization(t, db, func(in *organization.Input) {
		in.Name, in.ShortName, in.ParentID = text.Map{"en": "KazISS"}, text.Map{"en": "KISI"}, &between
	})
	for _, p := range []int64{w.removed, w.kept} {
		fixture.Insert(t, db, "INSERT INTO contacts (person_id, kind, value) VALUES ($1, 'email', 'talgat@example.org') RETURNING id", p)
		fixture.Affiliation(t, db, func(in *affiliation.Input) {
			in.PersonID, in.OrganizationID, in.ExternalIDs = p, top, []string{fmt.Sprint("src:m", p)}
		})
	}
	fixture.Insert(t, db, "INSERT INTO contacts (person_id, kind, value) VALUES ($1, 'phone', '+7 7172 111111') RETURNING id", w.removed)
	to := date.Partial("2021")
	for _, o := range []int64{w.removedOrganization, w.keptOrganization} {
		fixture.Affiliation(t, db, func(in *affiliation.Input) { in.PersonID, in.OrganizationID, in.To = w.removed, o, &to })
		fixture.Organizer(t, db, func(in *organizer.Input) { in.RoundTableID, in.OrganizationID = w.shared, o })
	}
	fixture.Organizer(t, db, func(in *organizer.Input) {
		in.RoundTableID, in.OrganizationID, in.Kind = w.shared, w.removedOrganization, "host"
	})
	fixture.Document(t, db, func(in *document.Input) { in.AuthorIDs = []int64{w.removed, w.kept} })
	source := fixture.Document(t, db, func(in *document.Input) { in.AuthorIDs = []int64{w.removed} })

	seat := func(event int64, p, o *int64, set func(*attendee.Input)) int64 {
		return fixture.Attendee(t, db, func(in *attendee.Input) {
			in.RoundTableID, in.PersonID, in.OrganizationID = event, p, o
			if set != nil {
				set(in)
			}
		})
	}
	moveLinks := "Г-н Калиев"
	w.keptAttendee = seat(w.shared, &w.kept, nil, func(in *attendee.Input) {
		in.Roles, in.Attendance = []string{"speaker"}, "invited"
		in.Affiliations = []attendee.Affiliation{{OrganizationID: &top, Title: text.Map{"en": "Director"}}}
	})
	w.removedAttendee = seat(w.shared, &w.removed, nil, func(in *attendee.Input) {
		in.Roles, in.Attendance, in.NameAsListed = []string{"moderator", "speaker"}, "attended", &moveLinks
		in.Affiliations = []attendee.Affiliation{{OrganizationID: &top, Title: text.Map{"en": "Director"}}, {OrganizationID: &w.removedOrganization, Title: text.Map{"en": "Adviser"}},
			{OrganizationID: &w.keptOrganization, Title: text.Map{"en": "Adviser"}}}
		in.OnBehalfOf = &attendee.OnBehalfOf{PersonID: &w.kept}
	})
	w.removedOrganizationAttendee = seat(w.shared, nil, &w.removedOrganization, nil)
	w.keptOrganizationAttendee = seat(w.shared, nil, &w.keptOrganization, func(in *attendee.Input) { in.OnBehalfOf = &attendee.OnBehalfOf{OrganizationID: &w.removedOrganization} })
	lone := seat(w.lone, &w.removed, nil, nil)
	seat(w.lone, nil, &w.removedOrganization, nil)
	seat(w.lone, nil, nil, func(in *attendee.Input) {
		in.NameAsListed, in.OnBehalfOf = &moveLinks, &attendee.OnBehalfOf{PersonID: &w.removed}
	})
	seat(w.lone, nil, nil, func(in *attendee.Input) {
		in.NameAsListed, in.OnBehalfOf = &moveLinks, &attendee.OnBehalfOf{OrganizationID: &w.removedOrganization}
	})
	say := func(event, by int64, set func(*statement.Input)) int64 {
		return fixture.Statement(t, db, func(in *statement.Input) {
			in.RoundTableID, in.AttendeeID, in.DocumentID = event, &by, &source
			if set != nil {
				set(in)
			}
		})
	}
	w.removedStatement = say(w.shared, w.removedAttendee, func(in *statement.Input) {
		in.Mentions.PersonIDs, in.Mentions.OrganizationIDs = []int64{w.removed, w.kept}, []int64{w.keptOrganization, top, w.removedOrganization}
	})
	say(w.shared, w.removedOrganizationAttendee, nil)
	say(w.lone, lone, func(in *statement.Input) {
		in.QuotedPersonID, in.Mentions.PersonIDs, in.Mentions.OrganizationIDs = &w.removed, []int64{w.removed}, []int64{w.removedOrganization}
		in.Texts = append(in.Texts, statement.Text{Lang: "ru", Text: "Просил об оценке."})
	})
	fixture.Recommendation(t, db, func(in *recommendation.Input) {
		in.RoundTableID, in.StatementID, in.AddresseeID = w.shared, &w.removedStatement, &w.removedOrganization
	})
	third, other := fixture.Person(t, db), fixture.Organization(t, db)
	for _, pair := range [][2]any{{"people", []int64{w.removed, third}}, {"people", []int64{third, w.kept}}, {"organizations", []int64{w.removedOrganization, other}}} {
		ids := pair[1].([]int64)
		w.do(t, func(tx pgx.Tx) error {
			_, err := distinction.Create(t.Context(), tx, distinction.Input{Type: pair[0].(string), FirstID: ids[0], SecondID: ids[1]})
			return err
		})
	}
	return w
}

// do runs f in a transaction and commits it.
func (w world) do(t *testing.T, f func(tx pgx.Tx) error) {
	t.Helper()
	if err := w.try(f); err != nil {
		t.Fatal(err)
	}
}

func (w world) try(f func(tx pgx.Tx) error) error {
	return changes.Write(fixture.Context(), w, changes.Options{}, f)
}

// state returns the content of every record, by type and id, and every spelling.
func (w world) state(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	keep := func(sql string) {
		rows, err := w.Query(t.Context(), sql)
		if err != nil {
			t.Fatal(err)
		}
		var key, value string
		if _, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { all[key] = value; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range api.Kinds() {
		keep(fmt.Sprintf("SELECT '%s/' || id, (%[2]s_snapshot(id) - '{version,updated_at,xact}'::text[])::text FROM %[2]s", k.Type, k.Table))
	}
	keep("SELECT 'spelling of ' || person_id || ': ' || key, spelling || sound FROM person_names")
	keep("SELECT 'spelling of organization ' || organization_id || ': ' || key, spelling || sound FROM organization_names")
	keep("SELECT 'identifier ' || external_id, type || id FROM external_ids")
	return all
}

// differences lists what differs between two states.
func differences(was, is map[string]string) (all []string) {
	for key, value := range was {
		if is[key] != value {
			all = append(all, fmt.Sprintf("%s was %s, is %s", key, value, is[key]))
		}
	}
	for key, value := range is {
		if _, ok := was[key]; !ok {
			all = append(all, fmt.Sprintf("%s was not there, is %s", key, value))
		}
	}
	return all
}

// of is merge.People or merge.Organizations.
type of func(context.Context, pgx.Tx, int64, int64) (merge.Outcome, error)

// merge merges two records and returns the outcome.
func (w world) merge(t *testing.T, f of, from, into int64) (o merge.Outcome) {
	t.Helper()
	w.do(t, func(tx pgx.Tx) (err error) {
		o, err = f(fixture.Context(), tx, from, into)
		return err
	})
	return o
}

// undo undoes a merge and returns the outcome.
func (w world) undo(t *testing.T, id int64) (o merge.Outcome) {
	t.Helper()
	w.do(t, func(tx pgx.Tx) (err error) {
		o, err = merge.Undo(fixture.Context(), tx, api.Kinds(), id)
		return err
	})
	return o
}

// get returns a member of a record, by its path in the snapshot.
func (w world) get(t *testing.T, table string, id int64, path string) (v string) {
	t.Helper()
	err := w.QueryRow(t.Context(), fmt.Sprintf("SELECT coalesce((%s_snapshot($1) #> $2::text[])::text, '')", table), id, "{"+path+"}").Scan(&v)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
