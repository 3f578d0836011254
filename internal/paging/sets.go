package paging

import (
	"slices"
	"strconv"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

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
