package api

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/match"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// Reconciliation of tables with OpenRefine and other clients: the Reconciliation Service API v0.2 of the W3C Entity
// Reconciliation Community Group, https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/.

const reconcilePath = "/v1/reconcile"

// ReconcileService is the manifest of the service, or the results of queries.
//
//	@Description	The manifest of the service (Reconciliation Service API v0.2). A request with `queries` returns the results by
//	@Description	the ids of the queries instead,
//	@Description	as POST does.
type ReconcileService struct {
	Versions        []string                         `json:"versions,omitempty" example:"0.2"`                                             // The supported versions of the API.
	Name            string                           `json:"name,omitempty" example:"Registry of round tables"`                            // The name of the service.
	IdentifierSpace string                           `json:"identifierSpace,omitempty" example:"https://registry.example.org/v1/"`         // The URI prefix of ids.
	SchemaSpace     string                           `json:"schemaSpace,omitempty" example:"https://schema.org/Thing"`                     // The URI of the schema of records.
	Documentation   string                           `json:"documentation,omitempty" example:"https://registry.example.org/docs/"`         // The documentation of the service.
	Logo            string                           `json:"logo,omitempty" example:"https://registry.example.org/docs/favicon-32x32.png"` // A square image.
	View            *ReconcileView                   `json:"view,omitempty"`                                                               // The address of a record.
	DefaultTypes    []match.RecordType               `json:"defaultTypes,omitempty"`                                                       // The record types.
	Suggest         *ReconcileSuggest                `json:"suggest,omitempty"`                                                            // The suggest services.
	BatchSize       int                              `json:"batchSize,omitzero" example:"100"`                                             // The largest number of queries in one request.
	Results         map[string]match.ReconcileResult `json:",embed" swaggerignore:"true"`                                                  // With queries: the only members.
} //	@name	ReconcileService

// ReconcileView is the address of a record.
//
//	@Description	The address of a record.
type ReconcileView struct {
	URL string `json:"url" example:"https://registry.example.org/v1/{{id}}"` // The address, with `{{id}}` for the id.
} //	@name	ReconcileView

// ReconcileSuggest lists the suggest services.
//
//	@Description	The services that complete what a user types.
type ReconcileSuggest struct {
	Entity   ReconcileSuggester `json:"entity"`   // For records.
	Property ReconcileSuggester `json:"property"` // For properties of queries.
	Type     ReconcileSuggester `json:"type"`     // For record types.
} //	@name	ReconcileSuggest

// ReconcileSuggester is one suggest service.
//
//	@Description	A service that completes what a user types. Its address is `service_url` followed by `service_path`.
type ReconcileSuggester struct {
	ServiceURL  string `json:"service_url" example:"https://registry.example.org"`  // The base address.
	ServicePath string `json:"service_path" example:"/v1/reconcile/suggest/entity"` // The path.
} //	@name	ReconcileSuggester

func (s *server) reconcileManifest() ReconcileService {
	base := cmp.Or(s.config.PublicBaseURL, s.config.OwnURL) // OpenRefine needs absolute addresses
	suggester := func(of string) ReconcileSuggester {
		return ReconcileSuggester{base, reconcilePath + "/suggest/" + of}
	}
	return ReconcileService{
		Versions: []string{"0.2"}, Name: "Registry of round tables", IdentifierSpace: base + "/v1/", SchemaSpace: "https://schema.org/Thing",
		Documentation: base + "/docs/", Logo: base + "/docs/favicon-32x32.png", View: &ReconcileView{base + "/v1/{{id}}"}, DefaultTypes: match.RecordTypes,
		Suggest: &ReconcileSuggest{suggester("entity"), suggester("property"), suggester("type")}, BatchSize: match.MaxQueries,
	}
}

// reconcileParams are the parameters of the manifest.
type reconcileParams struct {
	Queries string `query:"queries" form:"queries"` // Queries as JSON, by ids of your choice; see POST. Without it, the manifest is returned.
}

// reconcileService returns the manifest, or the results of the queries in the address.
//
//	@ID				reconcileService
//	@Summary		Describe the reconciliation service
//	@Description	Returns the manifest: add the address of this path to OpenRefine as a standard service. With `queries` it
//	@Description	returns the results as POST does.
//	@Description	Use this for a few queries only, because an address is at most 8 KiB long.
//	@Tags			Reconciliation
//	@Param			params	query		reconcileParams		false	"-"
//	@Success		200		{object}	ReconcileService	"The manifest."
//	@Router			/v1/reconcile [get]
func (s *server) reconcileService(c echo.Context) error {
	var p reconcileParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	if p.Queries == "" {
		return send(c, http.StatusOK, echo.MIMEApplicationJSON, s.reconcileManifest())
	}
	results, err := s.reconciled(c, p.Queries)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, ReconcileService{Results: results})
}

// reconcile returns the results of queries.
//
//	@ID				reconcile
//	@Summary		Match names with people and organizations
//	@Description	`queries` is a JSON object of up to 100 queries, by ids of your choice. A query has `query` (a name, or the id
//	@Description	of a record), `type` (`people`,
//	@Description	`organizations` or both), `limit` and `properties` (`external_id` for both, `organization` for people, `country`
//	@Description	and `kind` for organizations).
//	@Description	A candidate is a `match` only if its name is certain and no other candidate has a similar score.
//	@Description	A query with an error, such as a property that the registry does not have, names it in `errors` of its result and
//	@Description	has no match. The other queries are not affected.
//	@Tags			Reconciliation
//	@Accept			x-www-form-urlencoded
//	@Param			queries	formData	string								true	"The queries, as JSON."
//	@Success		200		{object}	map[string]match.ReconcileResult	"The results, by the ids of the queries."
//	@Router			/v1/reconcile [post]
func (s *server) reconcile(c echo.Context) error {
	if err := noQuery(c); err != nil {
		return err
	}
	queries, err := formField(c, "queries")
	if err != nil {
		return err
	}
	results, err := s.reconciled(c, queries)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, results)
}

// reconciled parses the queries and returns their results, with names in the language of the request.
func (s *server) reconciled(c echo.Context, raw string) (map[string]match.ReconcileResult, error) {
	queries, err := match.ParseQueries(raw)
	if err != nil {
		return nil, err
	}
	return s.matcher.Reconcile(c.Request().Context(), queries, acceptedLanguage(c.Request()))
}

// formField reads the only field that a form may have.
func formField(c echo.Context, name string) (string, error) {
	raw, err := readBody(c, echo.MIMEApplicationForm)
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", &apperr.Error{Kind: apperr.Malformed, Code: "malformed_form", Err: err}
	}
	var fields []apperr.Field
	for field, values := range form {
		if !utf8.ValidString(field + strings.Join(values, "")) {
			return "", apperr.Mistakes(apperr.Malformed, "malformed_form", []apperr.Field{apperr.At("", "invalid_utf8")}, 0)
		}
		at := string(jsontext.Pointer("").AppendToken(field))
		switch {
		case field != name:
			fields = append(fields, input.UnknownMember(at, field, map[string][]int{name: nil}))
		case len(values) > 1:
			fields = append(fields, apperr.At(at, "repeated_field"))
		}
	}
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return form.Get(name), apperr.Validation(fields)
}

// suggestEntities suggests records.
//
//	@ID				suggestEntities
//	@Summary		Suggest records for reconciliation
//	@Description	People and organizations in one list, found as by their lookups.
//	@Tags			Reconciliation
//	@Param			params	query		match.SuggestQuery	false	"-"
//	@Success		200		{object}	match.Suggestions	"The best matches."
//	@Router			/v1/reconcile/suggest/entity [get]
func (s *server) suggestEntities(c echo.Context) error {
	return suggest(c, func(q match.SuggestQuery) (match.Suggestions, error) {
		return s.matcher.SuggestRecords(c.Request().Context(), q)
	})
}

// suggestProperties suggests properties of queries.
//
//	@ID			suggestProperties
//	@Summary	Suggest properties for reconciliation
//	@Description	Returns the properties by which queries can narrow their candidates, as clients such as OpenRefine list them.
//	@Tags		Reconciliation
//	@Param		params	query		match.SuggestQuery	false	"-"
//	@Success	200		{object}	match.Suggestions	"The properties that queries can have."
//	@Router		/v1/reconcile/suggest/property [get]
func (s *server) suggestProperties(c echo.Context) error {
	return suggest(c, func(q match.SuggestQuery) (match.Suggestions, error) { return match.SuggestProperties(q), nil })
}

// suggestTypes suggests record types.
//
//	@ID			suggestTypes
//	@Summary	Suggest record types for reconciliation
//	@Description	Returns the types of records that names can be matched with, as clients such as OpenRefine list them.
//	@Tags		Reconciliation
//	@Param		params	query		match.SuggestQuery	false	"-"
//	@Success	200		{object}	match.Suggestions	"The record types."
//	@Router		/v1/reconcile/suggest/type [get]
func (s *server) suggestTypes(c echo.Context) error {
	return suggest(c, func(q match.SuggestQuery) (match.Suggestions, error) { return match.SuggestTypes(q), nil })
}

func suggest(c echo.Context, find func(match.SuggestQuery) (match.Suggestions, error)) error {
	q := match.SuggestQuery{Lang: acceptedLanguage(c.Request())}
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &q)); err != nil {
		return err
	}
	suggestions, err := find(q)
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, suggestions)
}
