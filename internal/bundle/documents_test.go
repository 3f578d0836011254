package bundle

import (
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5/pgxpool"
)

// presenting is an event where documents were presented.
func presenting(list ...Document) Input {
	return event(func(in *Input) {
		for _, d := range list {
			d.Relation = new("presented")
			in.Documents = append(in.Documents, d)
		}
	})
}

func titled(lang, title string) Document { return Document{Title: text.Map{lang: title}} }

// sameDocument returns how a bundle with only this document decides about it: the ids of registered documents that it may be, and
// whether that is a question.
func sameDocument(t *testing.T, db *pgxpool.Pool, d Document) (ids []int64, asked bool) {
	t.Helper()
	r, err := create(t, db, presenting(d))
	if err != nil {
		return candidatesOf(t, err), true
	}
	for _, m := range r.Matched {
		if m.Type == "documents" {
			ids = append(ids, m.ID)
		}
	}
	return ids, false
}

func TestADocumentThatIsNamedByItsTitleOrItsNumberIsTheRegisteredOne(t *testing.T) {
	db := dbtest.New(t)
	programme := titled("ru", "Государственная программа «Цифровой Казахстан» на 2018–2022 годы")
	programme.Title["en"], programme.Kind, programme.PublishedOn = "State Programme “Digital Kazakhstan” 2018-2022", "programme", new(date.Partial("2017-12-12"))
	charity, decree := titled("ru", "Закон Республики Казахстан от 16 ноября 2015 года № 402-V «О благотворительности»"), titled("ru", "О мерах по развитию воды")
	charity.Kind, charity.URL = "law", new("https://example.org/rus/402")
	decree.Title["en"] = "Decree of the President of the Republic of Kazakhstan No. 636 of 15 February 2018"
	climate := titled("ru", "Закон РК об изменении климата от 2 января 2021 года № 12-VIII")
	r := must(t, db, presenting(programme, charity, decree, climate))
	ids := madeBy(r, "documents")
	if len(ids) != 4 {
		t.Fatalf("%+v", r.Created)
	}
	inKazakh := titled("kk", "Қайырымдылық туралы Қазақстан Республикасының 2015 жылғы 16 қарашадағы № 402-V Заңы")
	inKazakh.URL = new("https://example.org/kaz/402")
	later := titled("en", "State Programme Digital Kazakhstan 2018-2022")
	later.PublishedOn = new(date.Partial("2020"))
	report := titled("en", "State Programme Digital Kazakhstan 2018-2022")
	report.Kind = "report"
	amendment := titled("ru", "О внесении изменений в Закон Республики Казахстан № 402-V от 16 ноября 2015 года")
	amendment.Kind = "law"
	elsewhere := titled("ru", "Государственная программа Цифровой Казахстан на 2018-2022 годы")
	elsewhere.URL = new("https://example.org/programme")
	for name, c := range map[string]struct {
		document Document
		want     int64
		asked    bool
	}{
		"the title":                            {titled("ru", "ГОСУДАРСТВЕННАЯ ПРОГРАММА «ЦИФРОВОЙ КАЗАХСТАН» НА 2018-2022 ГОДЫ"), ids[0], false},
		"the title in another language":        {titled("en", "State programme 'Digital Kazakhstan', 2018–2022"), ids[0], false},
		"the title, with the first address":    {elsewhere, ids[0], false},
		"a misprint":                           {titled("en", "State Programme Digital Kazahstan 2018-2022"), ids[0], true},
		"another order of the words":           {titled("en", "Digital Kazakhstan State Programme 2018-2022"), ids[0], true},
		"the title, of another date":           {later, ids[0], true},
		"the title, of another type":           {report, ids[0], true},
		"the next programme":                   {titled("en", "State Programme Digital Kazakhstan 2023-2027"), 0, false},
		"number and year in English":           {titled("en", "Law of the RK on Charity, No. 402-V, November 16, 2015"), ids[1], false},
		"number and year, at another address":  {inKazakh, ids[1], false},
		"number without year":                  {titled("en", "Law No. 402-V on Charity"), ids[1], true},
		"comments on the law":                  {titled("en", "Comments on Law No. 402-V of 2015"), 0, false},
		"the decree in Kazakh":                 {titled("kk", "ҚР Президентінің 2018 жылғы 15 ақпандағы № 636 Жарлығы"), ids[2], false},
		"a decree of another country":          {titled("ru", "Указ Президента РФ от 15 февраля 2018 года № 636"), 0, false},
		"a decree of the same number, in 2019": {titled("ru", "Указ Президента РК № 636 от 2019 года"), 0, false},
		"a law with its amendments":            {titled("en", "Law No. 402-V of 2015 on Charity, as amended"), ids[1], false},
		"a law on the climate":                 {titled("kk", "ҚР 2021 жылғы 2 қаңтардағы № 12-VIII Заңы"), ids[3], false},
		"another law":                          {titled("ru", "Закон РК от 16 ноября 2015 года № 403-V"), 0, false},
	} {
		switch got, asked := sameDocument(t, db, c.document); {
		case asked != c.asked, c.want == 0 && got != nil, c.want > 0 && !slices.Contains(got, c.want):
			t.Errorf("%s: %v, asked %v; want %d", name, got, asked, c.want)
		}
	}
	for _, d := range []Document{amendment, titled("en", "Law Amending Law No. 402-V of 2015")} {
		if got, asked := sameDocument(t, db, d); got != nil && !asked {
			t.Errorf("%v: taken for %v", d.Title, got)
		}
	}
	again := titled("en", "State Programme Digital Kazahstan 2018-2022")
	again.New = true
	if r := must(t, db, presenting(again)); r.Counts["documents"] != 1 {
		t.Errorf("new: %+v", r.Created)
	}
}

func TestATitleThatOnlySaysWhatADocumentIsNamesANewOne(t *testing.T) {
	db := dbtest.New(t)
	for lang, title := range map[string]string{"en": "Press release", "ru": "Программа круглого стола", "kk": "Баспасөз хабарламасы", "en-GB": "Resolution of the Meeting"} {
		for range 2 {
			if r := must(t, db, presenting(titled(lang, title))); r.Counts["documents"] != 1 {
				t.Errorf("%s: %+v", title, r.Matched)
			}
		}
	}
}

func TestADocumentThatABundleNamesSeveralTimesIsCreatedOnceWithWhatEachMentionSays(t *testing.T) {
	db := dbtest.New(t)
	inKazakh, inEnglish := titled("kk", "ҚР 2015 жылғы 16 қарашадағы № 402-V Заңы"), titled("en", "Law of the RK No. 402-V of 2015")
	inKazakh.Kind, inKazakh.URL, inKazakh.PublishedOn = "law", new("https://example.org/402"), new(date.Partial("2015-11-16"))
	in := presenting(titled("ru", "Закон РК от 16 ноября 2015 года № 402-V"))
	in.Documents = append(in.Documents, inKazakh, inEnglish)
	for range 2 {
		r := must(t, db, in)
		if n := len(r.United); n > 0 && (n != 2 || r.Counts["documents"] != 1 || r.United[0].With != "/documents/0" || r.United[1].With != "/documents/0") {
			t.Errorf("%+v %+v", r.Created, r.United)
		}
		if n := count(t, db, "documents WHERE title ?& ARRAY['ru', 'kk', 'en'] AND kind = 'law' AND url = 'https://example.org/402' AND published_on = '2015-11-16'"); n != 1 {
			t.Errorf("%d documents with all titles", n)
		}
		in.RoundTable.Title = text.Map{"en": "Another event"}
		in.RoundTable.DatePrecision, in.RoundTable.StartsOn = "day", new(date.Day{Time: time.Date(2031, 5, 5, 0, 0, 0, 0, time.UTC)})
	}
	if n := count(t, db, "documents"); n != 1 {
		t.Errorf("%d documents", n)
	}
}

func TestDocumentsWithOneAddressInABundleAreOneUnlessTheirTitlesDiffer(t *testing.T) {
	db := dbtest.New(t)
	at := func(d Document, url string) Document {
		d.URL = &url
		return d
	}
	const page = "https://example.org/release"
	first, again := at(titled("en", "Press release"), page), at(titled("en", "Press release"), page+"?utm_source=mail")
	inRussian, other := at(titled("ru", "О совете по воде"), page), at(titled("ru", "Повестка дня"), page)
	first.Authors = []Person{{Name: "Asan Ibrayev", New: true}}
	inRussian.Authors = []Person{{Name: "Zhanar Omarova", New: true}}
	in := presenting(first)
	in.Documents = append(in.Documents, again, inRussian, other)
	r := must(t, db, in)
	if r.Counts["documents"] != 2 || len(r.United) != 2 {
		t.Errorf("%+v %+v", r.Created, r.United)
	}
	if n := count(t, db, "documents d WHERE title ?& ARRAY['ru', 'en'] AND (SELECT count(*) FROM document_authors a WHERE a.document_id = d.id) = 2"); n != 1 {
		t.Errorf("%d documents with what each mention says", n)
	}
	if len(in.Documents[0].Authors) != 1 || len(in.Documents[0].Title) != 1 {
		t.Errorf("the input was changed: %+v", in.Documents[0])
	}
}
