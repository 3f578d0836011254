package api

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// Reading the queries of a reconciliation, which come as JSON inside a form or an address.

const (
	maxQueries     = 100 // in one request, as of a match
	mostReconciled = 50  // candidates of a query at most
	fewReconciled  = 10  // candidates of a query that has no limit
)

// reconcileQuery is one query.
type reconcileQuery struct {
	id         string
	Query      string              `json:"query" validate:"max=500"`
	Type       oneOrMore           `json:"type" validate:"max=10"`
	TypeStrict string              `json:"type_strict" validate:"omitempty,oneof=any all should"`
	Limit      *int64              `json:"limit" validate:"omitnil,min=1"`
	Properties []reconcileProperty `json:"properties" validate:"max=10,dive"`
}

// reconcileProperty is what a query says about a record besides its name.
type reconcileProperty struct {
	PID string         `json:"pid" validate:"required,oneof=external_id organization country kind"`
	V   propertyValues `json:"v" validate:"required,max=20,dive,max=500"`
}

// Check gives the mistakes that no tag can say.
func (q *reconcileQuery) Check() (fields []apperr.Field) {
	for _, t := range q.Type {
		if t != typePeople.ID && t != typeOrganizations.ID {
			fields = append(fields, apperr.NotOneOf("/type", []string{typePeople.ID, typeOrganizations.ID}))
			break
		}
	}
	if q.Query == "" && len(q.values("external_id")) == 0 {
		fields = append(fields, apperr.At("/query", "required"))
	}
	return fields
}

// wants reports whether records of a type are asked for. None is of two types.
func (q *reconcileQuery) wants(kind string) bool {
	if q.TypeStrict == "all" {
		return !slices.ContainsFunc(q.Type, func(t string) bool { return t != kind })
	}
	return len(q.Type) == 0 || slices.Contains(q.Type, kind)
}

// values gives those of a property.
func (q *reconcileQuery) values(pid string) (all []string) {
	for _, p := range q.Properties {
		if p.PID == pid {
			all = append(all, p.V...)
		}
	}
	return all
}

func (q *reconcileQuery) limit() int {
	if q.Limit == nil {
		return fewReconciled
	}
	return int(min(*q.Limit, mostReconciled))
}

// oneOrMore is a string or a list of them.
type oneOrMore []string

// UnmarshalJSON takes either.
func (s *oneOrMore) UnmarshalJSON(raw []byte) error {
	if jsontext.Value(raw).Kind() == '"' {
		*s = make(oneOrMore, 1)
		return json.Unmarshal(raw, &(*s)[0])
	}
	if err := json.Unmarshal(raw, (*[]string)(s)); err != nil { // null is absent
		return apperr.BadValue("wrong_type", "expected", "string or array of strings")
	}
	return nil
}

// propertyValues are a string, a number, a boolean or a record {"id", "name"}, or a list of those, as texts. A record counts
// by its id.
type propertyValues []string

// UnmarshalJSON takes all of them.
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
		if text = strings.TrimSpace(text); text != "" { // an empty cell says nothing
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

// readQueries reads a batch of queries and gives all mistakes at once, at their places in the field `queries`.
func readQueries(raw string) ([]reconcileQuery, error) {
	const root = jsontext.Pointer("/queries")
	if strings.TrimSpace(raw) == "" {
		return nil, apperr.Validation([]apperr.Field{apperr.At(string(root), "required")})
	}
	batch := jsontext.Value(raw)
	if err := input.Scan(batch); err != nil {
		return nil, below(root, err)
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(batch, &members); err != nil || members == nil {
		return nil, input.Malformed("not_an_object", string(root))
	}
	if len(members) > maxQueries {
		return nil, apperr.Validation([]apperr.Field{apperr.At(string(root), "too_many", "max", strconv.Itoa(maxQueries))})
	}
	var queries []reconcileQuery
	var mistakes []apperr.Field
	for id, member := range members {
		q, wrong := readQuery(root.AppendToken(id), member)
		q.id = id
		queries, mistakes = append(queries, q), append(mistakes, wrong...)
	}
	slices.SortFunc(queries, func(a, b reconcileQuery) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(mistakes, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return queries, apperr.Validation(mistakes)
}

func readQuery(at jsontext.Pointer, raw jsontext.Value) (q reconcileQuery, mistakes []apperr.Field) {
	if raw.Kind() != '{' {
		return q, []apperr.Field{apperr.At(string(at), "wrong_type", "expected", "object")}
	}
	err := input.Decode(raw, &q)
	var e *apperr.Error
	if errors.As(err, &e) {
		mistakes = e.Fields
	}
	for i := range mistakes {
		mistakes[i].Pointer = string(at) + mistakes[i].Pointer
	}
	return q, mistakes
}

// below moves the mistakes of an error to what is inside a field.
func below(root jsontext.Pointer, err error) error {
	var e *apperr.Error
	if errors.As(err, &e) {
		for i := range e.Fields {
			e.Fields[i].Pointer = string(root) + e.Fields[i].Pointer
		}
	}
	return err
}

// formField reads the one field that a form may have.
func formField(c echo.Context, name string) (string, error) {
	raw, err := readBody(c, echo.MIMEApplicationForm)
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", &apperr.Error{Kind: apperr.Malformed, Code: "malformed_form", Err: err}
	}
	var mistakes []apperr.Field
	for field, values := range form {
		at := string(jsontext.Pointer("").AppendToken(field))
		switch {
		case field != name:
			mistakes = append(mistakes, input.UnknownMember(at, field, map[string][]int{name: nil}))
		case len(values) > 1:
			mistakes = append(mistakes, apperr.At(at, "repeated_field"))
		case !utf8.ValidString(values[0]):
			mistakes = append(mistakes, apperr.At(at, "invalid_utf8"))
		}
	}
	slices.SortFunc(mistakes, func(a, b apperr.Field) int { return strings.Compare(a.Pointer, b.Pointer) })
	return form.Get(name), apperr.Validation(mistakes)
}
