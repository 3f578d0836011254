package paging

import (
	"fmt"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/pg"
)

// build writes the statement of one page. Its shape depends on the order only, so that plans stay few:
//
//   - by date alone, newest first: one range of the index (date, id);
//   - by date alone, oldest first: the dated events, then the undated ones, as two ranges of that index;
//   - by date through a link: the index of the link leads;
//   - all else: row comparison, or its expansion where directions differ.
func (s Source) build(order []term, w *pg.Where, after *Cursor, rows int) (string, pg.Args, error) {
	args := w.Args()
	args["page_rows"] = rows
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
	if len(order) == 1 && order[0].Date {
		if link, ok := w.Lead(); ok && order[0].desc {
			return s.led(link, selects, w, after, args), args, nil
		}
		if !order[0].desc {
			return s.oldestFirst(order[0], selects, w, after, args), args, nil
		}
	}
	order = expandDates(order)
	where := and(w.SQL(s.ID, false), s.seek(order, after, 0))
	return selects + s.Table + " " + s.Joins + where + s.orderBy(order) + " LIMIT @page_rows", args, nil
}

// led reads the ids and dates in order from the index of the link, and joins the records to them.
func (s Source) led(link pg.Link, selects string, w *pg.Where, after *Cursor, args pg.Args) string {
	seek := ""
	if after != nil {
		seek = " AND (l.starts_key, l." + link.Parent + ") < (@after_0::text::integer, @after_id)"
	}
	return selects + "(SELECT l." + link.Parent + " AS id, l.starts_key FROM " + link.Table + " WHERE " + link.Cond + seek +
		" GROUP BY l.starts_key, l." + link.Parent + " ORDER BY l.starts_key DESC, l." + link.Parent + " DESC) led JOIN " + s.Table +
		" ON " + s.ID + " = led.id " + s.Joins + w.SQL(s.ID, true) + " ORDER BY led.starts_key DESC, led.id DESC LIMIT @page_rows"
}

// oldestFirst reads dated records by date, then undated ones (key 0) by id: an Append that stops when the page is full.
func (s Source) oldestFirst(t term, selects string, w *pg.Where, after *Cursor, args pg.Args) string {
	part := func(pred, order string) string {
		return "(" + selects + s.Table + " " + s.Joins + and(w.SQL(s.ID, false), pred) + " ORDER BY " + order + " LIMIT @page_rows)"
	}
	dated, undated := t.SQL+" > 0", t.SQL+" = 0"
	if after != nil {
		if after.Keys[0] == "0" {
			delete(args, "after_0")
			return part(undated+" AND "+s.ID+" > @after_id", s.ID)
		}
		dated += " AND (" + t.SQL + ", " + s.ID + ") > (@after_0::text::integer, @after_id)"
	}
	return part(dated, t.SQL+", "+s.ID) + " UNION ALL " + part(undated, s.ID) + " LIMIT @page_rows"
}

// expandDates makes "no date comes last" a key of its own in an ascending order; a descending one has it by itself.
func expandDates(order []term) []term {
	for i, t := range order {
		if t.Date && !t.desc {
			order[i].SQL = "CASE WHEN " + t.SQL + " = 0 THEN 99999999 ELSE " + t.SQL + " END"
		}
	}
	return order
}

// seek is the predicate for rows after the cursor. The date keys of the cursor are as selected, hence mapped again.
func (s Source) seek(order []term, after *Cursor, _ int) string {
	if after == nil {
		return ""
	}
	values := make([]string, len(order))
	for i, t := range order {
		values[i] = fmt.Sprintf("@after_%d::text::%s", i, t.Type)
		if t.Date && !t.desc {
			values[i] = fmt.Sprintf("(CASE WHEN @after_%[1]d::text = '0' THEN 99999999 ELSE @after_%[1]d::text::integer END)", i)
		}
	}
	desc := order[0].desc
	uniform := true
	for _, t := range order {
		uniform = uniform && t.desc == desc
	}
	if uniform {
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
	return "(" + strings.Join(alternatives, " OR ") + ")"
}

// orderBy puts the id last, in the direction of the key before it, so that one index serves both.
func (s Source) orderBy(order []term) string {
	keys := make([]string, 0, len(order)+1)
	direction := ""
	for _, t := range order {
		direction = map[bool]string{true: " DESC"}[t.desc]
		keys = append(keys, t.SQL+direction)
	}
	return " ORDER BY " + strings.Join(append(keys, s.ID+direction), ", ")
}

// BadCursor is the error for a cursor that does not belong to the list.
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

// Item is the statement that reads the record @id as a list would.
func (s Source) Item() string {
	return "SELECT " + s.Columns + ", NULL::text[] AS sort_keys FROM " + s.Table + " " + s.Joins + " WHERE " + s.ID + " = @id"
}
