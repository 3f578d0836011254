package bundle

import (
	"slices"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json/jsontext"
)

func TestPlainStringsAndLabelsInADocument(t *testing.T) {
	db := dbtest.New(t)
	var in Input
	err := input.Decode(jsontext.Value(`{"lang":"ru","round_table":{"title":"Вода","format":"Круглый стол","status":"HELD","mode":"in person"},
		"organizers":[{"organization":"Институт воды","kind":"Организатор"},"Фонд озёр"],
		"attendees":[{"person":"Ерлан Карин","roles":["Модератор","MODERATOR","докладчик"],"affiliations":[{"organization":"Институт воды","title":"директор"}]},"Тимофей Рябоконь"],
		"statements":[{"speaker":"Ерлан Карин","texts":["Воды мало."]}],
		"documents":[{"title":"О воде","kind":"Пресс-релиз","relation":"Источник"}]}`), &in)
	if err != nil {
		t.Fatal(err)
	}
	r := must(t, db, in)
	var got string
	err = db.QueryRow(t.Context(), `SELECT concat_ws('|', r.title ->> 'ru', r.format, r.status, r.mode, o.kind, f.title ->> 'ru', x.text,
			(SELECT string_agg(h.role, ',' ORDER BY h.position) FROM attendee_roles h), d.kind, l.relation,
			(SELECT g.name ->> 'ru' FROM organizers s JOIN organizations g ON g.id = s.organization_id WHERE s.position = 2),
			(SELECT p.name ->> 'ru' FROM attendees a JOIN people p ON p.id = a.person_id WHERE a.position = 2))
		FROM round_tables r, organizers o, attendee_affiliations f, statement_texts x, documents d, document_links l WHERE r.id = $1 AND o.position = 1`, *r.RoundTable.ID).Scan(&got)
	if want := "Вода|round_table|held|in_person|organizer|директор|Воды мало.|moderator,presenter|press_release|source|Фонд озёр|Тимофей Рябоконь"; err != nil || got != want {
		t.Errorf("%s, want %s (%v)", got, want, err)
	}
}

func TestAllMistakesOfADocumentComeAtOnce(t *testing.T) {
	db := dbtest.New(t)
	for range 2 {
		must(t, db, event(func(in *Input) { in.Attendees = []Attendee{{Person: &Person{Name: "Talgat Kaliyev", New: true}}} }))
	}
	var in Input
	form := apperr.FieldsOf(input.Decode(jsontext.Value(`{"lang":"en","round_table":{"title":"Water","starts_on":"2024-13-01","format":"party"},
		"organizers":[{"organization":"Institute of Water"},{"organization":"Institute of Water"}],
		"attendees":[{"person":"Talgat Kaliyev","roles":["orator"]},{"person":"TBD"},{"person":"Erlan Karin"},{"person":"Erlan Karin"}],
		"statements":[{"speaker":"Nobody","texts":["A"]},{"speaker":"Erlan Karin","texts":[],"in_reply_to":"none"}]}`), &in), "validation_failed")
	_, err := createWith(t, db, in, false, form...)
	code, found := mistakes(t, err)
	want := []string{
		"/attendees/0/person ambiguous_name", "/attendees/0/roles/0 not_allowed", "/attendees/1/person/name not_a_name", "/attendees/3/person listed_twice",
		"/organizers/1/organization listed_twice", "/round_table/format not_allowed", "/round_table/starts_on no_such_date",
		"/statements/0/speaker unknown_speaker", "/statements/1/in_reply_to unknown_statement", "/statements/1/texts too_few",
	}
	if code != "ambiguous_names" || !slices.Equal(found, want) {
		t.Errorf("%s %v", code, found)
	}
}
