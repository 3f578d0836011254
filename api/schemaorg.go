package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/formats/schemaorg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const mediaJSONLD = "application/ld+json"

// jsonLDPath is the only path that also returns JSON-LD.
const jsonLDPath = "/v1/round-tables/:id"

// getEventOfSchemaOrg sends a round table as an Event of schema.org. A large one is sent page by page.
func (s *server) getEventOfSchemaOrg(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	n, err := id(c)
	if err != nil {
		return err
	}
	w := schemaorg.Writer{Base: s.config.PublicBaseURL}
	ctx := c.Request().Context()
	var body bytes.Buffer
	large := false
	err = changes.Snapshot(ctx, s.db, func(tx pgx.Tx) error {
		r, err := roundtable.Get(ctx, tx, n)
		if large = schemaorg.IsLarge(r); err != nil || large {
			return err
		}
		return w.Write(ctx, tx, r, &body, func() error { return nil })
	})
	if err != nil {
		return err
	}
	if !large {
		c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(body.Len()))
		return c.Blob(http.StatusOK, mediaJSONLD, body.Bytes())
	}
	return s.snapshot(c, func(ctx context.Context, tx pgx.Tx) error {
		r, err := roundtable.Get(ctx, tx, n)
		if err != nil {
			return err
		}
		to := newDownload(c, http.Header{echo.HeaderContentType: {mediaJSONLD}})
		if err := w.Write(ctx, tx, r, to, to.send); err != nil {
			return err
		}
		return to.send()
	})
}
