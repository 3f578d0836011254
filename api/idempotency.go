package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strconv"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/changes"
	"roundtables.kz/registry/internal/idempotency"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

const (
	idempotencyKey = "Idempotency-Key"
	replayed       = "Idempotency-Replayed"
)

// transactionKey is where a request that must not have its effect twice keeps its transaction, for write.
const transactionKey = "transaction"

// errRehearsed ends the transaction of a dry run that succeeded.
var errRehearsed = errors.New("rehearsed")

// Remembered reports whether a request that is repeated with its Idempotency-Key has no second effect.
func Remembered(r Route) bool {
	return r.Method == http.MethodPost && r.Scope != actor.Public && r.Path != webhookTestPath
}

// once lets a POST with an Idempotency-Key have its effect once: the key, the write and the answer are one transaction, and
// who repeats the request gets the answer again. What was refused, what failed and dry runs are not remembered.
func (s *server) once(r Route, handle echo.HandlerFunc) echo.HandlerFunc {
	if !Remembered(r) {
		return handle
	}
	return func(c echo.Context) error {
		given := c.Request().Header.Values(idempotencyKey)
		if len(given) == 0 {
			return handle(c)
		}
		if len(given) > 1 || !idempotency.Valid(given[0]) {
			return apperr.BadQuery([]apperr.Field{apperr.In(idempotencyKey, "bad_idempotency_key", "max", strconv.Itoa(idempotency.MaxKey))})
		}
		raw, err := readAll(c)
		if err != nil {
			return err
		}
		why, _ := reason(c.Request()) // write tells what is wrong with it
		ctx := c.Request().Context()
		claim := claimOf(c.Request(), actor.From(ctx).KeyID, given[0], raw)
		var out *answer
		err = changes.Write(ctx, s.db, changes.Options{Reason: why}, func(tx pgx.Tx) error {
			kept, err := idempotency.Claim(ctx, tx, claim)
			if err != nil {
				return err
			}
			if kept != nil {
				out = &answer{}
				return json.Unmarshal(kept, out)
			}
			c.Request().Body = io.NopCloser(bytes.NewReader(raw))
			if out, err = answerOf(c, tx, handle); err != nil {
				return err
			}
			if out.header.Get("X-Dry-Run") != "" {
				return errRehearsed
			}
			b, err := json.Marshal(out)
			if err != nil {
				return err
			}
			return idempotency.Save(ctx, tx, claim, b)
		})
		if err != nil && !errors.Is(err, errRehearsed) {
			return err
		}
		return out.send(c)
	}
}

// claimOf says what the request is: everything that the answer depends on, but for the language, which a client may change
// between two tries.
func claimOf(r *http.Request, apiKey int64, key string, body []byte) idempotency.Request {
	h := sha256.New()
	for _, part := range []string{r.URL.RawQuery, r.Header.Get("If-Match"), string(body)} {
		h.Write([]byte(strconv.Itoa(len(part)) + " " + part))
	}
	return idempotency.Request{
		APIKeyID: apiKey, Secret: bearer(r), Request: r.Method + " " + r.URL.Path, Key: key, Fingerprint: h.Sum(nil),
	}
}

// answer is what a request was answered, without what belongs to the connection or the moment.
type answer struct {
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	Location    string `json:"location"`
	ETag        string `json:"etag"`
	Body        []byte `json:"body"`

	header http.Header // nil in an answer that was kept
}

// answerOf runs the handler in the transaction and keeps its answer from the client.
func answerOf(c echo.Context, tx pgx.Tx, handle echo.HandlerFunc) (*answer, error) {
	held := &holder{header: c.Response().Header().Clone()}
	real := c.Response()
	c.SetResponse(echo.NewResponse(held, c.Echo()))
	c.Set(transactionKey, tx)
	defer func() {
		c.SetResponse(real)
		c.Set(transactionKey, nil)
	}()
	if err := handle(c); err != nil {
		return nil, err
	}
	h := held.header
	return &answer{held.status, h.Get(echo.HeaderContentType), h.Get(echo.HeaderLocation), h.Get("ETag"), held.body.Bytes(), h}, nil
}

// send answers the request, for the first time or again.
func (a *answer) send(c echo.Context) error {
	h := c.Response().Header()
	if a.header == nil {
		h.Set(replayed, "true")
		for name, value := range map[string]string{echo.HeaderLocation: a.Location, "ETag": a.ETag} {
			if value != "" {
				h.Set(name, value)
			}
		}
	}
	for name, values := range a.header {
		h[name] = values
	}
	return c.Blob(a.Status, a.ContentType, a.Body)
}

// holder is a ResponseWriter that keeps what is written.
type holder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *holder) Header() http.Header { return h.header }

func (h *holder) WriteHeader(status int) { h.status = status }

func (h *holder) Write(b []byte) (int, error) { return h.body.Write(b) }
