package reference

import (
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// List is a list of references in a link table with a column position.
type List struct {
	Table   string // the link table: "document_authors"
	Owner   string // its column with the record that has the list: "document_id"
	Column  string // its column with the references: "person_id"
	Records string // the table that they refer to: "people"
	Pointer string // of the list in a body: "/author_ids"
}

// Replace adds to the batch what replaces the list of a record where it differs from old. It inserts only references
// that exist and adds all others to fields, each by its index.
func (l List) Replace(b *pgx.Batch, id int64, old, refs []int64, fields *[]apperr.Field) {
	if slices.Equal(old, refs) {
		return
	}
	if len(old) > 0 {
		b.Queue("DELETE FROM "+l.Table+" WHERE "+l.Owner+" = $1", id)
	}
	if len(refs) == 0 {
		return
	}
	b.Queue("INSERT INTO "+l.Table+" ("+l.Owner+", "+l.Column+", position)"+
		" SELECT @id::bigint, g.ref, g.position FROM unnest(@refs::bigint[]) WITH ORDINALITY g(ref, position)"+
		" WHERE EXISTS (SELECT FROM "+l.Records+" x WHERE x.id = g.ref) RETURNING "+l.Column,
		pg.Args{"id": id, "refs": refs}).Query(func(rows pgx.Rows) error {
		known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for i, ref := range refs {
			if !slices.Contains(known, ref) {
				*fields = append(*fields, apperr.At(l.Pointer+"/"+strconv.Itoa(i), "unknown_reference"))
			}
		}
		return err
	})
}
