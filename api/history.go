package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/roundtable"

	"github.com/labstack/echo/v4"
)

// historyQuery are the parameters of a history.
type historyQuery struct{ paging.PageParams }

// eventHistoryQuery are the parameters of the history of a round table.
type eventHistoryQuery struct {
	paging.PageParams
	// `parts` adds the changes of the organizers, attendees, statements and recommendations, also of deleted ones, in one order.
	Include []string `query:"include" form:"include" enums:"parts" validate:"max=1"`
}

// getRoundTableHistory sends the changes of a round table and, if asked, of its parts.
func (s *server) getRoundTableHistory(c echo.Context) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return listOf(s, c, func(ctx context.Context, db pg.DB, q eventHistoryQuery) (paging.Page[changes.Detailed], error) {
		read := changes.HistoryWithParts
		if len(q.Include) == 0 {
			read = func(ctx context.Context, db pg.DB, id int64, p paging.PageParams) (paging.Page[changes.Revision], error) {
				return changes.History(ctx, db, roundtable.Type, id, p)
			}
		}
		page, err := read(ctx, db, n, q.PageParams)
		if err == nil && len(page.Items) == 0 && q.After == nil {
			err = apperr.New(apperr.NotFound, "not_found")
		}
		return mapped(page, err, changes.Revision.Detailed)
	})
}

// AuditEntry is one change of any record.
//
//	@Description	One change of one record: who changed which fields, when and why. The history of the record holds the values.
type AuditEntry struct {
	changes.Revision
	Changed []string `json:"changed" example:"/title/ru"` // The changed fields (RFC 6901).
} //	@name	AuditEntry

// historyOf sends the changes of the record in the path, the newest first, also if it is deleted. see returns an error if the
// actor may not read it; without see, the scope of the route is sufficient.
func historyOf(s *server, c echo.Context, recordType string, see func(ctx context.Context, db pg.DB, id int64) error) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return listOf(s, c, func(ctx context.Context, db pg.DB, q historyQuery) (paging.Page[changes.Detailed], error) {
		page, err := changes.History(ctx, db, recordType, n, q.PageParams)
		if err == nil && see != nil {
			err = see(ctx, db, n) // after the page was read: access may have ended in between
		}
		if err == nil && len(page.Items) == 0 && q.After == nil {
			err = apperr.New(apperr.NotFound, "not_found")
		}
		return mapped(page, err, changes.Revision.Detailed)
	})
}

// diffOf compares two states of the record in the path. see is as in historyOf.
func diffOf(s *server, c echo.Context, recordType string, see func(ctx context.Context, db pg.DB, id int64) error) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var q changes.DiffQuery
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &q)); err != nil {
		return err
	}
	ctx := c.Request().Context()
	diff, err := changes.Compare(ctx, s.db, recordType, n, q)
	if err == nil && see != nil {
		err = see(ctx, s.db, n)
	}
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, diff)
}

// mapped converts the items of a page.
func mapped[A, B any](page paging.Page[A], err error, f func(A) (B, error)) (paging.Page[B], error) {
	items := make([]B, len(page.Items))
	for i, item := range page.Items {
		if err == nil {
			items[i], err = f(item)
		}
	}
	return withItems(page, items), err
}

// listAudit lists the changes of all records.
//
//	@ID				listAudit
//	@Summary		List the audit
//	@Description	Every change of every record, the newest first: who changed which fields, when and why. The database records
//	@Description	every write, so the audit is complete.
//	@Tags			Changes
//	@x-sort			["-changed_at"]
//	@Param			filter	query		changes.AuditFilter	false	"-"
//	@Success		200		{object}	Page[AuditEntry]			"A page of changes."
//	@Router			/v1/audit [get]
func (s *server) listAudit(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, f changes.AuditFilter) (paging.Page[AuditEntry], error) {
		page, err := changes.Audit(ctx, db, f)
		return mapped(page, err, func(r changes.Revision) (AuditEntry, error) {
			list, err := r.Changes()
			entry := AuditEntry{Revision: r, Changed: make([]string, len(list))}
			for i, field := range list {
				entry.Changed[i] = field.Pointer
			}
			return entry, err
		})
	})
}
