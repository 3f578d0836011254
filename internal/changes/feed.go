package changes

import (
	"context"
	"time"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// FeedTypes are the types of the log that the feed tells of, in the order in which records refer to each other. Contacts, keys and what operators
// decide about records that look alike are nobody's copy.
var FeedTypes = []string{
	"topics", "places", "roles", "organizations", "people", "affiliations", "documents", "round-tables", "organizers", "attendees", "statements", "recommendations",
}

// Change is the newest state of one record, as the feed tells it.
type Change struct {
	Seq     int64     `db:"seq"`
	Op      string    `db:"op"` // upsert, delete, withdraw, merge, erase
	Type    string    `db:"type"`
	ID      int64     `db:"id"`
	Version int64     `db:"version"`
	At      time.Time `db:"at"`
	Into    *int64    `db:"into_id"` // of a merge, if the reader of the feed may see that record
}

// Feed is what to read of the log.
type Feed struct {
	Types  []string // of FeedTypes
	After  int64    // the place in the log after which to begin
	Copied int64    // up to this place a copy is made: what is gone there was never in it
	Limit  int
	Public bool // as the public sees it
}

// The entries that concern the public are those of records that it could see before or after them; whoever may read drafts is
// told of the heads of all records. A merge names the other record to the public only if it sees that.
const (
	feedOfAll = `f.is_head AND (f.seq > @copied OR f.op NOT IN ('delete', 'merge', 'erase'))`
	opForAll  = `CASE WHEN c.op IN ('delete', 'merge', 'erase') THEN c.op ELSE 'upsert' END AS op, c.into_id`

	feedOfPublic = `f.is_public_head AND (f.seq > @copied OR (f.public AND f.op NOT IN ('delete', 'merge', 'erase')))`
	intoIsPublic = `EXISTS (SELECT FROM changes i WHERE i.type = c.type AND i.id = c.into_id AND i.is_public_head AND (i.public OR i.op = 'merge'))`
	opForPublic  = `CASE WHEN c.op = 'merge' AND NOT ` + intoIsPublic + ` THEN 'delete' WHEN c.op IN ('delete', 'merge', 'erase') THEN c.op WHEN c.public THEN 'upsert' ELSE 'withdraw' END AS op,
		CASE WHEN ` + intoIsPublic + ` THEN c.into_id END AS into_id`
)

// Read gives a page of the feed in the order of commits, and whether there is more. Each record stands in it once, at its newest change.
func (f Feed) Read(ctx context.Context, db pg.DB) (page []Change, more bool, err error) {
	heads, op := feedOfAll, opForAll
	if f.Public {
		heads, op = feedOfPublic, opForPublic
	}
	rows, err := db.Query(ctx, `
		SELECT c.seq, `+op+`, c.type, c.id, c.version, c.at
		FROM (SELECT found.seq FROM unnest(@types::text[]) wanted(type) CROSS JOIN LATERAL (
				SELECT f.seq FROM changes f WHERE f.type = wanted.type AND f.seq > @after AND `+heads+` ORDER BY f.seq LIMIT @rows) found
			ORDER BY found.seq LIMIT @rows) page
		JOIN changes c ON c.seq = page.seq ORDER BY c.seq`,
		pg.Args{"types": f.Types, "after": f.After, "copied": f.Copied, "rows": f.Limit + 1})
	if err != nil {
		return nil, false, pg.Error(err)
	}
	page, err = pgx.CollectRows(rows, pgx.RowToStructByName[Change])
	if err != nil {
		return nil, false, pg.Error(err)
	}
	if len(page) > f.Limit {
		return page[:f.Limit], true, nil
	}
	return page, false, nil
}

// Head is what a snapshot of the database is: its epoch, and the newest entry of the log that it holds.
type Head struct {
	Epoch string `db:"epoch"`
	Seq   int64  `db:"seq"`
}

// ReadHead gives the head of the log.
func ReadHead(ctx context.Context, db pg.DB) (Head, error) {
	return pg.One[Head](ctx, db, "SELECT r.epoch, coalesce((SELECT max(seq) FROM changes), 0) AS seq FROM registry r", nil)
}

// Snapshot runs f in one snapshot of the database.
func Snapshot(ctx context.Context, db Pool, f func(tx pgx.Tx) error) error {
	tx, err := db.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return pg.Error(err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_ = tx.Rollback(ctx) // nothing was written
	}()
	return f(tx)
}

// Sum is what a copy of the records of one type must amount to.
type Sum struct {
	Type     string `json:"type" db:"type" example:"round-tables"`             // As in the path.
	Count    int64  `json:"count" db:"count" example:"6"`                      // Records that you may see.
	Checksum string `json:"checksum" db:"checksum" example:"9b1c64e0a2f3d587"` // XOR over them of the first 8 bytes of the SHA-256 of `type:id:version`, as 16 hexadecimal digits.
}

// Checkpoint sums up the records of the types that the public, or whoever may read drafts, sees. It reads the heads of the log from an index.
func Checkpoint(ctx context.Context, db pg.DB, types []string, public bool) ([]Sum, error) {
	heads := "is_head"
	if public {
		heads = "is_public_head AND public"
	}
	rows, err := db.Query(ctx, `
		SELECT t.type, s.count, to_hex(coalesce(s.checksum, 0)) AS checksum
		FROM unnest(@types::text[]) WITH ORDINALITY t(type, n) CROSS JOIN LATERAL (
			SELECT count(*), bit_xor(('x' || encode(substr(sha256(convert_to(c.type || ':' || c.id || ':' || c.version, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint) AS checksum
			FROM changes c WHERE c.type = t.type AND `+heads+` AND op NOT IN ('delete', 'merge', 'erase')) s
		ORDER BY t.n`, pg.Args{"types": types})
	if err != nil {
		return nil, pg.Error(err)
	}
	sums, err := pgx.CollectRows(rows, pgx.RowToStructByName[Sum])
	for i, s := range sums {
		sums[i].Checksum = ("0000000000000000" + s.Checksum)[len(s.Checksum):]
	}
	return sums, pg.Error(err)
}
