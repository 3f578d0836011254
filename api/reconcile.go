package api

import (
	"cmp"
	"net/http"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/person"

	"github.com/labstack/echo/v4"
)

// Reconciliation of tables, as OpenRefine and others ask for it: the Reconciliation Service API v0.2 of the W3C Entity
// Reconciliation Community Group, https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/.

// reconcilePath is the endpoint. A POST to it only reads, so pages of all origins may send one.
const reconcilePath = "/v1/reconcile"

// onlyReads reports whether a request changes nothing, although its method says that it might.
func onlyReads(method, path string) bool { return method == http.MethodPost && path == reconcilePath }

// ReconcileType is a kind of record.
//
//	@Description	A kind of record that names are matched with.
type ReconcileType struct {
	ID   string `json:"id" enums:"people,organizations" example:"people"` // The kind, as in paths.
	Name string `json:"name" example:"People"`                            // What it is called.
} //	@name	ReconcileType

var (
	typePeople        = ReconcileType{person.Type, "People"}
	typeOrganizations = ReconcileType{organization.Type, "Organizations"}
	reconcileTypes    = []ReconcileType{typePeople, typeOrganizations}
)

// ReconcileService is what a client has to know of the service.
//
//	@Description	The manifest of the service (Reconciliation Service API v0.2). With `queries` there is nothing of it: the answer is then that of
//	@Description	POST, the results by the ids of the queries.
type ReconcileService struct {
	Versions        []string                   `json:"versions,omitempty" example:"0.2"`                                             // The versions of the API.
	Name            string                     `json:"name,omitempty" example:"Registry of round tables"`                            // The service.
	IdentifierSpace string                     `json:"identifierSpace,omitempty" example:"https://registry.example.org/v1/"`         // What ids begin with, as URIs.
	SchemaSpace     string                     `json:"schemaSpace,omitempty" example:"https://schema.org/Thing"`                     // What the records are.
	Documentation   string                     `json:"documentation,omitempty" example:"https://registry.example.org/docs/"`         // Where the service is explained.
	Logo            string                     `json:"logo,omitempty" example:"https://registry.example.org/docs/favicon-32x32.png"` // A square picture.
	View            *ReconcileView             `json:"view,omitempty"`                                                               // Where a record is shown.
	DefaultTypes    []ReconcileType            `json:"defaultTypes,omitempty"`                                                       // The kinds of records.
	Suggest         *ReconcileSuggest          `json:"suggest,omitempty"`                                                            // What completes while somebody types.
	BatchSize       int                        `json:"batchSize,omitzero" example:"100"`                                             // Queries at most in one request.
	Results         map[string]ReconcileResult `json:",embed" swaggerignore:"true"`                                                  // Instead of all that, with queries.
} //	@name	ReconcileService

// ReconcileView is where a record is shown.
//
//	@Description	Where a record is shown.
type ReconcileView struct {
	URL string `json:"url" example:"https://registry.example.org/v1/{{id}}"` // The address, with `{{id}}` for the id.
} //	@name	ReconcileView

// ReconcileSuggest is what completes while somebody types.
//
//	@Description	The services that complete what is typed.
type ReconcileSuggest struct {
	Entity   ReconcileSuggester `json:"entity"`   // Records.
	Property ReconcileSuggester `json:"property"` // Properties that queries can have.
	Type     ReconcileSuggester `json:"type"`     // Kinds of records.
} //	@name	ReconcileSuggest

// ReconcileSuggester is one such service.
//
//	@Description	A service that completes what is typed: its address is the one with the other behind it.
type ReconcileSuggester struct {
	ServiceURL  string `json:"service_url" example:"https://registry.example.org"`  // The first part.
	ServicePath string `json:"service_path" example:"/v1/reconcile/suggest/entity"` // The second part.
} //	@name	ReconcileSuggester

func (s *server) reconcileManifest() ReconcileService {
	base := cmp.Or(s.config.PublicBaseURL, s.config.OwnURL) // OpenRefine needs absolute addresses
	suggester := func(of string) ReconcileSuggester {
		return ReconcileSuggester{base, reconcilePath + "/suggest/" + of}
	}
	return ReconcileService{
		Versions: []string{"0.2"}, Name: "Registry of round tables", IdentifierSpace: base + "/v1/", SchemaSpace: "https://schema.org/Thing",
		Documentation: base + "/docs/", Logo: base + "/docs/favicon-32x32.png", View: &ReconcileView{base + "/v1/{{id}}"}, DefaultTypes: reconcileTypes,
		Suggest: &ReconcileSuggest{suggester("entity"), suggester("property"), suggester("type")}, BatchSize: maxQueries,
	}
}

// reconcileParams are what the endpoint takes.
type reconcileParams struct {
	Queries string `query:"queries" form:"queries"` // Queries by ids of your choice, as JSON; see POST. Without them the answer is the manifest.
}

// reconcileService describes the service, or answers the queries of the address.
//
//	@ID				reconcileService
//	@Summary		Describe the reconciliation service
//	@Description	The manifest: give the address of this path to OpenRefine as that of a standard service. With `queries` it answers them as POST does, which suits a
//	@Description	few of them, since an address is at most 8 KiB long.
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

// reconcile answers queries.
//
//	@ID				reconcile
//	@Summary		Match names with people and organizations
//	@Description	`queries` is a JSON object: ids of your choice, each with a query of `query` (a name, or the id of a record), `type` (`people`, `organizations` or both),
//	@Description	`limit` and `properties` (`external_id` for both, `organization` for people, `country` and `kind` for organizations). Up to 100 of them.
//	@Description	A candidate is a `match` only where the name is sure enough and no other candidate comes near it.
//	@Tags			Reconciliation
//	@Accept			x-www-form-urlencoded
//	@Param			queries	formData	string						true	"The queries, as JSON."
//	@Success		200		{object}	map[string]ReconcileResult	"The results, by the ids of the queries."
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

// ReconcileResult is what one name may be.
//
//	@Description	What the name of a query may be.
type ReconcileResult struct {
	Result []ReconcileCandidate `json:"result"` // The candidates, the best first.
} //	@name	ReconcileResult

// ReconcileCandidate is a record that a name may be of.
//
//	@Description	A record that the name of a query may be of.
type ReconcileCandidate struct {
	ID          string             `json:"id" example:"people/42"`                           // The record: its path below `/v1/`.
	Name        string             `json:"name" example:"Maulen Ashimbayev"`                 // Its name, in the language of Accept-Language or the next one of the chain ru, en, kk.
	Description string             `json:"description,omitempty" example:"Chairman, Senate"` // What tells namesakes apart, where it is known.
	Type        []ReconcileType    `json:"type"`                                             // Its kind.
	Score       float64            `json:"score" example:"97.1"`                             // How well it fits, 0 to 100: how alike the names are, less a tenth for each property that differs.
	Match       bool               `json:"match"`                                            // Whether it is sure to be this one.
	Features    []ReconcileFeature `json:"features"`                                         // What the score is made of.
} //	@name	ReconcileCandidate

// ReconcileFeature is what one feature says.
//
//	@Description	How alike a query and a record are in one thing.
type ReconcileFeature struct {
	ID    string  `json:"id" enums:"id,name,organization,external_id,country,kind" example:"name"` // The thing.
	Value float64 `json:"value" example:"97.1"`                                                    // How alike, 0 to 100; 100 or 0 where there is nothing between.
} //	@name	ReconcileFeature

// reconciled answers queries, which stand in raw, in the language of the request.
func (s *server) reconciled(c echo.Context, raw string) (map[string]ReconcileResult, error) {
	queries, err := readQueries(raw)
	if err != nil {
		return nil, err
	}
	r := reconciliation{lang: acceptedLanguage(c.Request()), queries: queries, found: make([][]reconciled, len(queries))}
	for _, of := range []reconcileSource{
		{typePeople, s.people, s.knownPeople, s.peopleWith},
		{typeOrganizations, s.organizations, s.knownOrganizations, s.organizationsWith},
	} {
		if err := r.look(c.Request().Context(), of); err != nil {
			return nil, err
		}
	}
	results := make(map[string]ReconcileResult, len(queries))
	for i, q := range queries {
		results[q.id] = ReconcileResult{decided(r.found[i], q.limit())}
	}
	return results, nil
}
