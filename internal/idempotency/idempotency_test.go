package idempotency_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/idempotency"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func requestOf(t *testing.T, db *pgxpool.Pool) idempotency.Request {
	t.Helper()
	key, _ := fixture.APIKey(t, db)
	return idempotency.Request{APIKeyID: key, Secret: "secret", Request: "POST /v1/topics", Key: "once", Fingerprint: []byte{1}}
}

// send claims a request and, if it is new, remembers an answer. It gives the answer that was remembered before.
func send(t *testing.T, db *pgxpool.Pool, r idempotency.Request, answer string) (before string, err error) {
	t.Helper()
	err = changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		stored, err := idempotency.Claim(t.Context(), tx, r)
		before = string(stored)
		if err != nil || stored != nil {
			return err
		}
		return idempotency.Save(t.Context(), tx, r, []byte(answer))
	})
	return before, err
}

func mustSend(t *testing.T, db *pgxpool.Pool, r idempotency.Request, answer, want string) {
	t.Helper()
	if before, err := send(t, db, r, answer); err != nil || before != want {
		t.Errorf("%s %s: answered %q before, want %q (%v)", r.Request, r.Key, before, want, err)
	}
}

// age makes all remembered requests older.
func age(t *testing.T, db *pgxpool.Pool, by string) {
	t.Helper()
	if _, err := db.Exec(t.Context(), "UPDATE idempotency_keys SET created_at = created_at - $1::interval", by); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *pgxpool.Pool) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM idempotency_keys").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestARepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	mustSend(t, db, r, "first", "")
	mustSend(t, db, r, "second", "first")
	mustSend(t, db, r, "third", "first")
}

func TestAKeyCountsPerClientAndRequest(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	mustSend(t, db, r, "first", "")
	client, path, key := requestOf(t, db), r, r
	path.Request, key.Key = "POST /v1/people", "twice"
	for _, other := range []idempotency.Request{client, path, key} {
		mustSend(t, db, other, "other", "")
	}
	mustSend(t, db, r, "second", "first")
}

func TestAKeyOfAnotherRequestIsInvalid(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	mustSend(t, db, r, "first", "")
	r.Fingerprint = []byte{2}
	_, err := send(t, db, r, "second")
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Invalid || e.Code != "idempotency_key_reused" || len(e.Fields) != 1 || e.Fields[0].Code != "key_of_another_request" {
		t.Errorf("%v", err)
	}
}

func TestARequestThatFailedMayBeSentAgain(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	failed := errors.New("failed")
	err := changes.Write(fixture.Context(), db, changes.Options{}, func(tx pgx.Tx) error {
		if _, err := idempotency.Claim(t.Context(), tx, r); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	mustSend(t, db, r, "second", "")
}

func TestAnAnswerIsRememberedForADay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	mustSend(t, db, r, "first", "")
	age(t, db, "23 hours 59 minutes")
	mustSend(t, db, r, "second", "first")
	age(t, db, "1 minute")
	r.Fingerprint = []byte{2} // the key is free again, for another request, too
	mustSend(t, db, r, "third", "")
	mustSend(t, db, r, "fourth", "third")
}

func TestANewRequestRemovesSomeOldOnes(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	if _, err := db.Exec(t.Context(), `INSERT INTO idempotency_keys (api_key_id, request, key, fingerprint)
		SELECT $1, 'POST /v1/people', n::text, '' FROM generate_series(1, 30) n`, r.APIKeyID); err != nil {
		t.Fatal(err)
	}
	mustSend(t, db, r, "first", "")
	if n := count(t, db); n != 31 {
		t.Errorf("%d are left, want all: none is old", n)
	}
	age(t, db, "25 hours")
	for _, want := range []int{12, 2, 3} { // 20 are removed for each new one
		r.Key += "+"
		mustSend(t, db, r, "another", "")
		if n := count(t, db); n != want {
			t.Errorf("%d are left, want %d", n, want)
		}
	}
}

func TestAnAnswerIsEncryptedWithTheSecretOfTheClient(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	r := requestOf(t, db)
	mustSend(t, db, r, "the token", "")
	var stored []byte
	if err := db.QueryRow(t.Context(), "SELECT answer FROM idempotency_keys").Scan(&stored); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(stored, []byte("token")) {
		t.Errorf("stored as %q", stored)
	}
	r.Secret = "another"
	if before, err := send(t, db, r, "second"); err == nil || before != "" {
		t.Errorf("read with another secret: %q, %v", before, err)
	}
}

func TestAKeyIsOneTo255VisibleASCIICharacters(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"a": true, "!~": true, strings.Repeat("a", idempotency.MaxKey): true,
		"": false, "a b": false, "ключ": false, "a\x7f": false, strings.Repeat("a", idempotency.MaxKey+1): false,
	} {
		if idempotency.Valid(key) != want {
			t.Errorf("%q: valid is %t", key, !want)
		}
	}
}
