package statement

import (
	"context"
	"reflect"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// lists are the lists of a statement that refer to other records.
var lists = []struct {
	reference.List
	of func(Input) []int64
}{
	{listOf("topics", "topic_id", "/topic_ids"), func(in Input) []int64 { return in.TopicIDs }},
	{listOf("people", "person_id", "/mentions/person_ids"), func(in Input) []int64 { return in.Mentions.PersonIDs }},
	{listOf("organizations", "organization_id", "/mentions/organization_ids"), func(in Input) []int64 { return in.Mentions.OrganizationIDs }},
	{listOf("places", "place_id", "/mentions/place_ids"), func(in Input) []int64 { return in.Mentions.PlaceIDs }},
	{listOf("documents", "document_id", "/mentions/document_ids"), func(in Input) []int64 { return in.Mentions.DocumentIDs }},
}

func listOf(records, column, pointer string) reference.List {
	return reference.List{Table: "statement_" + records, Owner: "statement_id", Column: column, Records: records, Pointer: pointer}
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
	for _, l := range lists {
		l.Replace(&parts, id, l.of(old), l.of(in), &fields)
	}
	if err := pg.Send(ctx, tx, "set the parts of a statement", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}
