package api

import (
	"context"
	"net/http"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/distinction"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Bringing records back.

// RestoreInput says which version comes back.
//
//	@Description	Which version of the record comes back.
type RestoreInput struct {
	Version *int64 `json:"version" validate:"omitnil,gt=0" example:"2"` // The version whose content the record gets, as its history shows it. Without one, a deleted record comes back as it was.
} //	@name	RestoreInput

// Check gives the mistakes that no tag can say: none.
func (*RestoreInput) Check() []apperr.Field { return nil }

// restoreOf brings a record of a type of the log back and answers it.
func restoreOf[T any, P record[T]](s *server, c echo.Context, kind string, get func(context.Context, pg.DB, int64) (T, error)) error {
	n, err := id(c)
	if err != nil {
		return err
	}
	var in RestoreInput
	if c.Request().ContentLength != 0 {
		if in, err = body[RestoreInput](c); err != nil {
			return err
		}
	}
	k, _ := history.KindOf(kind)
	var r T
	p, err := s.write(c, func(ctx context.Context, tx pgx.Tx) error {
		if err := k.Restore(ctx, tx, n, in.Version); err != nil {
			return err
		}
		r, err = get(ctx, tx, n)
		return err
	})
	if err != nil {
		return err
	}
	return item[T, P](c, http.StatusOK, &r, itemParams{Lang: p.Lang})
}

// restoreRoundTable brings a round table back.
//
//	@ID				restoreRoundTable
//	@Summary		Restore a round table
//	@Description	Brings a round table back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Round tables
//	@Param			id		path		int				true	"The round table."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	roundtable.RoundTable	"The round table as it is now."
//	@Router			/v1/round-tables/{id}/restore [post]
func (s *server) restoreRoundTable(c echo.Context) error {
	return restoreOf(s, c, roundtable.Type, roundtable.Get)
}

// restoreOrganizer brings an organizer back.
//
//	@ID				restoreOrganizer
//	@Summary		Restore an organizer
//	@Description	Brings an organizer back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Organizers
//	@Param			id		path		int				true	"The organizer."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	organizer.Organizer	"The organizer as it is now."
//	@Router			/v1/organizers/{id}/restore [post]
func (s *server) restoreOrganizer(c echo.Context) error {
	return restoreOf(s, c, organizer.Type, organizer.Get)
}

// restoreAttendee brings an attendee back.
//
//	@ID				restoreAttendee
//	@Summary		Restore an attendee
//	@Description	Brings an attendee back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Attendees
//	@Param			id		path		int				true	"The attendee."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	attendee.Attendee	"The attendee as it is now."
//	@Router			/v1/attendees/{id}/restore [post]
func (s *server) restoreAttendee(c echo.Context) error {
	return restoreOf(s, c, attendee.Type, attendee.Get)
}

// restoreStatement brings a statement back.
//
//	@ID				restoreStatement
//	@Summary		Restore a statement
//	@Description	Brings a statement back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Statements
//	@Param			id		path		int				true	"The statement."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	statement.Statement	"The statement as it is now."
//	@Router			/v1/statements/{id}/restore [post]
func (s *server) restoreStatement(c echo.Context) error {
	return restoreOf(s, c, statement.Type, statement.Get)
}

// restoreRecommendation brings a recommendation back.
//
//	@ID				restoreRecommendation
//	@Summary		Restore a recommendation
//	@Description	Brings a recommendation back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Recommendations
//	@Param			id		path		int				true	"The recommendation."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	recommendation.Recommendation	"The recommendation as it is now."
//	@Router			/v1/recommendations/{id}/restore [post]
func (s *server) restoreRecommendation(c echo.Context) error {
	return restoreOf(s, c, recommendation.Type, recommendation.Get)
}

// restorePerson brings a person back.
//
//	@ID				restorePerson
//	@Summary		Restore a person
//	@Description	Brings a person back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			People
//	@Param			id		path		int				true	"The person."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	person.Person	"The person as it is now."
//	@Router			/v1/people/{id}/restore [post]
func (s *server) restorePerson(c echo.Context) error {
	return restoreOf(s, c, person.Type, person.Get)
}

// restoreOrganization brings an organization back.
//
//	@ID				restoreOrganization
//	@Summary		Restore an organization
//	@Description	Brings an organization back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Organizations
//	@Param			id		path		int				true	"The organization."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	organization.Organization	"The organization as it is now."
//	@Router			/v1/organizations/{id}/restore [post]
func (s *server) restoreOrganization(c echo.Context) error {
	return restoreOf(s, c, organization.Type, organization.Get)
}

// restoreAffiliation brings an affiliation back.
//
//	@ID				restoreAffiliation
//	@Summary		Restore an affiliation
//	@Description	Brings an affiliation back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Affiliations
//	@Param			id		path		int				true	"The affiliation."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	affiliation.Affiliation	"The affiliation as it is now."
//	@Router			/v1/affiliations/{id}/restore [post]
func (s *server) restoreAffiliation(c echo.Context) error {
	return restoreOf(s, c, affiliation.Type, affiliation.Get)
}

// restoreDocument brings a document back.
//
//	@ID				restoreDocument
//	@Summary		Restore a document
//	@Description	Brings a document back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Documents
//	@Param			id		path		int				true	"The document."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	document.Document	"The document as it is now."
//	@Router			/v1/documents/{id}/restore [post]
func (s *server) restoreDocument(c echo.Context) error {
	return restoreOf(s, c, document.Type, document.Get)
}

// restoreTopic brings a topic back.
//
//	@ID				restoreTopic
//	@Summary		Restore a topic
//	@Description	Brings a topic back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Topics
//	@Param			id		path		int				true	"The topic."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	topic.Topic	"The topic as it is now."
//	@Router			/v1/topics/{id}/restore [post]
func (s *server) restoreTopic(c echo.Context) error {
	return restoreOf(s, c, topic.Type, topic.Get)
}

// restorePlace brings a place back.
//
//	@ID				restorePlace
//	@Summary		Restore a place
//	@Description	Brings a place back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Places
//	@Param			id		path		int				true	"The place."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	place.Place	"The place as it is now."
//	@Router			/v1/places/{id}/restore [post]
func (s *server) restorePlace(c echo.Context) error {
	return restoreOf(s, c, place.Type, place.Get)
}

// restoreRole brings a role back.
//
//	@ID				restoreRole
//	@Summary		Restore a role
//	@Description	Brings a role back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Roles
//	@Param			id		path		int				true	"The role."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	role.Role	"The role as it is now."
//	@Router			/v1/roles/{id}/restore [post]
func (s *server) restoreRole(c echo.Context) error {
	return restoreOf(s, c, role.Type, role.Get)
}

// restoreDistinction brings a distinction back.
//
//	@ID				restoreDistinction
//	@Summary		Restore a distinction
//	@Description	Brings a distinction back that was deleted, or gives it the content of one of its versions. What it refers to must be there.
//	@Tags			Distinctions
//	@Param			id		path		int				true	"The distinction."
//	@Param			params	query		writeParams		false	"-"
//	@Param			which	body		RestoreInput	false	"Which version."
//	@Success		200		{object}	distinction.Distinction	"The distinction as it is now."
//	@Router			/v1/distinctions/{id}/restore [post]
func (s *server) restoreDistinction(c echo.Context) error {
	return restoreOf(s, c, distinction.Type, distinction.Get)
}
