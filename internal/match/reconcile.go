package match

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/spelling"
)

// ReconcileResult lists the candidates for one query.
//
//	@Description	The candidates for one query.
type ReconcileResult struct {
	Result []ReconcileCandidate `json:"result"`           // The candidates, the best first.
	Errors []ReconcileError     `json:"errors,omitempty"` // What is wrong with the query. It then has no match.
} //	@name	ReconcileResult

// ReconcileError is an error of one query.
//
//	@Description	An error of one query. It does not affect the other queries.
type ReconcileError struct {
	Pointer string   `json:"pointer" example:"/properties/0/pid"`                                        // The member of the query (RFC 6901).
	Code    string   `json:"code" example:"not_allowed"`                                                 // The error code, for programs.
	Message string   `json:"message" example:"must be one of: country, external_id, kind, organization"` // The error in words.
	Allowed []string `json:"allowed,omitempty" example:"country,external_id,kind,organization"`          // The allowed values.
} //	@name	ReconcileError

// ReconcileCandidate is a record that a query may refer to.
//
//	@Description	A record that a query may refer to.
type ReconcileCandidate struct {
	ID          string             `json:"id" example:"people/42"`                           // The id of the record: its path below `/v1/`.
	Name        string             `json:"name" example:"Maulen Ashimbayev"`                 // Its name, in the language of Accept-Language or the next one of the chain ru, en, kk.
	Description string             `json:"description,omitempty" example:"Chairman, Senate"` // What distinguishes it from records of the same name, if that is known.
	Type        []RecordType       `json:"type"`                                             // Its record type.
	Score       float64            `json:"score" example:"97.1"`                             // The similarity of the names, 0 to 100, reduced by a tenth for each property that differs, and by more than half for another external id.
	Match       bool               `json:"match"`                                            // Whether the registry is sure that the query refers to this record.
	Features    []ReconcileFeature `json:"features"`                                         // The comparisons behind the score.
} //	@name	ReconcileCandidate

// ReconcileFeature is one comparison of a query with a record.
//
//	@Description	One comparison of a query with a record.
type ReconcileFeature struct {
	ID    string  `json:"id" enums:"id,name,organization,external_id,country,kind" example:"name"` // What was compared.
	Value float64 `json:"value" example:"97.1"`                                                    // The similarity, 0 to 100. An exact comparison gives 100 or 0.
} //	@name	ReconcileFeature

// scoredCandidate is a candidate for a query.
type scoredCandidate struct {
	ReconcileCandidate
	identified bool    // by its id or an external id, whatever its name is
	agrees     bool    // with the query in a property
	nameScore  float64 // the score without the properties
}

// Reconcile returns the candidates for each query, by the ids of the queries. Names are in the language lang.
func (m *Matcher) Reconcile(ctx context.Context, queries []ReconcileQuery, lang string) (map[string]ReconcileResult, error) {
	scored := make([][]scoredCandidate, len(queries))
	for _, t := range RecordTypes {
		if err := m.score(ctx, t, queries, lang, scored); err != nil {
			return nil, err
		}
	}
	results := make(map[string]ReconcileResult, len(queries))
	for i, q := range queries {
		results[q.id] = q.result(best(scored[i], q.limit()), lang)
	}
	return results, nil
}

// result returns the candidates with the errors of the query. What it states about a record beyond them is not known, so that
// no candidate is a match.
func (q *ReconcileQuery) result(candidates []ReconcileCandidate, lang string) ReconcileResult {
	r := ReconcileResult{Result: candidates}
	for _, f := range q.mistakes {
		r.Errors = append(r.Errors, ReconcileError{f.Pointer, f.Code, apperr.Message(f.Code, lang, f.Args), f.Allowed})
		for i := range candidates {
			candidates[i].Match = false
		}
	}
	return r
}

// score adds the candidates of one type to those that each query has in scored.
func (m *Matcher) score(ctx context.Context, t RecordType, queries []ReconcileQuery, lang string, scored [][]scoredCandidate) error {
	spellings := make([][]string, len(queries))
	var ids []int64
	var externalIDs []string
	for i, q := range queries {
		if !q.includes(t) {
			continue
		}
		if q.Query != "" {
			spellings[i] = []string{q.Query}
		}
		if id, ok := recordID(t, q.Query); ok {
			ids = append(ids, id)
		}
		externalIDs = append(externalIDs, q.values(externalID)...)
	}
	// Twice as many as are returned, because the properties change the order.
	byName, err := m.findAll(ctx, t, 2*maxReconciled, spellings)
	if err != nil {
		return err
	}
	byIdentifier, err := m.load(ctx, t, ids, externalIDs)
	if err != nil {
		return err
	}
	identifiers := slices.Sorted(maps.Keys(byIdentifier))
	for i, q := range queries {
		if !q.includes(t) {
			continue
		}
		for j, d := range decide(t, byName[i], source{organizations: q.values(featureOrganization)}) {
			scored[i] = append(scored[i], q.score(t, byName[i][j], d, lang))
		}
		for _, id := range identifiers {
			c := candidate{spelling.Match{ID: id}, byIdentifier[id]}
			d := decide(t, []candidate{c}, source{organizations: q.values(featureOrganization)})[0]
			if s := q.score(t, c, d, lang); s.identified && !slices.ContainsFunc(byName[i], func(n candidate) bool { return n.ID == id }) {
				scored[i] = append(scored[i], s)
			}
		}
	}
	return nil
}

// penalty is the factor by which a property that differs reduces a score.
const penalty = .9

// otherRecord is a further factor for an external id that contradicts: most likely the query refers to another record.
const otherRecord = .5

// score compares a candidate with the query: the name and the organizations as decided, then the other properties.
func (q *ReconcileQuery) score(t RecordType, c candidate, d Candidate, lang string) scoredCandidate {
	// Many people share a surname or a given name, so one word alone does not identify a person.
	sufficient := t != People || len(names.Parse(q.Query).Tokens()) > 1 || len(d.Reasons) > 1
	s := scoredCandidate{nameScore: percent(c.Score), ReconcileCandidate: ReconcileCandidate{
		ID: recordPath(t, c.ID), Name: inLanguage(c.name, lang), Description: c.description(lang), Type: []RecordType{t},
		Score: c.Score, Match: sufficient && d.Band == "match",
	}}
	for _, reason := range d.Reasons {
		if c.Spelling != "" {
			s.Features = append(s.Features, ReconcileFeature{reason.Feature, percent(reason.Score)})
		}
		if reason.Feature != featureOrganization {
			continue
		}
		if s.agrees = reason.Score >= names.Possible; !s.agrees {
			s.Score *= penalty
		}
	}
	if s.ID == q.Query {
		s.identified = true
		s.Features = append(s.Features, ReconcileFeature{"id", 100})
	}
	s.compare(externalID, q.values(externalID), c.externalIDs, ofOthers)
	if t == Organizations {
		s.compare("country", q.values("country"), []string{c.country}, isKnown)
		s.compare("kind", q.values("kind"), []string{c.kind}, isKnown)
	}
	if s.identified {
		s.Score, s.Match, s.nameScore = 1, true, 100
	}
	s.Score = percent(s.Score)
	return s
}

// compare compares the values of a property in the query with those of the record. If none is equal and one
// contradicts, the score is reduced and the record is no match.
func (s *scoredCandidate) compare(property string, asked, recorded []string, contradicts func(asked, recorded string) bool) {
	contradicted := false
	for _, a := range asked {
		for _, r := range recorded {
			if strings.EqualFold(a, r) {
				s.Features = append(s.Features, ReconcileFeature{property, 100})
				s.identified, s.agrees = s.identified || property == externalID, true
				return
			}
			contradicted = contradicted || contradicts(a, r)
		}
	}
	if contradicted {
		s.Features = append(s.Features, ReconcileFeature{property, 0})
		s.Score *= penalty
		if property == externalID {
			s.Score *= otherRecord
		}
		s.Match = false
	}
}

// isKnown reports whether the record has a value: an unknown value contradicts nothing.
func isKnown(_, recorded string) bool { return recorded != "" && recorded != "other" }

// ofOthers reports whether two external ids belong to different records.
func ofOthers(asked, recorded string) bool {
	return input.Contradict([]string{asked}, []string{recorded})
}

// minMargin is how many points the best candidate must score above the others to be a match.
const minMargin = 5

// best returns the best candidates. Only the first can be a match.
func best(scored []scoredCandidate, limit int) []ReconcileCandidate {
	slices.SortStableFunc(scored, func(a, b scoredCandidate) int { return cmp.Compare(b.rank(), a.rank()) })
	list := make([]ReconcileCandidate, 0, min(limit, len(scored)))
	for i, c := range scored[:min(limit, len(scored))] {
		if i > 0 || slices.ContainsFunc(scored[1:], c.isAmbiguous) {
			c.Match = false
		}
		list = append(list, c.ReconcileCandidate)
	}
	return list
}

// rank is the score, and above all scores for an identified candidate.
func (s scoredCandidate) rank() float64 {
	if s.identified {
		return 101
	}
	return s.Score
}

// isAmbiguous reports whether the query may refer to another candidate as well. If no property supports the best
// candidate, the other one is compared by its name only.
func (s scoredCandidate) isAmbiguous(other scoredCandidate) bool {
	if s.identified != other.identified {
		return false
	}
	score := other.Score
	if !s.agrees {
		score = other.nameScore
	}
	return s.Score-score < minMargin
}

func percent(score float64) float64 { return math.Round(score*1000) / 10 }

// recordPath returns the id of a record among records of all types: its path below /v1/, such as people/12.
func recordPath(t RecordType, id int64) string { return t.ID + "/" + strconv.FormatInt(id, 10) }

// recordID is the inverse of recordPath for one type.
func recordID(t RecordType, path string) (int64, bool) {
	digits, ok := strings.CutPrefix(path, t.ID+"/")
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}

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
