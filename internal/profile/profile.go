package profile

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// OfPerson is everything about a person on one page.
type OfPerson struct {
	Record person.Person `json:"record"` // The person.
	Page
}

// OfOrganization is everything about an organization on one page.
type OfOrganization struct {
	Record organization.Organization `json:"record"` // The organization.
	Parts  []text.Ref                `json:"parts"`  // With `parts=true`: the parts of the organization, and their parts, that the profile covers; at most 199. Otherwise empty.
	Page
}

// Page is the part of a profile that people and organizations share.
type Page struct {
	Positions        []Position            `json:"positions"`         // Positions that are held now or were held: current ones first, then those confirmed latest. At most 100.
	UnknownPositions []Position            `json:"unknown_positions"` // Positions of which the registry does not know whether they are still held. At most 100.
	EventsByYear     aggregate.Result      `json:"events_by_year"`    // Round tables by year.
	Roles            aggregate.Result      `json:"roles"`             // Attendances by role.
	Topics           aggregate.Result      `json:"topics"`            // Round tables by topic: the 20 most frequent.
	AppearedWith     []Companion           `json:"appeared_with"`     // Those who took part in most of the same round tables, at most 20.
	NewestStatements []statement.Statement `json:"newest_statements"` // The 10 newest statements.
	Spellings        []Spelling            `json:"spellings"`         // The names under which sources list the record, the most frequent first. At most 50.
}

// Each calls do with each of the charts.
func (p *Page) Each(do func(*aggregate.Result)) {
	for _, chart := range []*aggregate.Result{&p.EventsByYear, &p.Roles, &p.Topics} {
		do(chart)
	}
}

// Companion is a person or an organization that took part in the same round tables.
//
//	@Description	A person or an organization that took part in the same round tables.
type Companion struct {
	ID          int64              `json:"id" db:"id" example:"12"`
	Name        text.Map           `json:"name" db:"name" validate:"required"`         // Name of the person or organization.
	RoundTables int64              `json:"round_tables" db:"round_tables" example:"3"` // How many round tables both took part in.
	Latest      text.RoundTableRef `json:"latest" db:"latest"`                         // The latest of them.
	Added       text.Added         `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	Companion

// The bounds of a profile.
const (
	maxPositions  = 100
	maxCompanions = 20
	maxStatements = 10
	maxSpellings  = 50
	maxParts      = 200 // organizations, which is also how many values a filter of a list takes
)

// Request says how a profile is made.
type Request struct {
	BaseURL string        // of the addresses of lists
	Lang    string        // of the labels of charts; may be empty
	Timeout time.Duration // of the statement of a chart
}

// Person returns the profile of a person, with a fixed number of statements. It returns apperr.NotFound if the actor may not see the
// person, and apperr.Gone after its deletion.
func Person(ctx context.Context, tx pgx.Tx, id int64, r Request) (p OfPerson, err error) {
	if p.Record, err = person.Get(ctx, tx, id); err != nil {
		return p, err
	}
	held, err := PositionsOf(ctx, tx, id, nil, maxRead)
	if err != nil {
		return p, err
	}
	p.place(held)
	s := subject{
		parameter: "person", ids: []int64{id},
		events:     roundtable.Filter{Person: []int64{id}},
		attendees:  attendee.Filter{Within: attendee.Within{Person: []int64{id}}},
		statements: statement.Filter{Within: statement.Within{Person: []int64{id}}},
	}
	public := actor.From(ctx).SeesOnlyPublished()
	joined := ""
	if public {
		joined = " JOIN round_tables r ON r.id = a.round_table_id AND r.publication = 'published'"
	}
	// The date and the id of the latest round table are one number, because numbers are compared faster than pairs. Ids have up to 36 bits.
	s.companions = `
		SELECT met.id, met.n, met.latest & ((1::bigint << 36) - 1) AS latest_id FROM (
			SELECT ` + reference.Unrestricted("b.person_id", public) + ` AS id, count(*) AS n, max((a.starts_key::bigint << 36) | a.round_table_id) AS latest
			FROM attendees a` + joined + `
			JOIN attendees b ON b.round_table_id = a.round_table_id AND b.person_id IS NOT NULL AND b.person_id <> a.person_id
			WHERE a.person_id = ANY(@ids) AND a.attendance NOT IN ('invited', 'absent') AND b.attendance NOT IN ('invited', 'absent')
			GROUP BY 1) met WHERE met.id IS NOT NULL`
	s.named = "people"
	s.listings = listingsOfPerson
	err = p.read(ctx, tx, s, r)
	return p, err
}

// Organization returns the profile of an organization, with the errors of Person. With parts it covers the parts of the organization,
// and their parts.
func Organization(ctx context.Context, tx pgx.Tx, id int64, parts bool, r Request) (p OfOrganization, err error) {
	if p.Record, err = organization.Get(ctx, tx, id); err != nil {
		return p, err
	}
	ids := []int64{id}
	p.Parts = []text.Ref{}
	if parts {
		if p.Parts, err = partsOf(ctx, tx, id); err != nil {
			return p, err
		}
		for _, part := range p.Parts {
			ids = append(ids, part.ID)
		}
	}
	held, err := PositionsIn(ctx, tx, ids, nil, maxRead)
	if err != nil {
		return p, err
	}
	p.place(held)
	s := subject{
		parameter: "organization", ids: ids,
		events:     roundtable.Filter{Organization: ids},
		attendees:  attendee.Filter{Within: attendee.Within{Organization: ids}},
		statements: statement.Filter{Within: statement.Within{Organization: ids}},
	}
	public := actor.From(ctx).SeesOnlyPublished()
	s.companions = `
		SELECT l.organization_id AS id, count(*) AS n, (array_agg(l.round_table_id ORDER BY l.starts_key DESC, l.round_table_id DESC))[1] AS latest_id
		FROM (SELECT DISTINCT l.organization_id, l.starts_key, l.round_table_id
			FROM (SELECT DISTINCT l.round_table_id AS id FROM ` + reference.EventOrganizationLinks + ` WHERE l.organization_id = ANY(@ids)) own
			JOIN round_tables r ON r.id = own.id` + published(public) + ` JOIN ` + reference.EventOrganizationLinks + ` ON l.round_table_id = own.id
			WHERE l.organization_id IS NOT NULL AND NOT (l.organization_id = ANY(@ids))) l
		GROUP BY l.organization_id`
	s.named = "organizations"
	s.listings = listingsOfOrganization
	err = p.read(ctx, tx, s, r)
	return p, err
}

// subject is how the records of a person, or of organizations, are found.
type subject struct {
	parameter  string // the filter of the lists by the subject
	ids        []int64
	events     roundtable.Filter
	attendees  attendee.Filter
	statements statement.Filter
	companions string // a SELECT of those at the same round tables: id, n and latest_id
	named      string // the table of the companions
	listings   string // a SELECT of names as listed with their round tables
}

// place puts the positions into the lists.
func (p *Page) place(all Positions) {
	p.Positions, p.UnknownPositions = []Position{}, []Position{}
	for _, held := range all.Held {
		to := &p.Positions
		if held.Status == "unknown" {
			to = &p.UnknownPositions
		}
		if len(*to) < maxPositions {
			*to = append(*to, held)
		}
	}
}

// read reads the charts and lists.
func (p *Page) read(ctx context.Context, tx pgx.Tx, s subject, r Request) (err error) {
	keys := make([]string, len(s.ids))
	for i, id := range s.ids {
		keys[i] = strconv.FormatInt(id, 10)
	}
	request := func(recordType, by string) aggregate.Request {
		return aggregate.Request{
			Query: aggregate.Query{GroupBy: []string{by}, Options: aggregate.Options{Lang: r.Lang}}, List: r.BaseURL + "/v1/" + recordType,
			Filters: url.Values{s.parameter: {strings.Join(keys, ",")}}, Timeout: r.Timeout,
		}
	}
	if p.EventsByYear, err = aggregate.Of(ctx, tx, roundtable.List, s.events, request(roundtable.Type, "year")); err != nil {
		return err
	}
	if p.Topics, err = aggregate.Of(ctx, tx, roundtable.List, s.events, request(roundtable.Type, "topic")); err != nil {
		return err
	}
	if p.Roles, err = aggregate.Of(ctx, tx, attendee.List, s.attendees, request(attendee.Type, "role")); err != nil {
		return err
	}
	s.statements.Limit = maxStatements
	newest, err := statement.List(ctx, tx, s.statements)
	if err != nil {
		return err
	}
	p.NewestStatements = newest.Items
	p.AppearedWith, err = pg.All[Companion](ctx, tx, `
		SELECT n.id, n.name, x.n AS round_tables, `+reference.RoundTable("latest")+` AS latest
		FROM (SELECT * FROM (`+s.companions+`) met ORDER BY met.n DESC, met.id LIMIT @most) x
		JOIN `+s.named+` n ON n.id = x.id JOIN round_tables latest ON latest.id = x.latest_id ORDER BY x.n DESC, x.id`,
		pg.Args{"ids": s.ids, "most": maxCompanions})
	if err != nil {
		return err
	}
	p.Spellings, _, err = spellingsOf(ctx, tx, s.named, s.listings, s.ids, maxSpellings)
	return err
}

// published returns " AND " and the condition that the round table r is published if public is set, else "".
func published(public bool) string {
	if public {
		return " AND r.publication = 'published'"
	}
	return ""
}

// partsOf returns the parts of an organization and their parts, those nearest to it first.
func partsOf(ctx context.Context, tx pgx.Tx, id int64) ([]text.Ref, error) {
	return pg.All[text.Ref](ctx, tx, `
		WITH RECURSIVE below AS (
			SELECT o.id, o.name, 1 AS depth FROM organizations o WHERE o.parent_id = @id
			UNION ALL SELECT o.id, o.name, b.depth + 1 FROM below b JOIN organizations o ON o.parent_id = b.id)
		SELECT id, name FROM below ORDER BY depth, id LIMIT @most`, pg.Args{"id": id, "most": maxParts - 1})
}
