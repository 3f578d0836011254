package pg

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Where collects the predicates of a filter, joined by AND. Each is constant SQL with named arguments.
type Where struct {
	preds []string
	args  Args
	links []Link
	sets  []Set
	vary  bool
}

// Link is a filter through a link table that carries the sort date of the round table. It keeps the records that a
// row of the table names in Parent and that satisfies Cond. The index of a single link with one value can give a page
// sorted by date.
type Link struct {
	Table  string // the link table with its alias l, such as "organizers l"
	Parent string // the column of l that names the listed record
	Cond   string // on l, such as "l.organization_id = ANY(@organizer)"
	Key    string // the column of the listed record that Parent refers to; empty: its id
	Leads  bool   // Cond has one value, so the index of the link gives the page in order
}

// Set is a filter by ids that a subquery finds. There may be few of them or nearly all records; that decides how a
// page is read (see Known).
type Set struct {
	Column string // the expression of the listed record that must be one of the ids
	IDs    string // SELECT of the ids; may repeat them
	Exists string // the same condition as a predicate on one listed record; empty: Column IN (IDs)
	Args   Args   // of IDs and Exists
	Varies bool   // the best plan for IDs depends on the values
	Name   string // unique in the filter; set by Among
}

// Add adds a predicate and its arguments as pairs of name and value.
func (w *Where) Add(pred string, args ...any) {
	w.preds = append(w.preds, pred)
	w.Bind(args...)
}

// Vary adds a predicate whose best plan depends on the value: it may keep nearly all records or none.
func (w *Where) Vary(pred string, args ...any) {
	w.vary = true
	w.Add(pred, args...)
}

// Varies reports whether the statement should be planned for its values.
func (w *Where) Varies() bool { return w.vary }

// In adds column = ANY(@name) unless values is empty.
func In[T any](w *Where, column, name string, values []T) {
	if len(values) > 0 {
		cond, value := OneOf(column, name, values)
		w.Add(cond, name, value)
	}
}

// OneOf returns the predicate that column is one of the values, and its argument. It compares a single value with =,
// so that an index gives the columns after it in order.
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

// Through keeps the records of which a row of the link has one of the values in a column, unless values is empty. It
// sets Cond and Leads.
func Through[T any](w *Where, l Link, column, name string, values []T) {
	if len(values) == 0 {
		return
	}
	var value any
	l.Cond, value = OneOf(column, name, values)
	l.Leads = len(values) == 1
	w.Through(l, name, value)
}

// Together keeps the records of which rows of the link have all of the values in a column, unless values is empty. on is the
// expression of the listed record that the parent of the link equals.
func Together[T any](w *Where, on string, l Link, column, name string, values []T) {
	if len(values) > 0 {
		w.Together(on, l, column, column+" = ANY(@all_"+name+")", "all_"+name, values)
	}
}

// Together keeps the records of which rows of the link have, in a column, all values of the argument called name. cond is the predicate
// on the rows that have one of them.
func (w *Where) Together(on string, l Link, column, cond, name string, values any) {
	w.Among(Set{
		Column: on, Args: Args{name: values}, Varies: true,
		IDs: "SELECT l." + l.Parent + " FROM " + l.Table + " WHERE " + cond + " GROUP BY l." + l.Parent +
			" HAVING count(DISTINCT " + column + ") = cardinality(@" + name + ")",
	})
}

// Among adds a filter by a set.
func (w *Where) Among(s Set) {
	s.Name = "set_" + strconv.Itoa(len(w.sets))
	w.sets = append(w.sets, s)
}

// Sets returns the sets whose members are not known yet.
func (w *Where) Sets() []Set { return w.sets }

// Whole makes the predicates fit for a statement that reads all records: it tests sets by their ids at once, not record by
// record.
func (w *Where) Whole() {
	for i := range w.sets {
		w.sets[i].Exists = ""
	}
}

// Clone returns an independent copy.
func (w *Where) Clone() Where {
	return Where{slices.Clone(w.preds), maps.Clone(w.args), slices.Clone(w.links), slices.Clone(w.sets), w.vary}
}

// Known replaces sets by their members. array returns them as an expression of type bigint[], or "" if the set is too
// large; such a set is tested record by record. id is the expression of the listed record's id.
func (w *Where) Known(id string, array func(Set) string) {
	sets := w.sets
	w.sets = nil
	for _, s := range sets {
		members := array(s)
		switch {
		case members == "":
			w.sets = append(w.sets, s)
			w.vary = true
		case s.Column == id: // a join starts from the ids; PostgreSQL might test = ANY on every record in order
			w.Add(id + " IN (SELECT unnest(" + members + "))")
		default:
			w.Vary(s.Column + " = ANY(" + members + ")")
		}
	}
}

// Bind adds arguments that the SELECT itself uses, as pairs of name and value.
func (w *Where) Bind(args ...any) {
	if w.args == nil {
		w.args = Args{}
	}
	for i := 0; i+1 < len(args); i += 2 {
		w.args[args[i].(string)] = args[i+1]
	}
}

// Args returns a copy of all arguments.
func (w *Where) Args() Args {
	args := Args{}
	maps.Copy(args, w.args)
	for _, s := range w.sets {
		maps.Copy(args, s.Args)
	}
	return args
}

// Lead returns the link whose index can give a page sorted by date. There is one only if it is the single link.
func (w *Where) Lead() (Link, bool) {
	if len(w.links) == 1 && w.links[0].Leads {
		return w.links[0], true
	}
	return Link{}, false
}

// SQL returns " WHERE a AND b" or "". id is the expression of the listed record's id. skipLinks leaves the links out.
func (w *Where) SQL(id string, skipLinks bool) string {
	preds := make([]string, 0, len(w.preds)+len(w.links)+len(w.sets))
	for _, pred := range w.preds {
		preds = append(preds, "("+pred+")") // a predicate may contain OR
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
