package match

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxQueries is the largest number of queries in one reconciliation.
const MaxQueries = 100

// The number of candidates for a query: at most, and if the query has no limit.
const (
	maxReconciled     = 50
	defaultReconciled = 10
)

// ReconcileQuery is one query of a reconciliation.
type ReconcileQuery struct {
	id         string
	Query      string              `json:"query" validate:"max=500"`
	Type       stringOrList        `json:"type" validate:"max=10"`
	TypeStrict string              `json:"type_strict" validate:"omitempty,oneof=any all should"`
	Limit      *int64              `json:"limit" validate:"omitnil,min=1"`
	Properties []reconcileProperty `json:"properties" validate:"max=10,dive"`

	mistakes []apperr.Field
	invalid  bool // it has no candidates
}

// reconcileProperty is what a query states about a record besides its name.
type reconcileProperty struct {
	PID string         `json:"pid" validate:"required"`
	V   propertyValues `json:"v" validate:"required,max=20,dive,max=500"`
}

// Check returns the errors that no tag can state. It adds the stored forms of external ids.
func (q *ReconcileQuery) Check() (fields []apperr.Field) {
	for i, p := range q.Properties {
		if p.PID == externalID {
			q.Properties[i].V = input.StoredForms(p.V)
		}
	}
	if strings.TrimSpace(q.Query) == "" && len(q.values(externalID)) == 0 {
		fields = append(fields, apperr.At("/query", "required"))
	}
	return fields
}

// externalID is the property of a query that identifies a record.
const externalID = "external_id"

// unknown returns errors for the types and properties that the registry does not have.
func (q *ReconcileQuery) unknown() (fields []apperr.Field) {
	types := []string{People.ID, Organizations.ID}
	if slices.ContainsFunc(q.Type, func(t string) bool { return !slices.Contains(types, t) }) {
		fields = append(fields, apperr.NotOneOf("/type", types))
	}
	var known []string
	for _, p := range SuggestProperties(SuggestQuery{}).Result {
		known = append(known, p.ID)
	}
	slices.Sort(known)
	for i, p := range q.Properties {
		if !slices.Contains(known, p.PID) {
			fields = append(fields, apperr.NotOneOf("/properties/"+strconv.Itoa(i)+"/pid", known))
		}
	}
	return fields
}

// includes reports whether the query asks for records of a type. A record has one type, so that only one satisfies
// "all".
func (q *ReconcileQuery) includes(t RecordType) bool {
	if q.invalid {
		return false
	}
	if q.TypeStrict == "all" {
		return !slices.ContainsFunc(q.Type, func(id string) bool { return id != t.ID })
	}
	return len(q.Type) == 0 || slices.Contains(q.Type, t.ID)
}

// values returns the values of a property.
func (q *ReconcileQuery) values(pid string) (values []string) {
	for _, p := range q.Properties {
		if p.PID == pid {
			values = append(values, p.V...)
		}
	}
	return values
}

func (q *ReconcileQuery) limit() int {
	if q.Limit == nil {
		return defaultReconciled
	}
	return int(min(*q.Limit, maxReconciled))
}

// stringOrList is a string or an array of strings.
type stringOrList []string

// UnmarshalJSON accepts both forms.
func (s *stringOrList) UnmarshalJSON(raw []byte) error {
	if jsontext.Value(raw).Kind() == '"' {
		*s = make(stringOrList, 1)
		return json.Unmarshal(raw, &(*s)[0])
	}
	if err := json.Unmarshal(raw, (*[]string)(s)); err != nil { // null is an absent value
		return apperr.BadValue("wrong_type", "expected", "string or array of strings")
	}
	return nil
}

// propertyValues are the values of a property as texts: strings, numbers, booleans or records {"id", "name"}, of which
// the id counts.
type propertyValues []string

// UnmarshalJSON accepts one value or an array. Blank values are left out, because they are empty cells of a table.
func (v *propertyValues) UnmarshalJSON(raw []byte) error {
	list := []jsontext.Value{raw}
	if jsontext.Value(raw).Kind() == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return err
		}
	}
	*v = make(propertyValues, 0, len(list))
	for _, one := range list {
		text, err := propertyText(one)
		if err != nil {
			return err
		}
		if text = strings.TrimSpace(text); text != "" {
			*v = append(*v, text)
		}
	}
	return nil
}

func propertyText(raw jsontext.Value) (string, error) {
	wrong := apperr.BadValue("wrong_type", "expected", "string, number, boolean or record with an id, or an array of those")
	var record struct {
		ID string `json:"id"`
	}
	switch raw.Kind() {
	case '"':
		err := json.Unmarshal(raw, &record.ID)
		return record.ID, err
	case '0', 't', 'f':
		return string(raw), nil
	case '{':
		if err := json.Unmarshal(raw, &record); err != nil || record.ID == "" {
			return "", wrong
		}
		return record.ID, nil
	}
	return "", wrong
}

// ParseQueries reads a JSON object of queries, each with an id of the client's choice. Errors of a query are in its result, so
// that they do not stop the others. Errors of the object have pointers that begin with /queries.
func ParseQueries(raw string) ([]ReconcileQuery, error) {
	const root = jsontext.Pointer("/queries")
	if strings.TrimSpace(raw) == "" {
		return nil, apperr.Validation([]apperr.Field{apperr.At(string(root), "required")})
	}
	batch := jsontext.Value(raw)
	if err := input.Scan(batch); err != nil {
		var e *apperr.Error
		if errors.As(err, &e) {
			for i := range e.Fields {
				e.Fields[i].Pointer = string(root) + e.Fields[i].Pointer
			}
		}
		return nil, err
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(batch, &members); err != nil || members == nil {
		return nil, input.Malformed("not_an_object", string(root))
	}
	if len(members) > MaxQueries {
		return nil, apperr.Validation([]apperr.Field{apperr.At(string(root), "too_many", "max", strconv.Itoa(MaxQueries))})
	}
	var queries []ReconcileQuery
	for id, member := range members {
		q := ReconcileQuery{id: id}
		q.parse(member)
		queries = append(queries, q)
	}
	slices.SortFunc(queries, func(a, b ReconcileQuery) int { return strings.Compare(a.id, b.id) })
	return queries, nil
}

// maxMistakes is how many errors the result of a query names.
const maxMistakes = 10

func (q *ReconcileQuery) parse(raw jsontext.Value) {
	var e *apperr.Error
	switch {
	case raw.Kind() != '{':
		q.mistakes = []apperr.Field{apperr.At("", "wrong_type", "expected", "object")}
	case errors.As(input.Decode(raw, q), &e):
		q.mistakes = apperr.Shorten(e.Fields, maxMistakes)
	}
	q.invalid = len(q.mistakes) > 0
	if !q.invalid {
		q.mistakes = apperr.Shorten(q.unknown(), maxMistakes)
	}
}
