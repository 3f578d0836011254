package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/bundle"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/check"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// eventDocumentParams are the parameters of an event as a document.
type eventDocumentParams struct {
	// Language of the names, labels and titles that are plain strings in the document. Default: the language of the title.
	Lang string `query:"lang" form:"lang" validate:"omitempty,language" example:"ru"`
}

// getBundle sends an event as a document.
//
//	@ID				getRoundTableBundle
//	@Summary		Get a whole event
//	@Description	Returns the event as the document that `POST /v1/bundles` takes, with the ids of its parts and of the records that
//	@Description	they refer to. A statement names its speaker by the `key` of the attendee. To correct the event, change the document
//	@Description	and send it back with `PUT` and the ETag in `If-Match`. The ETag changes with the event and with each of its parts.
//	@Description	The public sees no internal notes and no restricted people. Members without a value are left out.
//	@Tags			Bundles
//	@x-etag			true
//	@Param			id		path		int					true	"The round table."
//	@Param			params	query		eventDocumentParams	false	"-"
//	@Success		200		{object}	bundle.Input		"The event."
//	@Router			/v1/round-tables/{id}/bundle [get]
func (s *server) getBundle(c echo.Context) error {
	var p eventDocumentParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	q := s.cacheable(c)
	if done, err := q.sendCached(c, matchEvent); done || err != nil {
		return err
	}
	var event bundle.Event
	var state paging.State
	err = s.shares.run(c, func(ctx context.Context) error {
		return changes.Snapshot(ctx, s.db, func(tx pgx.Tx) (err error) {
			if state, err = paging.ReadState(ctx, tx); err != nil {
				return err
			}
			event, err = bundle.Read(ctx, tx, n, p.Lang)
			return err
		})
	})
	if err != nil {
		return err
	}
	q.setState(c, state, event.Tag+"-")
	raw, err := json.Marshal(event.Input, input.JSON, json.OmitZeroStructFields(true))
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	return sendCacheable(c, http.StatusOK, echo.MIMEApplicationJSON, jsontext.Value(raw), q)
}

// replaceBundle gives an event the content of a document.
//
//	@ID				replaceRoundTableBundle
//	@Summary		Change a whole event
//	@Description	Gives the event the content of the document, all or nothing. Get the document with `GET`, change it, and try it with
//	@Description	`dry_run=true`: the report lists what would be created, changed and removed.
//	@Description
//	@Description	- Organizers, attendees, statements and recommendations with an `id` are changed: a member that is left out is emptied.
//	@Description	Those without an `id` are created, and those that the document leaves out are **deleted**. Lists are in order.
//	@Description
//	@Description	- People, organizations, places, topics and documents are matched or created as by `POST /v1/bundles`, but never
//	@Description	changed or deleted: correct them at their own addresses. `ignored` lists what the document says differently about
//	@Description	them.
//	@Description
//	@Description	Errors and uncertain names are reported as by `POST`, all together. If the event or one of its parts has changed since
//	@Description	`GET`, the response is 412. A document that publishes the event is checked like `…/publish` (422 `not_ready`). To
//	@Description	take the change back, use `POST /v1/undo`, or `POST /v1/bundles/{id}/revert` with the `id` of the report.
//	@Tags			Bundles
//	@x-if-match		true
//	@x-etag			true
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		documentParams	false	"-"
//	@Param			bundle	body		bundle.Input	true	"The event."
//	@Success		200		{object}	bundle.Edit		"What was created, changed and removed."
//	@Router			/v1/round-tables/{id}/bundle [put]
func (s *server) replaceBundle(c echo.Context) error {
	n, version, err := versionedID(c)
	if err != nil {
		return err
	}
	in, err := body[bundle.Input](c)
	form := apperr.FieldsOf(err, "validation_failed")
	if err != nil && form == nil {
		return err
	}
	match := func(tag string) error {
		if version == 0 || hasEventTag(c.Request().Header.Get("If-Match"), tag) {
			return nil
		}
		now, _, _ := strings.Cut(tag, "-")
		return &apperr.Error{Kind: apperr.Stale, Code: "stale_event", Extra: map[string]any{"current_version": jsontext.Value(now)}}
	}
	var edit bundle.Edit
	var p documentParams
	err = s.writeWith(c, &p, &p.writeParams, func(ctx context.Context, tx pgx.Tx) (err error) {
		before, err := changes.ReadHead(ctx, tx)
		if err != nil {
			return err
		}
		w := bundle.NewWriter(tx, s.matcher.Finders)
		w.Learn, w.CreateDoubtful = p.Learn, p.Doubtful == "create"
		if edit, err = w.Replace(ctx, n, in, match, form...); err != nil {
			return err
		}
		if err := w.Confirm(ctx); err != nil {
			return err
		}
		if edit.Published {
			if err := check.RequireReady(ctx, tx, n); err != nil {
				return err
			}
		}
		edit.ID, err = bundle.Record(ctx, tx, n, before.Seq)
		return err
	})
	if err != nil {
		return err
	}
	if p.DryRun {
		edit.Rehearsed()
	} else {
		s.tagWritten(c, writtenItem{c.Request().URL.Path, "", edit.Tag, edit.ReadAt})
	}
	localize(&edit, p.Lang)
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, edit)
}
