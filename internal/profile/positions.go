// Package profile shows what the registry knows about a person or an organization: positions, and everything on one page. It reads
// the records of other packages and writes none.
package profile

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/reference"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Position is a position of a person in an organization.
//
//	@Description	A position of a person, as affiliations record it and as round tables show it.
type Position struct {
	Person               text.Ref   `json:"person" db:"person"`                                                               // The person, by id and name.
	Organization         *text.Ref  `json:"organization" db:"organization"`                                                   // The organization. Null if there is none, or if only its name is known.
	OrganizationAsListed *string    `json:"organization_as_listed" db:"organization_as_listed" example:"Institute of Policy"` // Name of the organization as the source gives it, if it is not linked.
	Title                text.Map   `json:"title" db:"title"`                                                                 // Title of the position.
	Status               string     `json:"status" db:"-" enums:"current,ended,unknown" example:"current"`                    // Whether the position is held on the day `meta.on`. `unknown`: the registry does not know it.
	ConfirmedOn          *date.Day  `json:"confirmed_on" db:"-"`                                                              // The last day on which the position is known to be held: by the dates of the affiliation, or by a round table that the person attended with it.
	Recorded             *Recorded  `json:"recorded" db:"recorded"`                                                           // The affiliation. Null if there is none.
	Observed             *Observed  `json:"observed" db:"observed"`                                                           // The round tables that the person attended with this position. Null if there are none.
	Added                text.Added `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	HeldPosition

// Recorded is a position as an affiliation records it.
//
//	@Description	A position as an affiliation records it.
type Recorded struct {
	AffiliationID int64         `json:"affiliation_id" example:"1"`
	From          *date.Partial `json:"from"`                   // Start, as precisely as known.
	To            *date.Partial `json:"to"`                     // End, as precisely as known. Null if no end is recorded.
	Primary       bool          `json:"primary" example:"true"` // Whether this position is shown where only one is shown.
} //	@name	RecordedPosition

// Observed is a position as round tables show it.
//
//	@Description	A position as the attendees of round tables show it. Only attended events count, not future or cancelled ones.
type Observed struct {
	FirstOn     *date.Day          `json:"first_on"`                 // First day of the earliest round table. Null if none has a date.
	LastOn      *date.Day          `json:"last_on"`                  // First day of the latest round table.
	RoundTables int64              `json:"round_tables" example:"2"` // How many round tables.
	Latest      text.RoundTableRef `json:"latest"`                   // The latest of them.
	Added       text.Added         `json:",embed" db:"-" swaggerignore:"true"`
} //	@name	ObservedPosition

// Positions are the positions of one person, or in one organization.
type Positions struct {
	Held      []Position // on the day; all positions if no day was asked for
	Unknown   []Position // those of which it is not known whether they were held on the day that was asked for
	On        date.Day   // the day of the statuses
	Total     int64      // positions before the limit
	Truncated bool
}

// The bounds of Positions.
const (
	maxRead = 5000 // affiliations, and groups of attendances

	// confirmedFor is how long a position without an end counts as held after it was last confirmed.
	confirmedFor = 366 * 24 * time.Hour
)

// PositionsOf returns the positions of a person on a day; on nil it returns all positions, with their status today. It returns at
// most limit positions in each list, and apperr.NotFound if the actor may not see the person.
func PositionsOf(ctx context.Context, tx pgx.Tx, id int64, on *date.Day, limit int) (Positions, error) {
	if err := changes.See(ctx, tx, person.Table, person.Type, id); err != nil {
		return Positions{}, err
	}
	return positions(ctx, tx, "person_id", "a.person_id", []int64{id}, on, limit)
}

// PositionsIn returns the positions in organizations, as PositionsOf does. The public does not see those of restricted people.
func PositionsIn(ctx context.Context, tx pgx.Tx, ids []int64, on *date.Day, limit int) (Positions, error) {
	if err := changes.See(ctx, tx, organization.Table, organization.Type, ids[0]); err != nil {
		return Positions{}, err
	}
	return positions(ctx, tx, "organization_id", "f.organization_id", ids, on, limit)
}

// positions reads the affiliations and the attendances of which a column has one of the ids.
func positions(ctx context.Context, tx pgx.Tx, recordedBy, observedBy string, ids []int64, on *date.Day, limit int) (p Positions, err error) {
	public := actor.From(ctx).SeesOnlyPublished()
	var today date.Day
	if err := tx.QueryRow(ctx, "SELECT current_date").Scan(&today); err != nil {
		return p, pg.Error(err)
	}
	if p.On = today; on != nil {
		p.On = *on
	}
	args := pg.Args{"ids": ids, "most": maxRead + 1}
	recorded, err := read(ctx, tx, `
		SELECT json_build_object('id', p.id, 'name', p.name) AS person, json_build_object('id', o.id, 'name', o.name) AS organization,
			NULL::text AS organization_as_listed, f.title,
			json_build_object('affiliation_id', f.id, 'from', f.held_from, 'to', f.held_to, 'primary', f.is_primary) AS recorded, NULL::json AS observed
		FROM affiliations f JOIN people p ON p.id = f.person_id`+reference.Shown("p", public)+` JOIN organizations o ON o.id = f.organization_id
		WHERE f.`+recordedBy+` = ANY(@ids) ORDER BY f.from_key DESC, f.id DESC LIMIT @most`, args)
	if err != nil {
		return p, err
	}
	observed, err := read(ctx, tx, `
		SELECT json_build_object('id', p.id, 'name', p.name) AS person,
			CASE WHEN g.id IS NOT NULL THEN json_build_object('id', g.id, 'name', g.name) END AS organization,
			x.listed AS organization_as_listed, x.title, NULL::json AS recorded,
			json_build_object('first_on', x.first_on, 'last_on', x.last_on, 'round_tables', x.n, 'latest', `+reference.RoundTable("latest")+`) AS observed
		FROM (SELECT a.person_id, f.organization_id, CASE WHEN f.organization_id IS NULL THEN f.organization_as_listed END AS listed, f.title,
				min(r.starts_on) AS first_on, max(r.starts_on) AS last_on, count(DISTINCT r.id) AS n,
				(array_agg(r.id ORDER BY r.starts_key DESC, r.id DESC))[1] AS latest_id
			FROM attendees a JOIN attendee_affiliations f ON f.attendee_id = a.id JOIN round_tables r ON r.id = a.round_table_id`+published(public)+`
			WHERE `+observedBy+` = ANY(@ids) AND a.person_id IS NOT NULL AND a.attendance IN ('attended', 'online')
				AND r.status NOT IN ('cancelled', 'postponed') AND (r.starts_on IS NULL OR r.starts_on <= current_date)
			GROUP BY 1, 2, 3, 4 ORDER BY last_on DESC NULLS LAST, 1, 2, 3, 4 LIMIT @most) x
		JOIN people p ON p.id = x.person_id`+reference.Shown("p", public)+`
		LEFT JOIN organizations g ON g.id = x.organization_id JOIN round_tables latest ON latest.id = x.latest_id
		ORDER BY x.last_on DESC NULLS LAST, p.id, g.id`, args)
	if err != nil {
		return p, err
	}
	p.Truncated = len(recorded) > maxRead || len(observed) > maxRead
	p.place(united(recorded, observed, today.Time), on != nil, limit)
	return p, nil
}

func read(ctx context.Context, tx pgx.Tx, sql string, args pg.Args) ([]Position, error) {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return nil, pg.Error(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Position])
	return list, pg.Error(err)
}

// place puts the positions into the lists: the current ones first, then those confirmed latest.
func (p *Positions) place(all []dated, asked bool, limit int) {
	p.Held, p.Unknown = []Position{}, []Position{}
	for i := range all {
		all[i].Status = all[i].on(p.On.Time)
	}
	slices.SortStableFunc(all, func(a, b dated) int {
		return cmp.Or(rank[a.Status]-rank[b.Status], b.confirmed.Compare(a.confirmed))
	})
	for _, d := range all {
		if !d.confirmed.IsZero() {
			d.ConfirmedOn = &date.Day{Time: d.confirmed}
		}
		to := &p.Held
		switch {
		case asked && (d.Status == "ended" || d.Status == notYet):
			continue
		case asked && d.Status == "unknown":
			to = &p.Unknown
		case d.Status == notYet:
			d.Status = "unknown"
		}
		p.Total++
		if len(*to) == limit {
			p.Truncated = true
			continue
		}
		*to = append(*to, d.Position)
	}
}

// notYet is the status of a position that begins after the day. A list without a day shows it as unknown.
const notYet = "not yet"

var rank = map[string]int{"current": 0, notYet: 1, "unknown": 2, "ended": 3}

// key identifies the person and the organization of a position.
func (p Position) key() string {
	var b strings.Builder
	b.WriteString(strconv.FormatInt(p.Person.ID, 10))
	if p.Organization != nil {
		b.WriteString("/" + strconv.FormatInt(p.Organization.ID, 10))
	}
	if p.OrganizationAsListed != nil {
		b.WriteString("/" + strings.ToLower(*p.OrganizationAsListed))
	}
	return b.String()
}

// sameTitle reports whether two titles are both missing, or equal in one language.
func sameTitle(a, b text.Map) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	for lang, title := range a {
		if strings.EqualFold(strings.TrimSpace(title), strings.TrimSpace(b[lang])) {
			return true
		}
	}
	return false
}
