package api

import (
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
	"roundtables.kz/registry/internal/spelling"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"

	"github.com/labstack/echo/v4"
)

// The imports, in the order of the route table. What they have in common the document is told by @x-import.

// importRoundTables reads a file of round tables.
//
//	@ID			importRoundTables
//	@Summary	Import round tables
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/round-tables [post]
func (s *server) importRoundTables(c echo.Context) error {
	return importOf(s, c, collection[roundtable.Input, roundtable.RoundTable]{
		table: roundtable.Table, kind: roundtable.Type, get: roundtable.Get, content: func(r *roundtable.RoundTable) *roundtable.Input { return &r.Input }, create: roundtable.Create, update: roundtable.Update,
	})
}

// templateRoundTables answers the columns of such a file.
//
//	@ID			getRoundTablesTemplate
//	@Summary	Get a table to fill with round tables
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/round-tables.csv [get]
func (s *server) templateRoundTables(c echo.Context) error { return templateOf[roundtable.Input](c) }

// importOrganizers reads a file of organizers.
//
//	@ID			importOrganizers
//	@Summary	Import organizers
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/organizers [post]
func (s *server) importOrganizers(c echo.Context) error {
	return importOf(s, c, collection[organizer.Input, organizer.Organizer]{
		table: organizer.Table, kind: organizer.Type, get: organizer.Get, content: func(r *organizer.Organizer) *organizer.Input { return &r.Input }, create: organizer.Create, update: organizer.Update,
	})
}

// templateOrganizers answers the columns of such a file.
//
//	@ID			getOrganizersTemplate
//	@Summary	Get a table to fill with organizers
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/organizers.csv [get]
func (s *server) templateOrganizers(c echo.Context) error { return templateOf[organizer.Input](c) }

// importAttendees reads a file of attendees.
//
//	@ID			importAttendees
//	@Summary	Import attendees
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/attendees [post]
func (s *server) importAttendees(c echo.Context) error {
	return importOf(s, c, collection[attendee.Input, attendee.Attendee]{
		table: attendee.Table, kind: attendee.Type, get: attendee.Get, content: func(r *attendee.Attendee) *attendee.Input { return &r.Input }, create: attendee.Create, update: attendee.Update,
	})
}

// templateAttendees answers the columns of such a file.
//
//	@ID			getAttendeesTemplate
//	@Summary	Get a table to fill with attendees
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/attendees.csv [get]
func (s *server) templateAttendees(c echo.Context) error { return templateOf[attendee.Input](c) }

// importStatements reads a file of statements.
//
//	@ID			importStatements
//	@Summary	Import statements
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/statements [post]
func (s *server) importStatements(c echo.Context) error {
	return importOf(s, c, collection[statement.Input, statement.Statement]{
		table: statement.Table, kind: statement.Type, get: statement.Get, content: func(r *statement.Statement) *statement.Input { return &r.Input }, create: statement.Create, update: statement.Update,
	})
}

// templateStatements answers the columns of such a file.
//
//	@ID			getStatementsTemplate
//	@Summary	Get a table to fill with statements
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/statements.csv [get]
func (s *server) templateStatements(c echo.Context) error { return templateOf[statement.Input](c) }

// importRecommendations reads a file of recommendations.
//
//	@ID			importRecommendations
//	@Summary	Import recommendations
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/recommendations [post]
func (s *server) importRecommendations(c echo.Context) error {
	return importOf(s, c, collection[recommendation.Input, recommendation.Recommendation]{
		table: recommendation.Table, kind: recommendation.Type, get: recommendation.Get, content: func(r *recommendation.Recommendation) *recommendation.Input { return &r.Input }, create: recommendation.Create, update: recommendation.Update,
	})
}

// templateRecommendations answers the columns of such a file.
//
//	@ID			getRecommendationsTemplate
//	@Summary	Get a table to fill with recommendations
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/recommendations.csv [get]
func (s *server) templateRecommendations(c echo.Context) error {
	return templateOf[recommendation.Input](c)
}

// importPeople reads a file of people.
//
//	@ID			importPeople
//	@Summary	Import people
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/people [post]
func (s *server) importPeople(c echo.Context) error {
	return importOf(s, c, collection[person.Input, person.Person]{
		table: person.Table, kind: person.Type, get: person.Get, content: func(r *person.Person) *person.Input { return &r.Input }, create: person.Create, update: person.Update,
		finder: s.people, distinct: person.Distinct, spellings: func(in person.Input) []string { return spelling.Of(in.Name) },
	})
}

// templatePeople answers the columns of such a file.
//
//	@ID			getPeopleTemplate
//	@Summary	Get a table to fill with people
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/people.csv [get]
func (s *server) templatePeople(c echo.Context) error { return templateOf[person.Input](c) }

// importOrganizations reads a file of organizations.
//
//	@ID			importOrganizations
//	@Summary	Import organizations
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/organizations [post]
func (s *server) importOrganizations(c echo.Context) error {
	return importOf(s, c, s.importedOrganizations())
}

func (s *server) importedOrganizations() collection[organization.Input, organization.Organization] {
	return collection[organization.Input, organization.Organization]{
		table: organization.Table, kind: organization.Type, get: organization.Get, content: func(r *organization.Organization) *organization.Input { return &r.Input }, create: organization.Create, update: organization.Update,
		finder: s.organizations, distinct: organization.Distinct, spellings: func(in organization.Input) []string { return spelling.Of(in.Name) },
	}
}

// templateOrganizations answers the columns of such a file.
//
//	@ID			getOrganizationsTemplate
//	@Summary	Get a table to fill with organizations
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/organizations.csv [get]
func (s *server) templateOrganizations(c echo.Context) error {
	return templateOf[organization.Input](c)
}

// importAffiliations reads a file of affiliations.
//
//	@ID			importAffiliations
//	@Summary	Import affiliations
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/affiliations [post]
func (s *server) importAffiliations(c echo.Context) error {
	return importOf(s, c, collection[affiliation.Input, affiliation.Affiliation]{
		table: affiliation.Table, kind: affiliation.Type, get: affiliation.Get, content: func(r *affiliation.Affiliation) *affiliation.Input { return &r.Input }, create: affiliation.Create, update: affiliation.Update,
	})
}

// templateAffiliations answers the columns of such a file.
//
//	@ID			getAffiliationsTemplate
//	@Summary	Get a table to fill with affiliations
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/affiliations.csv [get]
func (s *server) templateAffiliations(c echo.Context) error { return templateOf[affiliation.Input](c) }

// importDocuments reads a file of documents.
//
//	@ID			importDocuments
//	@Summary	Import documents
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/documents [post]
func (s *server) importDocuments(c echo.Context) error {
	return importOf(s, c, collection[document.Input, document.Document]{
		table: document.Table, kind: document.Type, get: document.Get, content: func(r *document.Document) *document.Input { return &r.Input }, create: document.Create, update: document.Update,
	})
}

// templateDocuments answers the columns of such a file.
//
//	@ID			getDocumentsTemplate
//	@Summary	Get a table to fill with documents
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/documents.csv [get]
func (s *server) templateDocuments(c echo.Context) error { return templateOf[document.Input](c) }

// importTopics reads a file of topics.
//
//	@ID			importTopics
//	@Summary	Import topics
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/topics [post]
func (s *server) importTopics(c echo.Context) error {
	return importOf(s, c, collection[topic.Input, topic.Topic]{
		table: topic.Table, kind: topic.Type, get: topic.Get, content: func(r *topic.Topic) *topic.Input { return &r.Input }, create: topic.Create, update: topic.Update,
	})
}

// templateTopics answers the columns of such a file.
//
//	@ID			getTopicsTemplate
//	@Summary	Get a table to fill with topics
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/topics.csv [get]
func (s *server) templateTopics(c echo.Context) error { return templateOf[topic.Input](c) }

// importPlaces reads a file of places.
//
//	@ID			importPlaces
//	@Summary	Import places
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/places [post]
func (s *server) importPlaces(c echo.Context) error {
	return importOf(s, c, collection[place.Input, place.Place]{
		table: place.Table, kind: place.Type, get: place.Get, content: func(r *place.Place) *place.Input { return &r.Input }, create: place.Create, update: place.Update,
	})
}

// templatePlaces answers the columns of such a file.
//
//	@ID			getPlacesTemplate
//	@Summary	Get a table to fill with places
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/places.csv [get]
func (s *server) templatePlaces(c echo.Context) error { return templateOf[place.Input](c) }

// importRoles reads a file of roles.
//
//	@ID			importRoles
//	@Summary	Import roles
//	@Tags		Imports
//	@x-import	true
//	@Accept		text/csv,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
//	@Param		params	query		importParams	false	"-"
//	@Param		file	body		string			true	"The file."
//	@Success	201		{object}	imports.Import	"What became of each row."
//	@Router		/v1/imports/roles [post]
func (s *server) importRoles(c echo.Context) error {
	return importOf(s, c, collection[role.Input, role.Role]{
		table: role.Table, kind: role.Type, get: role.Get, content: func(r *role.Role) *role.Input { return &r.Input }, create: role.Create, update: role.Update,
	})
}

// templateRoles answers the columns of such a file.
//
//	@ID			getRolesTemplate
//	@Summary	Get a table to fill with roles
//	@Tags		Imports
//	@Produce	text/csv
//	@Success	200	{string}	string	"The columns: `id` and `version` may stay empty, or be left out."
//	@Router		/v1/imports/templates/roles.csv [get]
func (s *server) templateRoles(c echo.Context) error { return templateOf[role.Input](c) }
