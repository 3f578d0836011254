package statement

import (
	"context"
	"reflect"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// links are the lists of a statement that refer to other records: their table and their pointer into a body.
var links = []struct {
	table, column, records, pointer string
	of                              func(Input) []int64
}{
	{"statement_topics", "topic_id", "topics", "/topic_ids", func(in Input) []int64 { return in.TopicIDs }},
	{"statement_people", "person_id", "people", "/mentions/person_ids", func(in Input) []int64 { return in.Mentions.PersonIDs }},
	{"statement_organizations", "organization_id", "organizations", "/mentions/organization_ids",
		func(in Input) []int64 { return in.Mentions.OrganizationIDs }},
	{"statement_places", "place_id", "places", "/mentions/place_ids", func(in Input) []int64 { return in.Mentions.PlaceIDs }},
	{"statement_documents", "document_id", "documents", "/mentions/document_ids", func(in Input) []int64 { return in.Mentions.DocumentIDs }},
}

// numbered is a text with its order, as it is inserted.
type numbered struct {
	Text
	Position int `json:"position"`
}

// setParts replaces the texts and lists of a statement where they differ from old, in one round trip. It inserts only
// references that exist and reports all others together as apperr.Invalid, each by its index.
func setParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	var parts pgx.Batch
	var fields []apperr.Field
	if !reflect.DeepEqual(old.Texts, in.Texts) {
		if len(old.Texts) > 0 {
			parts.Queue("DELETE FROM statement_texts WHERE statement_id = $1", id)
		}
		list := make([]numbered, len(in.Texts))
		for i, t := range in.Texts {
			list[i] = numbered{t, i + 1}
		}
		parts.Queue(`
			INSERT INTO statement_texts (statement_id, lang, text, original, translator, position)
			SELECT @id::bigint, g.lang, g.text, g.original, g.translator, g.position
			FROM jsonb_to_recordset(@list::jsonb) g(lang text, text text, original boolean, translator text, position integer)`,
			pg.Args{"id": id, "list": list})
	}
	for _, l := range links {
		before, after := l.of(old), l.of(in)
		if slices.Equal(before, after) {
			continue
		}
		if len(before) > 0 {
			parts.Queue("DELETE FROM "+l.table+" WHERE statement_id = $1", id)
		}
		if len(after) == 0 {
			continue
		}
		parts.Queue("INSERT INTO "+l.table+" (statement_id, "+l.column+", position)"+
			" SELECT @id::bigint, g.ref, g.position FROM unnest(@refs::bigint[]) WITH ORDINALITY g(ref, position)"+
			" WHERE EXISTS (SELECT FROM "+l.records+" x WHERE x.id = g.ref) RETURNING "+l.column,
			pg.Args{"id": id, "refs": after}).Query(func(rows pgx.Rows) error {
			known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
			for i, ref := range after {
				if !slices.Contains(known, ref) {
					fields = append(fields, apperr.At(l.pointer+"/"+strconv.Itoa(i), "unknown_reference"))
				}
			}
			return err
		})
	}
	if parts.Len() == 0 {
		return nil
	}
	if err := pg.Send(ctx, tx, "set the parts of a statement", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}
