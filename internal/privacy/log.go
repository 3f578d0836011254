package privacy

import (
	"context"
	"strings"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// logged is how the change log holds data of a person in the records of one type.
type logged struct {
	recordType string
	refers     string // SQL condition on a snapshot {s}: it refers to one of the people @people
	clear      string // SQL expression: the snapshot {s} without their data
}

// A snapshot holds ids as numbers. @people and @own are arrays of such JSON values. An array contains a value as itself.
const clearAll = "CASE WHEN {refers} THEN NULL ELSE {s} END"

var loggedTypes = []logged{
	{"affiliations", "{s} -> 'person_id' = ANY (@people)", clearAll},
	{"contacts", "{s} -> 'person_id' = ANY (@people)", clearAll},
	{"distinctions", "{s} ->> 'type' = 'people' AND ({s} -> 'first_id' = ANY (@people) OR {s} -> 'second_id' = ANY (@people))", clearAll},
	{"documents", "{s} -> 'author_ids' @> ANY (@people)", without("author_ids")},
	// An attendance may have had only a name before it was linked to the person.
	{"attendees", "{s} -> 'person_id' = ANY (@people) OR {s} -> 'on_behalf_of_person_id' = ANY (@people)", `{s}
		|| CASE WHEN {s} -> 'person_id' = ANY (@people) OR {s} -> 'person_id' = 'null' AND to_jsonb(id) = ANY (@own)
			THEN jsonb_build_object('person_id', NULL, 'name_as_listed', NULL, 'description', @nobody::jsonb) ELSE '{}' END
		|| CASE WHEN {s} -> 'on_behalf_of_person_id' = ANY (@people) THEN '{"on_behalf_of_person_id": null}'::jsonb ELSE '{}' END`},
	{"statements", "{s} -> 'attendee_id' = ANY (@own) OR {s} -> 'quoted_person_id' = ANY (@people) OR {s} #> '{mentions,person_ids}' @> ANY (@people)",
		without("mentions,person_ids") + `
		|| CASE WHEN {s} -> 'attendee_id' = ANY (@own) OR {s} -> 'attendee_id' = 'null' AND {spoke} THEN '{"attribution": null}'::jsonb ELSE '{}' END
		|| CASE WHEN {s} -> 'quoted_person_id' = ANY (@people) THEN '{"quoted_person_id": null}'::jsonb ELSE '{}' END`},
	{"merges", "{s} ->> 'type' = 'people' AND {s} -> 'from_id' = ANY (@people)",
		"CASE WHEN {refers} THEN {s} || jsonb_build_object('name', @nobody::jsonb) ELSE {s} END"},
}

// without is the snapshot without people in the list at a path.
func without(path string) string {
	return strings.ReplaceAll(`CASE WHEN {s} #> '{path}' @> ANY (@people) THEN jsonb_set({s}, '{path}',
		(SELECT coalesce(jsonb_agg(e.id ORDER BY e.n), '[]') FROM jsonb_array_elements({s} #> '{path}') WITH ORDINALITY e(id, n) WHERE e.id <> ALL (@people)))
		ELSE {s} END`, "{path}", "{"+path+"}")
}

// sql fills in a condition or an expression for one snapshot: before or after.
func (l logged) sql(text, snapshot string) string {
	return strings.NewReplacer("{s}", snapshot).Replace(strings.ReplaceAll(text, "{refers}", "("+l.refers+")"))
}

// find adds the records that log entries after a position refer to. The content before a change is the content after the
// previous one.
func (s *subject) find(ctx context.Context, tx pgx.Tx, after int64) error {
	for _, l := range loggedTypes {
		ids, err := pg.Column[int64](ctx, tx, "SELECT DISTINCT id FROM changes WHERE type = @type AND seq > @after AND id <> ALL (@known) AND ("+
			l.sql(l.refers, "after")+")", s.args(l.refers, pg.Args{"type": l.recordType, "after": after, "known": s.known(l.recordType)}))
		if err != nil {
			return err
		}
		s.touched[l.recordType] = append(s.touched[l.recordType], ids...)
		if l.recordType != "attendees" || len(ids) == 0 {
			continue
		}
		// Of an attendance that was linked to several people, the last one counts.
		own, err := pg.Column[int64](ctx, tx, `SELECT last.id FROM (SELECT DISTINCT ON (id) id, after -> 'person_id' AS person FROM changes
			WHERE type = 'attendees' AND id = ANY (@ids) AND after ->> 'person_id' IS NOT NULL ORDER BY id, seq DESC) last WHERE last.person = ANY (@people)`,
			s.args("@people", pg.Args{"ids": ids}))
		if err != nil {
			return err
		}
		s.own = append(s.own, own...)
	}
	return nil
}

func (s *subject) known(recordType string) []int64 {
	return append([]int64{}, s.touched[recordType]...)
}

// args adds to args the arguments that a text of loggedTypes names.
func (s *subject) args(text string, args pg.Args) pg.Args {
	for name, value := range map[string]any{"people": jsonIDs(s.ids), "own": jsonIDs(s.own), "nobody": NameErased} {
		if strings.Contains(text, "@"+name) {
			args[name] = value
		}
	}
	return args
}

// jsonIDs returns ids as JSON values.
func jsonIDs(ids []int64) []any {
	all := make([]any, len(ids))
	for i, id := range ids {
		all[i] = id
	}
	return all
}

// clearLog removes the data of the person from all entries of the change log, and reasons that name the person. It returns how
// many entries it changed.
func (s *subject) clearLog(ctx context.Context, tx pgx.Tx) (entries int64, err error) {
	run := func(sql string, args pg.Args) {
		if err == nil {
			var n int64
			n, err = pg.Value[int64](ctx, tx, "WITH cleared AS ("+sql+" RETURNING 1) SELECT count(*) FROM cleared", args)
			entries += n
		}
	}
	run(`UPDATE changes SET before = NULL, after = NULL, reason = CASE WHEN op = 'erase' THEN reason END
		WHERE type = 'people' AND id = ANY (@ids) AND (before IS NOT NULL OR after IS NOT NULL OR reason IS NOT NULL AND op <> 'erase')`, pg.Args{"ids": s.ids})
	run(undoneMerges, pg.Args{"ids": s.ids})
	for _, l := range loggedTypes {
		before, after := l.sql(l.clear, "before"), l.sql(l.clear, "after")
		clear := strings.ReplaceAll("UPDATE changes SET before = "+before+", after = "+after+
			" WHERE type = @type AND id = ANY (@ids) AND (before, after) IS DISTINCT FROM ("+before+", "+after+")", "{spoke}", "id = ANY (@spoke)")
		args := s.args(clear, pg.Args{"type": l.recordType, "ids": s.known(l.recordType)})
		if err == nil && strings.Contains(clear, "@spoke") {
			if args["spoke"], err = s.spoke(ctx, tx); err != nil {
				return entries, err
			}
		}
		run(clear, args)
	}
	if err != nil {
		return entries, err
	}
	reasons, err := pg.Column[string](ctx, tx, "SELECT DISTINCT reason FROM changes WHERE reason IS NOT NULL", nil)
	if err != nil {
		return entries, err
	}
	var naming []string
	for _, reason := range reasons {
		if s.names.mentions(reason) {
			naming = append(naming, reason)
		}
	}
	if len(naming) > 0 {
		run("UPDATE changes SET reason = NULL WHERE reason = ANY (@naming)", pg.Args{"naming": naming})
	}
	return entries, err
}

// spoke returns the statements of the person. Some had no attendee at first.
func (s *subject) spoke(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	return pg.Column[int64](ctx, tx, `SELECT last.id FROM (SELECT DISTINCT ON (id) id, after -> 'attendee_id' AS attendee FROM changes
		WHERE type = 'statements' AND id = ANY (@ids) AND after ->> 'attendee_id' IS NOT NULL ORDER BY id, seq DESC) last WHERE last.attendee = ANY (@own)`,
		s.args("@own", pg.Args{"ids": s.known("statements")}))
}

// undoneMerges restores the previous content in the log of records that had the data of the person only between a merge and its
// undo. Nothing else could change them in between, or the merge could not be undone.
const undoneMerges = `
	UPDATE changes c SET before = CASE WHEN c.seq > was.first THEN was.content ELSE c.before END,
		after = CASE WHEN c.seq < was.last THEN was.content ELSE c.after END
	FROM (SELECT w.type, w.id, w.seq AS first, max(later.seq) AS last, w.before AS content
		FROM merges m
		JOIN LATERAL (SELECT min(u.seq) AS seq FROM changes u WHERE u.type = 'merges' AND u.id = m.id AND (u.after ->> 'undone')::boolean) undone ON true
		JOIN changes w ON w.seq BETWEEN m.first_seq AND m.last_seq AND w.type IN ('people', 'attendees') AND w.op = 'update'
		JOIN changes later ON later.type = w.type AND later.id = w.id AND later.seq BETWEEN w.seq AND undone.seq AND later.op <> 'visibility'
		WHERE m.type = 'people' AND m.undone AND m.from_id = ANY (@ids) AND NOT (w.type = 'people' AND w.id = ANY (@ids))
		GROUP BY w.seq) was
	WHERE c.type = was.type AND c.id = was.id AND c.seq BETWEEN was.first AND was.last AND c.op <> 'visibility' AND was.first < was.last`
