// Package apperr holds the errors that a client can act on, and their messages in three languages. All other failures
// are bugs or faults of the machine; they stay plain errors. Package api maps kinds of errors to status codes.
package apperr

import (
	"errors"
	"maps"
	"strings"
)

// Kind says what went wrong. Package api maps it to a status code.
type Kind int

// The kinds of error.
const (
	Malformed     Kind = iota + 1 // the request cannot be read
	Invalid                       // the request can be read but breaks a rule
	NotFound                      // there is no such record, or the actor may not see it
	Gone                          // the record was deleted
	Merged                        // the record was merged into another one
	Conflict                      // another record conflicts with the change
	Stale                         // the given version is not the current one
	Unauthorized                  // the API key is missing or not valid
	Forbidden                     // the actor is not allowed to do this
	Required                      // a precondition, such as If-Match, is missing
	TooLarge                      // the body exceeds the limit
	TooMany                       // the rate limit is used up
	Media                         // the body has an unsupported media type
	NotAcceptable                 // the Accept header excludes every response type
	Unavailable                   // the client should try again later
)

// Error is an error that a client can act on. Message makes its text from Code and Args.
type Error struct {
	Kind   Kind
	Code   string
	Args   Args
	Fields []Field
	// Omitted is the number of mistakes beyond Fields.
	Omitted int
	Extra   map[string]any // additional members of the problem, such as current_version
	Err     error          // the cause, for the log only
}

// The bounds of an error that Mistakes makes, so that no request causes a response much larger than itself.
const (
	MaxFields = 100 // mistakes
	maxQuoted = 200 // bytes of a value, name or pointer that the client sent
)

// Args holds the values of the {placeholders} of a message.
type Args map[string]string

// Field is one mistake in a request: where it is, what is wrong and what is allowed.
type Field struct {
	Pointer    string // JSON pointer into the body (RFC 6901)
	Parameter  string // name of the query parameter or header
	Code       string
	Args       Args
	Allowed    []string
	Candidates []Candidate
}

// Candidate is an existing record that the client may have meant.
type Candidate struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Score float64 `json:"score"` // 0 to 1
} //	@name	ProblemCandidate

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code)
	for _, f := range e.Fields {
		b.WriteString(" " + f.Pointer + f.Parameter + ":" + f.Code)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Mistakes returns the fields of the error, or else one that says what the error itself does.
func (e *Error) Mistakes() []Field {
	if len(e.Fields) > 0 {
		return e.Fields
	}
	candidates, _ := e.Extra["candidates"].([]Candidate)
	return []Field{{Code: e.Code, Args: e.Args, Candidates: candidates}}
}

// New returns an error with a code of messages.json; args are pairs of placeholder and value.
func New(kind Kind, code string, args ...string) *Error {
	return &Error{Kind: kind, Code: code, Args: pairs(args)}
}

// MissingScope returns the error for a key that lacks a scope.
func MissingScope(scope string) *Error { return New(Forbidden, "scope_missing", "scope", scope) }

// IsKind reports whether err is an *Error of the kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// FieldsOf returns the fields of an *Error with the code, nil if err is another error.
func FieldsOf(err error, code string) []Field {
	var e *Error
	if errors.As(err, &e) && e.Code == code {
		return e.Fields
	}
	return nil
}

// At returns a mistake at a JSON pointer of the body; args are pairs of placeholder and value.
func At(pointer, code string, args ...string) Field {
	return Field{Pointer: pointer, Code: code, Args: pairs(args)}
}

// In returns a mistake in a query parameter or header; args are pairs of placeholder and value.
func In(parameter, code string, args ...string) Field {
	return Field{Parameter: parameter, Code: code, Args: pairs(args)}
}

// NotOneOf returns the mistake for a value that is not in a closed list.
func NotOneOf(pointer string, allowed []string) Field {
	return Field{Pointer: pointer, Code: "not_allowed", Allowed: allowed, Args: Args{"allowed": strings.Join(allowed, ", ")}}
}

// Mistakes returns the error for the mistakes of a request, or nil if there are none. It keeps the first MaxFields and
// shortens long values; omitted counts the mistakes that the caller left out.
func Mistakes(kind Kind, code string, fields []Field, omitted int) error {
	if len(fields) == 0 {
		return nil
	}
	kept := Shorten(fields, MaxFields)
	return &Error{Kind: kind, Code: code, Fields: kept, Omitted: omitted + len(fields) - len(kept)}
}

// Shorten returns the first mistakes of a list, at most most, with long values shortened.
func Shorten(fields []Field, most int) []Field {
	fields = fields[:min(len(fields), most)]
	for i := range fields {
		f := &fields[i]
		f.Pointer, f.Parameter = shorten(f.Pointer), shorten(f.Parameter)
		if len(f.Args) > 0 {
			f.Args = maps.Clone(f.Args)
		}
		for name, value := range f.Args {
			if name != "allowed" { // a list of the registry
				f.Args[name] = shorten(value)
			}
		}
	}
	return fields
}

// shorten makes a text of a client fit for an error: valid UTF-8 of at most maxQuoted bytes.
func shorten(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// Validation returns the error for mistakes in a body, or nil if there are none.
func Validation(fields []Field) error { return Mistakes(Invalid, "validation_failed", fields, 0) }

// BadQuery returns the error for mistakes in query parameters or headers, or nil if there are none.
func BadQuery(fields []Field) error { return Mistakes(Malformed, "bad_parameters", fields, 0) }

// Value is the error of UnmarshalText or UnmarshalJSON for a value that the type cannot hold. The decoder adds the
// pointer.
type Value struct {
	Code    string
	Args    Args
	Allowed []string // the closed list of values, nil if there is none
}

func (v Value) Error() string { return v.Code }

// BadValue returns a Value; args are pairs of placeholder and value.
func BadValue(code string, args ...string) Value { return Value{Code: code, Args: pairs(args)} }

func pairs(list []string) Args {
	if len(list) == 0 {
		return nil
	}
	args := make(Args, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		args[list[i]] = list[i+1]
	}
	return args
}
