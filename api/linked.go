package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/linked"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Records in the vocabularies of others.

const mediaLinked = "application/ld+json"

// linkedPath is the route that answers as JSON-LD, too.
const linkedPath = "/v1/round-tables/:id"

// mostLinked is how many attendees an event is shown with in the vocabularies of others.
const mostLinked = 1000

// prefersLinked reports whether an Accept header names JSON-LD, and JSON not before it.
func prefersLinked(accept string) bool {
	linked := weight(accept, mediaLinked)
	return linked > 0 && linked >= weight(accept, echo.MIMEApplicationJSON)
}

// weight is how much an Accept header wants a media type that it names, 0 to 1; 0 where it does not name it.
func weight(accept, mediaType string) float64 {
	for part := range strings.SplitSeq(accept, ",") {
		media, parameters, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(media), mediaType) {
			continue
		}
		for p := range strings.SplitSeq(parameters, ";") {
			if name, value, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(name, "q") {
				q, _ := strconv.ParseFloat(value, 64) // what is no number is no wish
				return q
			}
		}
		return 1
	}
	return 0
}

// getLinkedRoundTable answers one round table as an Event of schema.org.
func (s *server) getLinkedRoundTable(c echo.Context) error {
	if err := apperr.BadQuery(bind(c.QueryParams(), &struct{}{})); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	r, err := roundtable.Get(ctx, s.db, n)
	if err != nil {
		return err
	}
	attendees, err := attendee.OfRoundTables(ctx, s.db, []int64{n}, mostLinked)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, mediaLinked, linked.Base(s.config.PublicBaseURL).Event(r, attendees))
}

// popoloParams are what the export as Popolo takes.
type popoloParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language" example:"ru"` // The language of names and titles, or the next one of the chain ru, en, kk. Names in other languages are among the other names.
}

// exportPopolo sends people, organizations, positions and round tables as Popolo.
//
//	@ID				exportPopolo
//	@Summary		Export people, organizations, memberships and events as Popolo
//	@Description	All of them in one document of one moment, in the terms of the Popolo project: `persons`, `organizations`, `memberships` (the positions of people) and `events` (the round tables, each with its first organizer and its attendees with names, at most 1,000).
//	@Tags			Exports
//	@Param			params	query		popoloParams	false	"-"
//	@Success		200		{object}	Popolo			"The document."
//	@Router			/v1/exports/popolo.json [get]
func (s *server) exportPopolo(c echo.Context) error {
	var p popoloParams
	if err := apperr.BadQuery(bind(c.QueryParams(), &p)); err != nil {
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
		base := linked.Base(s.config.PublicBaseURL)
		popolo := linked.Popolo{Lang: p.Lang, Base: base}
		return inOrder(
			func() error { return writeAll(ctx, tx, to, `{"persons":[`, person.List, each(popolo.Person)) },
			func() error {
				return writeAll(ctx, tx, to, `],"organizations":[`, organization.List, each(popolo.Organization))
			},
			func() error {
				return writeAll(ctx, tx, to, `],"memberships":[`, affiliation.List, each(popolo.Membership))
			},
			func() error {
				return writeAll(ctx, tx, to, `],"events":[`, roundtable.List, func(list []roundtable.RoundTable) ([]linked.Object, error) {
					return popoloEvents(ctx, tx, popolo, list)
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
	Persons       []linked.Object `json:"persons" swaggertype:"array,object"`       // The people.
	Organizations []linked.Object `json:"organizations" swaggertype:"array,object"` // The organizations.
	Memberships   []linked.Object `json:"memberships" swaggertype:"array,object"`   // The positions of people in organizations.
	Events        []linked.Object `json:"events" swaggertype:"array,object"`        // The round tables.
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

// each makes an object of each record.
func each[T any](f func(T) linked.Object) func([]T) ([]linked.Object, error) {
	return func(list []T) ([]linked.Object, error) {
		objects := make([]linked.Object, len(list))
		for i, r := range list {
			objects[i] = f(r)
		}
		return objects, nil
	}
}

// writeAll writes all records of a list as the elements of an array, after what begins it.
func writeAll[F any, T paging.Row, P filter[F]](ctx context.Context, tx pgx.Tx, to *download, begin string,
	list func(context.Context, pg.DB, F) (paging.Page[T], error), objects func([]T) ([]linked.Object, error)) error {
	var f F
	walk := &paging.Walk{}
	P(&f).Page().Walk = walk
	separator := begin
	for !walk.Done {
		page, err := list(ctx, tx, f)
		if err != nil {
			return err
		}
		of, err := objects(page.Items)
		if err != nil {
			return err
		}
		for _, o := range of {
			raw, err := json.Marshal(o, jsonOptions)
			if err != nil {
				return err
			}
			_, _ = to.WriteString(separator)
			_, _ = to.Write(raw)
			separator = ","
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

func popoloEvents(ctx context.Context, db pg.DB, p linked.Popolo, list []roundtable.RoundTable) ([]linked.Object, error) {
	const some = 50 // so that no more attendees are held at once than these events have
	events := make([]linked.Object, 0, len(list))
	for i := 0; i < len(list); i += some {
		part := list[i:min(i+some, len(list))]
		ids := make([]int64, len(part))
		for n, r := range part {
			ids[n] = r.ID
		}
		attendees, err := attendee.OfRoundTables(ctx, db, ids, mostLinked)
		if err != nil {
			return nil, err
		}
		of := map[int64][]attendee.Attendee{}
		for _, a := range attendees {
			of[a.RoundTableID] = append(of[a.RoundTableID], a)
		}
		for _, r := range part {
			events = append(events, p.Event(r, of[r.ID]))
		}
	}
	return events, nil
}
