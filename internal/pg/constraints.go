package pg

import "roundtables.kz/registry/internal/apperr"

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
