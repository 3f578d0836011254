package topic

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"

	"github.com/jackc/pgx/v5"
)

// Table is the table of topics, Type their record type in the change log.
const (
	Table = "topics"
	Type  = "topics"
)

// sourceFor returns how the actor reads topics.
var sourceFor = actor.PerView(newSource)

// newSource returns how topics are read. For the public, unpublished round tables do not count.
func newSource(public bool) paging.Source {
	s := paging.Source{
		Columns: changes.Columns("t") + `, t.label, t.description, t.parent_id,
			CASE WHEN p.id IS NOT NULL THEN json_build_object('id', p.id, 'name', p.label) END AS parent`,
		Table: "topics t",
		Joins: "LEFT JOIN topics p ON p.id = t.parent_id",
		ID:    "t.id",
		Sorts: map[string]paging.Column{
			"label":      {SQL: "t.label_sort", Type: "text"},
			"updated_at": {SQL: "t.updated_at", Type: "timestamptz"},
		},
		Default:    "label",
		Dimensions: map[string]paging.Dimension{"parent": {Values: paging.Values{SQL: "t.parent_id"}, Named: reference.NamedTopics}},
	}
	reference.AddCounts(&s, Type, public)
	return s
}

// List returns a page of topics.
func List(ctx context.Context, db pg.DB, f Filter) (paging.Page[Topic], error) {
	var w pg.Where
	pg.In(&w, "t.id", "id", f.ID)
	pg.In(&w, "t.parent_id", "parent", f.Parent)
	switch part := strings.TrimSpace(f.Q); {
	case part != "": // part of a word is enough: a vocabulary is short
		w.Bind("q_like", pg.EscapeLike(part))
		reference.OrSearch(&w, "EXISTS (SELECT FROM jsonb_each_text(t.label) l WHERE l.value ILIKE '%' || @q_like || '%')", "t.id", Type, f.Q,
			actor.From(ctx).SeesOnlyPublished())
	case f.Q != "":
		w.Add("false")
	}
	return paging.Query[Topic](ctx, db, sourceFor(ctx), w, f.Params)
}

// Get returns one topic. It returns apperr.NotFound if there is none and apperr.Gone after its deletion.
func Get(ctx context.Context, db pg.DB, id int64) (Topic, error) {
	return changes.Get[Topic](ctx, db, sourceFor(ctx), Type, id)
}

// Create creates a topic. A label that a sibling has is apperr.Conflict. An unknown parent is apperr.Invalid.
func Create(ctx context.Context, tx pgx.Tx, in Input) (int64, error) {
	return pg.ID(ctx, tx, insertTopic, in.args())
}

const insertTopic = `INSERT INTO topics (id, label, description, parent_id)
	VALUES (coalesce(@id, nextval(pg_get_serial_sequence('topics', 'id'))), @label, @description, @parent_id) RETURNING id`

// Insert queues the statement of Create.
func Insert(b *pgx.Batch, id int64, in Input, _ *[]apperr.Field) {
	args := in.args()
	args["id"] = id
	b.Queue(insertTopic, args)
}

// Update replaces the content of old, with the errors of Create. Content that is already stored changes nothing, not
// even the version.
func Update(ctx context.Context, tx pgx.Tx, old Topic, in Input) error {
	args := in.args()
	args["id"] = old.ID
	return pg.Exec(ctx, tx, "UPDATE topics SET label = @label, description = @description, parent_id = @parent_id WHERE id = @id", args)
}

func (in Input) args() pg.Args {
	return pg.Args{"id": nil, "label": in.Label, "description": in.Description, "parent_id": in.ParentID}
}

// ByLabels returns the topics that have one of the labels in any language, ignoring case, punctuation and the order of the words, by
// label; at most ten each.
func ByLabels(ctx context.Context, db pg.DB, labels []string) (map[string][]apperr.Candidate, error) {
	return pg.Candidates(ctx, db, `SELECT given, id, name FROM (
			SELECT given, t.id, text_sort_key(t.label) AS name, row_number() OVER (PARTITION BY given ORDER BY t.id) AS n
			FROM unnest(@labels::text[]) given JOIN (SELECT DISTINCT t.id, `+words("l.value")+` AS label FROM topics t, jsonb_each_text(t.label) l) known
				ON known.label = `+words("given")+` JOIN topics t ON t.id = known.id) found
		WHERE n <= 10 ORDER BY id`, pg.Args{"labels": labels})
}

// words is SQL for the words of a label, folded and sorted. A label without letters and digits stands for itself.
func words(label string) string {
	return "coalesce((SELECT string_agg(w, ' ' ORDER BY w) FROM regexp_split_to_table(search_fold(search_normalize(" + label + ")), ' ') w WHERE w <> ''), " +
		"lower(" + label + "))"
}

// Words returns the words of a label, sorted: two labels in another order of the words are one.
func Words(label string) string {
	list := strings.Fields(names.Key(label))
	slices.Sort(list)
	return strings.Join(list, " ")
}
