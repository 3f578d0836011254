package changes

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"roundtables.kz/registry/internal/pg"

	"github.com/jackc/pgx/v5"
)

// FeedTypes are the types of the log that the feed tells of, in the order in which records refer to each other. Contacts, keys and what operators
// decide about records that look alike are nobody's copy.
var FeedTypes = []string{
	"topics", "places", "roles", "organizations", "people", "affiliations", "documents", "round-tables", "organizers", "attendees", "statements", "recommendations",
}

// Told are the types that somebody asks for, in the order of the feed; all of them if none is named.
func Told(asked []string) []string {
	if len(asked) == 0 {
		return FeedTypes
	}
	return slices.DeleteFunc(slices.Clone(FeedTypes), func(t string) bool { return !slices.Contains(asked, t) })
}

// Change is the newest state of one record, as the feed tells it.
//
//	@Description	What became of one record, without its data.
type Change struct {
	Seq     int64     `json:"-" db:"seq"`
	Op      string    `json:"op" db:"op" enums:"upsert,delete,withdraw,merge,erase" example:"upsert"`      // upsert: it is there, or what you see of it is another. delete: it is gone. withdraw: you no longer see it. merge: it is part of `into` now. erase: it is gone with its history.
	Type    string    `json:"type" db:"type" example:"round-tables"`                                       // What it is, as in the path.
	ID      int64     `json:"id" db:"id" example:"1"`                                                      // Which one.
	Version int64     `json:"version" db:"version" example:"3"`                                            // Its version.
	At      time.Time `json:"changed_at" db:"at" format:"date-time" example:"2026-01-15T09:30:00.123456Z"` // When.
	Into    *int64    `json:"into,omitzero" db:"into_id" validate:"optional" example:"2"`                  // The record of the same type that it is part of, after a merge, if you may see that.
} //	@name	ChangeTold

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

// Identity is what a database is.
type Identity struct {
	Epoch  string `db:"epoch"`
	Secret []byte `db:"secret"` // signs cursors and hashes keys
}

// Identify gives what the database is. One that was restored since it was asked last gets another epoch first: its log may go on otherwise than the one
// that was told, under the same numbers. A restore is noticed by the server, the database or the timeline being another one.
func Identify(ctx context.Context, db pg.DB) (Identity, error) {
	const here = "(SELECT concat_ws('/', (pg_control_system()).system_identifier, d.oid, (pg_control_checkpoint()).timeline_id) FROM pg_database d WHERE d.datname = current_database())"
	err := pg.Exec(ctx, db, "UPDATE registry r SET home = h.here, epoch = CASE WHEN r.home IS NULL THEN r.epoch ELSE substr(md5(gen_random_uuid()::text), 1, 8) END FROM "+
		here+" h(here) WHERE r.home IS DISTINCT FROM h.here", nil)
	if err != nil {
		return Identity{}, err
	}
	return pg.One[Identity](ctx, db, "SELECT epoch, secret FROM registry", nil)
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

// Sums are those of all records of the types of the feed that the public, or whoever may read drafts, sees at a place in the log.
type Sums struct {
	Head Head
	of   map[string]sum
}

// sum is what records amount to: how many, and the XOR of their digests.
type sum struct{ count, digest int64 }

// farBehind is the number of entries of the log after which everything is summed up anew rather than what has changed.
const farBehind = 100_000

const (
	digestOf = "('x' || encode(substr(sha256(convert_to(%[1]s.type || ':' || %[1]s.id || ':' || %[1]s.version, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint"
	isThere  = "%[1]s.op NOT IN ('delete', 'merge', 'erase')"
)

// Checkpoint gives the sums at the head of the log. From known ones of the same database, if they are not too old, only what has
// changed since is added up; else the heads of all records, which takes a second for 200,000 of them.
func Checkpoint(ctx context.Context, db pg.DB, known Sums, public bool) (Sums, error) {
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
	rows, err := db.Query(ctx, differences(since > 0, public), pg.Args{"types": FeedTypes, "since": since})
	if err != nil {
		return Sums{}, pg.Error(err)
	}
	var kind string
	var d sum
	_, err = pgx.ForEachRow(rows, []any{&kind, &d.count, &d.digest}, func() error {
		was := sums.of[kind]
		sums.of[kind] = sum{was.count + d.count, was.digest ^ d.digest}
		return nil
	})
	return sums, pg.Error(err)
}

// differences is the query for what the entries after @since add to each type. What a record was before is its last entry that
// counts for the reader, as a head was.
func differences(some, public bool) string {
	heads, counts, shown := "c.is_head", "o.op <> 'visibility'", "true"
	if public {
		heads, counts, shown = "c.is_public_head", "o.is_public_head IS NOT NULL", "%[1]s.public"
	}
	seen := func(alias string) string { return fmt.Sprintf(isThere+" AND "+shown, alias) }
	digest := func(alias string) string { return fmt.Sprintf(digestOf, alias) }
	if !some {
		return "SELECT c.type, count(*), bit_xor(" + digest("c") + ") FROM changes c WHERE c.type = ANY (@types) AND c.seq > @since AND " + heads + " AND " + seen("c") + " GROUP BY c.type"
	}
	return `WITH touched AS (SELECT DISTINCT c.type, c.id FROM changes c WHERE c.seq > @since AND c.type = ANY (@types))
		SELECT d.type, sum(d.n)::bigint, bit_xor(d.digest) FROM (
			SELECT c.type, 1 AS n, ` + digest("c") + ` AS digest FROM touched t JOIN changes c ON c.type = t.type AND c.id = t.id AND ` + heads + ` AND ` + seen("c") + `
			UNION ALL
			SELECT o.type, -1, ` + digest("o") + ` FROM touched t JOIN LATERAL (
				SELECT o.* FROM changes o WHERE o.type = t.type AND o.id = t.id AND o.seq <= @since AND ` + counts + ` ORDER BY o.seq DESC LIMIT 1) o ON ` + seen("o") + `) d
		GROUP BY d.type`
}

// List gives the sums of types, in the order of the feed.
func (s Sums) List(types []string) []Sum {
	list := []Sum{}
	for _, t := range types {
		list = append(list, Sum{Type: t, Count: s.of[t].count, Checksum: fmt.Sprintf("%016x", uint64(s.of[t].digest))})
	}
	return list
}
