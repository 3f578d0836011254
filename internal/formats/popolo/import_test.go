package popolo_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// registry is a database that documents are imported into.
type registry struct {
	db                    *pgxpool.Pool
	people, organizations *spelling.Finder
}

func newRegistry(t *testing.T) registry {
	t.Helper()
	r := registry{db: dbtest.New(t)}
	for index, finder := range map[*spelling.Index]**spelling.Finder{&person.Spellings: &r.people, &organization.Spellings: &r.organizations} {
		f, err := spelling.NewFinder(r.db, *index)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		*finder = f
	}
	return r
}

// load imports a document and returns the result of each object, as "pointer action by kept ignored mistakes".
func (r registry) load(t *testing.T, o popolo.Options, document string) (results []string) {
	t.Helper()
	d, err := popolo.Read([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	o.People, o.Organizations = r.people, r.organizations
	ctx := fixture.Context()
	err = changes.Write(ctx, r.db, changes.Options{}, func(tx pgx.Tx) error {
		list, err := popolo.Import(ctx, tx, d, &imports.Head{}, o)
		for _, result := range list {
			by := "-"
			if result.Object.MatchedBy != nil {
				by = *result.Object.MatchedBy
			}
			line := fmt.Sprintf("%s %s %s %v %v", result.Object.Pointer, result.Action, by, result.Object.Kept, result.Object.Ignored)
			for _, m := range result.Errors {
				line += " " + m.Pointer + ":" + m.Code
			}
			results = append(results, line)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func (r registry) wantResults(t *testing.T, o popolo.Options, document string, want ...string) {
	t.Helper()
	if got := r.load(t, o, document); !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wantRow compares the only row of a query.
func (r registry) wantRow(t *testing.T, sql, want string) {
	t.Helper()
	var got *string
	if err := r.db.QueryRow(context.Background(), sql).Scan(&got); err != nil || got == nil || *got != want {
		if got == nil {
			got = new("NULL")
		}
		t.Errorf("%s: %s, want %s (%v)", sql, *got, want, err)
	}
}

// whole is a document whose objects are in lists, embedded in each other, and refer to each other.
const whole = `{"organizations":[
		{"id":"ministry","name":"Министерство культуры","classification":"government","founding_date":"1997","links":[{"url":"https://example.org","note":"website"},{"url":"https://example.org/else"}],
			"other_names":[{"name":"Ministry of Culture","lang":"en","note":"multilingual"},{"name":"МК","lang":"ru","note":"short name"}]},
		{"id":"fund","name":"Culture Fund","parent":{"id":"holding","name":"The Holding"},"posts":[{"id":"head","label":"Head","memberships":[{"person":{"name":"Айгүл Сәрсен"}}]}]}],
	"persons":[{"id":"p","name":"Marat Saparov","identifiers":[{"scheme":"Wiki Data","identifier":"Q1"},{"scheme":"","identifier":"x"}],"honorific_prefix":"Dr.","biography":"A historian.","eye_color":"green",
		"memberships":[{"organization_id":"ministry","role":"Adviser","start_date":"2010","end_date":"2012-05"}]},
		{"given_name":"Serik","family_name":"Akhmetov"}],
	"events":[{"id":"e","name":"Conference","classification":"conference","status":"confirmed","location":"Hall","start_date":"2020-02-27T10:00+06:00","end_date":"2020-02-27T12:00+06:00","organization_id":"fund",
		"attendees":[{"id":"p","name":"Marat Saparov"}],"children":[{"name":"Section","classification":"section","start_date":"2020"}]}],
	"areas":[]}`

func TestADocumentIsImportedWithItsEmbeddedObjects(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.wantResults(t, popolo.Options{Source: "src"}, whole,
		"/organizations/0 created - [] [links]", "/organizations/1/parent created - [] []", "/organizations/1 created - [] []",
		"/organizations/1/posts/0/memberships/0/person created - [] []", "/persons/0 created - [] [eye_color identifiers]", "/persons/1 created - [] []",
		"/organizations/1/posts/0/memberships/0 created - [] []", "/persons/0/memberships/0 created - [] []",
		"/events/0 created - [] []", "/events/0/children/0 created - [] [classification]",
	)
	r.wantRow(t, "SELECT concat_ws(' | ', name, short_name, kind, website, founded_on) FROM organizations WHERE 'src:ministry' = ANY (external_ids)",
		`{"en": "Ministry of Culture", "ru": "Министерство культуры"} | {"ru": "МК"} | government | https://example.org | 1997`)
	r.wantRow(t, "SELECT concat_ws(' | ', p.name ->> 'en', o.name ->> 'en') FROM organizations o JOIN organizations p ON p.id = o.parent_id", "The Holding | Culture Fund")
	r.wantRow(t, "SELECT concat_ws(' | ', name, honorific, bio, external_ids) FROM people WHERE name ->> 'en' = 'Marat Saparov'",
		`{"en": "Marat Saparov"} | {"en": "Dr."} | {"en": "A historian."} | {wiki_data:Q1,src:p}`)
	r.wantRow(t, `SELECT string_agg(concat_ws(' ', coalesce(p.name ->> 'kk', p.name ->> 'en'), f.title ->> 'en', coalesce(o.name ->> 'en', ''), f.held_from, f.held_to), ' | ' ORDER BY f.id)
		FROM affiliations f JOIN people p ON p.id = f.person_id JOIN organizations o ON o.id = f.organization_id`, "Айгүл Сәрсен Head Culture Fund | Marat Saparov Adviser Ministry of Culture 2010 2012-05")
	r.wantRow(t, "SELECT concat_ws(' | ', title ->> 'en', format, status, venue ->> 'en', starts_at AT TIME ZONE 'UTC', ends_at AT TIME ZONE 'UTC', publication) FROM round_tables WHERE parent_id IS NULL",
		"Conference | conference | scheduled | Hall | 2020-02-27 04:00:00 | 2020-02-27 06:00:00 | draft")
	r.wantRow(t, "SELECT concat_ws(' | ', title ->> 'en', format, date_precision) FROM round_tables WHERE parent_id IS NOT NULL", "Section | other | year")
	r.wantRow(t, "SELECT concat_ws(' | ', (SELECT count(*) FROM organizers), (SELECT count(*) FROM attendees WHERE person_id IS NOT NULL))", "1 | 1")
}

func TestADocumentThatWasImportedChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.load(t, popolo.Options{Source: "src"}, whole)
	for _, source := range []string{"src", ""} {
		for _, told := range r.load(t, popolo.Options{Source: source}, whole) {
			if strings.Fields(told)[1] != "unchanged" {
				t.Errorf("source %q: %s", source, told)
			}
		}
	}
	r.wantRow(t, `SELECT concat_ws(' ', (SELECT count(*) FROM organizations), (SELECT count(*) FROM people), (SELECT count(*) FROM affiliations), (SELECT count(*) FROM round_tables),
		(SELECT count(*) FROM organizers), (SELECT count(*) FROM attendees))`, "3 3 2 2 1 1")
}

func TestAnImportAddsMissingValuesAndReplacesNone(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.load(t, popolo.Options{}, `{"persons":[{"name":"Marat Saparov","biography":"A historian.","identifiers":[{"scheme":"wikidata","identifier":"Q1"}]}]}`)
	r.wantResults(t, popolo.Options{}, `{"persons":[{"name":"Марат Сапаров","biography":"An economist.","honorific_prefix":"Dr.","identifiers":[{"scheme":"wikidata","identifier":"Q1"},{"scheme":"kisi","identifier":"7"}],
		"other_names":[{"name":"M. Saparov","note":"abbreviated"},{"name":"Saparoff","end_date":"2001"},{"name":"Marat S.","lang":"en","note":"multilingual"}]}]}`,
		"/persons/0 updated identifier [biography] [other_names.end_date]")
	r.wantRow(t, "SELECT concat_ws(' | ', name, honorific, bio, external_ids) FROM people", `{"en": "Marat Saparov", "ru": "Марат Сапаров"} | {"en": "Dr."} | {"en": "A historian."} | {wikidata:Q1,kisi:7}`)
	r.wantRow(t, "SELECT string_agg(o ->> 'text' || ' ' || (o ->> 'kind'), ', ' ORDER BY o ->> 'text') FROM people, jsonb_array_elements(to_jsonb(other_names)) o",
		"M. Saparov abbreviated, Marat S. alias, Saparoff former")
}

func TestTheLanguageOfATextIsTheGivenOneOrGuessedByItsLetters(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.load(t, popolo.Options{}, `{"organizations":[{"name":"Fund"},{"name":"Школа"},{"name":"Қор"}]}`)
	r.load(t, popolo.Options{Lang: "de"}, `{"organizations":[{"name":"Verein"}]}`)
	r.wantRow(t, "SELECT string_agg(name::text, ' ' ORDER BY id) FROM organizations", `{"en": "Fund"} {"ru": "Школа"} {"kk": "Қор"} {"de": "Verein"}`)
}

func TestAnExportedObjectIsFoundByItsAddress(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	id := fixture.Person(t, r.db)
	const base = "https://registry.example.org"
	document := fmt.Sprintf(`{"persons":[{"id":"people/%[1]d","name":"Another Name","sources":[{"url":"%[2]s/v1/people/%[1]d"}]}]}`, id, base)
	r.wantResults(t, popolo.Options{Base: base, Source: "src"}, document, "/persons/0 updated id [] []")
	r.wantRow(t, "SELECT external_ids::text FROM people", "{}") // our own id is not an external id
	r.wantResults(t, popolo.Options{Base: "https://elsewhere.example.org"}, strings.ReplaceAll(document, "Another Name", "Serik Akhmetov"), "/persons/0 created - [] []")
}

func TestErrorsAreReportedAtTheirObjectAndOtherObjectsAreImported(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.wantResults(t, popolo.Options{}, `{"organizations":[{"id":"o","name":"Fund"},{"id":"lost","name":"Lost","parent_id":"nowhere"},{"id":"o","name":"Twice"},{"id":"ring","name":"Ring","parent_id":"ring"}],
		"persons":[{"id":"p","name":"Marat Saparov"},{"id":"none"},{"id":"bad","name":7}],
		"memberships":[{"person_id":"p","organization_id":"o","start_date":"2020","end_date":"2019"},{"person_id":"bad","organization_id":"o"},{"organization_id":"o"},{"person_id":"p","organization_id":"lost"},{"person_id":"p","organization_id":"o","start_date":"2020-13"}],
		"events":[{"name":"Forum","start_date":"2020-02-27T25:00+05"},{"name":""},{"name":"Party","attendees":[{"id":"none"}]}]}`,
		"/organizations/0 created - [] []", "/organizations/1 error - [] [] /organizations/1/parent_id:unknown_in_document", "/organizations/2 error - [] [] /organizations/2/id:duplicate",
		"/organizations/3 error - [] [] /organizations/3/parent_id:unknown_in_document",
		"/persons/0 created - [] []", "/persons/1 error - [] [] /persons/1/name:no_name", "/persons/2 error - [] [] /persons/2/name:wrong_type",
		"/memberships/0 error - [] [] /memberships/0/end_date:before_start", "/memberships/1 error - [] [] /memberships/1/person_id:failed_in_document",
		"/memberships/2 error - [] [] /memberships/2/person_id:required", "/memberships/3 error - [] [] /memberships/3/organization_id:failed_in_document",
		"/memberships/4 error - [] [] /memberships/4/start_date:bad_partial_date",
		"/events/0 error - [] [] /events/0/start_date:bad_popolo_date", "/events/1 error - [] [] /events/1/name:no_name", "/events/2 error - [] [] /events/2/attendees:failed_in_document",
	)
	r.wantRow(t, "SELECT concat_ws(' ', (SELECT count(*) FROM organizations), (SELECT count(*) FROM people), (SELECT count(*) FROM affiliations), (SELECT count(*) FROM round_tables))", "1 1 0 0")
}

func TestAnAmbiguousNameIsRejectedUnlessDuplicatesAreAllowed(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	const document = `{"persons":[{"name":"Marat Saparov"}]}`
	r.load(t, popolo.Options{}, document)
	r.load(t, popolo.Options{AllowDuplicate: true}, `{"persons":[{"name":"Марат Сапаров"}]}`)
	r.wantResults(t, popolo.Options{}, `{"persons":[{"name":"Murat Saparov"}]}`, "/persons/0 error - [] [] /persons/0/name:ambiguous_object")
	r.wantResults(t, popolo.Options{AllowDuplicate: true}, `{"persons":[{"name":"Murat Saparov"}]}`, "/persons/0 created - [] []")
}

func TestTheDatesOfAnEventAreAsPreciseAsGiven(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	for i, c := range []struct{ starts, ends, ignored, want string }{
		{"2020", "", "[]", "2020-01-01 year"},
		{"2020-02", "2020-03", "[end_date]", "2020-02-01 month"},
		{"2020-02-27", "2020-02-28", "[]", "2020-02-27 day 2020-02-28"},
		{"2020-02-27", "2020-02-28T10:00Z", "[]", "2020-02-27 day 2020-02-28"},
		{"2020-02-27T10Z", "", "[]", "2020-02-27 day UTC 2020-02-27 10:00:00"},
		{"2020-02-27T10:00:30-03:00", "2020-02-27T11:00-03:00", "[]", "2020-02-27 day Etc/GMT+3 2020-02-27 13:00:30 2020-02-27 14:00:00"},
		{"2020-02-27T10:00+08", "2020-02-28", "[]", "2020-02-27 day 2020-02-28 Etc/GMT-8 2020-02-27 02:00:00"},
		{"2020-02-27T10:00+05:30", "", "[]", "2020-02-27 day UTC 2020-02-27 04:30:00"},
		{"", "2020", "[end_date]", "unknown"},
	} {
		name := fmt.Sprintf("Event %d", i)
		r.wantResults(t, popolo.Options{}, fmt.Sprintf(`{"events":[{"name":%q,"start_date":%s,"end_date":%s}]}`, name, orNull(c.starts), orNull(c.ends)), "/events/0 created - [] "+c.ignored)
		r.wantRow(t, fmt.Sprintf(`SELECT concat_ws(' ', starts_on, date_precision, CASE WHEN ends_on <> starts_on THEN ends_on END, CASE WHEN starts_at IS NOT NULL THEN timezone END,
			starts_at AT TIME ZONE 'UTC', ends_at AT TIME ZONE 'UTC') FROM round_tables WHERE title ->> 'en' = '%s'`, name), c.want)
	}
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return strconv.Quote(s)
}

func TestADocumentIsAnObjectWithListsOfPopolo(t *testing.T) {
	t.Parallel()
	for document, want := range map[string]string{`[]`: " not_an_object", `{}`: " no_popolo", `{"persons":{}}`: "/persons wrong_type", `{"areas":[]}`: " no_popolo"} {
		_, err := popolo.Read([]byte(document))
		var e *apperr.Error
		if !errors.As(err, &e) || e.Kind != apperr.Invalid || len(e.Fields) != 1 || e.Fields[0].Pointer+" "+e.Fields[0].Code != want {
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
	d, err := popolo.Read([]byte(`{"persons":null,"memberships":[],"meta":{},"areas":[]}`))
	if err != nil || !slices.Equal(d.Ignored, []string{"areas", "meta"}) || len(d.People)+len(d.Memberships) != 0 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestAMembershipIsFoundByItsPersonOrganizationRoleAndBeginning(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	document := func(memberships string) string {
		return `{"organizations":[{"id":"o","name":"Parliament"}],"persons":[{"id":"p","name":"Marat Saparov"}],"memberships":[` + memberships + `],
			"events":[{"id":"term/1","name":"First term","classification":"legislative period","start_date":"2011-03-01","end_date":"2015-02-28"},
				{"id":"term/2","name":"Second term","classification":"Legislative_Period","start_date":"2015-03-01"},{"id":"term/3","classification":"term","start_date":"someday"}]}`
	}
	const both = "/organizations/0 unchanged name [] [] | /persons/0 unchanged name [] []"
	want := func(memberships string, results ...string) {
		t.Helper()
		r.wantResults(t, popolo.Options{}, document(memberships), append(strings.Split(both, " | "), results...)...)
	}
	r.load(t, popolo.Options{}, document(""))
	const plain = `{"person_id":"p","organization_id":"o","role":"member"}`
	want(plain+","+plain, "/memberships/0 created - [] []", "/memberships/1 unchanged content [] []")
	want(plain+","+plain, "/memberships/0 unchanged content [] []", "/memberships/1 unchanged content [] []")
	const dated = `{"id":"m1","person_id":"p","organization_id":"o","role":"Speaker","start_date":"2019-01","end_date":"%s"}`
	want(fmt.Sprintf(dated, "2020"), "/memberships/0 created - [] []")
	want(fmt.Sprintf(dated, "2021"), "/memberships/0 unchanged content [end_date] []")
	want(fmt.Sprintf(dated, ""), "/memberships/0 unchanged content [] []")
	named := func(membership, want string) {
		t.Helper()
		if results := r.load(t, popolo.Options{Source: "src"}, document(membership)); results[len(results)-1] != want {
			t.Errorf("%s, want %s", results[len(results)-1], want)
		}
	}
	named(fmt.Sprintf(dated, "2021"), "/memberships/0 updated content [end_date] []")
	r.wantRow(t, "SELECT external_ids::text FROM affiliations WHERE title ->> 'en' = 'Speaker'", "{src:m1}")
	named(`{"id":"m1","person_id":"p","organization_id":"o","role":"The Speaker","start_date":"2019-02"}`, "/memberships/0 unchanged identifier [role start_date] []")
	named(`{"id":"m2","person_id":"p","organization_id":"o","role":"Speaker","start_date":"2019-01"}`, "/memberships/0 unchanged content [identifiers] []")
	const term = `{"person_id":"p","organization_id":"o","role":"deputy","legislative_period_id":"term/%d"%s}`
	want(fmt.Sprintf(term, 1, "")+","+fmt.Sprintf(term, 2, "")+","+fmt.Sprintf(term, 2, ""),
		"/memberships/0 created - [] []", "/memberships/1 created - [] []", "/memberships/2 unchanged content [] []")
	want(fmt.Sprintf(term, 1, `,"start_date":"2012-06","end_date":"2013"`)+","+fmt.Sprintf(term, 1, `,"start_date":"2016"`)+","+fmt.Sprintf(term, 3, `,"start_date":"2017"`),
		"/memberships/0 created - [] []", "/memberships/1 created - [] []", "/memberships/2 created - [] []")
	r.wantRow(t, "SELECT string_agg(concat_ws('/', held_from, held_to), ' ' ORDER BY id) FROM affiliations WHERE title ->> 'en' = 'deputy'",
		"2011-03-01/2015-02-28 2015-03-01 2012-06/2013 2016 2017")
	r.wantRow(t, "SELECT count(*)::text FROM round_tables", "0")
}

func TestWhatIsNotTakenOverRejectsNothing(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.wantResults(t, popolo.Options{}, `{"organizations":[{"id":"o","name":"Fund","image":"no address","founding_date":"","links":[{"note":"website"},{"url":"no address","note":"website"},7],"contact_details":[{"type":"email"}],"sources":[{"url":""}]}],
		"persons":[{"name":"Marat Saparov","email":"","birth_date":"","gender":null,"links":[{"note":"blog"}],"death_date":"yesterday","created_at":"now","identifiers":[{"scheme":"a"},{"scheme":"b","identifier":7},{"scheme":"c","identifier":"1"}],
			"other_names":[{"name":"M. Saparov","start_date":"1999","end_date":""},{"name":"Saparoff","end_date":"yesterday"},{"note":"no name"}],
			"memberships":[{"organization_id":"o","start_date":"","end_date":null,"area":{"id":7},"on_behalf_of":7}]}]}`,
		"/organizations/0 created - [] [contact_details image links sources]",
		"/persons/0 created - [] [death_date identifiers links other_names other_names.start_date]",
		"/persons/0/memberships/0 created - [] [area on_behalf_of]")
	r.wantRow(t, "SELECT external_ids::text FROM people", "{c:1}")
	r.wantResults(t, popolo.Options{}, `{"persons":[{"name":"Serik Akhmetov","memberships":[{"organization_id":"nowhere"},{"start_date":"x"},7]}]}`,
		"/persons/0 created - [] []", "/persons/0/memberships/0 error - [] [] /persons/0/memberships/0/organization_id:unknown_in_document",
		"/persons/0/memberships/1 error - [] [] /persons/0/memberships/1/start_date:bad_popolo_date", "/persons/0/memberships/2 error - [] [] /persons/0/memberships/2:wrong_type")
}

func TestRecordsWithContradictingIdentifiersAreNeverOne(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	const document = `{"persons":[{"id":"%s","name":"%s","identifiers":[{"scheme":"wikidata","identifier":"%s"},{"scheme":"viaf","identifier":"%s"}]}]}`
	r.wantResults(t, popolo.Options{Source: "src"}, fmt.Sprintf(document, "a", "Marat Saparov", "Q1", "1"), "/persons/0 created - [] []")
	r.wantResults(t, popolo.Options{}, fmt.Sprintf(document, "b", "Marat Saparov", "Q2", "2"), "/persons/0 created - [] []") // the same name, another person
	r.wantResults(t, popolo.Options{Source: "src"}, fmt.Sprintf(document, "a", "Marat Saparov", "Q3", "3"),
		"/persons/0 error - [] [] /persons/0/identifiers:contradicting_identifiers")
	r.wantResults(t, popolo.Options{}, fmt.Sprintf(document, "c", "M. B. Saparov", "q1", "4"), "/persons/0 updated identifier [] []")
	r.wantRow(t, "SELECT string_agg(external_ids::text, ' ' ORDER BY id) FROM people", "{wikidata:Q1,viaf:1,src:a,viaf:4} {wikidata:Q2,viaf:2}")
	r.wantRow(t, "SELECT count(*)::text FROM distinctions", "1")
}

func TestTheLanguageOfNamesIsThatOfTheWholeDocument(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ names, want string }{
		{`"Микола Азаров","Віктор Янукович","Юлія Їжакевич"`, "uk uk uk"},
		{`"Иван Петров","Ілияс Жансүгіров"`, "ru kk"},
		{`"Иван Петров","Пётр Семёнов"`, "ru ru"},
		{`"Аляксандр Лукашэнка","Васіль Быкаў"`, "be be"},
		{`"Αλέξης Τσίπρας","Alexis Tsipras"`, "el en"},
		{`"საქართველო","Հայաստան"`, "ka hy"},
	} {
		r := newRegistry(t)
		d, err := popolo.Read([]byte(`{"persons":[{"name":` + strings.ReplaceAll(c.names, ",", `},{"name":`) + `}]}`))
		if err != nil {
			t.Fatal(err)
		}
		var langs []string
		err = changes.Write(fixture.Context(), r.db, changes.Options{}, func(tx pgx.Tx) error {
			rows, err := popolo.Import(fixture.Context(), tx, d, &imports.Head{}, popolo.Options{People: r.people, Organizations: r.organizations, AllowDuplicate: true})
			for _, row := range rows {
				langs = append(langs, *row.Object.Lang)
			}
			return err
		})
		if got := strings.Join(langs, " "); err != nil || got != c.want {
			t.Errorf("%s: reported %s, want %s (%v)", c.names, got, c.want, err)
		}
		r.wantRow(t, "SELECT string_agg(k, ' ' ORDER BY id) FROM people, jsonb_object_keys(name) k", c.want)
	}
}

func TestTextsOfADocumentAreCleanedBeforeTheyAreCompared(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	const document = `{"organizations":[{"id":"o ","name":"Water  Fund\u200b"}],"persons":[{"id":"p","name":" Marat\nSaparov","other_names":[{"name":"M.  Saparov"}],"biography":"One\r\ntwo"}],
		"memberships":[{"person_id":" p","organization_id":"o","role":"Member "}],"events":[{"name":"Forum ","start_date":"2020-02-27","location":" Hall  1"}]}`
	r.load(t, popolo.Options{}, document)
	for _, result := range r.load(t, popolo.Options{}, document) {
		if !strings.Contains(result, " unchanged ") || !strings.HasSuffix(result, "[] []") {
			t.Error(result)
		}
	}
	r.wantRow(t, "SELECT concat_ws(' | ', p.name ->> 'en', p.bio ->> 'en', o.name ->> 'en') FROM people p, organizations o", "Marat Saparov | One\ntwo | Water Fund")
}
