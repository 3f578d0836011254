package history

import (
	"context"
	"slices"
	"time"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// eventType is the type of records that have parts of other types, and eventParts are those types.
const eventType = "round-tables"

var eventParts = []string{"organizers", "attendees", "statements", "recommendations"}

// ShowPast makes all queries of the transaction see a record as it was at a time. If the record is an event or belongs to one, they
// see the whole event as it was: the event and its parts, also those that were deleted since. Records that it referred to and that
// were deleted or merged since exist again; other records are as they are today. Temporary views take the place of the tables, so the
// transaction must be rolled back. It must not be read-only.
func (all Kinds) ShowPast(ctx context.Context, tx pgx.Tx, recordType string, id int64, at time.Time) error {
	args := pg.Args{"type": recordType, "id": id, "at": at, "event_type": eventType, "parts": eventParts}
	if err := pg.Exec(ctx, tx, `CREATE TEMP TABLE past_records (past_type text, past_id bigint, past_version bigint, past_at timestamptz, past_content jsonb)
		ON COMMIT DROP`, nil); err != nil {
		return err
	}
	err := pg.Exec(ctx, tx, `
		INSERT INTO past_records
		WITH event AS (SELECT CASE WHEN @type = @event_type THEN @id::bigint ELSE (
				SELECT (c.after ->> 'round_table_id')::bigint FROM changes c
				WHERE @type = ANY(@parts) AND c.type = @type AND c.id = @id AND c.op <> 'visibility' AND c.at <= @at
				ORDER BY c.version DESC LIMIT 1) END AS id),
		records(type, id) AS (
			SELECT @type::text, @id::bigint
			UNION SELECT @event_type, id FROM event WHERE id IS NOT NULL
			UNION SELECT c.type, c.id FROM event JOIN changes c ON coalesce(c.after, c.before) ? 'round_table_id'
				AND (coalesce(c.after, c.before) ->> 'round_table_id')::bigint = event.id WHERE c.type = ANY(@parts)
			UNION SELECT c.type, c.id FROM changes c
				WHERE c.is_head AND c.after IS NULL AND c.at > @at AND c.type <> @event_type AND c.type <> ALL(@parts))
		SELECT r.type, r.id, was.version, was.at, was.after FROM records r LEFT JOIN LATERAL (
			SELECT c.version, c.at, c.after FROM changes c
			WHERE c.type = r.type AND c.id = r.id AND c.op <> 'visibility' AND c.at <= @at ORDER BY c.version DESC LIMIT 1) was ON true`, args)
	if err != nil {
		return err
	}
	types, err := pg.Column[string](ctx, tx, "SELECT DISTINCT past_type FROM past_records", nil)
	if err != nil {
		return err
	}
	schema, err := pg.Value[string](ctx, tx, "SELECT quote_ident(current_schema())", nil)
	if err != nil {
		return err
	}
	contributions, err := pg.Value[string](ctx, tx, "SELECT pg_get_viewdef('event_contributions'::regclass)", nil)
	if err != nil {
		return err
	}
	for _, k := range all {
		if !slices.Contains(types, k.Type) {
			continue
		}
		if err := k.showPast(ctx, tx, schema); err != nil {
			return err
		}
	}
	if slices.Contains(types, eventType) {
		if err := showPastCounts(ctx, tx, schema, contributions); err != nil {
			return err
		}
	}
	// An explicit place in the path makes the server plan prepared statements again.
	return pg.Exec(ctx, tx, "SELECT set_config('search_path', 'pg_temp, ' || current_setting('search_path'), true)", nil)
}

// showPastCounts replaces what the schema counts for each event by what the past event counts for. contributions is the definition of
// the view event_contributions, in which the names of the tables mean the views of the past.
func showPastCounts(ctx context.Context, tx pgx.Tx, schema, contributions string) error {
	const replaced = "IN (SELECT past_id FROM past_records WHERE past_type = '" + eventType + "')"
	const columns = "round_table_id, type, id, starts_key, published, listed, statements"
	for _, view := range []string{
		"event_contributions AS " + contributions,
		"event_counts AS SELECT " + columns + " FROM " + schema + ".event_counts WHERE round_table_id NOT " + replaced +
			" UNION ALL SELECT " + columns + " FROM pg_temp.event_contributions WHERE round_table_id " + replaced,
	} {
		if err := pg.Exec(ctx, tx, "CREATE TEMP VIEW "+view, nil); err != nil {
			return err
		}
	}
	return nil
}

// pastColumns returns the expressions of the columns of a table for a past record: r is the record, o its owner if it is a part. The
// log leaves out what the schema derives.
const pastColumns = `
	SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS names, string_agg('(' || CASE
		WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid)
		WHEN a.attname = 'version' THEN 'past_version'
		WHEN a.attname = 'updated_at' THEN 'coalesce((SELECT l.updated_at FROM ' || @table || ' l WHERE l.id = past_id AND l.version = past_version), past_at)'
		WHEN a.attname = 'xact' THEN '''0'''
		WHEN a.attname = 'starts_key' THEN '(SELECT e.starts_key FROM round_tables e WHERE e.id = round_table_id)'
		WHEN a.attname = 'person_key' THEN 'coalesce((SELECT s.person_key FROM attendees s WHERE s.id = attendee_id), 0)'
		WHEN a.attnotnull AND d.adbin IS NOT NULL AND a.attidentity = ''
			THEN 'coalesce(r.' || quote_ident(a.attname) || ', ' || pg_get_expr(d.adbin, d.adrelid) || ')'
		ELSE 'r.' || quote_ident(a.attname) END || ')::' || format_type(a.atttypid, a.atttypmod) ||
		CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END, ', ' ORDER BY a.attnum) AS past
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE a.attrelid = @table::regclass AND a.attnum > 0 AND NOT a.attisdropped`

// showPast replaces the tables of a kind by views that show the past records. schema is that of the tables.
func (k Kind) showPast(ctx context.Context, tx pgx.Tx, schema string) error {
	type columns struct{ Names, Past string }
	table := schema + "." + k.Table
	c, err := pg.One[columns](ctx, tx, pastColumns, pg.Args{"table": table})
	if err != nil {
		return err
	}
	const replaced = " NOT IN (SELECT past_id FROM past_records WHERE past_type = "
	of := "'" + k.Type + "'"
	err = pg.Exec(ctx, tx, "CREATE TEMP VIEW "+k.Table+" AS SELECT "+c.Names+" FROM "+table+" WHERE id"+replaced+of+") UNION ALL SELECT "+c.Past+
		" FROM past_records CROSS JOIN LATERAL jsonb_populate_record(NULL::"+table+", past_content) r"+
		" WHERE past_type = "+of+" AND past_content IS NOT NULL", nil)
	if err != nil {
		return err
	}
	for _, p := range k.Parts {
		// A part has columns of its own, and copies of columns of its owner.
		names, err := pg.One[columns](ctx, tx, `
			SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names,
				string_agg(CASE WHEN attname = ANY(string_to_array(@own, ', ')) THEN 's.' ELSE 'o.' END || quote_ident(attname), ', ' ORDER BY attnum) AS past
			FROM pg_attribute WHERE attrelid = @table::regclass AND attnum > 0 AND NOT attisdropped`,
			pg.Args{"table": schema + "." + p.table, "own": p.owner + ", " + p.into})
		if err != nil {
			return err
		}
		err = pg.Exec(ctx, tx, "CREATE TEMP VIEW "+p.table+" AS SELECT "+names.Names+" FROM "+schema+"."+p.table+" WHERE "+p.owner+replaced+of+
			") UNION ALL SELECT "+names.Past+" FROM (SELECT past_id, "+p.from+" FROM past_records, jsonb_array_elements(past_content #> '{"+p.path+
			"}') WITH ORDINALITY e(value, position) WHERE past_type = "+of+") s("+p.owner+", "+p.into+") JOIN "+k.Table+" o ON o.id = s."+p.owner, nil)
		if err != nil {
			return err
		}
	}
	return nil
}
