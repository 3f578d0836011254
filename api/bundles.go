package api

import (
	"context"
	"net/http"
	"strconv"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/check"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// documentParams are the parameters of writes of a whole event.
type documentParams struct {
	learnParams
	// What happens if names of people or organizations may belong to existing records: `refuse` rejects the document with the candidates,
	// `create` creates new records and lists them in `doubtful`.
	Doubtful string `query:"doubtful" form:"doubtful" enums:"refuse,create" default:"refuse"`
}

// bundleParams are the parameters of creating a whole event.
type bundleParams struct {
	documentParams
	AllowDuplicate bool `query:"allow_duplicate" form:"allow_duplicate"` // Creates the record even if it seems to be a duplicate. The registry then stores that the records are distinct.
}

// createBundle creates an event with all its parts.
//
//	@ID				createBundle
//	@Summary		Create a whole event
//	@Description	Creates one event with its organizers, attendees, statements, recommendations and documents, and the
//	@Description	people and organizations that it names, as in a press release. Either everything is
//	@Description	saved or nothing. Use `dry_run=true` first: the report lists which names were matched and why, and
//	@Description	which records would be new. Names match in any spelling and script. If a name matches several
//	@Description	records, or one record only probably, the bundle is rejected with the candidates (422
//	@Description	`ambiguous_names`): give the `id` or set `"new": true`. `summary` and `doubtful` of this response list all such
//	@Description	names at once, as in the report. `doubtful=create` creates new records for them instead. The limits of each part are those of the
//	@Description	resource's own input. If a round table already has one of the `external_ids`, the bundle is rejected
//	@Description	with that round table (409). If an existing round table may be the same event, the bundle is rejected with the
//	@Description	candidates (422 `similar_event`), unless `allow_duplicate=true`: a similar title or mostly the same people on the same
//	@Description	day, also if one date is less precise, and an event that was postponed. An answer is remembered: a name beside an `id` becomes another name of the
//	@Description	record (kind `as_listed`), and `"new": true` beside a name that fits existing records is stored as a
//	@Description	distinction. `learn=false` prevents both. A bundle that publishes is checked like `…/publish` (422 `not_ready`).
//	@Tags			Bundles
//	@Param			params	query		bundleParams	false	"-"
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
	var p bundleParams
	err = s.writeWith(c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx) (err error) {
		before, err := changes.ReadHead(ctx, tx)
		if err != nil {
			return err
		}
		w := bundle.NewWriter(tx, s.matcher.Finders)
		w.Learn, w.CreateDoubtful, w.AllowDuplicate = p.Learn, p.Doubtful == "create", p.AllowDuplicate
		if report, err = w.Create(ctx, in, form...); err != nil {
			return err
		}
		if err := w.Confirm(ctx); err != nil {
			return err
		}
		if in.RoundTable.Publication == "published" {
			if err := check.RequireReady(ctx, tx, *report.RoundTable.ID); err != nil {
				return err
			}
		}
		report.ID, err = bundle.Record(ctx, tx, *report.RoundTable.ID, before.Seq)
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
	localize(&report, p.Lang)
	return send(c, status, echo.MIMEApplicationJSON, report)
}

// revertBundle reverts a bundle.
//
//	@ID				revertBundle
//	@Summary		Revert a bundle
//	@Description	Gives the event and its parts their state from before the bundle: what the bundle created is deleted, what it changed
//	@Description	or deleted comes back. Other records that it created, such as people, are deleted, too, unless they are used or were
//	@Description	changed since: `kept` lists those that stay. If the event or one of these parts was changed since, the response is
//	@Description	409 `changed_since`; if it has new parts, 409 `in_use`. A public event requires the scope `publish`.
//	@Tags			Bundles
//	@Param			id		path		int				true	"The bundle."
//	@Param			params	query		writeParams		false	"-"
//	@Success		200		{object}	bundle.Reverted	"What was taken back, and what stays."
//	@Router			/v1/bundles/{id}/revert [post]
func (s *server) revertBundle(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var done bundle.Reverted
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) (err error) {
		done, err = bundle.Revert(ctx, tx, Kinds(), n)
		return err
	})
	if err != nil {
		return err
	}
	done.DryRun = p.DryRun
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, done)
}
