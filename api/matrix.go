package api

import (
	"slices"
	"strings"

	"roundtables.kz/registry/internal/aggregate"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/statement"

	"github.com/labstack/echo/v4"
)

type matrixParams struct {
	Rows    string `query:"rows" form:"rows" default:"topic" enums:"act,country,format,kind,language,mode,month,organization,organizer,parent,person,place,quarter,role,status,topic,week,weekday,year"`              // What the rows are: a dimension of statements.
	Columns string `query:"columns" form:"columns" default:"organization" enums:"act,country,format,kind,language,mode,month,organization,organizer,parent,person,place,quarter,role,status,topic,week,weekday,year"` // What the columns are: another dimension of statements.
	aggregate.Options
}

// getMatrix returns statements by two dimensions.
//
//	@ID				aggregateMatrix
//	@Summary		Get a matrix of statements
//	@Description	Counts statements by two dimensions, such as topics and the organizations of the speakers. It is the aggregate of statements
//	@Description	`/v1/statements/aggregate?group_by=topic,organization` with names for a table: `groups` are the rows, `groups2` the columns, and
//	@Description	`data` has the cells that are not zero. Each group links to the list of its statements.
//	@Tags			Statistics
//	@x-aggregate	true
//	@x-dimensions	[]
//	@x-metrics		["count","organizations","people","recommendations","round_tables","statements","topics"]
//	@Param			filter	query		statement.Filter	false	"-"
//	@Param			params	query		matrixParams		false	"-"
//	@Success		200		{object}	aggregate.Result	"The matrix."
//	@Router			/v1/stats/matrix [get]
func (s *server) getMatrix(c echo.Context) error {
	var f statement.Filter
	var p matrixParams
	fields := input.BindAll(c.QueryParams(), aggregate.Excluded, &f, &p)
	q := aggregate.Query{GroupBy: []string{p.Rows, p.Columns}, Options: p.Options}
	for _, mistake := range q.Check(statements.source()) {
		if mistake.Parameter == "group_by" { // BindAll finds unknown dimensions
			if p.Rows != p.Columns {
				continue
			}
			mistake.Parameter = "columns"
		}
		if !slices.ContainsFunc(fields, func(f apperr.Field) bool { return f.Parameter == mistake.Parameter }) {
			fields = append(fields, mistake)
		}
	}
	slices.SortStableFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Parameter, b.Parameter) })
	if err := apperr.BadQuery(fields); err != nil {
		return err
	}
	return statements.sendAggregate(s, c, f, q)
}
