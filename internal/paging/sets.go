package paging

import (
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// MaxFew is how many records are looked up and sorted as quickly as a page is found among as many times more.
const MaxFew = 5000

// IsFew is how a statement asks whether it has found all members of a set.
var IsFew = "count(*) <= " + strconv.Itoa(MaxFew)

// A batch has one mode of execution. What is to be planned for its values stands between these two; what they set ends with
// the transaction.
const (
	planForValues = "SELECT set_config('registry.plans', current_setting('plan_cache_mode'), true), set_config('plan_cache_mode', 'force_custom_plan', true)"
	planAsBefore  = "SELECT set_config('plan_cache_mode', current_setting('registry.plans'), true)"
)

// plan has what follows in a batch planned for its values, or not, where that is otherwise than it was, and gives how it is.
func plan(b *pgx.Batch, was, forValues bool) bool {
	switch {
	case forValues && !was:
		b.Queue(planForValues)
	case was && !forValues:
		b.Queue(planAsBefore)
	}
	return forValues
}

// members are those of sets, by their names; nil for a set that has more than MaxFew.
type members map[string][]int64

// ask adds the questions for the members of sets to a batch. They leave what they find for the statements after them (see
// passed), so that nobody has to wait for it. It reports whether what follows would be planned for its values, too.
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

// rank puts what is planned for its values last.
func rank(s pg.Set) int {
	if s.Varies {
		return 1
	}
	return 0
}

// passable reports whether the members of sets need not be known to plan a page: to some listed records any plan goes straight,
// but how many of these have one value or another in a column decides the plan.
func passable(sets []pg.Set, id string) bool {
	return !slices.ContainsFunc(sets, func(s pg.Set) bool { return s.Column != id })
}

// passed gives the members that a question before in the same transaction has found, none if they were too many.
func passed(s pg.Set) string { return "current_setting('registry." + s.Name + "')::bigint[]" }

// bound gives the members as an argument of the filter.
func (m members) bound(w *pg.Where) func(pg.Set) string {
	return func(s pg.Set) string {
		if m[s.Name] == nil {
			return ""
		}
		w.Bind(s.Name, m[s.Name])
		return "@" + s.Name + "::bigint[]"
	}
}

// tooLarge reports whether one of the sets is.
func (m members) tooLarge() bool {
	for _, ids := range m {
		if ids == nil {
			return true
		}
	}
	return false
}
