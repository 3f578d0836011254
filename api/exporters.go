package api

import (
	"context"

	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"

	"github.com/labstack/echo/v4"
)

// The exports, in the order of the route table. What they have in common the document is told by @x-export.

// exportRoundTables sends all round tables.
//
//	@ID			exportRoundTables
//	@Summary	Export round tables
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["-starts_on", "title", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		roundtable.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/round-tables.{format} [get]
func (s *server) exportRoundTables(c echo.Context) error { return exportOf(s, c, roundtable.List) }

// exportOrganizers sends all organizers.
//
//	@ID			exportOrganizers
//	@Summary	Export organizers
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["position", "starts_on"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		organizer.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/organizers.{format} [get]
func (s *server) exportOrganizers(c echo.Context) error { return exportOf(s, c, organizer.List) }

// exportAttendees sends all attendees.
//
//	@ID			exportAttendees
//	@Summary	Export attendees
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["-starts_on", "position"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		attendee.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/attendees.{format} [get]
func (s *server) exportAttendees(c echo.Context) error { return exportOf(s, c, attendee.List) }

// exportStatements sends all statements.
//
//	@ID			exportStatements
//	@Summary	Export statements
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["-starts_on", "sequence"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		statement.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/statements.{format} [get]
func (s *server) exportStatements(c echo.Context) error { return exportOf(s, c, statement.List) }

// exportRecommendations sends all recommendations.
//
//	@ID			exportRecommendations
//	@Summary	Export recommendations
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["-starts_on", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		recommendation.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/recommendations.{format} [get]
func (s *server) exportRecommendations(c echo.Context) error {
	return exportOf(s, c, recommendation.List)
}

// exportPeople sends all people.
//
//	@ID			exportPeople
//	@Summary	Export people
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["name", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		person.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/people.{format} [get]
func (s *server) exportPeople(c echo.Context) error {
	return exportWith(s, c, func(ctx context.Context, f *person.Filter) (err error) {
		f.Found, err = sought(ctx, s.people, f.Q)
		return err
	}, person.List)
}

// exportOrganizations sends all organizations.
//
//	@ID			exportOrganizations
//	@Summary	Export organizations
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["name", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		organization.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/organizations.{format} [get]
func (s *server) exportOrganizations(c echo.Context) error {
	return exportWith(s, c, func(ctx context.Context, f *organization.Filter) (err error) {
		f.Found, err = sought(ctx, s.organizations, f.Q)
		return err
	}, organization.List)
}

// exportAffiliations sends all affiliations.
//
//	@ID			exportAffiliations
//	@Summary	Export affiliations
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["-from", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		affiliation.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/affiliations.{format} [get]
func (s *server) exportAffiliations(c echo.Context) error { return exportOf(s, c, affiliation.List) }

// exportDocuments sends all documents.
//
//	@ID			exportDocuments
//	@Summary	Export documents
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["title", "published_on", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		document.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/documents.{format} [get]
func (s *server) exportDocuments(c echo.Context) error { return exportOf(s, c, document.List) }

// exportTopics sends all topics.
//
//	@ID			exportTopics
//	@Summary	Export topics
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["label", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		topic.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/topics.{format} [get]
func (s *server) exportTopics(c echo.Context) error { return exportOf(s, c, topic.List) }

// exportPlaces sends all places.
//
//	@ID			exportPlaces
//	@Summary	Export places
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["name", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		place.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/places.{format} [get]
func (s *server) exportPlaces(c echo.Context) error { return exportOf(s, c, place.List) }

// exportRoles sends all roles.
//
//	@ID			exportRoles
//	@Summary	Export roles
//	@Tags		Exports
//	@x-export	true
//	@x-sort		["rank", "code", "updated_at"]
//	@Param		format	path		string			true	"The format of the file."	Enums(csv, ndjson, xlsx)
//	@Param		filter	query		role.Filter	false	"-"
//	@Param		params	query		exportParams	false	"-"
//	@Success	200		{string}	string			"The file."
//	@Router		/v1/exports/roles.{format} [get]
func (s *server) exportRoles(c echo.Context) error { return exportOf(s, c, role.List) }
