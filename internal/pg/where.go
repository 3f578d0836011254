package pg

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Where collects the predicates of a filter, each a piece of constant SQL with named arguments, joined by AND.
type Where struct {
	preds []string
	args  Args
	links []Link
	sets  []Set
	vary  bool
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

// Set is a filter by ids that a subquery finds: a few of them, or those of nearly every record. Which of both decides how
// a page is read (see Known).
type Set struct {
	Column string // the expression of the listed record that is among the ids
	IDs    string // SELECT of the ids; repeated ones do no harm
	Exists string // the same as a predicate on one listed record; empty: Column IN (IDs)
	Args   Args   // of both
	Varies bool   // how the ids are best found depends on the values
	Name   string // one of its own in the filter; Among gives it
}

// Add adds a predicate and its arguments as pairs of name and value.
func (w *Where) Add(pred string, args ...any) {
	w.preds = append(w.preds, pred)
	w.Bind(args...)
}

// Vary adds a predicate whose best plan depends on the value, because it may let through nearly everything or nothing.
func (w *Where) Vary(pred string, args ...any) {
	w.vary = true
	w.Add(pred, args...)
}

// Varies reports whether the statement is worth a plan of its own for each set of values.
func (w *Where) Varies() bool { return w.vary }

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
	w.vary = w.vary || !l.Leads
	w.links = append(w.links, l)
	w.Bind(args...)
}

// Among adds a filter by a set.
func (w *Where) Among(s Set) {
	s.Name = "set_" + strconv.Itoa(len(w.sets))
	w.sets = append(w.sets, s)
}

// Sets gives the sets that are not known yet.
func (w *Where) Sets() []Set { return w.sets }

// Clone gives a copy that can be changed by itself.
func (w *Where) Clone() Where {
	return Where{slices.Clone(w.preds), maps.Clone(w.args), slices.Clone(w.links), slices.Clone(w.sets), w.vary}
}

// Known replaces each set of which array gives the members by these: an expression of the type bigint[]. It is "" for a set
// that is too large to be named by its members, which is then looked into record by record. id is the expression of the
// listed record's id: to a few of these any plan goes straight.
func (w *Where) Known(id string, array func(Set) string) {
	sets := w.sets
	w.sets = nil
	for _, s := range sets {
		members := array(s)
		switch {
		case members == "":
			w.sets = append(w.sets, s)
			w.vary = true
		case s.Column == id: // a join begins with them; an ANY might be checked on every record in order
			w.Add(id + " IN (SELECT unnest(" + members + "))")
		default:
			w.Vary(s.Column + " = ANY(" + members + ")")
		}
	}
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
	args := Args{}
	maps.Copy(args, w.args)
	for _, s := range w.sets {
		maps.Copy(args, s.Args)
	}
	return args
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
	preds := make([]string, 0, len(w.preds)+len(w.links)+len(w.sets))
	for _, pred := range w.preds {
		preds = append(preds, "("+pred+")") // one that holds an OR stays one
	}
	for _, s := range w.sets {
		if s.Exists == "" {
			s.Exists = s.Column + " IN (" + s.IDs + ")"
		}
		preds = append(preds, "("+s.Exists+")")
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
