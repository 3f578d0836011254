package api

import (
	"context"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/stats"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Overview is the response with the numbers of the front page.
//
//	@Description	The numbers of the round tables that match the filters, with four charts.
type Overview struct {
	stats.Overview
	Meta ViewMeta `json:"meta"`
} //	@name	OverviewView

// ofPagesOnly are the parameters of the list of round tables that views of round tables do not have.
var ofPagesOnly = []string{"sort", "limit", "cursor", "count", "fields"}

// roundTableFilter binds the filters of the list of round tables. extra are pointers to structs with parameters.
func roundTableFilter(c echo.Context, extra ...any) (roundtable.Filter, error) {
	var f roundtable.Filter
	fields := input.BindAll(c.QueryParams(), ofPagesOnly, append([]any{&f}, extra...)...)
	return f, apperr.BadQuery(fields)
}

// getOverview returns the numbers of round tables for the front page of a dashboard.
//
//	@ID				getOverview
//	@Summary		Get an overview
//	@Description	Returns the numbers of the round tables that match the filters of their list, and four charts: events per month, formats,
//	@Description	most frequent topics and organizers. Each chart has the shape of `/v1/round-tables/aggregate`. One request for a front page.
//	@Tags			Statistics
//	@x-view			true
//	@x-without		["sort","limit","cursor","count","fields"]
//	@Param			filter	query		roundtable.Filter	false	"-"
//	@Success		200		{object}	Overview			"The overview."
//	@Router			/v1/stats/overview [get]
func (s *server) getOverview(c echo.Context) error {
	f, err := roundTableFilter(c)
	if err != nil {
		return err
	}
	request := aggregate.Request{List: s.config.PublicBaseURL + "/v1/" + roundtable.Type, Filters: c.QueryParams(), Timeout: s.config.AggregateTimeout}
	return s.sendHeavyView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		o, err := stats.ReadOverview(ctx, tx, f, request)
		if err != nil {
			return nil, err
		}
		o.Charts.Each(func(chart *aggregate.Result) {
			chart.Meta.Cursor, chart.Meta.License = meta.Cursor, meta.License
			if f.Lang != "" {
				text.Localize(chart.Groups, f.Lang)
			}
		})
		return Overview{o, meta}, nil
	})
}
