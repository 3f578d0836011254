package api

import (
	"context"
	"net/http"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/bundle"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// createBundle creates an event with all its parts.
//
//	@ID				createBundle
//	@Summary		Create a whole event
//	@Description	Creates one event with its organizers, attendees, statements, recommendations and documents, and the
//	@Description	people and organizations that it names, as in a press release. Either everything is
//	@Description	saved or nothing. Use `dry_run=true` first: the report lists which names were matched and why, and
//	@Description	which records would be new. Names match in any spelling and script. If a name matches several
//	@Description	records, or one record only probably, the bundle is rejected with the candidates (422
//	@Description	`ambiguous_names`): give the `id` or set `"new": true`. The limits of each part are those of the
//	@Description	resource's own input. If a round table already has one of the `external_ids`, the bundle is rejected
//	@Description	with that round table (409). An answer is remembered: a name beside an `id` becomes another name of the
//	@Description	record (kind `as_listed`), and `"new": true` beside a name that fits existing records is stored as a
//	@Description	distinction. `learn=false` prevents both.
//	@Tags			Bundles
//	@Param			params	query		learnParams		false	"-"
//	@Param			bundle	body		bundle.Input	true	"The event."
//	@Success		201		{object}	bundle.Report	"What was matched and what was created."
//	@Router			/v1/bundles [post]
func (s *server) createBundle(c echo.Context) error {
	in, err := body[bundle.Input](c)
	form := apperr.FieldsOf(err, "validation_failed")
	if err != nil && form == nil {
		return err
	}
	var report bundle.Report
	var p learnParams
	err = s.writeWith(c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx) (err error) {
		w := bundle.NewWriter(tx, s.matcher.Finders)
		w.Learn = p.Learn
		if report, err = w.Create(ctx, in, form...); err != nil {
			return err
		}
		return w.Confirm(ctx)
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
	localize(&report, p.Lang)
	return send(c, status, echo.MIMEApplicationJSON, report)
}
