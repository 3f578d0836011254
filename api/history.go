package api

import (
	"context"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apikey"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"

	"github.com/labstack/echo/v4"
)

// Who changed what, when and why.

// historyQuery is what a history takes.
type historyQuery struct{ paging.Params }

// Revision is one change of a record.
//
//	@Description	One change of one record: who, when, why, and what became of each field.
type Revision struct {
	changes.Revision
	Changes []changes.FieldChange `json:"changes"` // What became of each field; all of them when the record was made or deleted.
} //	@name	Revision

// RevisionPage is a page of the history of a record.
type RevisionPage = Page[Revision] //	@name	RevisionPage

// AuditEntry is one change of any record.
//
//	@Description	One change of one record: who, when, why, and which fields. What they hold is in the history of the record, for those who may read it.
type AuditEntry struct {
	changes.Revision
	Changed []string `json:"changed" example:"/title/ru"` // The fields that became others (RFC 6901).
} //	@name	AuditEntry

// AuditPage is a page of the audit.
type AuditPage = Page[AuditEntry] //	@name	AuditPage

// apiNames are the fields whose columns have other names.
var apiNames = map[string]map[string]string{
	affiliation.Type: {"/held_from": "/from", "/held_to": "/to", "/is_primary": "/primary"},
	attendee.Type:    {"/on_behalf_of_person_id": "/on_behalf_of/person_id", "/on_behalf_of_organization_id": "/on_behalf_of/organization_id"},
}

// changesOf gives what a revision changed, by the names of the API.
func changesOf(r changes.Revision) ([]changes.FieldChange, error) {
	list, err := r.Changes()
	for i, c := range list {
		if name := apiNames[r.Type][c.Pointer]; name != "" {
			list[i].Pointer = name
		}
	}
	return list, err
}

// historyOf answers the changes of the record of the path, the newest first. One that was deleted has a history, too.
func historyOf(s *server, c echo.Context, kind string) error {
	return historyWith(s, c, kind, func(context.Context, pg.DB, int64) error { return nil })
}

// historyWith is historyOf for records that not everybody with the scope of the route may see.
func historyWith(s *server, c echo.Context, kind string, see func(ctx context.Context, db pg.DB, id int64) error) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	return listOf(s, c, func(ctx context.Context, db pg.DB, q historyQuery) (paging.Page[Revision], error) {
		page, err := changes.History(ctx, db, kind, n, q.Params)
		if err == nil {
			err = see(ctx, db, n) // after the state of the page was read: what cannot be seen any more is not shown
		}
		if err == nil && len(page.Items) == 0 && q.After == nil {
			err = apperr.New(apperr.NotFound, "not_found")
		}
		return mapped(page, err, func(r changes.Revision) (Revision, error) {
			list, err := changesOf(r)
			return Revision{r, list}, err
		})
	})
}

// mapped makes a page of other items.
func mapped[A, B any](page paging.Page[A], err error, f func(A) (B, error)) (paging.Page[B], error) {
	to := paging.Page[B]{Limit: page.Limit, Next: page.Next, Total: page.Total, Estimated: page.Estimated, State: page.State, Items: make([]B, len(page.Items))}
	for i, item := range page.Items {
		if err == nil {
			to.Items[i], err = f(item)
		}
	}
	return to, err
}

// listAudit answers all changes.
//
//	@ID				listAudit
//	@Summary		List all changes
//	@Description	Every change of every record, the newest first: who, when, why and which fields. Nothing that anybody wrote can be missing from it.
//	@Tags			Changes
//	@x-sort			["-changed_at"]
//	@Param			filter	query		changes.AuditFilter	false	"-"
//	@Success		200		{object}	AuditPage			"A page of changes."
//	@Router			/v1/audit [get]
func (s *server) listAudit(c echo.Context) error {
	return listOf(s, c, func(ctx context.Context, db pg.DB, f changes.AuditFilter) (paging.Page[AuditEntry], error) {
		page, err := changes.Audit(ctx, db, f)
		return mapped(page, err, func(r changes.Revision) (AuditEntry, error) {
			list, err := changesOf(r)
			entry := AuditEntry{Revision: r, Changed: make([]string, len(list))}
			for i, field := range list {
				entry.Changed[i] = field.Pointer
			}
			return entry, err
		})
	})
}

// historyRoundTable answers the changes of a round table.
//
//	@ID			getRoundTableHistory
//	@Summary	The history of a round table
//	@Tags		Round tables
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The round table."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/round-tables/{id}/history [get]
func (s *server) historyRoundTable(c echo.Context) error { return historyOf(s, c, roundtable.Type) }

// historyOrganizer answers the changes of an organizer.
//
//	@ID			getOrganizerHistory
//	@Summary	The history of an organizer
//	@Tags		Organizers
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The organizer."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/organizers/{id}/history [get]
func (s *server) historyOrganizer(c echo.Context) error { return historyOf(s, c, organizer.Type) }

// historyAttendee answers the changes of an attendee.
//
//	@ID			getAttendeeHistory
//	@Summary	The history of an attendee
//	@Tags		Attendees
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The attendee."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/attendees/{id}/history [get]
func (s *server) historyAttendee(c echo.Context) error { return historyOf(s, c, attendee.Type) }

// historyStatement answers the changes of a statement.
//
//	@ID			getStatementHistory
//	@Summary	The history of a statement
//	@Tags		Statements
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The statement."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/statements/{id}/history [get]
func (s *server) historyStatement(c echo.Context) error { return historyOf(s, c, statement.Type) }

// historyRecommendation answers the changes of a recommendation.
//
//	@ID			getRecommendationHistory
//	@Summary	The history of a recommendation
//	@Tags		Recommendations
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The recommendation."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/recommendations/{id}/history [get]
func (s *server) historyRecommendation(c echo.Context) error {
	return historyOf(s, c, recommendation.Type)
}

// historyPerson answers the changes of a person.
//
//	@ID			getPersonHistory
//	@Summary	The history of a person
//	@Tags		People
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The person."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/people/{id}/history [get]
func (s *server) historyPerson(c echo.Context) error { return historyOf(s, c, person.Type) }

// historyOrganization answers the changes of an organization.
//
//	@ID			getOrganizationHistory
//	@Summary	The history of an organization
//	@Tags		Organizations
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The organization."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/organizations/{id}/history [get]
func (s *server) historyOrganization(c echo.Context) error { return historyOf(s, c, organization.Type) }

// historyDistinction answers the changes of a distinction.
//
//	@ID			getDistinctionHistory
//	@Summary	The history of a distinction
//	@Tags		Distinctions
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The distinction."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/distinctions/{id}/history [get]
func (s *server) historyDistinction(c echo.Context) error { return historyOf(s, c, distinction.Type) }

// historyAffiliation answers the changes of an affiliation.
//
//	@ID			getAffiliationHistory
//	@Summary	The history of an affiliation
//	@Tags		Affiliations
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The affiliation."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/affiliations/{id}/history [get]
func (s *server) historyAffiliation(c echo.Context) error { return historyOf(s, c, affiliation.Type) }

// historyDocument answers the changes of a document.
//
//	@ID			getDocumentHistory
//	@Summary	The history of a document
//	@Tags		Documents
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The document."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/documents/{id}/history [get]
func (s *server) historyDocument(c echo.Context) error { return historyOf(s, c, document.Type) }

// historyTopic answers the changes of a topic.
//
//	@ID			getTopicHistory
//	@Summary	The history of a topic
//	@Tags		Topics
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The topic."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/topics/{id}/history [get]
func (s *server) historyTopic(c echo.Context) error { return historyOf(s, c, topic.Type) }

// historyPlace answers the changes of a place.
//
//	@ID			getPlaceHistory
//	@Summary	The history of a place
//	@Tags		Places
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The place."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/places/{id}/history [get]
func (s *server) historyPlace(c echo.Context) error { return historyOf(s, c, place.Type) }

// historyRole answers the changes of a role.
//
//	@ID			getRoleHistory
//	@Summary	The history of a role
//	@Tags		Roles
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The role."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/roles/{id}/history [get]
func (s *server) historyRole(c echo.Context) error { return historyOf(s, c, role.Type) }

// historyAPIKey answers the changes of an API key.
//
//	@ID			getApiKeyHistory
//	@Summary	The history of an API key
//	@Tags		API keys
//	@x-sort		["-changed_at"]
//	@Param		id		path		int				true	"The key."
//	@Param		filter	query		historyQuery	false	"-"
//	@Success	200		{object}	RevisionPage	"A page of changes, the newest first."
//	@Router		/v1/api-keys/{id}/history [get]
func (s *server) historyAPIKey(c echo.Context) error { return historyOf(s, c, apikey.Type) }
