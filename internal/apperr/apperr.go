// Package apperr holds the errors that a client can act on. Everything else that goes wrong is a bug or a fault of the
// machine and stays a plain error. Status codes are not known here (see api).
package apperr

import (
	"errors"
	"strings"
)

// Kind is what went wrong, for the one table that turns it into a status.
type Kind int

// The kinds of error.
const (
	Malformed     Kind = iota + 1 // the request cannot be read at all
	Invalid                       // it can be read, but breaks a rule
	NotFound                      // no such record, or not for this actor
	Gone                          // it was deleted
	Merged                        // it became part of another record
	Conflict                      // another record is in the way
	Stale                         // the version given is not the current one
	Unauthorized                  // a key is needed, or the one given is not good
	Forbidden                     // the actor may see it but not do this
	Required                      // a precondition is missing
	TooLarge                      // the body is over the limit
	TooMany                       // the rate limit is used up
	Media                         // the body has another media type
	NotAcceptable                 // the client accepts none of ours
	Unavailable                   // try again later
)

// Error is an error for the client. Its text comes from the catalogue of messages by Code and Args.
type Error struct {
	Kind   Kind
	Code   string
	Args   Args
	Fields []Field
	Extra  map[string]any // further members of the problem, such as current_version
	Err    error          // the cause, for the log only
}

// Args fill the {placeholders} of a message.
type Args map[string]string

// Field is one mistake in a request: where, what, and what would have been right.
type Field struct {
	Pointer    string // RFC 6901, into the body
	Parameter  string // name of a query parameter or header
	Code       string
	Args       Args
	Allowed    []string
	Candidates []Candidate
}

// Candidate is a record that the client may have meant.
type Candidate struct {
	ID    int64   `json:"id"`
	Name  string  `json:"name"`
	Score float64 `json:"score"` // 0 to 1
}

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

// New makes an error of a kind with a code of the catalogue.
func New(kind Kind, code string, args ...string) *Error {
	return &Error{Kind: kind, Code: code, Args: pairs(args)}
}

// IsKind reports whether err is an *Error of the kind.
func IsKind(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// At is a mistake at a JSON pointer of the body; args are pairs of placeholder and value.
func At(pointer, code string, args ...string) Field {
	return Field{Pointer: pointer, Code: code, Args: pairs(args)}
}

// In is a mistake in a query parameter or header.
func In(parameter, code string, args ...string) Field {
	return Field{Parameter: parameter, Code: code, Args: pairs(args)}
}

// NotOneOf is a value outside a closed list.
func NotOneOf(pointer string, allowed []string) Field {
	return Field{Pointer: pointer, Code: "not_allowed", Allowed: allowed, Args: Args{"allowed": strings.Join(allowed, ", ")}}
}

// Validation gives the error for mistakes in a body, or nil where there are none.
func Validation(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "validation_failed", Fields: fields}
}

// BadQuery gives the error for mistakes in query parameters or headers, or nil where there are none.
func BadQuery(fields []Field) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Malformed, Code: "bad_parameters", Fields: fields}
}

// Value is what a type's UnmarshalText returns for text that it cannot hold; the decoder adds where it stood.
type Value struct {
	Code    string
	Args    Args
	Allowed []string // the closed list of values, nil if there is none
}

func (v Value) Error() string { return v.Code }

// BadValue makes a Value.
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
