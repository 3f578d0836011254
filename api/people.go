package api

import (
	"context"
	"reflect"

	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"

	"github.com/labstack/echo/v4"
)

var people = resource[person.Input, person.Person, person.Filter]{
	Kind: history.Kind{Type: person.Type, Table: person.Table, Relearn: person.Relearn},
	one:  "person", many: "people",
	about: "Speakers, moderators and authors, with their names in every spelling.",
	sorts: []string{"name", "updated_at"},
	list:  person.List, get: person.Get, create: person.Create, update: person.Update,
	input: func(r *person.Person) *person.Input { return &r.Input },
	names: &named[person.Input, person.Filter]{
		finder:   func(s *server) *spelling.Finder { return s.people },
		search:   func(f *person.Filter) (string, **spelling.Found) { return f.Q, &f.Found },
		distinct: person.Distinct,
		spell:    func(in person.Input) []string { return spelling.Of(in.Name) },
	},
	replaced: map[Feature]operation{
		List: {handle: (*server).listPeople, query: reflect.TypeFor[personQuery](), answer: reflect.TypeFor[Page[Person]]()},
		Get:  {handle: (*server).getPerson, query: reflect.TypeFor[personParams](), answer: reflect.TypeFor[Person]()},
	},
	notes: map[Feature]string{
		Create: "A name that most likely is another spelling of an existing person is rejected with 409 and the candidates, unless " +
			"`allow_duplicate=true`. Then the registry stores that the records are distinct.",
	},
}

func (s *server) listPeople(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q personQuery) (paging.Page[Person], error) {
		found, err := sought(ctx, s.people, q.Q)
		if err != nil {
			return paging.Page[Person]{}, err
		}
		q.Found = found
		page, err := person.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.Include, withPeople)
	})
}

func (s *server) getPerson(c echo.Context) error {
	var p personParams
	return sendWith(s, c, &p, &p.itemParams, &p.Include, person.Get, withPeople)
}
