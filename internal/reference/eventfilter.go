package reference

import (
	"strings"

	"roundtables.kz/registry/internal/pg"
)

// EventFilter holds the filters of the parts of round tables by their round table. They are those of the list of round tables.
type EventFilter struct {
	// Only round tables in which one of these organizations has a part, such as organizer, host or partner, or their records; after `all:` all of them.
	Organizer []int64 `query:"organizer" form:"organizer" validate:"max=200"`
	// Only round tables in these places, or their records.
	Place []int64 `query:"place" form:"place" validate:"max=200"`
	// Only round tables in places of these countries (ISO 3166-1 codes), or their records.
	Country []string `query:"country" form:"country" validate:"max=200,dive,iso3166_1_alpha2" example:"KZ"`
	// Only round tables of these types, or their records.
	Format []string `query:"format" form:"format" enums:"round_table,conference,webinar,briefing,meeting,presentation,forum,hearing,other" validate:"max=200"`
	// Only round tables held in one of these ways, or their records.
	Mode []string `query:"mode" form:"mode" enums:"in_person,online,hybrid,unknown" validate:"max=200"`
	// Only round tables that belong directly to these events, or their records.
	Parent []int64 `query:"parent" form:"parent" validate:"max=200"`
	// Only round tables on these weekdays, from Monday (1) to Sunday (7), or their records.
	Weekday []string `query:"weekday" form:"weekday" enums:"1,2,3,4,5,6,7" validate:"max=200"`
	// Only round tables whose date is known so precisely, or their records.
	DatePrecision []string `query:"date_precision" form:"date_precision" enums:"day,month,year,unknown" validate:"max=200"`
	// The organizers after `all:`, each of which must have a part.
	AllOrganizers []int64 `query:"-" form:"-" swaggerignore:"true" all:"organizer"`
}

// Add adds the predicates. on is the column with the round table, startsKey that with its date. The public does not see
// unpublished parents.
func (f EventFilter) Add(w *pg.Where, on, startsKey string, public bool) {
	throughEvents(w, "organizers l", on, "l.organization_id", "organizer", f.Organizer, f.AllOrganizers)
	var preds []string
	args := pg.Args{}
	add := func(cond string, name string, value any) {
		preds = append(preds, cond)
		args[name] = value
	}
	if len(f.Place) > 0 {
		add("e.place_id = ANY(@place)", "place", f.Place)
	}
	if len(f.Country) > 0 {
		add("e.place_id IN (SELECT c.id FROM places c WHERE c.country = ANY(@country))", "country", f.Country)
	}
	if len(f.Format) > 0 {
		add("e.format = ANY(@format)", "format", f.Format)
	}
	if len(f.Mode) > 0 {
		add("e.mode = ANY(@mode)", "mode", f.Mode)
	}
	if len(f.Parent) > 0 {
		cond := "e.parent_id = ANY(@parent)"
		if public {
			cond += " AND EXISTS (SELECT FROM round_tables p WHERE p.id = e.parent_id AND p.publication = 'published')"
		}
		add(cond, "parent", f.Parent)
	}
	if len(preds) > 0 {
		where := strings.Join(preds, " AND ")
		w.Among(pg.Set{
			Column: on, IDs: "SELECT e.id FROM round_tables e WHERE " + where, Args: args, Varies: true,
			Exists: "EXISTS (SELECT FROM round_tables e WHERE e.id = " + on + " AND " + where + ")",
		})
	}
	AddDates(w, startsKey, f.Weekday, f.DatePrecision)
}

// AddDates keeps the records whose starts_key lies on one of the weekdays, and is of one of the precisions, unless they are empty.
func AddDates(w *pg.Where, startsKey string, weekdays, precisions []string) {
	in := strings.NewReplacer("{key}", startsKey)
	if len(weekdays) > 0 {
		w.Vary(in.Replace("CASE WHEN {key} % 100 > 0 THEN extract(isodow FROM make_date({key} / 10000, {key} / 100 % 100, {key} % 100))::integer::text END"+
			" = ANY(@weekday)"),
			"weekday", weekdays)
	}
	if len(precisions) > 0 {
		w.Vary(in.Replace("CASE WHEN {key} = 0 THEN 'unknown' WHEN {key} % 10000 = 0 THEN 'year' WHEN {key} % 100 = 0 THEN 'month' ELSE 'day' END"+
			" = ANY(@date_precision)"),
			"date_precision", precisions)
	}
}

// OrganizationTreeFilter is the filter by organizations with their parts.
type OrganizationTreeFilter struct {
	// Like `organization`, also for the parts of these organizations, and their parts.
	OrganizationTree []int64 `query:"organization_tree" form:"organization_tree" validate:"max=200"`
}

// In is the predicate that a column has the id of one of the organizations, or of a part of them; "" without any. Its argument is
// organization_tree.
func (f OrganizationTreeFilter) In(column string) string {
	if len(f.OrganizationTree) == 0 {
		return ""
	}
	return column + ` = ANY (ARRAY(WITH RECURSIVE tree(id) AS (SELECT unnest(@organization_tree::bigint[])
		UNION SELECT o.id FROM organizations o JOIN tree ON o.parent_id = tree.id) SELECT id FROM tree))`
}

// Through keeps the records of which a row of the link has one of the organizations, or a part of them, in a column.
func (f OrganizationTreeFilter) Through(w *pg.Where, l pg.Link, column string) {
	if l.Cond = f.In(column); l.Cond != "" {
		w.Through(l, "organization_tree", f.OrganizationTree)
	}
}

// EventStatusFilter is the filter by the status of the round table.
type EventStatusFilter struct {
	// Only round tables with one of these statuses, or their records.
	Status []string `query:"status" form:"status" enums:"scheduled,held,postponed,cancelled" validate:"max=200"`
}

// Add adds the predicate. on is the column with the round table.
func (f EventStatusFilter) Add(w *pg.Where, on string) {
	if len(f.Status) > 0 {
		w.Among(pg.Set{
			Column: on, IDs: "SELECT e.id FROM round_tables e WHERE e.status = ANY(@status)", Args: pg.Args{"status": f.Status}, Varies: true,
			Exists: "EXISTS (SELECT FROM round_tables e WHERE e.id = " + on + " AND e.status = ANY(@status))",
		})
	}
}

// EventTopicFilter is the filter by the topics of the round table.
type EventTopicFilter struct {
	// Only round tables with one of these topics, or their records; after `all:` with all of them. Topics of single statements do not count.
	Topic []int64 `query:"topic" form:"topic" validate:"max=200"`
	// The topics after `all:`.
	AllTopics []int64 `query:"-" form:"-" swaggerignore:"true" all:"topic"`
}

// Add adds the predicates. on is the column with the round table.
func (f EventTopicFilter) Add(w *pg.Where, on string) {
	throughEvents(w, "round_table_topics l", on, "l.topic_id", "topic", f.Topic, f.AllTopics)
}

// EventLanguageFilter is the filter by the working languages of the round table.
type EventLanguageFilter struct {
	// Only round tables with one of these working languages, or their records; after `all:` with all of them.
	Language []string `query:"language" form:"language" validate:"max=200,dive,language" example:"kk"`
	// The languages after `all:`.
	AllLanguages []string `query:"-" form:"-" swaggerignore:"true" all:"language" validate:"dive,language"`
}

// Add adds the predicates. on is the column with the round table.
func (f EventLanguageFilter) Add(w *pg.Where, on string) {
	addLanguages(w, on, "language", "&&", f.Language)
	addLanguages(w, on, "all_language", "@>", f.AllLanguages)
}

// addLanguages keeps the records whose round table has working languages that satisfy an operator on arrays, unless languages is empty.
func addLanguages(w *pg.Where, on, name, operator string, languages []string) {
	if len(languages) > 0 {
		cond := "e.languages " + operator + " @" + name
		w.Among(pg.Set{
			Column: on, IDs: "SELECT e.id FROM round_tables e WHERE " + cond, Args: pg.Args{name: languages}, Varies: true,
			Exists: "EXISTS (SELECT FROM round_tables e WHERE e.id = " + on + " AND " + cond + ")",
		})
	}
}

// EventRoleFilter is the filter by the roles at the round table.
type EventRoleFilter struct {
	// Only round tables where an attendee had one of these roles, or their records; after `all:` all of them.
	Role []string `query:"role" form:"role" validate:"max=200" example:"moderator"`
	// The roles after `all:`.
	AllRoles []string `query:"-" form:"-" swaggerignore:"true" all:"role"`
}

// Add adds the predicates. on is the column with the round table.
func (f EventRoleFilter) Add(w *pg.Where, on string) {
	throughEvents(w, "attendee_roles l", on, "l.role", "role", f.Role, f.AllRoles)
}

// EventPersonFilter is the filter by the people at the round table.
type EventPersonFilter struct {
	// Only round tables that one of these people attended or at which one was quoted, or their records; after `all:` all of them: `all:1,2`.
	Person []int64 `query:"person" form:"person" validate:"max=200"`
	// The people after `all:`.
	AllPeople []int64 `query:"-" form:"-" swaggerignore:"true" all:"person"`
}

// Add adds the predicates. on is the column with the round table. For the public, restricted people do not match.
func (f EventPersonFilter) Add(w *pg.Where, on string, public bool) {
	l := pg.Link{Table: EventPersonLinks, Parent: "round_table_id", Key: on}
	Through(w, l, "l.person_id", "person", f.Person, public)
	TogetherPeople(w, on, l, "l.person_id", "person", f.AllPeople, public)
}

// The link tables of round tables with organizations and with people, with the sort date. A WHERE in them would keep PostgreSQL
// from merging the indexes in order.
const (
	EventOrganizationLinks = `(SELECT organization_id, starts_key, round_table_id FROM organizers
		UNION ALL SELECT organization_id, starts_key, round_table_id FROM attendee_affiliations
		UNION ALL SELECT organization_id, starts_key, round_table_id FROM attendees) l`
	EventPersonLinks = `(SELECT person_id, starts_key, round_table_id FROM attendees
		UNION ALL SELECT quoted_person_id, starts_key, round_table_id FROM statements) l`
)

// TogetherPeople is pg.Together for people. With public, restricted people do not match.
func TogetherPeople(w *pg.Where, on string, l pg.Link, column, name string, people []int64, public bool) {
	if len(people) == 0 {
		return
	}
	name = "all_" + name
	cond := column + " = ANY(@" + name + ")"
	if public {
		cond = column + " = ANY (ARRAY(SELECT person.id FROM people person WHERE person.id = ANY(@" + name + ")" + Shown("person", public) + "))"
	}
	w.Together(on, l, column, cond, name, people)
}

// throughEvents keeps the records of whose round table a row of the link table has one of the values in a column, and those with all
// of the values in together.
func throughEvents[T any](w *pg.Where, table, on, column, name string, values, together []T) {
	l := pg.Link{Table: table, Parent: "round_table_id", Key: on}
	pg.Through(w, l, column, name, values)
	pg.Together(w, on, l, column, name, together)
}
