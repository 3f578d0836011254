package paging

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// build builds the statement of one page. An order of several keys needs a sort, so the ids of the page are found
// first and the columns are looked up for them alone. The shape depends only on the order, which keeps the number of
// plans small:
//
//   - newest first through a link: the index of the link gives the order;
//   - oldest first: dated events, then undated ones, as two ranges of an index that begins with the date;
//   - otherwise: row comparison, expanded if the directions differ.
func (s Source) build(order []term, w *pg.Where, after *Cursor, rows int) (string, pg.Args, error) {
	args := w.Args()
	s.most = mostRows(rows)
	s = s.joined(order)
	cut := func(sql string) string { return sql }
	if rows < s.most {
		args["page_rows"] = rows
		cut = func(sql string) string { return "SELECT cut.* FROM (" + sql + ") cut LIMIT @page_rows" }
	}
	if after != nil {
		if len(after.Keys) != len(order) {
			return "", nil, BadCursor()
		}
		args["after_id"] = after.ID
		for i, key := range after.Keys {
			args[fmt.Sprintf("after_%d", i)] = key
		}
	}
	keys := make([]string, len(order))
	for i, t := range order {
		keys[i] = "(" + t.SQL + ")::text"
	}
	selects := "SELECT " + s.Columns + ", ARRAY[" + strings.Join(keys, ", ") + "]::text[] AS sort_keys FROM "
	if len(order) == 1 || s.Shown == "" { // an index gives the order, so Shown is looked up for the page only
		s.Joins += " " + s.Shown
		return cut(s.pick(order, selects, w, after)), args, nil
	}
	last := order
	order = slices.Clone(order)
	picked := s.pick(order, "SELECT "+s.ID+" AS id FROM ", w, after)
	expandDates(last)
	return selects + "(" + cut(picked) + ") picked JOIN " + s.Table + " ON " + s.ID + " = picked.id " + s.Joins + " " + s.Shown + s.orderBy(last), args, nil
}

// joined adds the joins that the keys of an order need.
func (s Source) joined(order []term) Source {
	for _, t := range order {
		if t.Joins != "" && !strings.Contains(s.Joins, t.Joins) {
			s.Joins += " " + t.Joins
		}
	}
	return s
}

// mostRows returns the row limit that a page is planned for. It is a literal in the statement: for a LIMIT that is an
// argument PostgreSQL expects a tenth of the table.
func mostRows(rows int) int {
	for _, most := range []int{DefaultLimit + 1, 101, 201} {
		if rows <= most {
			return most
		}
	}
	return MaxLimit + 1
}

// pick builds the statement that finds the rows of the page.
func (s Source) pick(order []term, selects string, w *pg.Where, after *Cursor) string {
	if order[0].Date {
		expandDates(order[1:])
		link, leads := w.Lead()
		switch {
		case order[0].desc && leads && order[0].Joins == "":
			return s.led(link, order, selects, w, after)
		case !order[0].desc:
			return s.oldestFirst(order, selects, w, after)
		}
	}
	expandDates(order)
	where := and(w.SQL(s.ID, false), s.seek(order, after))
	return selects + s.Table + " " + s.Joins + where + s.orderBy(order) + " LIMIT " + strconv.Itoa(s.most)
}

// led reads ids and dates in order from the index of the link and joins the records. Further keys of the order are
// sorted within one date at a time.
func (s Source) led(link pg.Link, order []term, selects string, w *pg.Where, after *Cursor) string {
	order[0].SQL = "led.starts_key"
	where := w.SQL(s.ID, true)
	bound := ""
	if after != nil {
		bound = " AND l.starts_key <= @after_0::text::integer"
		where = and(where, s.seek(order, after))
	}
	key := link.Key
	if key == "" {
		key = s.ID
		s.ID = "led.id" // the same value, but PostgreSQL knows its order
		if after != nil && len(order) == 1 {
			bound += " AND (l.starts_key, l." + link.Parent + ") < (@after_0::text::integer, @after_id)"
		}
	}
	return selects + "(SELECT l." + link.Parent + " AS id, l.starts_key FROM " + link.Table + " WHERE " + link.Cond + bound +
		" GROUP BY l.starts_key, l." + link.Parent + " ORDER BY l.starts_key DESC, l." + link.Parent + " DESC) led JOIN " + s.Table +
		" ON " + key + " = led.id " + s.Joins + where + s.orderBy(order) + " LIMIT " + strconv.Itoa(s.most)
}

// oldestFirst reads dated records in order, then undated ones (key 0). The Append stops when the page is full.
func (s Source) oldestFirst(order []term, selects string, w *pg.Where, after *Cursor) string {
	date := order[0].SQL
	where := and(w.SQL(s.ID, false), s.seek(order, after))
	part := func(pred string) string {
		return "(" + selects + s.Table + " " + s.Joins + and(where, pred) + s.orderBy(order) + " LIMIT " + strconv.Itoa(s.most) + ")"
	}
	undated := date + " = 0"
	if after != nil && after.Keys[0] == "0" {
		return part(undated)
	}
	dated := part(date + " > 0")
	where = w.SQL(s.ID, false)
	return dated + " UNION ALL " + part(undated) + " LIMIT " + strconv.Itoa(s.most)
}

// expandDates sorts undated records last in ascending orders. In descending ones their key 0 does that.
func expandDates(order []term) {
	for i, t := range order {
		if t.Date && !t.desc && !t.expanded {
			order[i].SQL = "CASE WHEN " + t.SQL + " = 0 THEN 99999999 ELSE " + t.SQL + " END"
			order[i].expanded = true
		}
	}
}

// seek returns the predicate for rows after the cursor. Its date keys are as selected, so they are mapped again.
func (s Source) seek(order []term, after *Cursor) string {
	if after == nil {
		return ""
	}
	values := make([]string, len(order))
	for i, t := range order {
		values[i] = fmt.Sprintf("@after_%d::text::%s", i, t.Type)
		if t.expanded {
			values[i] = fmt.Sprintf("(CASE WHEN @after_%[1]d::text = '0' THEN 99999999 ELSE @after_%[1]d::text::integer END)", i)
		}
	}
	desc := order[0].desc
	if !slices.ContainsFunc(order, func(t term) bool { return t.desc != desc }) {
		columns := make([]string, len(order))
		for i, t := range order {
			columns[i] = t.SQL
		}
		return "(" + strings.Join(append(columns, s.ID), ", ") + ") " + than(desc) + " (" + strings.Join(append(values, "@after_id"), ", ") + ")"
	}
	var alternatives []string
	equal := ""
	for i, t := range order {
		alternatives = append(alternatives, "("+equal+t.SQL+" "+than(t.desc)+" "+values[i]+")")
		equal += t.SQL + " = " + values[i] + " AND "
	}
	alternatives = append(alternatives, "("+equal+s.ID+" "+than(order[len(order)-1].desc)+" @after_id)")
	// The first comparison is redundant, but an index scan can start from it.
	return order[0].SQL + " " + than(desc) + "= " + values[0] + " AND (" + strings.Join(alternatives, " OR ") + ")"
}

// orderBy puts the id last, in the direction of the key before it, so that one index covers both.
func (s Source) orderBy(order []term) string {
	keys := make([]string, 0, len(order)+1)
	direction := ""
	for _, t := range order {
		direction = ""
		if t.desc {
			direction = " DESC"
		}
		keys = append(keys, t.SQL+direction)
	}
	return " ORDER BY " + strings.Join(append(keys, s.ID+direction), ", ")
}

// BadCursor returns the error for a cursor of another list.
func BadCursor() error {
	return apperr.BadQuery([]apperr.Field{apperr.In("cursor", "bad_cursor")})
}

func than(desc bool) string {
	if desc {
		return "<"
	}
	return ">"
}

func and(where, pred string) string {
	switch {
	case pred == "":
		return where
	case where == "":
		return " WHERE " + pred
	}
	return where + " AND " + pred
}

// MaxFew is the largest id set that is passed to the page query as an array. Larger sets are tested row by row.
const MaxFew = 5000

// IsFew is the SQL condition that a set has at most MaxFew members.
var IsFew = "count(*) <= " + strconv.Itoa(MaxFew)

// A batch has one mode of execution. Statements to be planned for their values stand between these two. The settings
// end with the transaction.
const (
	planForValues = "SELECT set_config('registry.plans', current_setting('plan_cache_mode'), true), set_config('plan_cache_mode', 'force_custom_plan', true)"
	planAsBefore  = "SELECT set_config('plan_cache_mode', current_setting('registry.plans'), true)"
)

// plan switches whether the next statements of a batch are planned for their values, and returns the new mode.
func plan(b *pgx.Batch, was, forValues bool) bool {
	switch {
	case forValues && !was:
		b.Queue(planForValues)
	case was && !forValues:
		b.Queue(planAsBefore)
	}
	return forValues
}

// members has the ids of each set by its name; nil for a set with more than MaxFew.
type members map[string][]int64

// ask adds the queries for the members of the sets to a batch. Each stores its ids in a session setting that the page
// query reads (see passed), which saves a round trip. It reports whether the next statement would be planned for its
// values.
func (m members) ask(b *pgx.Batch, sets []pg.Set) (varies bool) {
	sets = slices.Clone(sets)
	slices.SortStableFunc(sets, func(x, y pg.Set) int { return rank(x) - rank(y) })
	for _, s := range sets {
		if s.Varies && !varies {
			varies = plan(b, false, true)
		}
		b.Queue("SELECT few, CASE WHEN few THEN ids END, set_config('registry."+s.Name+"', CASE WHEN few THEN ids::text ELSE '{}' END, true)"+
			" FROM (SELECT coalesce(array_agg(DISTINCT members.id), '{}') AS ids, "+IsFew+" AS few FROM (SELECT found.id FROM ("+s.IDs+
			") found(id) WHERE found.id IS NOT NULL LIMIT "+strconv.Itoa(MaxFew+1)+") members) asked", s.Args).QueryRow(func(row pgx.Row) error {
			var few bool
			var ids []int64
			err := row.Scan(&few, &ids, nil)
			m[s.Name] = ids
			return err
		})
	}
	return varies
}

// rank sorts the sets that are planned for their values last.
func rank(s pg.Set) int {
	if s.Varies {
		return 1
	}
	return 0
}

// passable reports whether a page can be planned before the members of the sets are known. For sets of ids of the
// listed records every plan starts from the ids; for sets of values of a column the plan depends on how many records
// have them.
func passable(sets []pg.Set, id string) bool {
	return !slices.ContainsFunc(sets, func(s pg.Set) bool { return s.Column != id })
}

// passed returns the members that an earlier statement of the transaction stored: none if they were too many.
func passed(s pg.Set) string { return "current_setting('registry." + s.Name + "')::bigint[]" }

// bound returns the members as an argument of the filter.
func (m members) bound(w *pg.Where) func(pg.Set) string {
	return func(s pg.Set) string {
		if m[s.Name] == nil {
			return ""
		}
		w.Bind(s.Name, m[s.Name])
		return "@" + s.Name + "::bigint[]"
	}
}

// tooLarge reports whether a set has more than MaxFew members.
func (m members) tooLarge() bool {
	for _, ids := range m {
		if ids == nil {
			return true
		}
	}
	return false
}
