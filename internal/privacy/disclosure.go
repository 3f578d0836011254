package privacy

import (
	"cmp"
	"context"
	"slices"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Report is everything that the registry holds about a person.
//
//	@Description	Everything that the registry holds about a person, also what the public does not see.
type Report struct {
	ID     int64          `json:"id" example:"12"` // The person.
	Person *person.Person `json:"person"`          // The record. Null after its deletion; then `changes` holds what it contained.
	// Records that were merged into this person, as they were.
	Merged       []text.Ref                `json:"merged"`
	Contacts     []person.Contact          `json:"contacts"`     // Contacts.
	Affiliations []affiliation.Affiliation `json:"affiliations"` // Positions.
	Attendances  []attendee.Attendee       `json:"attendances"`  // Attendances of round tables.
	Represented  []attendee.Attendee       `json:"represented"`  // Attendees on behalf of the person.
	Statements   []statement.Statement     `json:"statements"`   // Statements of the person.
	Mentions     []statement.Statement     `json:"mentions"`     // Statements that mention or quote the person.
	Documents    []document.Document       `json:"documents"`    // Documents written by the person.
	Distinctions []distinction.Distinction `json:"distinctions"` // Decisions that a similar record is another person.
	Changes      []changes.Detailed        `json:"changes"`      // Every change of the person, the contacts and the positions, the newest first.
	Reads        []person.Read             `json:"reads"`        // Who read the contacts or such a report, the newest first.
} //	@name	PersonDisclosure

// Disclose returns everything that the registry holds about a person, whatever the actor may see otherwise. The person may be
// restricted or deleted. Disclose returns the error of person.Get for one that never existed, was merged or was erased. db is one
// snapshot of the database.
func Disclose(ctx context.Context, db pgx.Tx, id int64) (Report, error) {
	ctx = actor.With(ctx, actor.System("disclosure"))
	r := Report{ID: id}
	p, err := person.Get(ctx, db, id)
	switch {
	case err == nil:
		r.Person = &p
	case !apperr.IsKind(err, apperr.Gone) || changes.IsErased(err):
		return r, err
	}
	r.Merged, err = pg.All[text.Ref](ctx, db,
		"SELECT from_id AS id, name FROM merges WHERE type = 'people' AND into_id = @id AND NOT undone ORDER BY id", pg.Args{"id": id})
	if err != nil {
		return r, err
	}
	of := []int64{id}
	r.Contacts, err = whole(ctx, db, err, func(ctx context.Context, db pg.DB, f person.ContactFilter) (paging.Page[person.Contact], error) {
		return person.ListContacts(ctx, db, id, f)
	}, person.ContactFilter{})
	r.Affiliations, err = whole(ctx, db, err, affiliation.List, affiliation.Filter{Person: of})
	r.Attendances, err = whole(ctx, db, err, attendee.List, attendee.Filter{Within: attendee.Within{Person: of}})
	r.Statements, err = whole(ctx, db, err, statement.List, statement.Filter{Within: statement.Within{Person: of}})
	r.Documents, err = whole(ctx, db, err, document.List, document.Filter{Person: of})
	r.Distinctions, err = whole(ctx, db, err, distinction.List, distinction.Filter{Person: of})
	r.Reads, err = whole(ctx, db, err, person.ListReads, person.ReadFilter{Person: of})
	if err != nil {
		return r, err
	}
	represented, err := pg.Column[int64](ctx, db, "SELECT id FROM attendees WHERE on_behalf_of_person_id = @id", pg.Args{"id": id})
	if err != nil {
		return r, err
	}
	mentions, err := pg.Column[int64](ctx, db, `SELECT statement_id FROM statement_people WHERE person_id = @id
		UNION SELECT id FROM statements WHERE quoted_person_id = @id`, pg.Args{"id": id})
	r.Represented, r.Mentions = []attendee.Attendee{}, []statement.Statement{}
	if len(represented) > 0 { // a filter without ids lists all
		r.Represented, err = whole(ctx, db, err, attendee.List, attendee.Filter{Within: attendee.Within{ID: represented}})
	}
	if len(mentions) > 0 {
		r.Mentions, err = whole(ctx, db, err, statement.List, statement.Filter{Within: statement.Within{ID: mentions}})
	}
	if err == nil {
		r.Changes, err = changesOf(ctx, db, id)
	}
	return r, err
}

// whole returns all records of a list, unless err is an earlier error.
func whole[F any, T paging.Row](ctx context.Context, tx pgx.Tx, err error, list func(context.Context, pg.DB, F) (paging.Page[T], error), f F) ([]T, error) {
	if err != nil {
		return nil, err
	}
	all := []T{}
	for page, err := range paging.Walk(ctx, tx, list, f) {
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
	}
	return all, nil
}

// changesOf returns the log of a person, and of the records that belong to the person only.
func changesOf(ctx context.Context, tx pgx.Tx, id int64) ([]changes.Detailed, error) {
	s, err := subjectOf(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	if err := s.find(ctx, tx, 0); err != nil {
		return nil, err
	}
	all := []changes.Detailed{}
	for recordType, ids := range map[string][]int64{
		person.Type: s.ids, person.ContactType: s.touched[person.ContactType],
		affiliation.Type: s.touched[affiliation.Type], distinction.Type: s.touched[distinction.Type],
	} {
		for _, n := range ids {
			list, err := whole(ctx, tx, nil, func(ctx context.Context, db pg.DB, p paging.PageParams) (paging.Page[changes.Revision], error) {
				return changes.History(ctx, db, recordType, n, p)
			}, paging.PageParams{})
			if err != nil {
				return nil, err
			}
			for _, r := range list {
				d, err := r.Detailed()
				if err != nil {
					return nil, err
				}
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, func(a, b changes.Detailed) int { return cmp.Compare(b.Seq, a.Seq) })
	return all, nil
}
