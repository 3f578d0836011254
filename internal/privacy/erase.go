// Package privacy erases what the registry holds about a person, and discloses it to the person. It does not decide who may do
// so.
package privacy

import (
	"context"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/idempotency"
	"roundtables.kz/registry/internal/imports"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"

	"github.com/jackc/pgx/v5"
)

// Erasure is the report on an erased person.
//
//	@Description	What was erased, and the texts that still name the person.
type Erasure struct {
	ID        int64   `json:"id" example:"12"`        // The person.
	MergedIDs []int64 `json:"merged_ids" example:"7"` // Records that were merged into this person. They are erased, too.
	// How many records were erased or changed, by type.
	Records []ErasedCount `json:"records"`
	// How many entries of the change log lost their content.
	LogEntries int64 `json:"log_entries" example:"9"`
	// How many reports of imports lost what they quoted of the person.
	Imports int `json:"imports" example:"1"`
	// How many stored responses to requests with an `Idempotency-Key` were deleted. They are encrypted, so all that can hold
	// data about people are deleted.
	Responses int64 `json:"responses" example:"3"`
	// Texts of other records that seem to name the person, the most certain first, at most 1000. They are not changed: review
	// them.
	Texts []NamingText `json:"texts"`
} //	@name	Erasure

// ErasedCount is the number of records of a type.
//
//	@Description	How many records of a type were erased, and how many were changed.
type ErasedCount struct {
	Type    string `json:"type" db:"type" example:"attendees"` // The type of record, as in its path.
	Erased  int    `json:"erased" db:"erased" example:"0"`     // Records that were erased.
	Changed int    `json:"changed" db:"changed" example:"3"`   // Records that were kept without the data of the person.
} //	@name	ErasedRecords

// NameErased describes attendees whose person was erased, and replaces the name of such a person where a name is required.
var NameErased = text.Map{"en": "Name erased", "ru": "Имя удалено", "kk": "Аты-жөні өшірілді"}

// subject is a person to erase.
type subject struct {
	ids     []int64            // of the person and of the records merged into it; the person comes first
	touched map[string][]int64 // by type, the records whose log entries refer to the person
	own     []int64            // the attendances of the person
	names   *nameSearch
}

// Lock locks a person and returns its version. The person may have been deleted, unless it was erased or merged: then Lock
// returns the error of changes.Lock.
func Lock(ctx context.Context, tx pgx.Tx, id int64) (version int64, err error) {
	version, err = changes.Lock(ctx, tx, person.Table, person.Type, id)
	if apperr.IsKind(err, apperr.Gone) && !changes.IsErased(err) {
		return pg.Value[int64](ctx, tx, "SELECT version FROM changes WHERE type = @type AND id = @id AND is_head FOR UPDATE",
			pg.Args{"type": person.Type, "id": id})
	}
	return version, err
}

// Erase deletes a person that Lock has locked, with all records merged into it, from the registry, the change log, the reports
// of imports and the stored responses. Attendances and statements stay, with roles and organizations but without the person. It
// returns apperr.Malformed if the reason of the change, which stays in the log, names the person.
func Erase(ctx context.Context, tx pgx.Tx, id int64) (Erasure, error) {
	s, err := subjectOf(ctx, tx, id)
	if err != nil {
		return Erasure{}, err
	}
	// The search takes long in a large registry. It comes before the log is locked. The deadline of the request bounds it.
	if err := pg.Exec(ctx, tx, "SET LOCAL statement_timeout = 0", nil); err != nil {
		return Erasure{}, err
	}
	head, err := changes.ReadHead(ctx, tx)
	if err != nil {
		return Erasure{}, err
	}
	if err := s.find(ctx, tx, 0); err != nil {
		return Erasure{}, err
	}
	if err = s.readNames(ctx, tx); err != nil {
		return Erasure{}, err
	}
	why, err := pg.Value[string](ctx, tx, "SELECT coalesce(registry_reason(), '')", nil)
	if err != nil {
		return Erasure{}, err
	}
	if s.names.mentions(why) {
		return Erasure{}, apperr.BadQuery([]apperr.Field{apperr.In("X-Change-Reason", "reason_names_person")})
	}
	report := Erasure{ID: id, MergedIDs: append([]int64{}, s.ids[1:]...)}
	if report.Texts, err = s.namingTexts(ctx, tx); err != nil {
		return Erasure{}, err
	}
	if report.Imports, err = s.clearImports(ctx, tx); err != nil {
		return Erasure{}, err
	}
	if err := s.clearRecords(ctx, tx); err != nil {
		return Erasure{}, err
	}
	// From here on the log is locked: it cannot grow.
	if err := pg.Exec(ctx, tx, "SELECT set_config('registry.erases', 'on', true)", nil); err != nil {
		return Erasure{}, err
	}
	if err := pg.Exec(ctx, tx, "SET CONSTRAINTS ALL IMMEDIATE", nil); err != nil {
		return Erasure{}, err
	}
	if err := s.markErased(ctx, tx); err != nil {
		return Erasure{}, err
	}
	if report.Records, err = counts(ctx, tx, head.Seq); err != nil {
		return Erasure{}, err
	}
	if err := s.find(ctx, tx, head.Seq); err != nil {
		return Erasure{}, err
	}
	if report.LogEntries, err = s.clearLog(ctx, tx); err != nil {
		return Erasure{}, err
	}
	report.Responses, err = idempotency.Forget(ctx, tx)
	return report, err
}

// subjectOf finds the records of a person.
func subjectOf(ctx context.Context, tx pgx.Tx, id int64) (*subject, error) {
	ids, err := pg.Column[int64](ctx, tx, `
		WITH RECURSIVE one(id) AS (SELECT @id::bigint UNION SELECT m.id FROM merged m JOIN one ON m.into_id = one.id WHERE m.type = @type)
		SELECT id FROM one ORDER BY id <> @id, id`, pg.Args{"id": id, "type": person.Type})
	return &subject{ids: ids, touched: map[string][]int64{}}, err
}

// clearRecords removes the person from all records.
func (s *subject) clearRecords(ctx context.Context, tx pgx.Tx) error {
	for _, sql := range []string{
		`UPDATE statements SET attribution = NULL
		WHERE attribution IS NOT NULL AND attendee_id IN (SELECT a.id FROM attendees a WHERE a.person_id = ANY (@people))`,
		"UPDATE statements SET quoted_person_id = NULL WHERE quoted_person_id = ANY (@people)",
		"DELETE FROM statement_people WHERE person_id = ANY (@people)",
		"DELETE FROM document_authors WHERE person_id = ANY (@people)",
		"UPDATE attendees SET on_behalf_of_person_id = NULL WHERE on_behalf_of_person_id = ANY (@people)",
		// The description tells operators not to look for the person of the attendance.
		"UPDATE attendees SET person_id = NULL, name_as_listed = NULL, description = @erased WHERE person_id = ANY (@people)",
		"UPDATE merges SET name = @erased WHERE type = 'people' AND from_id = ANY (@people)",
		"DELETE FROM merged WHERE type = 'people' AND id = ANY (@people)",
		"DELETE FROM affiliations WHERE person_id = ANY (@people)",
		"DELETE FROM contacts WHERE person_id = ANY (@people)",
		"DELETE FROM people WHERE id = ANY (@people)",
	} {
		args := pg.Args{"people": s.ids}
		if strings.Contains(sql, "@erased") {
			args["erased"] = NameErased
		}
		if err := pg.Exec(ctx, tx, sql, args); err != nil {
			return err
		}
	}
	return nil
}

// markErased logs the erasure of people that did not exist any more: they were deleted, or merged into the person.
func (s *subject) markErased(ctx context.Context, tx pgx.Tx) error {
	return pg.Exec(ctx, tx, `
		WITH gone AS (UPDATE changes SET is_head = false WHERE type = @type AND id = ANY (@people) AND is_head AND op <> 'erase' RETURNING id, version, public)
		INSERT INTO changes (seq, type, id, version, op, actor, reason, public)
		SELECT nextval('changes_seq'), @type, id, version + 1, 'erase', registry_actor(), registry_reason(), public FROM gone ORDER BY id`,
		pg.Args{"type": person.Type, "people": s.ids})
}

// counts returns how many records of each type this transaction has changed.
func counts(ctx context.Context, tx pgx.Tx, after int64) ([]ErasedCount, error) {
	return pg.All[ErasedCount](ctx, tx, `
		SELECT type, count(*) FILTER (WHERE op = 'erase') AS erased, count(*) FILTER (WHERE op <> 'erase') AS changed
		FROM changes WHERE seq > @after AND xact = pg_current_xact_id() AND op <> 'visibility' AND type <> @imports GROUP BY type ORDER BY type`,
		pg.Args{"after": after, "imports": imports.Type})
}

// clearImports removes from the reports of imports what they quote of the person.
func (s *subject) clearImports(ctx context.Context, tx pgx.Tx) (cleared int, err error) {
	type ledger struct {
		ID   int64         `db:"id"`
		Rows []imports.Row `db:"report"`
	}
	list, err := pg.All[ledger](ctx, tx,
		"SELECT id, report FROM imports WHERE jsonb_path_exists(report, '$[*] ? (exists(@.errors) || exists(@.object))') ORDER BY id", nil)
	if err != nil {
		return 0, err
	}
	for _, l := range list {
		if !s.clearRows(l.Rows) {
			continue
		}
		if err := pg.Exec(ctx, tx, "UPDATE imports SET report = @report WHERE id = @id", pg.Args{"id": l.ID, "report": l.Rows}); err != nil {
			return 0, err
		}
		cleared++
	}
	return cleared, nil
}

// clearRows clears the rows of a report that quote the person, and reports whether there are any.
func (s *subject) clearRows(rows []imports.Row) (cleared bool) {
	for i := range rows {
		r := &rows[i]
		if o := r.Object; o != nil && o.Key != o.Pointer && (s.names.mentions(o.Key) || o.Type == person.Type && r.ID != nil && slices.Contains(s.ids, *r.ID)) {
			o.Key, cleared = o.Pointer, true
		}
		for j := range r.Errors {
			m := &r.Errors[j]
			quotes := slices.ContainsFunc(m.Candidates, func(c apperr.Candidate) bool { return s.names.mentions(c.Name) })
			for _, value := range m.Args {
				quotes = quotes || s.names.mentions(value)
			}
			if quotes || s.names.mentions(m.Message) {
				for name := range m.Args {
					m.Args[name] = "…"
				}
				m.Candidates, m.Message, cleared = nil, apperr.Message(m.Code, "en", m.Args), true
			}
		}
	}
	return cleared
}
