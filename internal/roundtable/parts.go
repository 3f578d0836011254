package roundtable

import (
	"context"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

var topics = reference.List{Table: "round_table_topics", Owner: "round_table_id", Column: "topic_id", Records: "topics", Pointer: "/topic_ids"}

// setParts replaces the documents and topics of a round table where they differ from old, in one round trip. It reports
// all references to records that do not exist as one apperr.Invalid, each with its index in the list.
func setParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	var parts pgx.Batch
	var fields []apperr.Field
	setDocuments(&parts, id, old.DocumentLinks, in.DocumentLinks, &fields)
	topics.Replace(&parts, id, old.TopicIDs, in.TopicIDs, &fields)
	if err := pg.Send(ctx, tx, "set the parts of a round table", &parts); err != nil {
		return err
	}
	return apperr.Validation(fields)
}

// setDocuments is reference.List.Replace for the links to documents, which have a relation.
func setDocuments(b *pgx.Batch, id int64, old, links []DocumentLink, fields *[]apperr.Field) {
	if slices.Equal(old, links) {
		return
	}
	if len(old) > 0 {
		b.Queue("DELETE FROM document_links WHERE round_table_id = $1", id)
	}
	b.Queue(`
		INSERT INTO document_links (round_table_id, document_id, relation, position)
		SELECT @id::bigint, g.document_id, g.relation, g.position
		FROM ROWS FROM (jsonb_to_recordset(@links::jsonb) AS (document_id bigint, relation text)) WITH ORDINALITY g(document_id, relation, position)
		WHERE EXISTS (SELECT FROM documents d WHERE d.id = g.document_id)
		RETURNING document_id`, pg.Args{"id": id, "links": pg.OrEmpty(links)}).Query(func(rows pgx.Rows) error {
		known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		for i, l := range links {
			if !slices.Contains(known, l.DocumentID) {
				*fields = append(*fields, apperr.At("/document_links/"+strconv.Itoa(i)+"/document_id", "unknown_reference"))
			}
		}
		return err
	})
}
