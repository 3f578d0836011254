package api

import (
	"context"

	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

var roundTables = resource[roundtable.Input, roundtable.RoundTable, roundtable.Filter]{
	Kind: history.Kind{
		Type: roundtable.Type, Table: roundtable.Table, Guard: roundtable.Guard,
		Parts: []history.Part{
			history.References("topic_ids", "round_table_topics", "round_table_id", "topic_id"),
			history.Objects("document_links", "document_links", "round_table_id", "document_id bigint", "relation text"),
		},
	},
	one: "round table", many: "round tables",
	about: "Events: round tables, conferences, briefings. Start here.",
	sorts: []string{"-starts_on", "title", "updated_at"},
	list:  roundtable.List, get: roundtable.Get, create: roundtable.Create, update: roundtable.Update,
	input: func(r *roundtable.RoundTable) *roundtable.Input { return &r.Input },
	replaced: map[Feature]Operation{
		List: with[roundTableQuery, Page[RoundTable]]((*server).listRoundTables),
		Get: withJSONLD(getWith(roundtable.Get, withRoundTables, func(p *roundTableParams) (*itemParams, *[]string) { return &p.itemParams, &p.Include }),
			linkedRoundTable.send),
	},
	notes: map[Feature]string{
		Get: jsonLDNote("an Event of schema.org with its attendees (Role, with their positions at the event) and statements (Quotation)."),
		Create: "A new round table is a draft that only keys with the scope `read` can see. Creating one that is already `published` " +
			"requires the scope `publish`.",
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

// publishRoundTable publishes a round table.
//
//	@ID				publishRoundTable
//	@Summary		Publish a round table
//	@Description	Makes the round table public, with its organizers, attendees, statements and recommendations. Publishing it
//	@Description	again has no effect.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int						true	"The round table."
//	@Param			params	query		writeParams				false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The published round table."
//	@Router			/v1/round-tables/{id}/publish [post]
func (s *server) publishRoundTable(c echo.Context) error { return s.movePublication(c, "published") }

// withdrawRoundTable withdraws a round table.
//
//	@ID				withdrawRoundTable
//	@Summary		Withdraw a round table
//	@Description	Hides the round table and its parts from the public. Keys with the scope `read` still see them. Withdrawing it
//	@Description	again has no effect.
//	@Tags			Round tables
//	@x-if-match		true
//	@Param			id		path		int						true	"The round table."
//	@Param			params	query		writeParams				false	"-"
//	@Success		200		{object}	roundtable.RoundTable	"The withdrawn round table."
//	@Router			/v1/round-tables/{id}/withdraw [post]
func (s *server) withdrawRoundTable(c echo.Context) error { return s.movePublication(c, "withdrawn") }

func (s *server) movePublication(c echo.Context, to string) error {
	n, version, err := versionedID(c)
	if err != nil {
		return err
	}
	return writeItem(s, c, func(ctx context.Context, tx pgx.Tx) (r roundtable.RoundTable, err error) {
		if err := lock(ctx, tx, roundtable.Table, roundtable.Type, n, version); err != nil {
			return r, err
		}
		if err := roundtable.Publish(ctx, tx, n, to); err != nil {
			return r, err
		}
		return roundtable.Get(ctx, tx, n)
	})
}
