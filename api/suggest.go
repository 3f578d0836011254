package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/spelling"

	"github.com/labstack/echo/v4"
)

// What completes while somebody types into a client of the reconciliation service.

// suggestParams are what the services take. OpenRefine's box sends more than the API knows, always the same.
type suggestParams struct {
	Prefix     string `query:"prefix" form:"prefix" validate:"max=200" example:"Ашимб"`                // What was typed, or an id.
	Cursor     int    `query:"cursor" form:"cursor" default:"0" validate:"min=0,max=1000"`             // How many suggestions to skip.
	Type       string `query:"type" form:"type" enums:"people,organizations" example:"people"`         // Only what is of this kind.
	TypeStrict string `query:"type_strict" form:"type_strict" enums:"any,all,should" example:"should"` // Changes nothing.
	Schema     string `query:"schema" form:"schema" validate:"max=200"`                                // Changes nothing; sent by OpenRefine, as are the following.
	Filter     string `query:"filter" form:"filter" validate:"max=500"`                                // Changes nothing.
	Spell      string `query:"spell" form:"spell" validate:"max=20"`                                   // Changes nothing.
	Exact      string `query:"exact" form:"exact" validate:"max=20"`                                   // Changes nothing.
	Prefixed   string `query:"prefixed" form:"prefixed" validate:"max=20"`                             // Changes nothing.
}

// mostSuggested is how many suggestions an answer holds at most.
const mostSuggested = 20

// Suggestion is what the beginning of a word may become.
//
//	@Description	What may be meant.
type Suggestion struct {
	ID          string          `json:"id" example:"people/42"`                           // What to use: of a record, its path below `/v1/`.
	Name        string          `json:"name" example:"Maulen Ashimbayev"`                 // What it is called.
	Description string          `json:"description,omitempty" example:"Chairman, Senate"` // More about it.
	Notable     []ReconcileType `json:"notable,omitempty"`                                // The kind of a record.
	score       float64
} //	@name	Suggestion

// Suggestions are the answer of a suggesting service.
//
//	@Description	What may be meant, the best first.
type Suggestions struct {
	Result []Suggestion `json:"result"` // The suggestions, at most 20.
} //	@name	Suggestions

// properties are what a query can say about a record besides its name.
var properties = map[string][]Suggestion{
	typePeople.ID: {
		{ID: "organization", Name: "Organization", Description: "Where the person works or worked: a name in any spelling, or an id such as organizations/3"},
		{ID: "external_id", Name: "External id", Description: "An identifier in another system, such as wikidata:Q57339"},
	},
	typeOrganizations.ID: {
		{ID: "country", Name: "Country", Description: "The code of ISO 3166-1, such as KZ"},
		{ID: "external_id", Name: "External id", Description: "An identifier in another system, such as wikidata:Q6434884"},
		{ID: "kind", Name: "Kind", Description: "Such as government, think_tank or ngo"},
	},
}

// suggestEntities finds records while somebody types.
//
//	@ID				suggestEntities
//	@Summary		Complete a name while typing, for reconciliation
//	@Description	People and organizations in one list, found as by their lookups.
//	@Tags			Reconciliation
//	@Param			params	query		suggestParams	false	"-"
//	@Success		200		{object}	Suggestions		"The best matches."
//	@Router			/v1/reconcile/suggest/entity [get]
func (s *server) suggestEntities(c echo.Context) error {
	p, err := suggestAsked(c)
	if err != nil {
		return err
	}
	ctx, lang := c.Request().Context(), acceptedLanguage(c.Request())
	var all []Suggestion
	for _, of := range []struct {
		ReconcileType
		names *spelling.Finder
		see   func(context.Context, []int64) (map[int64]known, error)
	}{{typePeople, s.people, s.knownPeople}, {typeOrganizations, s.organizations, s.knownOrganizations}} {
		if p.Type != "" && p.Type != of.ID {
			continue
		}
		matches, _, err := of.names.Search(ctx, p.Prefix, min(mostFound, p.Cursor+mostSuggested))
		if err != nil {
			return err
		}
		if id, ok := recordID(of.ID, p.Prefix); ok {
			matches = append(matches, spelling.Match{ID: id, Score: 2})
		}
		seen, err := of.see(ctx, idsOf(matches))
		if err != nil {
			return err
		}
		for _, m := range matches {
			if k, ok := seen[m.ID]; ok {
				all = append(all, Suggestion{recordPath(of.ReconcileType, m.ID), inLanguage(k.name, lang), k.description(lang), []ReconcileType{of.ReconcileType}, m.Score})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int { return cmp.Compare(b.score, a.score) })
	return p.send(c, all)
}

// suggestProperties finds properties while somebody types.
//
//	@ID			suggestProperties
//	@Summary	Complete a property while typing, for reconciliation
//	@Tags		Reconciliation
//	@Param		params	query		suggestParams	false	"-"
//	@Success	200		{object}	Suggestions		"The properties that queries can have."
//	@Router		/v1/reconcile/suggest/property [get]
func (s *server) suggestProperties(c echo.Context) error {
	p, err := suggestAsked(c)
	if err != nil {
		return err
	}
	var all []Suggestion
	for _, t := range reconcileTypes {
		for _, property := range properties[t.ID] {
			known := slices.ContainsFunc(all, func(s Suggestion) bool { return s.ID == property.ID })
			if (p.Type == "" || p.Type == t.ID) && !known && p.begins(property) {
				all = append(all, property)
			}
		}
	}
	return p.send(c, all)
}

// suggestTypes finds kinds of records while somebody types.
//
//	@ID			suggestTypes
//	@Summary	Complete a kind of record while typing, for reconciliation
//	@Tags		Reconciliation
//	@Param		params	query		suggestParams	false	"-"
//	@Success	200		{object}	Suggestions		"The kinds of records."
//	@Router		/v1/reconcile/suggest/type [get]
func (s *server) suggestTypes(c echo.Context) error {
	p, err := suggestAsked(c)
	if err != nil {
		return err
	}
	var all []Suggestion
	for _, t := range reconcileTypes {
		if found := (Suggestion{ID: t.ID, Name: t.Name}); (p.Type == "" || p.Type == t.ID) && p.begins(found) {
			all = append(all, found)
		}
	}
	return p.send(c, all)
}

func suggestAsked(c echo.Context) (p suggestParams, err error) {
	err = apperr.BadQuery(input.Bind(c.QueryParams(), &p))
	return p, err
}

// begins reports whether the prefix begins the id or the name.
func (p suggestParams) begins(s Suggestion) bool {
	prefix := strings.ToLower(strings.TrimSpace(p.Prefix))
	return strings.HasPrefix(s.ID, prefix) || strings.HasPrefix(strings.ToLower(s.Name), prefix)
}

func (p suggestParams) send(c echo.Context, all []Suggestion) error {
	all = all[min(p.Cursor, len(all)):]
	return send(c, http.StatusOK, echo.MIMEApplicationJSON, Suggestions{append([]Suggestion{}, all[:min(mostSuggested, len(all))]...)})
}
