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
}

// reconcileProperty is what a query states about a record besides its name.
type reconcileProperty struct {
	PID string         `json:"pid" validate:"required,oneof=external_id organization country kind"`
	V   propertyValues `json:"v" validate:"required,max=20,dive,max=500"`
}

// Check returns the errors that no tag can state.
func (q *ReconcileQuery) Check() (fields []apperr.Field) {
	types := []string{People.ID, Organizations.ID}
	if slices.ContainsFunc(q.Type, func(t string) bool { return !slices.Contains(types, t) }) {
		fields = append(fields, apperr.NotOneOf("/type", types))
	}
	if q.Query == "" && len(q.values("external_id")) == 0 {
		fields = append(fields, apperr.At("/query", "required"))
	}
	return fields
}

// includes reports whether the query asks for records of a type. A record has one type, so that only one satisfies
// "all".
func (q *ReconcileQuery) includes(t RecordType) bool {
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

// ParseQueries reads a JSON object of queries, each with an id of the client's choice. All errors are reported
// together, with pointers below /queries.
func ParseQueries(raw string) ([]ReconcileQuery, error) {
	const root = jsontext.Pointer("/queries")
	if strings.TrimSpace(raw) == "" {
		return nil, apperr.Validation([]apperr.Field{apperr.At(string(root), "required")})
	}
	batch := jsontext.Value(raw)
	if err := input.Scan(batch); err != nil {
		fieldsBelow(root, err)
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
	var fields []apperr.Field
	for id, member := range members {
		q := ReconcileQuery{id: id}
		fields = append(fields, q.parse(root.AppendToken(id), member)...)
		queries = append(queries, q)
	}
	slices.SortFunc(queries, func(a, b ReconcileQuery) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(fields, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return queries, apperr.Validation(fields)
}

func (q *ReconcileQuery) parse(at jsontext.Pointer, raw jsontext.Value) []apperr.Field {
	if raw.Kind() != '{' {
		return []apperr.Field{apperr.At(string(at), "wrong_type", "expected", "object")}
	}
	return fieldsBelow(at, input.Decode(raw, q))
}

// fieldsBelow makes the pointers of an error relative to the place that the value was read from, and returns its
// fields.
func fieldsBelow(at jsontext.Pointer, err error) []apperr.Field {
	var e *apperr.Error
	if !errors.As(err, &e) {
		return nil
	}
	for i := range e.Fields {
		e.Fields[i].Pointer = string(at) + e.Fields[i].Pointer
	}
	return e.Fields
}
