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

// links lists the references of a statement to other records: their tables and their pointers in the body.
var links = []struct {
	table, column, records, pointer string
	of                              func(Input) []int64
}{
	{"statement_topics", "topic_id", "topics", "/topic_ids", func(in Input) []int64 { return in.TopicIDs }},
	{"statement_people", "person_id", "people", "/mentions/person_ids", func(in Input) []int64 { return in.Mentions.PersonIDs }},
	{"statement_organizations", "organization_id", "organizations", "/mentions/organization_ids", func(in Input) []int64 { return in.Mentions.OrganizationIDs }},
	{"statement_places", "place_id", "places", "/mentions/place_ids", func(in Input) []int64 { return in.Mentions.PlaceIDs }},
	{"statement_documents", "document_id", "documents", "/mentions/document_ids", func(in Input) []int64 { return in.Mentions.DocumentIDs }},
}

// numbered is a text with its order, as it is inserted.
type numbered struct {
	Text
	Position int `json:"position"`
}

// setParts replaces the texts and references of a statement in one round trip. Unchanged lists are not written. It
// reports all references to records that do not exist as one apperr.Invalid, each with its pointer.
func setParts(ctx context.Context, tx pgx.Tx, id int64, was, is Input) error {
	var parts pgx.Batch
	var fields []apperr.Field
	if !reflect.DeepEqual(was.Texts, is.Texts) {
		if len(was.Texts) > 0 {
			parts.Queue("DELETE FROM statement_texts WHERE statement_id = $1", id)
		}
		list := make([]numbered, len(is.Texts))
		for i, t := range is.Texts {
			list[i] = numbered{t, i + 1}
		}
		parts.Queue(`
			INSERT INTO statement_texts (statement_id, lang, text, original, translator, position)
			SELECT @id::bigint, g.lang, g.text, g.original, g.translator, g.position
			FROM jsonb_to_recordset(@list::jsonb) g(lang text, text text, original boolean, translator text, position integer)`, pg.Args{"id": id, "list": list})
	}
	for _, l := range links {
		before, after := l.of(was), l.of(is)
		if slices.Equal(before, after) {
			continue
		}
		if len(before) > 0 {
			parts.Queue("DELETE FROM "+l.table+" WHERE statement_id = $1", id)
		}
		if len(after) == 0 {
			continue
		}
		parts.Queue("INSERT INTO "+l.table+" (statement_id, "+l.column+", position) SELECT @id::bigint, g.ref, g.position FROM unnest(@refs::bigint[]) WITH ORDINALITY g(ref, position)"+
			" WHERE EXISTS (SELECT FROM "+l.records+" x WHERE x.id = g.ref) RETURNING "+l.column, pg.Args{"id": id, "refs": after}).Query(func(rows pgx.Rows) error {
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
