package pg

import (
	"maps"
	"strings"
)

// Where collects the predicates of a filter, each a piece of constant SQL with named arguments, joined by AND.
type Where struct {
	preds []string
	args  Args
	links []Link
}

// Link is a filter through a link table that carries the sort date of the round table: rows whose Parent column names
// the listed record and that satisfy Cond. A single link of one value can lead a page that is sorted by date.
type Link struct {
	Table  string // the link table with its alias l, such as "organizers l"
	Parent string // the column of l that names the listed record
	Cond   string // on l, such as "l.organization_id = ANY(@organizer)"
	Key    string // the column of the listed record that Parent names; empty: its id
	Leads  bool   // at most one value is asked for, so that the index of the link gives the page in order
}

// Add adds a predicate and its arguments as pairs of name and value.
func (w *Where) Add(pred string, args ...any) {
	w.preds = append(w.preds, pred)
	w.Bind(args...)
}

// In adds column = ANY(@name) unless values is empty.
func In[T any](w *Where, column, name string, values []T) {
	if len(values) > 0 {
		cond, value := OneOf(column, name, values)
		w.Add(cond, name, value)
	}
}

// OneOf gives the predicate that column is one of the values, and its argument. A single value is compared by =, which
// lets an index give what follows the column in order.
func OneOf[T any](column, name string, values []T) (cond string, value any) {
	if len(values) == 1 {
		return column + " = @" + name, values[0]
	}
	return column + " = ANY(@" + name + ")", values
}

// Through adds a filter by a link.
func (w *Where) Through(l Link, args ...any) {
	w.links = append(w.links, l)
	w.Bind(args...)
}

// Bind gives arguments, as pairs of name and value, that the SELECT itself uses.
func (w *Where) Bind(args ...any) {
	if w.args == nil {
		w.args = Args{}
	}
	for i := 0; i+1 < len(args); i += 2 {
		w.args[args[i].(string)] = args[i+1]
	}
}

// Args gives a copy of the arguments bound so far.
func (w *Where) Args() Args {
	if w.args == nil {
		return Args{}
	}
	return maps.Clone(w.args)
}

// Lead takes out the link that can lead a page sorted by date. It is there only if it is the single link.
func (w *Where) Lead() (Link, bool) {
	if len(w.links) == 1 && w.links[0].Leads {
		return w.links[0], true
	}
	return Link{}, false
}

// SQL gives " WHERE a AND b" or "". Links are semi-joins on id, the expression of the listed record's id, unless skip.
func (w *Where) SQL(id string, skipLinks bool) string {
	preds := make([]string, 0, len(w.preds)+len(w.links))
	for _, pred := range w.preds {
		preds = append(preds, "("+pred+")") // one that holds an OR stays one
	}
	if !skipLinks {
		for _, l := range w.links {
			key := l.Key
			if key == "" {
				key = id
			}
			preds = append(preds, key+" IN (SELECT l."+l.Parent+" FROM "+l.Table+" WHERE "+l.Cond+")")
		}
	}
	if len(preds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(preds, " AND ")
}

// EscapeLike makes s match itself in a LIKE pattern.
func EscapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
