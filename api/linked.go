package api

import (
	"context"
	"net/http"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/formats/popolo"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Records in the vocabularies of others.

const mediaLinked = "application/ld+json"

// linkedPath is the route that answers as JSON-LD, too.
const linkedPath = "/v1/round-tables/:id"

// linkedAtOnce is how many attendees, and how many statements, are held in memory at once where records are shown in the
// vocabularies of others.
const linkedAtOnce = paging.MaxLimit

// getLinkedRoundTable answers one round table as an Event of schema.org. One with many attendees or statements is sent piece by
// piece.
func (s *server) getLinkedRoundTable(c echo.Context) error {
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &struct{}{})); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	base := popolo.Base(s.config.PublicBaseURL)
	var event popolo.Object
	err = s.readOnly(c.Request().Context(), func(ctx context.Context, tx pgx.Tx) error {
		r, err := roundtable.Get(ctx, tx, n)
		if err != nil || r.Counts.Attendees > linkedAtOnce || r.Counts.Statements > linkedAtOnce {
			return err
		}
		attendees, err := attendee.OfRoundTables(ctx, tx, []int64{n}, linkedAtOnce)
		if err != nil {
			return err
		}
		statements, err := statement.OfRoundTables(ctx, tx, []int64{n}, linkedAtOnce)
		if err != nil {
			return err
		}
		event = base.Event(r)
		for name, list := range map[string][]popolo.Object{popolo.EventAttendees: base.Attendees(attendees), popolo.EventStatements: base.Statements(statements)} {
			if len(list) > 0 {
				event[name] = list
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if event != nil {
		return send(c, http.StatusOK, mediaLinked, event)
	}
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) error {
		r, err := roundtable.Get(ctx, tx, n)
		if err != nil {
			return err
		}
		to := newDownload(c)
		c.Response().Header().Set(echo.HeaderContentType, mediaLinked)
		c.Response().WriteHeader(http.StatusOK)
		if c.Request().Method == http.MethodHead {
			return nil
		}
		attendees := longList{popolo.EventAttendees, func(add func([]popolo.Object) error) error {
			return pieces(ctx, tx, attendeesOf(n), func(list []attendee.Attendee) error { return add(base.Attendees(list)) })
		}}
		statements := longList{popolo.EventStatements, func(add func([]popolo.Object) error) error {
			return pieces(ctx, tx, statementsOf(n), func(list []statement.Statement) error { return add(base.Statements(list)) })
		}}
		if err := writeLong(to, base.Event(r), attendees, statements); err != nil {
			return err
		}
		return to.send()
	})
}

func attendeesOf(roundTable int64) func(context.Context, pg.DB, paging.Params) (paging.Page[attendee.Attendee], error) {
	return func(ctx context.Context, db pg.DB, p paging.Params) (paging.Page[attendee.Attendee], error) {
		return attendee.ListWithin(ctx, db, roundTable, attendee.Within{Params: p})
	}
}

func statementsOf(roundTable int64) func(context.Context, pg.DB, paging.Params) (paging.Page[statement.Statement], error) {
	return func(ctx context.Context, db pg.DB, p paging.Params) (paging.Page[statement.Statement], error) {
		return statement.ListWithin(ctx, db, roundTable, statement.Within{Params: p})
	}
}

// pieces reads a list whole, a piece at a time. It does not use paging.Walk: a transaction can hold only one, and here another may be under way.
func pieces[T any](ctx context.Context, db pg.DB, list func(context.Context, pg.DB, paging.Params) (paging.Page[T], error), do func([]T) error) error {
	p := paging.Params{Limit: linkedAtOnce}
	for {
		page, err := list(ctx, db, p)
		if err != nil {
			return err
		}
		if err := do(page.Items); err != nil || page.Next == nil {
			return err
		}
		p.After = page.Next
	}
}

// longList is a member of an object that is written piece by piece.
type longList struct {
	name string
	each func(add func([]popolo.Object) error) error
}

// writeLong writes an object and its long lists behind its other members.
func writeLong(to *download, o popolo.Object, lists ...longList) error {
	raw, err := json.Marshal(o, jsonOptions)
	if err != nil {
		return err
	}
	_, _ = to.Write(raw[:len(raw)-1]) // the writer keeps its first error
	for _, l := range lists {
		_, _ = to.WriteString(`,"` + l.name + `":[`)
		separator := ""
		err := l.each(func(objects []popolo.Object) error {
			for _, o := range objects {
				if err := writeNext(to, &separator, o); err != nil {
					return err
				}
			}
			return to.send()
		})
		if err != nil {
			return err
		}
		_ = to.WriteByte(']')
	}
	return to.WriteByte('}')
}

// writeNext writes an object behind the separator, which is a comma from then on.
func writeNext(to *download, separator *string, o popolo.Object) error {
	raw, err := json.Marshal(o, jsonOptions)
	if err != nil {
		return err
	}
	_, _ = to.WriteString(*separator)
	*separator = ","
	_, err = to.Write(raw)
	return err
}

// popoloParams are what the export as Popolo takes.
type popoloParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language" example:"ru"` // The language of names and titles, or the next one of the chain ru, en, kk. Names in other languages are among the other names.
}

// exportPopolo sends people, organizations, positions and round tables as Popolo.
//
//	@ID				exportPopolo
//	@Summary		Export people, organizations, memberships and events as Popolo
//	@Description	All of them in one document of one moment, in the terms of the Popolo project: `persons`, `organizations`, `memberships` (the positions of people) and `events` (the round tables, each with its first organizer and all its attendees with names).
//	@Tags			Exports
//	@Param			params	query		popoloParams	false	"-"
//	@Success		200		{object}	Popolo			"The document."
//	@Router			/v1/exports/popolo.json [get]
func (s *server) exportPopolo(c echo.Context) error {
	var params popoloParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &params)); err != nil {
		return err
	}
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) error {
		now, err := paging.ReadState(ctx, tx)
		if err != nil {
			return err
		}
		to := newDownload(c)
		to.begin(echo.MIMEApplicationJSON, "popolo-"+s.config.Now().UTC().Format(time.DateOnly)+".json", s.changeCursor(ctx, now.Head))
		if c.Request().Method == http.MethodHead {
			return nil
		}
		base := popolo.Base(s.config.PublicBaseURL)
		p := popolo.Popolo{Lang: params.Lang, Base: base}
		return inOrder(
			func() error { return writeAll(ctx, tx, to, `{"persons":[`, person.List, p.Person) },
			func() error {
				return writeAll(ctx, tx, to, `],"organizations":[`, organization.List, p.Organization)
			},
			func() error {
				return writeAll(ctx, tx, to, `],"memberships":[`, affiliation.List, p.Membership)
			},
			func() error {
				return writeEach(ctx, tx, to, `],"events":[`, roundtable.List, func(list []roundtable.RoundTable, separator *string) error {
					return writeEvents(ctx, tx, to, p, list, separator)
				})
			},
			func() error {
				_, _ = to.WriteString("]}\n") // the writer keeps its first error
				return to.send()
			},
		)
	})
}

// Popolo is a document of the Popolo project.
//
//	@Description	People, organizations, memberships and events in the terms of the Popolo project.
type Popolo struct {
	Persons       []popolo.Object `json:"persons" swaggertype:"array,object"`       // The people.
	Organizations []popolo.Object `json:"organizations" swaggertype:"array,object"` // The organizations.
	Memberships   []popolo.Object `json:"memberships" swaggertype:"array,object"`   // The positions of people in organizations.
	Events        []popolo.Object `json:"events" swaggertype:"array,object"`        // The round tables.
} //	@name	Popolo

// inOrder runs steps until one fails.
func inOrder(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// writeAll writes all records of a list as the elements of an array, after what begins it.
func writeAll[F any, T paging.Row, P filter[F]](ctx context.Context, tx pgx.Tx, to *download, begin string,
	list func(context.Context, pg.DB, F) (paging.Page[T], error), object func(T) popolo.Object) error {
	return writeEach[F, T, P](ctx, tx, to, begin, list, func(records []T, separator *string) error {
		for _, r := range records {
			if err := writeNext(to, separator, object(r)); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeEach is writeAll where write writes some of the records at once, each behind the separator.
func writeEach[F any, T paging.Row, P filter[F]](ctx context.Context, tx pgx.Tx, to *download, begin string,
	list func(context.Context, pg.DB, F) (paging.Page[T], error), write func(records []T, separator *string) error) error {
	var f F
	separator := begin
	for page, err := range paging.Walk[F, T, P](ctx, tx, list, f) {
		if err != nil {
			return err
		}
		if err := write(page.Items, &separator); err != nil {
			return err
		}
		if err := to.send(); err != nil {
			return err
		}
	}
	if separator == begin {
		_, _ = to.WriteString(begin)
	}
	return nil
}

// writeEvents writes round tables with their attendees: those of small events are read together, those of a large one piece by
// piece, so that no more than linkedAtOnce are held.
func writeEvents(ctx context.Context, db pg.DB, to *download, p popolo.Popolo, list []roundtable.RoundTable, separator *string) error {
	for len(list) > 0 {
		some, sum := 0, int64(0)
		for some < len(list) && sum+list[some].Counts.Attendees <= linkedAtOnce {
			sum += list[some].Counts.Attendees
			some++
		}
		if some == 0 {
			if err := writeLargeEvent(ctx, db, to, p, list[0], separator); err != nil {
				return err
			}
			list = list[1:]
			continue
		}
		if err := writeSmallEvents(ctx, db, to, p, list[:some], separator); err != nil {
			return err
		}
		list = list[some:]
	}
	return nil
}

func writeLargeEvent(ctx context.Context, db pg.DB, to *download, p popolo.Popolo, r roundtable.RoundTable, separator *string) error {
	_, _ = to.WriteString(*separator)
	*separator = ","
	return writeLong(to, p.Event(r), longList{popolo.PopoloAttendees, func(add func([]popolo.Object) error) error {
		return pieces(ctx, db, attendeesOf(r.ID), func(list []attendee.Attendee) error { return add(p.Attendees(list)) })
	}})
}

func writeSmallEvents(ctx context.Context, db pg.DB, to *download, p popolo.Popolo, list []roundtable.RoundTable, separator *string) error {
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	attendees, err := attendee.OfRoundTables(ctx, db, ids, linkedAtOnce)
	if err != nil {
		return err
	}
	of := map[int64][]attendee.Attendee{}
	for _, a := range attendees {
		of[a.RoundTableID] = append(of[a.RoundTableID], a)
	}
	for _, r := range list {
		o := p.Event(r)
		o[popolo.PopoloAttendees] = p.Attendees(of[r.ID])
		if err := writeNext(to, separator, o); err != nil {
			return err
		}
	}
	return nil
}
