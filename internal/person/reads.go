package person

import (
	"context"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// The personal data whose reads are recorded.
const (
	Contacts   = "contacts"
	Disclosure = "disclosure"
)

// Read is a read of personal data.
//
//	@Description	Who read personal data, when, and whose.
type Read struct {
	ID        int64     `json:"id" db:"id" example:"1"`                                              // The number of the entry.
	At        time.Time `json:"at" db:"at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When it was read.
	Actor     string    `json:"actor" db:"actor" example:"key:7"`                                    // Who read it: a key by its id.
	ActorName *string   `json:"actor_name" db:"actor_name" example:"Editors"`                        // The name of the key.
	PersonID  int64     `json:"person_id" db:"person_id" example:"12"`                               // Whose data it is. The person may have been deleted or erased since.
	Data      string    `json:"data" db:"data" enums:"contacts,disclosure" example:"contacts"`       // What was read: contacts and their history, or everything held about the person.
	SortKeys  []string  `json:"-" db:"sort_keys"`
} //	@name	PersonalDataRead

// Cursor returns the position of the entry in its list.
func (r Read) Cursor() paging.Cursor { return paging.Cursor{Keys: r.SortKeys, ID: r.ID} }

// ReadFilter narrows a list of reads.
type ReadFilter struct {
	paging.PageParams
	Person []int64   `query:"person" form:"person" validate:"max=200"`                                  // Only reads of the data of these people.
	Actor  []string  `query:"actor" form:"actor" validate:"max=50"`                                     // Only reads by these actors, such as `key:7`.
	From   *date.Day `query:"from" form:"from" swaggertype:"string" format:"date" example:"2026-01-01"` // Only reads on this day (UTC) or later.
	To     *date.Day `query:"to" form:"to" swaggertype:"string" format:"date" example:"2026-02-01"`     // Only reads before this day (UTC).
}

var readSource = paging.Source{
	Columns: "d.id, d.at, d.actor, k.name AS actor_name, d.person_id, d.data",
	Table:   "personal_data_reads d",
	Shown:   "LEFT JOIN api_keys k ON d.actor = 'key:' || k.id",
	ID:      "d.id",
	Sorts:   map[string]paging.Column{"at": {SQL: "d.at", Type: "timestamptz"}},
	Default: "-id",
}

// ListReads returns a page of the reads of personal data.
func ListReads(ctx context.Context, db pg.DB, f ReadFilter) (paging.Page[Read], error) {
	var w pg.Where
	pg.In(&w, "d.person_id", "person", f.Person)
	pg.In(&w, "d.actor", "actor", f.Actor)
	if f.From != nil {
		w.Add("d.at >= @from", "from", f.From.Time)
	}
	if f.To != nil {
		w.Add("d.at < @to", "to", f.To.Time)
	}
	return paging.Query[Read](ctx, db, readSource, w, paging.Params{PageParams: f.PageParams})
}

// RecordRead records that an actor reads data of a person.
func RecordRead(ctx context.Context, db pg.DB, actor string, person int64, data string) error {
	return pg.Exec(ctx, db, "INSERT INTO personal_data_reads (actor, person_id, data) VALUES (@actor, @person, @data)",
		pg.Args{"actor": actor, "person": person, "data": data})
}
