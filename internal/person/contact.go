package person

import (
	"context"
	"encoding/json"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// ContactTable is the table of contacts; ContactType is their type in the change log. Contacts are personal data, so no
// other response contains them.
const (
	ContactTable = "contacts"
	ContactType  = "contacts"
)

// ContactInput is what a client writes.
//
//	@Description	A way to reach a person.
type ContactInput struct {
	// Type of contact.
	Kind string `json:"kind" db:"kind" validate:"required,oneof=email phone address website other" enums:"email,phone,address,website,other" example:"email"`
	// The address or number.
	Value string `json:"value" db:"value" validate:"required,notblank,max=500" lines:"keep" example:"office@example.org"`
	// A note, such as whose number it is.
	Note *string `json:"note" db:"note" validate:"omitnil,min=1,max=500" lines:"keep" example:"Assistant"`
} //	@name	ContactInput

// Contact is a stored contact.
//
//	@Description	A way to reach a person.
type Contact struct {
	changes.Record
	PersonID int64 `json:"person_id" db:"person_id" example:"1"` // The person.
	ContactInput
} //	@name	Contact

// ContactFilter holds the filters of the contacts of a person.
type ContactFilter struct {
	paging.Params
	// Only contacts of these types.
	Kind []string `query:"kind" form:"kind" enums:"email,phone,address,website,other" validate:"max=200"`
}

// ContactSource is how contacts are read.
var ContactSource = paging.Source{
	Columns: changes.Columns("c") + ", c.person_id, c.kind, c.value, c.note",
	Table:   "contacts c",
	ID:      "c.id",
	Sorts:   map[string]paging.Column{"updated_at": {SQL: "c.updated_at", Type: "timestamptz"}},
	Default: "id",
}

// ListContacts returns a page of the contacts of a person. It does not check that the person exists.
func ListContacts(ctx context.Context, db pg.DB, person int64, f ContactFilter) (paging.Page[Contact], error) {
	var w pg.Where
	w.Add("c.person_id = @person", "person", person)
	pg.In(&w, "c.kind", "kind", f.Kind)
	return paging.Query[Contact](ctx, db, ContactSource, w, f.Params)
}

// GetContact returns one contact of a person. It returns apperr.NotFound, or apperr.Gone if the contact was deleted.
func GetContact(ctx context.Context, db pg.DB, person, id int64) (Contact, error) {
	c, err := changes.Get[Contact](ctx, db, ContactSource, ContactType, id)
	if err == nil && c.PersonID != person {
		return Contact{}, apperr.New(apperr.NotFound, "not_found")
	}
	return c, err
}

// CreateContact creates a contact of a person and returns its id. A duplicate is apperr.Conflict.
func CreateContact(ctx context.Context, tx pgx.Tx, person int64, in ContactInput) (int64, error) {
	return pg.ID(ctx, tx, "INSERT INTO contacts (person_id, kind, value, note) VALUES (@person, @kind, @value, @note) RETURNING id",
		pg.Args{"person": person, "kind": in.Kind, "value": in.Value, "note": in.Note})
}

// UpdateContact replaces the content of a contact. Equal content changes nothing, not even the version.
func UpdateContact(ctx context.Context, tx pgx.Tx, old Contact, in ContactInput) error {
	return pg.Exec(ctx, tx, "UPDATE contacts SET kind = @kind, value = @value, note = @note WHERE id = @id",
		pg.Args{"id": old.ID, "kind": in.Kind, "value": in.Value, "note": in.Note})
}

// HadContact returns apperr.NotFound unless the contact is, or was, a contact of the person.
func HadContact(ctx context.Context, db pg.DB, person, id int64) error {
	var theirs bool
	err := db.QueryRow(ctx, `SELECT EXISTS (
			SELECT FROM changes WHERE type = @type AND id = @id AND (coalesce(after, before) ->> 'person_id')::bigint = @person)`,
		pg.Args{"type": ContactType, "id": id, "person": person}).Scan(&theirs)
	if err == nil && !theirs {
		err = apperr.New(apperr.NotFound, "not_found")
	}
	return pg.Error(err)
}

// ContactKept returns apperr.Gone with code erased if PurgeContacts has erased the content of a snapshot.
func ContactKept(_ context.Context, _, is json.RawMessage) error {
	var content map[string]any
	if is == nil || json.Unmarshal(is, &content) == nil && content["value"] != nil {
		return nil
	}
	return apperr.New(apperr.Gone, "erased")
}

// PurgeContacts erases from the change log the content of contacts that were deleted before a time.
func PurgeContacts(ctx context.Context, tx pgx.Tx, before time.Time) error {
	if err := pg.Exec(ctx, tx, "SELECT set_config('registry.erases', 'on', true)", nil); err != nil {
		return err
	}
	return pg.Exec(ctx, tx, `
		UPDATE changes SET before = before - @content::text[], after = after - @content::text[]
		WHERE type = 'contacts' AND id IN (SELECT id FROM changes WHERE type = 'contacts' AND is_head AND op = 'delete' AND before ? 'value' AND at < @before)`,
		pg.Args{"content": []string{"kind", "value", "note"}, "before": before})
}
