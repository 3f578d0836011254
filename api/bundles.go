package api

import (
	"context"
	"net/http"
	"strconv"

	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// createBundle makes a whole event.
//
//	@ID				createBundle
//	@Summary		Create a whole event
//	@Description	One event with its organizers, attendees, statements, recommendations and documents, and the people and organizations in it by their names as a press release gives them: all or nothing. Try it with `dry_run=true` first: the report says which names were found and why, and which records would be new. A name is found in any spelling and script; one that may be of several records, or is only likely to be of one, is refused with the candidates (422 `ambiguous_names`): then give the `id`, or say `"new": true`. An event whose `external_ids` a round table has already is refused with that round table (409).
//	@Tags			Bundles
//	@Param			params	query		writeParams		false	"-"
//	@Param			bundle	body		bundle.Input	true	"The event."
//	@Success		201		{object}	bundle.Report	"What was found and what was made."
//	@Router			/v1/bundles [post]
func (s *server) createBundle(c echo.Context) error {
	in, err := body[bundle.Input](c)
	if err != nil {
		return err
	}
	var report bundle.Report
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		report, err = bundle.NewWriter(tx, bundle.Finders{People: s.people, Organizations: s.organizations}).Create(ctx, in)
		return err
	})
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if p.DryRun {
		status = http.StatusOK
		report.Rehearsed()
	} else {
		c.Response().Header().Set(echo.HeaderLocation, "/v1/round-tables/"+strconv.FormatInt(*report.RoundTable.ID, 10))
	}
	if p.Lang == "" {
		p.Lang = acceptedLanguage(c.Request())
	}
	if p.Lang != "" {
		text.Localize(&report, p.Lang)
	}
	return send(c, status, echo.MIMEApplicationJSON, report)
}
