package aggregate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
)

// The sections of the rows that the statement returns.
const (
	inCell      = iota // of two groups
	inGroup            // of a group of the first dimension
	inGroup2           // of a group of the second dimension
	inTotal            // of all records
	inOther            // of the records in no cell
	inMissing          // of the records without a value
	inImprecise        // of the records whose date is not precise enough
	isGroup            // a group of the first dimension
	isGroup2           // a group of the second dimension
	isAxis             // the number of groups of the first dimension, with their first and last unit of time
	isAxis2            // the same of the second dimension
	isState            // the state of the database
)

// statement builds the statement of an aggregate. It consists of these steps, each a common table expression:
//
//	matched  the records, with their value of each dimension, or with how often each combination of values occurs
//	totals   of each dimension: all its values with the number of their records
//	kept     of each dimension: the values that are groups, numbered from 1
//	placed   the records by the numbers of their groups: 0 other, -1 without a value, -2 not precise enough
//	met      of each further metric: the distinct values of the records by the numbers of their groups
//
// Then it counts. A dimension of which a record has one value needs no record ids, so many records become few rows at once.
type statement struct {
	source  paging.Source
	axes    []axis
	metrics []string // the first is count
	other   bool     // whether distinct values of what is in no group count
	whole   bool     // whether no filter limits the records
	args    pg.Args

	ctes  []string
	parts []string
}

// counted reports whether only records are counted, and each has one value of each dimension.
func (s *statement) counted() bool { return len(s.metrics) == 1 && !s.overlapping() }

// overlapping reports whether a record can be in several groups.
func (s *statement) overlapping() bool {
	return slices.ContainsFunc(s.axes, func(a axis) bool { return a.Several() })
}

func (s *statement) with(name, sql string, materialized bool) {
	if materialized {
		name += " AS MATERIALIZED"
	} else {
		name += " AS"
	}
	s.ctes = append(s.ctes, name+" ("+sql+")")
}

func (s *statement) add(section int, sql string) {
	s.parts = append(s.parts, strings.Replace(sql, "SELECT ", "SELECT "+strconv.Itoa(section)+" AS section, ", 1))
}

// build returns the statement. where begins with " WHERE", or is empty.
func (s *statement) build(where string) string {
	s.whole = where == "" || s.source.Visible != "" && where == " WHERE ("+s.source.Visible+")"
	if s.counts() {
		s.readTotals()
		return strings.Join(s.parts, "\nUNION ALL ")
	}
	s.matched(where)
	for i := range s.axes {
		s.keep(s.axes[i])
	}
	s.placed()
	s.count("placed", 0)
	for i := range s.metrics[1:] {
		s.met(i + 1)
		s.count(fmt.Sprintf("met%d", i+1), i+1)
	}
	s.addState()
	return "WITH " + strings.Join(s.ctes, ",\n") + "\n" + strings.Join(s.parts, "\nUNION ALL ")
}

func (s *statement) addState() {
	s.add(isState, "SELECT 0, 0, 0, coalesce(max(seq), 0), current_date::text, NULL::bigint, NULL::jsonb FROM changes")
}

// counts reports whether the request is for numbers of all records that are kept.
func (s *statement) counts() bool {
	kept := s.whole && len(s.axes) == 0 && s.source.Total != ""
	for _, m := range s.metrics[1:] {
		kept = kept && s.source.Metrics[m].Total != ""
	}
	return kept
}

// readTotals reads the numbers that are kept.
func (s *statement) readTotals() {
	for i, m := range s.metrics {
		total := s.source.Total
		if i > 0 {
			total = s.source.Metrics[m].Total
		}
		for _, section := range []struct{ id, group int }{{inGroup, 1}, {inTotal, 0}} {
			s.add(section.id, fmt.Sprintf("SELECT %d, %d, 0, (%s)::bigint, NULL::text, NULL::bigint, NULL::jsonb", i, section.group, total))
		}
	}
	s.addState()
}

// on is the column of matched with the expression that the records of pairs equal.
func (s *statement) on(v paging.Values) string {
	if v.On == "" || v.On == s.source.ID {
		return "id"
	}
	return "on_" + strconv.Itoa(slices.Index(s.ons(), v.On))
}

// ons are the expressions other than the id that records of pairs equal.
func (s *statement) ons() (all []string) {
	add := func(v paging.Values) {
		if v.Several() && v.On != "" && v.On != s.source.ID && !slices.Contains(all, v.On) {
			all = append(all, v.On)
		}
	}
	for _, a := range s.axes {
		add(a.Values)
	}
	for _, m := range s.metrics[1:] {
		add(s.source.Metrics[m])
	}
	return all
}

func (s *statement) matched(where string) {
	joins := s.source.Joins
	join := func(more string) {
		if more != "" && !strings.Contains(joins, more) {
			joins += " " + more
		}
	}
	var columns, values []string
	for _, a := range s.axes {
		if a.Several() {
			continue
		}
		sql := a.SQL
		if a.Time != paging.NoTime {
			sql = ordinal(a.Time, a.SQL)
		}
		join(a.Joins)
		values = append(values, a.column("k"))
		columns = append(columns, sql+" AS "+a.column("k"))
	}
	from := " FROM " + s.source.Table + " "
	if s.whole && s.counted() && len(s.axes) == 1 && s.axes[0].Counted != "" {
		s.with("matched", "SELECT k AS "+s.axes[0].column("k")+", n FROM ("+s.axes[0].Counted+") kept_counts(k, n)", true)
		return
	}
	if s.counted() {
		group := ""
		if len(values) > 0 {
			group = " GROUP BY " + strings.Join(values, ", ")
		}
		s.with("matched", "SELECT "+strings.Join(append(columns, "count(*) AS n"), ", ")+from+joins+where+group, true)
		return
	}
	columns = append(columns, s.source.ID+" AS id")
	for i, on := range s.ons() {
		columns = append(columns, on+" AS on_"+strconv.Itoa(i))
	}
	for i, m := range s.metrics[1:] {
		if v := s.source.Metrics[m]; !v.Several() {
			join(v.Joins)
			columns = append(columns, fmt.Sprintf("%s AS m%d", v.SQL, i+1))
		}
	}
	s.with("matched", "SELECT "+strings.Join(columns, ", ")+from+joins+where, true)
}

// pairs joins the values of a dimension or metric to records: to is the alias that has the column of on, outer keeps records without
// values.
func (s *statement) pairs(v paging.Values, alias, to string, outer bool) string {
	kind := " JOIN"
	if outer {
		kind = " LEFT JOIN"
	}
	return kind + " (SELECT * FROM (" + v.Pairs + ") all_pairs(record, key) WHERE key IS NOT NULL) " + alias +
		" ON " + alias + ".record = " + to + "." + s.on(v)
}

// keep finds the groups of a dimension.
func (s *statement) keep(a axis) {
	k, from := "m."+a.column("k"), " FROM matched m"
	number := "count(*)"
	switch {
	case a.Several():
		k, from = "p.key", from+s.pairs(a.Values, "p", "m", false)
		if !a.Once {
			number = "count(DISTINCT m.id)"
		}
	case s.counted():
		number = "sum(m.n)::bigint"
	}
	known := " WHERE " + k + " IS NOT NULL"
	if a.Time != paging.NoTime {
		known = " WHERE " + k + " >= 0"
	}
	s.with(a.column("totals"), "SELECT "+k+" AS k, "+number+" AS n"+from+known+" GROUP BY "+k+" HAVING "+number+" >= @min_count"+strconv.Itoa(a.n), true)
	s.args["min_count"+strconv.Itoa(a.n)] = a.minCount

	joined := ""
	if a.Named != "" && a.sort == "label" {
		joined = " LEFT JOIN (" + a.Named + ") named(key, id, label) ON named.key = t.k"
	}
	if i := slices.Index(s.metrics, a.sort); i > 0 {
		joined += s.sortedBy(a, i, k, from)
	}
	bound := ""
	if limit := "@limit" + strconv.Itoa(a.n); a.filled() {
		if bound = " WHERE t.k < coalesce(@first%[1]d::bigint, (SELECT min(k) FROM %[2]s)) + " + limit; a.descending {
			bound = " WHERE t.k > coalesce(@last%[1]d::bigint, (SELECT max(k) FROM %[2]s)) - " + limit
		}
		bound = fmt.Sprintf(bound, a.n, a.column("totals"))
		s.args["first"+strconv.Itoa(a.n)], s.args["last"+strconv.Itoa(a.n)] = a.first, a.last
	}
	s.args["limit"+strconv.Itoa(a.n)] = a.limit
	order := a.order(s.args)
	// The first groups are found before they are numbered, so that not all of them are sorted.
	s.with(a.column("kept"), "SELECT ranked.*, row_number() OVER ()::integer AS g FROM (SELECT t.k, t.n FROM "+a.column("totals")+" t"+joined+bound+
		" ORDER BY "+order+" LIMIT @limit"+strconv.Itoa(a.n)+") ranked", true)

	group, axis := isGroup, isAxis
	if a.n == 2 {
		group, axis = isGroup2, isAxis2
		s.add(inGroup2, "SELECT 0, 0, g, n, NULL::text, NULL::bigint, NULL::jsonb FROM kept2")
	} else {
		s.add(inGroup, "SELECT 0, g, 0, n, NULL::text, NULL::bigint, NULL::jsonb FROM kept1")
	}
	named := " LEFT JOIN (" + a.Named + ") named(key, id, label) ON named.key = g.k"
	if a.Named == "" {
		s.add(group, "SELECT 0, g.g, 0, 0::bigint, g.k::text, NULL::bigint, NULL::jsonb FROM "+a.column("kept")+" g")
	} else {
		s.add(group, "SELECT 0, g.g, 0, 0::bigint, g.k::text, named.id, named.label FROM "+a.column("kept")+" g"+named)
	}
	last := "NULL::text, NULL::bigint"
	if a.Time != paging.NoTime {
		last = "max(k)::text, min(k)::bigint"
	}
	s.add(axis, "SELECT 0, 0, 0, count(*), "+last+", NULL::jsonb FROM "+a.column("totals"))
}

// sortedBy joins the distinct values of a metric in each group, by which the groups are sorted.
func (s *statement) sortedBy(a axis, metric int, k, from string) string {
	v, key := s.source.Metrics[s.metrics[metric]], fmt.Sprintf("m.m%d", metric)
	if v.Several() {
		from, key = from+s.pairs(v, "x", "m", false), "x.key"
	}
	return " LEFT JOIN (SELECT k, count(key) AS value FROM (SELECT DISTINCT " + k + " AS k, " + key + " AS key" + from + ") d GROUP BY k) by_metric USING (k)"
}

// placed numbers the groups of the records.
func (s *statement) placed() {
	from, groups := " FROM matched m", []string{"1", "1"}
	for _, a := range s.axes {
		k := "m." + a.column("k")
		if a.Several() {
			from, k = from+s.pairs(a.Values, a.column("p"), "m", true), a.column("p")+".key"
		}
		g := a.column("kept")
		from += " LEFT JOIN " + g + " ON " + g + ".k = " + k
		missing := "WHEN " + k + " IS NULL THEN -1"
		if a.Time != paging.NoTime {
			missing = "WHEN " + k + " < 0 THEN " + k
		}
		groups[a.n-1] = "CASE " + missing + " ELSE coalesce(" + g + ".g, 0) END"
	}
	columns := groups[0] + " AS g1, " + groups[1] + " AS g2"
	if s.counted() {
		s.with("placed", "SELECT "+columns+", sum(m.n)::bigint AS n"+from+" GROUP BY 1, 2", true)
		return
	}
	distinct, where := "", ""
	if slices.ContainsFunc(s.axes, func(a axis) bool { return a.Several() && !a.Once }) {
		distinct = "DISTINCT "
	}
	if len(s.metrics) == 1 && len(s.axes) == 1 { // the records in groups are counted
		where = " WHERE kept1.g IS NULL"
	}
	columns = "m.id, " + columns
	for i := range s.ons() {
		columns += ", m.on_" + strconv.Itoa(i)
	}
	for i, m := range s.metrics[1:] {
		if !s.source.Metrics[m].Several() {
			columns += fmt.Sprintf(", m.m%d", i+1)
		}
	}
	s.with("placed", "SELECT "+distinct+columns+from+where, true)
}

// met finds the distinct values of a metric.
func (s *statement) met(metric int) {
	v, key, from := s.source.Metrics[s.metrics[metric]], fmt.Sprintf("m.m%d", metric), " FROM placed m"
	if v.Several() {
		from, key = from+s.pairs(v, "x", "m", false), "x.key"
	}
	where := " WHERE " + key + " IS NOT NULL"
	if !s.other && len(s.axes) == 2 {
		where += " AND NOT (m.g1 = 0 AND m.g2 = 0)" // the others count in the groups of one dimension
	} else if !s.other {
		where += " AND m.g1 <> 0"
	}
	s.with(fmt.Sprintf("met%d", metric), "SELECT DISTINCT m.g1, m.g2, "+key+" AS key"+from+where, true)
}

// status is the section of what is in no cell.
var status = fmt.Sprintf("CASE WHEN g1 = -1 OR g2 = -1 THEN %d WHEN g1 = -2 OR g2 = -2 THEN %d WHEN g1 = 0 OR g2 = 0 THEN %d END",
	inMissing, inImprecise, inOther)

// count adds the numbers of a metric, from a table that has each of its values once per pair of groups, or from the numbers of
// records in placed.
func (s *statement) count(table string, metric int) {
	two, key, number := len(s.axes) == 2, "key", "count(*)"
	if metric == 0 {
		key = "id"
	}
	if s.counted() {
		number = "coalesce(sum(n), 0)::bigint"
	}
	// distinct returns the rows without repetitions within the column by, if there can be any.
	distinct := func(by string, repeated bool) string {
		if s.counted() || !repeated {
			return table
		}
		if by == "" {
			return "(SELECT DISTINCT " + key + " FROM " + table + ") d"
		}
		return "(SELECT DISTINCT " + by + ", " + key + " FROM " + table + ") d"
	}
	group := func(section int, by, g1, g2, from string) {
		s.add(section, fmt.Sprintf("SELECT %d, %s, %s, %s, NULL::text, NULL::bigint, NULL::jsonb FROM %s WHERE %s > 0 GROUP BY %s",
			metric, g1, g2, number, from, by, by))
	}
	if metric > 0 || len(s.axes) == 0 {
		group(inGroup, "g1", "g1", "0", distinct("g1", two))
	}
	if metric > 0 && two {
		group(inGroup2, "g2", "0", "g2", distinct("g2", true))
	}
	if two {
		s.add(inCell, fmt.Sprintf("SELECT %d, g1, g2, %s, NULL::text, NULL::bigint, NULL::jsonb FROM %s WHERE g1 > 0 AND g2 > 0 GROUP BY g1, g2",
			metric, number, table))
	}
	whole := number + ", NULL::text, NULL::bigint, NULL::jsonb FROM " + distinct("", true)
	switch {
	case metric == 0:
		whole = number + ", NULL::text, NULL::bigint, NULL::jsonb FROM matched"
	case s.whole && s.source.Metrics[s.metrics[metric]].Total != "":
		whole = "(" + s.source.Metrics[s.metrics[metric]].Total + ")::bigint, NULL::text, NULL::bigint, NULL::jsonb"
	}
	s.add(inTotal, fmt.Sprintf("SELECT %d, 0, 0, %s", metric, whole))
	rest := "(SELECT " + status + " AS status, * FROM " + table + ") r"
	if !s.counted() && (two && metric > 0 || s.overlapping()) {
		rest = "(SELECT DISTINCT " + status + " AS status, " + key + " FROM " + table + ") r"
	}
	s.parts = append(s.parts, fmt.Sprintf(
		"SELECT status, %d, 0, 0, %s, NULL::text, NULL::bigint, NULL::jsonb FROM %s WHERE status IS NOT NULL GROUP BY status", metric, number, rest))
}
