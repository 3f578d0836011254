package pg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"roundtables.kz/registry/internal/apperr"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs that decide what a client is answered or whether a transaction is retried.
const (
	NotNullViolation    = "23502"
	ForeignKeyViolation = "23503"
	UniqueViolation     = "23505"
	CheckViolation      = "23514"
	ExclusionViolation  = "23P01"
	SerializationFailed = "40001"
	DeadlockDetected    = "40P01"
	LockNotAvailable    = "55P03"
	QueryCanceled       = "57014"
	idleTooLong         = "25P03" // the server ended a transaction that was idle too long

	duplicateStatement = "42P05" // a prepared statement of another client of the pooler
	unknownStatement   = "26000"
)

// Error turns an error of the database into an apperr.Error if a client can act on it, and returns all others
// unchanged. The cause stays wrapped for the log.
func Error(err error) error {
	var pe *pgconn.PgError
	var known *apperr.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known): // the caller knew more about it
		return err
	case errors.Is(err, context.Canceled): // the client has gone
		return err
	case broken(err):
		return &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: err}
	case errors.Is(err, context.DeadlineExceeded):
		return &apperr.Error{Kind: apperr.Unavailable, Code: "timeout", Err: err}
	case !errors.As(err, &pe):
		return err
	}
	switch pe.Code {
	case duplicateStatement, unknownStatement:
		return fmt.Errorf("%w; "+poolerAdvice, err)
	case UniqueViolation:
		return &apperr.Error{Kind: apperr.Conflict, Code: "already_exists", Fields: []apperr.Field{field(pe, "already_taken")}, Err: err}
	case ForeignKeyViolation:
		return &apperr.Error{Kind: apperr.Invalid, Code: "validation_failed", Fields: []apperr.Field{field(pe, "unknown_reference")}, Err: err}
	case NotNullViolation:
		return &apperr.Error{Kind: apperr.Invalid, Code: "validation_failed", Fields: []apperr.Field{apperr.At("/"+pe.ColumnName, "required")}, Err: err}
	case CheckViolation, ExclusionViolation:
		return &apperr.Error{Kind: apperr.Invalid, Code: "validation_failed", Fields: []apperr.Field{field(pe, "not_valid")}, Err: err}
	case LockNotAvailable, SerializationFailed, DeadlockDetected:
		return &apperr.Error{Kind: apperr.Unavailable, Code: "locked", Err: err}
	case QueryCanceled, idleTooLong:
		return &apperr.Error{Kind: apperr.Unavailable, Code: "query_timeout", Err: err}
	}
	switch pe.Code[:2] {
	case "08", "53", "57": // connection, resources, shutdown
		return &apperr.Error{Kind: apperr.Unavailable, Code: "database_unavailable", Err: err}
	case "22": // a value that no type can hold, such as an integer out of range
		return &apperr.Error{Kind: apperr.Invalid, Code: "bad_value", Err: err}
	}
	return err
}

// broken reports whether the server is unreachable or the connection to it broke.
func broken(err error) bool {
	var connect *pgconn.ConnectError
	var network *net.OpError
	switch {
	case errors.As(err, &connect):
		return true
	case errors.As(err, &network):
		return !network.Timeout() // pgx stops reading this way when the deadline of the request passes
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, pgconn.ErrConnClosed)
}

// Cut reports whether an established connection broke, as when the server restarts. A read may be repeated; it is unknown
// whether a write took effect.
func Cut(err error) bool {
	var connect *pgconn.ConnectError
	var pe *pgconn.PgError
	if errors.As(err, &connect) {
		return false
	}
	return err != nil && (broken(err) || errors.As(err, &pe) && (pe.Code == "57P01" || pe.Code == "57P02"))
}

// Answered reports whether the server rejected a statement and the session goes on. After any other error of a COMMIT
// it is unknown whether the COMMIT took effect.
func Answered(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.SeverityUnlocalized == "ERROR"
}

// IsCode reports whether err carries the SQLSTATE.
func IsCode(err error, code string) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == code
}

// ErrAgain is the cause of an error after which a transaction can run again from the start: others have committed something
// that it did not know.
var ErrAgain = errors.New("another transaction has committed a conflicting change")

// CanRunAgain reports whether a transaction failed only because of others that ran at the same time.
func CanRunAgain(err error) bool {
	return IsCode(err, SerializationFailed) || IsCode(err, DeadlockDetected) || errors.Is(err, ErrAgain)
}

// field finds the field of the body that a violated constraint is about.
func field(pe *pgconn.PgError, code string) apperr.Field {
	if f, ok := constraintFields[pe.ConstraintName]; ok {
		return f
	}
	// <table>_<column>_<fkey|key|check|order|cycle|…>; the foreign key of a part carries the sort date of its round table
	name := strings.TrimPrefix(pe.ConstraintName, pe.TableName+"_")
	for _, suffix := range []string{"_starts_key_fkey", "_fkey", "_key", "_check", "_order", "_cycle", "_self", "_known", "_first", "_range", "_pkey"} {
		if column, ok := strings.CutSuffix(name, suffix); ok {
			switch {
			case suffix == "_cycle" || suffix == "_self":
				code = "cycle"
			case suffix == "_order":
				code = "before_start"
			case column == "id" && suffix == "_check":
				code = "immutable"
			}
			return apperr.At("/"+column, code)
		}
	}
	return apperr.At("", code)
}

// constraintFields gives the field and the message code of constraints whose name does not give them. Of all others the
// name is <table>_<field>_<suffix>, and the suffix or the SQLSTATE gives the code (see field).
var constraintFields = map[string]apperr.Field{
	// The person has a position with this title and beginning at the organization.
	"affiliations_person_id_organization_id_key": apperr.At("/organization_id", "already_taken"),
	"affiliations_held_to_order":                 apperr.At("/to", "before_start"),

	"attendees_round_table_id_person_id_key":             apperr.At("/person_id", "already_attends"),
	"attendees_round_table_id_organization_id_key":       apperr.At("/organization_id", "already_attends"),
	"attendees_on_behalf_of_person_id_fkey":              apperr.At("/on_behalf_of/person_id", "unknown_reference"),
	"attendees_on_behalf_of_organization_id_fkey":        apperr.At("/on_behalf_of/organization_id", "unknown_reference"),
	"contacts_person_id_kind_value_key":                  apperr.At("/value", "already_taken"),
	"distinctions_type_first_id_second_id_key":           apperr.At("/second_id", "already_distinct"),
	"document_authors_person_id_fkey":                    apperr.At("/author_ids", "unknown_reference"),
	"document_links_document_id_fkey":                    apperr.At("/document_links", "unknown_reference"),
	"external_ids_pkey":                                  apperr.At("/external_ids", "already_taken"),
	"organizers_round_table_id_organization_id_kind_key": apperr.At("/organization_id", "already_organizer"),

	// One of the two coordinates is missing. The message asks for the longitude; it is the second one.
	"places_coordinates_check": apperr.At("/longitude", "required"),

	// The foreign keys of these references include the round table: the record exists, but belongs to another one.
	"recommendations_statement_id_fkey": apperr.At("/statement_id", "not_in_round_table"),
	"statements_attendee_id_fkey":       apperr.At("/attendee_id", "other_event"),
	"statements_in_reply_to_id_fkey":    apperr.At("/in_reply_to_id", "other_event"),

	"round_table_topics_topic_id_fkey": apperr.At("/topic_ids", "unknown_reference"),

	// A collective statement has no attendee as its speaker.
	"statements_collective_check": apperr.At("/attendee_id", "collective_speaker"),

	// A trigger raises this one: exactly one text of a statement is the original.
	"statement_texts_original_check": apperr.At("/texts", "original_missing"),

	// Siblings have different labels in each language.
	"topics_label_en_key": apperr.At("/label/en", "already_taken"),
	"topics_label_kk_key": apperr.At("/label/kk", "already_taken"),
	"topics_label_ru_key": apperr.At("/label/ru", "already_taken"),
}

var target = regexp.MustCompile(`(?i)\b(INSERT INTO|UPDATE|DELETE FROM|FROM)\s+(\w+)`)

var verbs = map[string]string{"INSERT INTO": "create", "UPDATE": "update", "DELETE FROM": "delete", "FROM": "read"}

// failed is Error for the error of a statement. What the statement does stands before it: "create round table: …".
func failed(sql string, err error) error {
	if err == nil {
		return nil
	}
	operation := "run a statement"
	if found := target.FindStringSubmatch(sql); found != nil {
		operation = verbs[strings.ToUpper(found[1])] + " " + Singular(found[2])
	}
	return Error(fmt.Errorf("%s: %w", operation, err))
}

// Plural names the records of a table for an error: "round tables" for round_tables.
func Plural(table string) string { return strings.ReplaceAll(table, "_", " ") }

// Singular names one record of a table for an error: "round table" for round_tables.
func Singular(table string) string {
	name := Plural(table)
	switch {
	case name == "people":
		return "person"
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	}
	return strings.TrimSuffix(name, "s")
}
