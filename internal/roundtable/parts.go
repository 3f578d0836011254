package roundtable

import (
	"context"
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// setParts replaces the topics and documents of a round table where they differ from old. It reports all references to
// records that do not exist as one apperr.Invalid, each with its index in the list.
func setParts(ctx context.Context, tx pgx.Tx, id int64, old, in Input) error {
	topics, err := setTopics(ctx, tx, id, old.TopicIDs, in.TopicIDs)
	if err != nil {
		return err
	}
	documents, err := setDocuments(ctx, tx, id, old.DocumentLinks, in.DocumentLinks)
	if err != nil {
		return err
	}
	return apperr.Validation(append(documents, topics...))
}

func setTopics(ctx context.Context, tx pgx.Tx, id int64, old, topics []int64) ([]apperr.Field, error) {
	if slices.Equal(old, topics) {
		return nil, nil
	}
	if len(old) > 0 {
		if err := pg.Exec(ctx, tx, "DELETE FROM round_table_topics WHERE round_table_id = @id", pg.Args{"id": id}); err != nil {
			return nil, err
		}
	}
	// Insert only references that exist, so that all others can be reported together.
	found, err := pg.Column[int64](ctx, tx, `
		INSERT INTO round_table_topics (round_table_id, topic_id, position)
		SELECT @id::bigint, g.topic_id, g.position FROM unnest(@topics::bigint[]) WITH ORDINALITY g(topic_id, position)
		WHERE EXISTS (SELECT FROM topics t WHERE t.id = g.topic_id)
		RETURNING topic_id`, pg.Args{"id": id, "topics": topics})
	var fields []apperr.Field
	for i, topic := range topics {
		if !slices.Contains(found, topic) {
			fields = append(fields, apperr.At("/topic_ids/"+strconv.Itoa(i), "unknown_reference"))
		}
	}
	return fields, err
}

func setDocuments(ctx context.Context, tx pgx.Tx, id int64, old, links []DocumentLink) ([]apperr.Field, error) {
	if slices.Equal(old, links) {
		return nil, nil
	}
	if len(old) > 0 {
		if err := pg.Exec(ctx, tx, "DELETE FROM document_links WHERE round_table_id = @id", pg.Args{"id": id}); err != nil {
			return nil, err
		}
	}
	documents, relations := make([]int64, len(links)), make([]string, len(links))
	for i, l := range links {
		documents[i], relations[i] = l.DocumentID, l.Relation
	}
	found, err := pg.Column[int64](ctx, tx, `
		INSERT INTO document_links (round_table_id, document_id, relation, position)
		SELECT @id::bigint, g.document_id, g.relation, g.position
		FROM unnest(@documents::bigint[], @relations::text[]) WITH ORDINALITY g(document_id, relation, position)
		WHERE EXISTS (SELECT FROM documents d WHERE d.id = g.document_id)
		RETURNING document_id`, pg.Args{"id": id, "documents": documents, "relations": relations})
	var fields []apperr.Field
	for i, l := range links {
		if !slices.Contains(found, l.DocumentID) {
			fields = append(fields, apperr.At("/document_links/"+strconv.Itoa(i)+"/document_id", "unknown_reference"))
		}
	}
	return fields, err
}
