package api

import (
	"context"
	"reflect"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/merge"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

var people = resource[person.Input, person.Person, person.Filter]{
	Kind: history.Kind{Type: person.Type, Table: person.Table, Relearn: relearn(person.Type, person.Spellings.RebuildOne)},
	one:  "person", many: "people",
	about: "Speakers, moderators and authors, with their names in every spelling.",
	sorts: []string{"name", "counts.round_tables", "counts.statements", "first_on", "last_on", "updated_at"},
	list:  person.List, get: person.Get, create: person.Create, update: person.Update,
	input: func(r *person.Person) *person.Input { return &r.Input },
	names: &named[person.Input, person.Filter]{
		finder:   func(s *server) *spelling.Finder { return s.people },
		search:   func(f *person.Filter) (string, **spelling.Found) { return f.Q, &f.Found },
		distinct: person.Distinct,
		spell:    func(in person.Input) []string { return spelling.Of(in.Name) },
	},
	replaced: map[Feature]Operation{
		List: with[personQuery, Page[Person]]((*server).listPeople),
		Get: withJSONLD(getWith(person.Get, withPeople, func(p *personParams) (*itemParams, *[]string) { return &p.itemParams, &p.Include }),
			linkedPerson.send),
	},
	more: map[Feature]Operation{
		Lookup:     lookupOf((*match.Matcher).LookupPeople),
		Match:      matchingOf(match.People),
		Duplicates: duplicatesOf((*match.Matcher).PeopleDuplicates),
		Merge:      mergeOf(merge.People),
		Settle:     settleOf(person.Type, merge.People),
	},
	notes: map[Feature]string{
		Get: jsonLDNote("a Person of schema.org with all positions over time (EmployeeRole)."),
		Lookup: "The name may be in any spelling, script and word order, misspelled or incomplete. If no result is certain, the results end " +
			"with people of whose name all words but one are equal, because they may have changed their surname. If more than 20 people " +
			"qualify, these are left out.",
		Merge: "For two records of the same person. All references move to the record that stays. Two attendances of one round table " +
			"become one, with the roles of both. The merge adds the names to the other names of the record that stays and fills its empty " +
			"fields. The old address returns 308. `dry_run=true` shows the result without saving. A merge can be undone.",
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

// addOtherName adds a spelling to a person.
//
//	@ID				addOtherName
//	@Summary		Add another name of a person
//	@Description	Adds one spelling and keeps all others. A spelling that the person already has in this language and of this kind
//	@Description	changes nothing.
//	@Tags			People
//	@Param			id		path		int				true	"The person."
//	@Param			body	body		text.OtherName	true	"The name."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	person.Person	"The person with all names."
//	@Router			/v1/people/{id}/other-names [post]
func (s *server) addOtherName(c echo.Context) error {
	name, err := body[text.OtherName](c)
	if err != nil {
		return err
	}
	return actOn(s, c, func(ctx context.Context, tx pgx.Tx, id int64) error {
		p, err := person.Get(ctx, pg.ForUpdate{Tx: tx}, id)
		if err != nil || slices.ContainsFunc(p.OtherNames, func(n text.OtherName) bool { return reflect.DeepEqual(n, name) }) {
			return err
		}
		in := p.Input
		in.OtherNames = append(slices.Clone(in.OtherNames), name)
		if err := apperr.Validation(input.CheckChange(&p.Input, &in)); err != nil {
			return err
		}
		return person.Update(ctx, tx, p, in)
	}, person.Get)
}
