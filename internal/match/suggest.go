package match

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/spelling"
)

// Suggestion completes what a user types.
//
//	@Description	A record, property or record type that the typed text may refer to.
type Suggestion struct {
	ID          string       `json:"id" example:"people/42"`                           // The id to use: for a record, its path below `/v1/`.
	Name        string       `json:"name" example:"Maulen Ashimbayev"`                 // Its display name.
	Description string       `json:"description,omitempty" example:"Chairman, Senate"` // More about it.
	Notable     []RecordType `json:"notable,omitempty"`                                // The type of a record.
	score       float64
} //	@name	Suggestion

// Suggestions are a page of suggestions.
//
//	@Description	What the typed text may refer to, the best match first.
type Suggestions struct {
	Result []Suggestion `json:"result"` // The suggestions, at most 20.
} //	@name	Suggestions

// maxSuggested is the largest number of suggestions in a page.
const maxSuggested = 20

// SuggestQuery are the parameters of the suggest services. OpenRefine sends all of them.
type SuggestQuery struct {
	Prefix     string `query:"prefix" form:"prefix" validate:"max=200" example:"Ашимб"`                // The typed text, or an id.
	Cursor     int    `query:"cursor" form:"cursor" default:"0" validate:"min=0,max=1000"`             // The number of suggestions to skip.
	Type       string `query:"type" form:"type" enums:"people,organizations" example:"people"`         // Only suggestions of this record type.
	TypeStrict string `query:"type_strict" form:"type_strict" enums:"any,all,should" example:"should"` // Has no effect.
	Schema     string `query:"schema" form:"schema" validate:"max=200"`                                // Has no effect; OpenRefine sends it and the following parameters.
	Filter     string `query:"filter" form:"filter" validate:"max=500"`                                // Has no effect.
	Spell      string `query:"spell" form:"spell" validate:"max=20"`                                   // Has no effect.
	Exact      string `query:"exact" form:"exact" validate:"max=20"`                                   // Has no effect.
	Prefixed   string `query:"prefixed" form:"prefixed" validate:"max=20"`                             // Has no effect.
	Lang       string `query:"-" form:"-" swaggerignore:"true"`                                        // The language of names.
}

// properties are the properties that a ReconcileQuery can have, by record type.
var properties = map[RecordType][]Suggestion{
	People: {
		{ID: "organization", Name: "Organization", Description: "Where the person works or worked: a name in any spelling, or an id such as organizations/3"},
		{ID: "external_id", Name: "External id", Description: "An identifier in another system, such as wikidata:Q57339"},
	},
	Organizations: {
		{ID: "country", Name: "Country", Description: "The ISO 3166-1 code of the country, such as KZ"},
		{ID: "external_id", Name: "External id", Description: "An identifier in another system, such as wikidata:Q6434884"},
		{ID: "kind", Name: "Kind", Description: "The kind of organization, such as government, think_tank or ngo"},
	},
}

// SuggestRecords returns people and organizations by name, found as by a lookup.
func (m *Matcher) SuggestRecords(ctx context.Context, q SuggestQuery) (Suggestions, error) {
	var all []Suggestion
	for _, t := range q.types() {
		matches, _, err := m.finder(t).Search(ctx, q.Prefix, min(maxFound, q.Cursor+maxSuggested))
		if err != nil {
			return Suggestions{}, err
		}
		if id, ok := recordID(t, q.Prefix); ok {
			matches = append(matches, spelling.Match{ID: id, Score: 2})
		}
		infos, err := m.load(ctx, t, idsOf(matches), nil)
		if err != nil {
			return Suggestions{}, err
		}
		for _, c := range withInfo(matches, infos) {
			all = append(all, Suggestion{recordPath(t, c.ID), inLanguage(c.name, q.Lang), c.description(q.Lang), []RecordType{t}, c.Score})
		}
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int { return cmp.Compare(b.score, a.score) })
	return q.page(all), nil
}

// SuggestProperties returns the properties that queries can have.
func SuggestProperties(q SuggestQuery) Suggestions {
	var all []Suggestion
	for _, t := range q.types() {
		for _, p := range properties[t] {
			if q.isPrefixOf(p) && !slices.ContainsFunc(all, func(s Suggestion) bool { return s.ID == p.ID }) {
				all = append(all, p)
			}
		}
	}
	return q.page(all)
}

// SuggestTypes returns the record types.
func SuggestTypes(q SuggestQuery) Suggestions {
	var all []Suggestion
	for _, t := range q.types() {
		if s := (Suggestion{ID: t.ID, Name: t.Name}); q.isPrefixOf(s) {
			all = append(all, s)
		}
	}
	return q.page(all)
}

func (q SuggestQuery) types() (types []RecordType) {
	for _, t := range RecordTypes {
		if q.Type == "" || q.Type == t.ID {
			types = append(types, t)
		}
	}
	return types
}

func (q SuggestQuery) isPrefixOf(s Suggestion) bool {
	prefix := strings.ToLower(strings.TrimSpace(q.Prefix))
	return strings.HasPrefix(s.ID, prefix) || strings.HasPrefix(strings.ToLower(s.Name), prefix)
}

func (q SuggestQuery) page(all []Suggestion) Suggestions {
	all = all[min(q.Cursor, len(all)):]
	return Suggestions{append([]Suggestion{}, all[:min(maxSuggested, len(all))]...)}
}
