package api

import (
	"context"
	"net/http"
	"slices"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/check"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

var roundTables = resource[roundtable.Input, roundtable.RoundTable, roundtable.Filter]{
	Kind: history.Kind{
		Type: roundtable.Type, Table: roundtable.Table, Guard: roundtable.Guard, Relearn: returnDistinctions,
		Parts: []history.Part{
			history.References("topic_ids", "round_table_topics", "round_table_id", "topic_id"),
			history.Objects("document_links", "document_links", "round_table_id", "document_id bigint", "relation text"),
		},
	},
	one: "round table", many: "round tables",
	about: "Events: round tables, conferences, briefings. Start here.",
	sorts: []string{"-starts_on", "title", "updated_at", "counts.attendees", "counts.organizers", "counts.statements"},
	list:  roundtable.List, get: roundtable.Get, create: check.Create, update: check.Update,
	input:   func(r *roundtable.RoundTable) *roundtable.Input { return &r.Input },
	similar: roundtable.Distinct,
	replaced: map[Feature]Operation{
		History: with[eventHistoryQuery, Page[changes.Detailed]]((*server).getRoundTableHistory),
		List:    with[roundTableQuery, Page[RoundTable]]((*server).listRoundTables),
		Get: withJSONLD(getWith(roundtable.Get, withRoundTables, func(p *roundTableParams) (*itemParams, *[]string) { return &p.itemParams, &p.Include }),
			linkedRoundTable.send),
	},
	notes: map[Feature]string{
		Get: jsonLDNote("an Event of schema.org with its attendees (Role, with their positions at the event) and statements (Quotation)."),
		Create: "A new round table is a draft that only keys with the scope `read` can see. Creating one that is already `published` " +
			"requires the scope `publish`, and it is checked like `…/publish` (422 `not_ready`). One that may be the same event as an " +
			"existing one is rejected with 409 `similar_event` and the candidates: on the same day with a similar title, also if one " +
			"date is less precise, or postponed. `allow_duplicate=true` creates it. Then the registry stores that the events are distinct.",
		Patch: "A PATCH that publishes is checked like `…/publish` (422 `not_ready`).",
		Delete: "Rejected with 409 while other records refer to the round table, such as its organizers and attendees. Deleting a " +
			"published round table requires the scope `publish`.",
	},
}

func (s *server) listRoundTables(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, q roundTableQuery) (paging.Page[RoundTable], error) {
		page, err := roundtable.List(ctx, db, q.Filter)
		return pageWith(ctx, db, page, err, q.Include, withRoundTables)
	})
}

// submitRoundTable runs the transition submit.
//
//	@ID				submitRoundTable
//	@Summary		Submit a round table for review
//	@Description	Marks a draft as ready for review: `publication` becomes `review`, and `review` says who submitted it.
//	@Description	List what waits for review with `GET /v1/round-tables?publication=review`.
//	@Description	One that is published is rejected with 409.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The submitted round table."
//	@Router			/v1/round-tables/{id}/submit [post]
func (s *server) submitRoundTable(c echo.Context) error { return s.moveRoundTable(c, "submit") }

// returnRoundTable runs the transition return.
//
//	@ID				returnRoundTable
//	@Summary		Return a round table to its author
//	@Description	Makes a round table in review a draft again. `note` says what is to be corrected; `review.note` shows it.
//	@Description
//	@Description	One that is not in review is rejected with 409.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			body	body		roundtable.Move	false	"Details."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The returned round table."
//	@Router			/v1/round-tables/{id}/return [post]
func (s *server) returnRoundTable(c echo.Context) error { return s.moveRoundTable(c, "return") }

// publishRoundTable runs the transition publish.
//
//	@ID				publishRoundTable
//	@Summary		Publish a round table
//	@Description	Makes the round table public, with its organizers, attendees, statements and recommendations. Publishing
//	@Description	it again has no effect. Errors that `GET /v1/round-tables/{id}/check` lists prevent it: the response is
//	@Description	422 with the code `not_ready` and the same list. `dry_run=true` shows the warnings without publishing.
//	@Description	With `REVIEW_REQUIRED=true`, only a round table in review is published, and not by its submitter.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	PublishedRoundTable	"The published round table."
//	@Router			/v1/round-tables/{id}/publish [post]
func (s *server) publishRoundTable(c echo.Context) error { return s.moveRoundTable(c, "publish") }

// withdrawRoundTable runs the transition withdraw.
//
//	@ID				withdrawRoundTable
//	@Summary		Withdraw a round table
//	@Description	Hides the round table and its parts from the public. Keys with the scope `read` still see them.
//	@Description	Withdrawing it again has no effect.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The withdrawn round table."
//	@Router			/v1/round-tables/{id}/withdraw [post]
func (s *server) withdrawRoundTable(c echo.Context) error { return s.moveRoundTable(c, "withdraw") }

// cancelRoundTable runs the transition cancel.
//
//	@ID				cancelRoundTable
//	@Summary		Cancel a round table
//	@Description	Sets `status` to `cancelled`. The round table keeps its address, its parts and its history. One that was
//	@Description	held is rejected with 409.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The cancelled round table."
//	@Router			/v1/round-tables/{id}/cancel [post]
func (s *server) cancelRoundTable(c echo.Context) error { return s.moveRoundTable(c, "cancel") }

// postponeRoundTable runs the transition postpone.
//
//	@ID				postponeRoundTable
//	@Summary		Postpone a round table
//	@Description	Sets `status` to `postponed`, and the new date if there is one. One that was held is rejected with 409.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			body	body		roundtable.Move	false	"Details."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The postponed round table."
//	@Router			/v1/round-tables/{id}/postpone [post]
func (s *server) postponeRoundTable(c echo.Context) error { return s.moveRoundTable(c, "postpone") }

// rescheduleRoundTable runs the transition reschedule.
//
//	@ID				rescheduleRoundTable
//	@Summary		Reschedule a round table
//	@Description	Sets the new date, and `status` to `scheduled`. One that was held is rejected with 409.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int				true	"The round table."
//	@Param			body	body		roundtable.Move	false	"Details."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The rescheduled round table."
//	@Router			/v1/round-tables/{id}/reschedule [post]
func (s *server) rescheduleRoundTable(c echo.Context) error { return s.moveRoundTable(c, "reschedule") }

// transitionRoutes are the routes of roundtable.Transitions.
func transitionRoutes() (routes []Route) {
	handlers := map[string]func(*server, echo.Context) error{
		"submit": (*server).submitRoundTable, "return": (*server).returnRoundTable, "publish": (*server).publishRoundTable,
		"withdraw": (*server).withdrawRoundTable, "cancel": (*server).cancelRoundTable, "postpone": (*server).postponeRoundTable,
		"reschedule": (*server).rescheduleRoundTable,
	}
	for _, t := range roundtable.Transitions {
		routes = append(routes, route(http.MethodPost, "/v1/round-tables/:id/"+t.Action, t.Scope, handlers[t.Action]))
	}
	return routes
}

// moveRoundTable runs an action of roundtable.Transitions on the round table in the path. The body is optional.
func (s *server) moveRoundTable(c echo.Context, action string) error {
	n, version, err := versionedID(c)
	if err != nil {
		return err
	}
	var in roundtable.Move
	if c.Request().ContentLength != 0 {
		if in, err = body[roundtable.Move](c); err != nil {
			return err
		}
	}
	t := roundtable.Transitions[slices.IndexFunc(roundtable.Transitions, func(t roundtable.Transition) bool { return t.Action == action })]
	moved := PublishedRoundTable{}
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		if err := lock(ctx, tx, roundtable.Table, roundtable.Type, n, version); err != nil {
			return err
		}
		if err := t.Apply(ctx, tx, n, in); err != nil {
			return err
		}
		if t.Checked {
			list, err := check.Ready(ctx, tx, n)
			if err != nil {
				return err
			}
			moved.Findings = translated(messageLanguage(c.Request()), list)
		}
		moved.RoundTable, err = roundtable.Get(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	if t.Checked {
		return written(s, c, http.StatusOK, &moved, itemPath(c), p)
	}
	return written(s, c, http.StatusOK, &moved.RoundTable, itemPath(c), p)
}
