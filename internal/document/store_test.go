package document_test

import (
	"context"
	"slices"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// world has a document that a published round table links to as its source and a draft as its outcome, one that only the
// draft links to, and one that nobody links to.
type world struct {
	db                      *pgxpool.Pool
	linked, hidden, free    int64
	published, draft        int64
	author, restricted, org int64
}

func newWorld(t *testing.T) world {
	t.Helper()
	db := dbtest.New(t)
	person := func(name, visibility string) int64 {
		return fixture.Insert(t, db, "INSERT INTO people (name, visibility) VALUES (jsonb_build_object('en', $1::text), $2) RETURNING id", name, visibility)
	}
	w := world{db: db, author: person("Irina Chernykh", "public"), restricted: person("Hidden Name", "restricted")}
	w.org = fixture.Insert(t, db, `INSERT INTO organizations (name) VALUES ('{"en": "KazISS"}') RETURNING id`)
	w.linked = fixture.Document(t, db, func(in *document.Input) {
		in.AuthorIDs, in.PublishedOn = []int64{w.restricted, w.author}, partial("2020-02")
	})
	w.hidden = fixture.Document(t, db, func(in *document.Input) { in.Kind, in.PublishedOn = "report", partial("2020") })
	w.free = fixture.Document(t, db, func(in *document.Input) { in.AuthorIDs, in.PublishedOn = []int64{w.restricted}, partial("2020-02-28") })
	link := func(document int64, relation string) roundtable.DocumentLink {
		return roundtable.DocumentLink{DocumentID: document, Relation: relation}
	}
	w.published = fixture.RoundTable(t, db, func(in *roundtable.Input) { in.DocumentLinks = []roundtable.DocumentLink{link(w.linked, "source")} })
	w.draft = fixture.RoundTable(t, db, fixture.Draft, func(in *roundtable.Input) {
		in.DocumentLinks = []roundtable.DocumentLink{link(w.linked, "outcome"), link(w.hidden, "source")}
	})
	return w
}

func partial(s string) *date.Partial {
	p := date.Partial(s)
	return &p
}

func TestEveryFilterRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fixture.Document(t, w.db)
	fixture.EveryFilter(t, w.db, document.List,
		func(f *document.Filter) { f.RoundTable = []int64{w.draft} },
		func(f *document.Filter) { f.RoundTable, f.Relation = []int64{w.draft, w.published}, []string{"source"} },
		func(f *document.Filter) { f.Person = []int64{w.restricted} },
		func(f *document.Filter) { f.Kind = []string{"report"} })
}

func TestFiltersFindWhatTheActorMaySeeAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		filter       document.Filter
		full, public []int64
	}{
		"none":                          {document.Filter{}, []int64{w.linked, w.hidden, w.free}, []int64{w.linked, w.free}},
		"of a round table":              {document.Filter{RoundTable: []int64{w.published}}, []int64{w.linked}, []int64{w.linked}},
		"of a draft":                    {document.Filter{RoundTable: []int64{w.draft}}, []int64{w.linked, w.hidden}, nil},
		"a relation to a draft":         {document.Filter{Relation: []string{"outcome"}}, []int64{w.linked}, nil},
		"a relation":                    {document.Filter{Relation: []string{"source"}}, []int64{w.linked, w.hidden}, []int64{w.linked}},
		"a relation to a round table":   {document.Filter{RoundTable: []int64{w.published}, Relation: []string{"outcome"}}, nil, nil},
		"an author":                     {document.Filter{Person: []int64{w.author}}, []int64{w.linked}, []int64{w.linked}},
		"a restricted author":           {document.Filter{Person: []int64{w.restricted}}, []int64{w.linked, w.free}, nil},
		"a kind":                        {document.Filter{Kind: []string{"report", "law"}}, []int64{w.hidden}, nil},
		"an id that the public has not": {document.Filter{ID: []int64{w.hidden, w.free}}, []int64{w.hidden, w.free}, []int64{w.free}},
	} {
		for who, want := range map[context.Context][]int64{fixture.Context(): c.full, context.Background(): c.public} {
			c.filter.Count = "exact"
			page, err := document.List(who, w.db, c.filter)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var got []int64
			for _, d := range page.Items {
				got = append(got, d.ID)
			}
			slices.Sort(got)
			if !slices.Equal(got, want) || *page.Total != int64(len(want)) {
				t.Errorf("%s: %v (count %d), want %v", name, got, *page.Total, want)
			}
		}
	}
}

func TestADocumentThatOnlyDraftsLinkToIsThereForThosePeopleOnlyWhoSeeDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := document.Get(context.Background(), w.db, w.hidden); !apperr.IsKind(err, apperr.NotFound) {
		t.Errorf("the public: %v", err)
	}
	if _, err := document.Get(fixture.Context(), w.db, w.hidden); err != nil {
		t.Errorf("an editor: %v", err)
	}
}

func TestRestrictedAuthorsAreNotNamedToThePublic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for who, want := range map[context.Context][]int64{fixture.Context(): {w.restricted, w.author}, context.Background(): {w.author}} {
		d, err := document.Get(who, w.db, w.linked)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Authors) != len(want) || !slices.Equal(d.AuthorIDs, want) {
			t.Errorf("authors %v %+v, want %v", d.AuthorIDs, d.Authors, want)
		}
	}
}

func TestAnAuthorStandsWithThePositionOfTheDayOfPublication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fixture.Insert(t, w.db, `INSERT INTO affiliations (person_id, organization_id, title, held_from, held_to) VALUES ($1, $2, '{"en": "Chief research fellow"}', '2019', '2020-06') RETURNING id`, w.author, w.org)
	fixture.Insert(t, w.db, `INSERT INTO affiliations (person_id, organization_id, title, held_from, is_primary) VALUES ($1, $2, '{"en": "Adviser"}', '2021', true) RETURNING id`, w.author, w.org)
	d, err := document.Get(context.Background(), w.db, w.linked)
	if err != nil {
		t.Fatal(err)
	}
	if a := d.Authors[0]; a.Position["en"] != "Chief research fellow" || a.Organization == nil || a.Organization.ID != w.org || a.Name["en"] != "Irina Chernykh" {
		t.Errorf("%+v", a)
	}
}

func TestDocumentsSortByTheirDateWithThoseWithoutOneLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	undated := fixture.Document(t, w.db)
	for sort, want := range map[string][]int64{"published_on": {w.hidden, w.linked, w.free, undated}, "-published_on": {w.free, w.linked, w.hidden, undated}} {
		f := document.Filter{}
		f.Sort = sort
		page, err := document.List(fixture.Context(), w.db, f)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, d := range page.Items {
			got = append(got, d.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("sort=%s: %v, want %v", sort, got, want)
		}
	}
}

func TestAuthorsKeepTheirOrderAndTheSameListChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	update := func(set func(*document.Input)) document.Document {
		t.Helper()
		ctx := fixture.Context()
		d, err := document.Get(ctx, w.db, w.linked)
		if err != nil {
			t.Fatal(err)
		}
		in := d.Input
		set(&in)
		if err := changes.Write(ctx, w.db, changes.Options{}, func(tx pgx.Tx) error { return document.Update(ctx, tx, d, in) }); err != nil {
			t.Fatal(err)
		}
		if d, err = document.Get(ctx, w.db, w.linked); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := update(func(*document.Input) {}); d.Version != 1 {
		t.Errorf("version %d after no change", d.Version)
	}
	d := update(func(in *document.Input) { in.AuthorIDs = []int64{w.author, w.restricted} })
	if d.Version != 2 || !slices.Equal(d.AuthorIDs, []int64{w.author, w.restricted}) {
		t.Errorf("version %d, authors %v", d.Version, d.AuthorIDs)
	}
	if d = update(func(in *document.Input) { in.AuthorIDs = nil }); d.Version != 3 || len(d.Authors) != 0 {
		t.Errorf("version %d, authors %v", d.Version, d.AuthorIDs)
	}
}

func TestALawIsFoundByItsNumberAndYearHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	titled := func(lang, title string, set ...func(*document.Input)) int64 {
		return fixture.Document(t, db, append(set, func(in *document.Input) { in.Title = text.Map{lang: title} })...)
	}
	amendment := titled("ru", "Закон РК от 5 января 2018 года № 123-VI «О внесении изменений»")
	charity := titled("kk", "Қайырымдылық туралы Қазақстан Республикасының 2015 жылғы 16 қарашадағы № 402-V ҚРЗ Заңы")
	budget := titled("en", "On the budget for 2019–2021, No. 197-VІ", func(in *document.Input) { in.Kind, in.PublishedOn = "law", partial("2018-11-30") })
	decree := titled("en", "Decree of the President of the Republic of Kazakhstan dated February 15, 2018 No. 636")
	resolution := titled("ru", "Постановление Правительства РК № 636 от 2018 года")
	for q, want := range map[string][]int64{
		"№ 123-VI 2018": {amendment}, "№123–VI": {amendment}, "No. 123-VI, 2018": {amendment}, "123-VІ": {amendment}, "N 123-VI от 05.01.2018": {amendment},
		"2018 жылғы 5 қаңтардағы № 123-VI": {amendment}, "Law No. 123-VI of January 5, 2018": {amendment}, "№ 123-VI 2017": nil, "№ 124-VI": nil,
		"Закон РК от 16 ноября 2015 года № 402-V": {charity}, "Law of the Republic of Kazakhstan No 402-V dated 16 November 2015": {charity},
		"Закон № 402-V": {charity}, "№ 197-VI 2018": {budget}, "№ 197-VI 2019": nil,
		"Указ № 636 2018": {decree}, "Жарлық № 636": {decree}, "№ 636 2018": {decree, resolution}, "қаулы № 636": {resolution},
	} {
		page, err := document.List(fixture.Context(), db, document.Filter{Q: q})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, d := range page.Items {
			got = append(got, d.ID)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", q, got, want)
		}
	}
}
