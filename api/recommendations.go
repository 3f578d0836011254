package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/recommendation"

	"github.com/labstack/echo/v4"
)

var recommendations = resource[recommendation.Input, recommendation.Recommendation, recommendation.Filter]{
	Kind: history.Kind{Type: recommendation.Type, Table: recommendation.Table},
	one:  "recommendation", many: "recommendations",
	about: "What was proposed, to whom, and what became of it.",
	sorts: []string{"-starts_on", "updated_at"},
	list:  recommendation.List, get: recommendation.Get, create: recommendation.Create, update: recommendation.Update,
	input: func(r *recommendation.Recommendation) *recommendation.Input { return &r.Input },
	notes: map[Feature]string{Create: "The statement must belong to the same round table."},
}

// listRecommendationsOfRoundTable sends a page of the recommendations of one round table.
//
//	@ID				listRecommendationsOfRoundTable
//	@Summary		List recommendations of a round table
//	@Description	The list of recommendations, limited to one round table.
//	@Tags			Round tables
//	@x-sort			["-starts_on", "updated_at"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		recommendation.Within	false	"-"
//	@Success		200		{object}	Page[recommendation.Recommendation]		"A page of recommendations."
//	@Router			/v1/round-tables/{id}/recommendations [get]
func (s *server) listRecommendationsOfRoundTable(c echo.Context) error {
	return withinOf(s, c, recommendation.ListWithin)
}
