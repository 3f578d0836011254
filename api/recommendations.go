package api

import (
	"roundtables.kz/registry/internal/recommendation"

	"github.com/labstack/echo/v4"
)

// RecommendationPage is a page of recommendations.
type RecommendationPage = Page[recommendation.Recommendation] //	@name	RecommendationPage

// listRecommendations answers a page of recommendations.
//
//	@ID			listRecommendations
//	@Summary	List recommendations
//	@Tags		Recommendations
//	@x-sort		["-starts_on", "updated_at"]
//	@Param		filter	query		recommendation.Filter	false	"-"
//	@Success	200		{object}	RecommendationPage		"A page of recommendations."
//	@Router		/v1/recommendations [get]
func (s *server) listRecommendations(c echo.Context) error { return listOf(s, c, recommendation.List) }

// getRecommendation answers one recommendation.
//
//	@ID			getRecommendation
//	@Summary	Get a recommendation
//	@Tags		Recommendations
//	@Param		id		path		int			true	"The recommendation."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	recommendation.Recommendation	"The recommendation."
//	@Router		/v1/recommendations/{id} [get]
func (s *server) getRecommendation(c echo.Context) error { return itemOf(s, c, recommendation.Get) }

// createRecommendation makes a recommendation.
//
//	@ID				createRecommendation
//	@Summary		Create a recommendation
//	@Description	A statement is one of the same round table.
//	@Tags			Recommendations
//	@Param			params	query		writeParams		false	"-"
//	@Param			recommendation	body		recommendation.Input	true	"The recommendation."
//	@Success		201		{object}	recommendation.Recommendation	"The new recommendation."
//	@Router			/v1/recommendations [post]
func (s *server) createRecommendation(c echo.Context) error {
	return createOf(s, c, recommendation.Create, recommendation.Get)
}

// patchRecommendation changes a recommendation.
//
//	@ID			patchRecommendation
//	@Summary	Change a recommendation
//	@Tags		Recommendations
//	@Param		id		path		int				true	"The recommendation."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		recommendation.Input	true	"What changes."
//	@Success	200		{object}	recommendation.Recommendation	"The recommendation as it is now."
//	@Router		/v1/recommendations/{id} [patch]
func (s *server) patchRecommendation(c echo.Context) error {
	return patchOf(s, c, recommendation.Table, recommendation.Type, recommendation.Get, func(r *recommendation.Recommendation) *recommendation.Input { return &r.Input }, recommendation.Update)
}

// deleteRecommendation deletes a recommendation.
//
//	@ID				deleteRecommendation
//	@Summary		Delete a recommendation
//	@Description	Refused with 409 while other records refer to the recommendation.
//	@Tags			Recommendations
//	@Param			id		path	int			true	"The recommendation."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The recommendation is gone, or would be after a dry run."
//	@Router			/v1/recommendations/{id} [delete]
func (s *server) deleteRecommendation(c echo.Context) error {
	return deleteOf(s, c, recommendation.Table, recommendation.Type, recommendation.Get)
}

// listRecommendationsOfRoundTable answers a page of the recommendations of one round table.
//
//	@ID				listRecommendationsOfRoundTable
//	@Summary		List recommendations of a round table
//	@Description	The list of recommendations narrowed to one round table.
//	@Tags			Round tables
//	@x-sort			["-starts_on", "updated_at"]
//	@Param			id		path		int				true	"The round table."
//	@Param			filter	query		recommendation.Within	false	"-"
//	@Success		200		{object}	RecommendationPage		"A page of recommendations."
//	@Router			/v1/round-tables/{id}/recommendations [get]
func (s *server) listRecommendationsOfRoundTable(c echo.Context) error {
	return withinOf(s, c, recommendation.ListWithin)
}
