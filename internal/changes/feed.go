package changes

import (
	"context"
	"fmt"
	"maps"
	"time"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// Change is an entry of the feed: the newest change of one record.
//
//	@Description	The newest change of one record, without its data.
type Change struct {
	Seq     int64     `json:"-" db:"seq"`
	Op      string    `json:"op" db:"op" enums:"upsert,delete,withdraw,merge,erase" example:"upsert"`      // upsert: the record was created or changed. delete: it was deleted. withdraw: you can no longer see it. merge: it was merged into `into`. erase: it was deleted together with its history.
	Type    string    `json:"type" db:"type" example:"round-tables"`                                       // The record type, as in the path.
	ID      int64     `json:"id" db:"id" example:"1"`                                                      // The id of the record.
	Version int64     `json:"version" db:"version" example:"3"`                                            // The version of the record.
	At      time.Time `json:"changed_at" db:"at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When it changed.
	Of      *int64    `json:"round_table_id,omitzero" db:"of_id" validate:"optional" example:"1"`          // Of a deleted record that belonged to a round table: the id of the round table.
	Into    *int64    `json:"into,omitzero" db:"into_id" validate:"optional" example:"2"`                  // After a merge: the id of the record of the same type that it was merged into, if you may see that record.
} //	@name	WebhookChange

// Feed selects what to read from the log.
type Feed struct {
	Types  []string // of record
	After  int64    // the position in the log after which to begin
	Copied int64    // records deleted up to this position are left out: the copy never had them
	Limit  int
	Public bool // as the public sees it
}

// The public gets the entries of records that it could see before or after the change. Keys that may read drafts get
// the heads of all records. A merge shows the other record to the public only if the public can see that record.
const (
	feedOfAll = `f.is_head AND (f.seq > @copied OR f.op NOT IN ('delete', 'merge', 'erase'))`
	opForAll  = `CASE WHEN c.op IN ('delete', 'merge', 'erase') THEN c.op ELSE 'upsert' END AS op, c.into_id`

	feedOfPublic = `f.is_public_head AND (f.seq > @copied OR (f.public AND f.op NOT IN ('delete', 'merge', 'erase')))`
	intoIsPublic = `EXISTS (SELECT FROM changes i WHERE i.type = c.type AND i.id = c.into_id AND i.is_public_head AND (i.public OR i.op = 'merge'))`
	opForPublic  = `CASE WHEN c.op = 'merge' AND NOT ` + intoIsPublic + ` THEN 'delete' WHEN c.op IN ('delete', 'merge', 'erase') THEN c.op
		WHEN c.public THEN 'upsert' ELSE 'withdraw' END AS op,
		CASE WHEN ` + intoIsPublic + ` THEN c.into_id END AS into_id`
)

// typeInOrder is the column type as changes_type_idx has it, for reading the entries of a type in the order of the log.
func typeInOrder(alias string) string { return alias + `.type COLLATE "C"` }

// Read returns a page of the feed in the order of commits, and whether there is more. Each record appears once, at
// its newest change.
func (f Feed) Read(ctx context.Context, db pg.DB) (page []Change, more bool, err error) {
	heads, op := feedOfAll, opForAll
	if f.Public {
		heads, op = feedOfPublic, opForPublic
	}
	page, err = pg.All[Change](ctx, db, `
		SELECT c.seq, `+op+`, c.type, c.id, c.version, c.at,
			CASE WHEN c.op = 'delete' THEN (c.before->>'round_table_id')::bigint END AS of_id
		FROM (SELECT found.seq FROM unnest(@types::text[]) wanted(type) CROSS JOIN LATERAL (
				SELECT f.seq FROM changes f WHERE `+typeInOrder("f")+` = wanted.type AND f.seq > @after AND `+heads+` ORDER BY f.seq LIMIT @rows) found
			ORDER BY found.seq LIMIT @rows) page
		JOIN changes c ON c.seq = page.seq ORDER BY c.seq`,
		pg.Args{"types": f.Types, "after": f.After, "copied": f.Copied, "rows": f.Limit + 1})
	if err != nil {
		return nil, false, err
	}
	if len(page) > f.Limit {
		return page[:f.Limit], true, nil
	}
	return page, false, nil
}

// Head identifies a snapshot of the database: its epoch and its newest entry of the log.
type Head struct {
	Epoch string `db:"epoch"`
	Seq   int64  `db:"seq"`
}

// ReadHead returns the head of the log.
func ReadHead(ctx context.Context, db pg.DB) (Head, error) {
	return pg.One[Head](ctx, db, "SELECT r.epoch, coalesce((SELECT max(seq) FROM changes), 0) AS seq FROM registry r", nil)
}

// LastAt returns the time of the newest change, for the public that of what it can see; nil if there is none.
func LastAt(ctx context.Context, db pg.DB, public bool) (*time.Time, error) {
	which := ""
	if public {
		which = "WHERE is_public_head"
	}
	return pg.Value[*time.Time](ctx, db, "SELECT (SELECT at FROM changes "+which+" ORDER BY seq DESC LIMIT 1)", nil)
}

// Identity identifies a database.
type Identity struct {
	Epoch          string     `db:"epoch"`
	Secret         []byte     `db:"secret"`          // signs cursors and hashes keys
	Authority      string     `db:"authority"`       // makes the ids in feeds globally unique
	CalendarDomain string     `db:"calendar_domain"` // makes the ids in calendars globally unique
	ReleasedAt     *time.Time `db:"released_at"`     // when the release of the service was first started
}

// Service describes a service to the database that it starts on.
type Service struct {
	Release string // identifies what it writes for the same records
	Domain  string // the CalendarDomain of a database that has none yet, because it is older than this column
}

// Identify returns the identity of the database. After a restore it renews the epoch first, because the log may reuse
// sequence numbers for other changes. It detects a restore by a different server, database or timeline.
func Identify(ctx context.Context, db pg.DB, service Service) (Identity, error) {
	const here = `(SELECT concat_ws('/', (pg_control_system()).system_identifier, d.oid, (pg_control_checkpoint()).timeline_id)
		FROM pg_database d WHERE d.datname = current_database())`
	err := pg.Exec(ctx, db, `
		UPDATE registry r SET home = h.here,
			epoch = CASE WHEN r.home IS NULL OR r.home = h.here THEN r.epoch ELSE substr(md5(gen_random_uuid()::text), 1, 8) END,
			calendar_domain = coalesce(r.calendar_domain, @domain), release = @release,
			released_at = CASE WHEN r.release = @release THEN r.released_at ELSE now() END
		FROM `+here+` h(here)
		WHERE r.home IS DISTINCT FROM h.here OR r.calendar_domain IS NULL OR r.release IS DISTINCT FROM @release`,
		pg.Args{"domain": service.Domain, "release": service.Release})
	if err != nil {
		return Identity{}, err
	}
	return pg.One[Identity](ctx, db, "SELECT epoch, secret, authority, calendar_domain, released_at FROM registry", nil)
}

// Snapshot runs f in one snapshot of the database.
func Snapshot(ctx context.Context, db Pool, f func(tx pgx.Tx) error) error {
	return inSnapshot(ctx, db, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, f)
}

// LongSnapshot is Snapshot for an f that waits for a slow client between its queries: the database ends the transaction after
// 5 minutes without a query.
func LongSnapshot(ctx context.Context, db Pool, f func(tx pgx.Tx) error) error {
	const begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '5min'"
	return inSnapshot(ctx, db, pgx.TxOptions{BeginQuery: begin}, f)
}

func inSnapshot(ctx context.Context, db Pool, options pgx.TxOptions, f func(tx pgx.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return pg.Error(fmt.Errorf("begin a snapshot: %w", err))
	}
	defer rollback(ctx, tx) // nothing was written
	return f(tx)
}

// Sum is the checksum of all records of one type, to verify a copy.
type Sum struct {
	Type     string `json:"type" db:"type" example:"round-tables"`             // The record type, as in the path.
	Count    int64  `json:"count" db:"count" example:"6"`                      // The number of records that you may see.
	Checksum string `json:"checksum" db:"checksum" example:"9b1c64e0a2f3d587"` // For each record, take the first 8 bytes of the SHA-256 of `type:id:version`. This is the XOR of all of them, as 16 hexadecimal digits.
} //	@name	TypeChecksum

// Sums are the checksums of all record types of the feed at one position in the log, for the public or for keys that
// may read drafts.
type Sums struct {
	Head Head
	of   map[string]sum
}

// sum is the number of records and the XOR of their digests.
type sum struct{ count, digest int64 }

// farBehind is the number of new entries in the log from which on Checkpoint sums all records instead of the changes.
const farBehind = 100_000

const (
	digestOf = "('x' || encode(substr(sha256(convert_to(%[1]s.type || ':' || %[1]s.id || ':' || %[1]s.version, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint"
	isThere  = "%[1]s.op NOT IN ('delete', 'merge', 'erase')"
)

// Checkpoint returns the sums of the types at the head of the log. It updates known ones of the same database if they
// are not too old. Else it sums all records, which takes a second for 200,000 of them.
func Checkpoint(ctx context.Context, db pg.DB, types []string, known Sums, public bool) (Sums, error) {
	head, err := ReadHead(ctx, db)
	if err != nil || head == known.Head {
		return known, err
	}
	since := known.Head.Seq
	if known.Head.Epoch != head.Epoch || head.Seq < since || head.Seq-since > farBehind {
		known, since = Sums{}, 0
	}
	sums := Sums{Head: head, of: map[string]sum{}}
	maps.Copy(sums.of, known.of)
	args := pg.Args{"types": types, "since": since}
	rows, _ := db.Query(ctx, differences(since > 0, public), args) // the rows carry its error
	var recordType string
	var d sum
	_, err = pgx.ForEachRow(rows, []any{&recordType, &d.count, &d.digest}, func() error {
		was := sums.of[recordType]
		sums.of[recordType] = sum{was.count + d.count, was.digest ^ d.digest}
		return nil
	})
	if err != nil {
		return Sums{}, pg.Error(fmt.Errorf("sum the records: %w", err))
	}
	return sums, nil
}

// differences returns the query for what the entries after @since add to the sum of each type. The previous state of
// a record is its last entry up to @since that the reader could see.
func differences(some, public bool) string {
	heads, counts, shown := "c.is_head", "o.op <> 'visibility'", "true"
	if public {
		heads, counts, shown = "c.is_public_head", "o.is_public_head IS NOT NULL", "%[1]s.public"
	}
	seen := func(alias string) string { return fmt.Sprintf(isThere+" AND "+shown, alias) }
	digest := func(alias string) string { return fmt.Sprintf(digestOf, alias) }
	if !some {
		return "SELECT c.type, count(*), bit_xor(" + digest("c") + ") FROM changes c" +
			" WHERE " + typeInOrder("c") + " = ANY (@types) AND c.seq > @since AND " + heads + " AND " + seen("c") + " GROUP BY c.type"
	}
	return `WITH touched AS (SELECT DISTINCT c.type, c.id FROM changes c WHERE c.seq > @since AND ` + typeInOrder("c") + ` = ANY (@types))
		SELECT d.type, sum(d.n)::bigint, bit_xor(d.digest) FROM (
			SELECT c.type, 1 AS n, ` + digest("c") + ` AS digest
			FROM touched t JOIN changes c ON c.type = t.type AND c.id = t.id AND ` + heads + ` AND ` + seen("c") + `
			UNION ALL
			SELECT o.type, -1, ` + digest("o") + ` FROM touched t JOIN LATERAL (
				SELECT o.* FROM changes o WHERE o.type = t.type AND o.id = t.id AND o.seq <= @since AND ` + counts + `
				ORDER BY o.seq DESC LIMIT 1) o ON ` + seen("o") + `) d
		GROUP BY d.type`
}

// List returns the sums of the types, in the order of the feed.
func (s Sums) List(types []string) []Sum {
	list := []Sum{}
	for _, t := range types {
		list = append(list, Sum{Type: t, Count: s.of[t].count, Checksum: fmt.Sprintf("%016x", uint64(s.of[t].digest))}) // #nosec G115 -- its bits
	}
	return list
}
