package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
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

// transactionKey is where an idempotent request keeps its transaction for write.
const transactionKey = "transaction"

// writtenKey is where a write in that transaction keeps the record whose ETag depends on the commit.
const writtenKey = "written"

// errDryRun rolls back the transaction of a successful dry run.
var errDryRun = errors.New("dry run")

// Idempotent reports whether a route takes an Idempotency-Key.
func Idempotent(r Route) bool {
	return (r.Method == http.MethodPost || r.Method == http.MethodPut) && r.Scope != actor.Public && !r.unstored
}

// idempotent executes a POST or PUT with an Idempotency-Key once: one transaction stores the key, the write and the response, and a
// repeated request returns the stored response. Rejected requests, failed requests and dry runs are not stored.
func (s *server) idempotent(r Route, handle echo.HandlerFunc) echo.HandlerFunc {
	if !Idempotent(r) {
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
		why, _ := reason(c.Request()) // write reports its errors
		ctx := c.Request().Context()
		claim := claimOf(c.Request(), actor.From(ctx).KeyID, given[0], raw)
		var out *storedResponse
		err = s.shares.run(c, func(ctx context.Context) error {
			return changes.Write(ctx, s.db, changes.Options{Reason: why, Request: c.Response().Header().Get(echo.HeaderXRequestID)}, func(tx pgx.Tx) error {
				stored, err := idempotency.Claim(ctx, tx, claim)
				if err != nil {
					return err
				}
				if stored != nil {
					out = &storedResponse{}
					return json.Unmarshal(stored, out)
				}
				c.Request().Body = io.NopCloser(bytes.NewReader(raw))
				if out, err = capture(c, tx, handle); err != nil {
					return err
				}
				if out.header.Get("X-Dry-Run") != "" {
					return errDryRun
				}
				b, err := json.Marshal(out)
				if err != nil {
					return err
				}
				return idempotency.Save(ctx, tx, claim, b)
			})
		})
		if err != nil && !errors.Is(err, errDryRun) {
			return err
		}
		return out.send(s, c)
	}
}

// claimOf identifies a request by everything that its response depends on, except the language, which a client may change
// between two attempts.
func claimOf(r *http.Request, apiKey int64, key string, body []byte) idempotency.Request {
	if media, parameters, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType)); err == nil && media == "multipart/form-data" {
		body = bytes.ReplaceAll(body, []byte("--"+parameters["boundary"]), nil) // clients choose another one for each attempt
	}
	h := sha256.New()
	for _, part := range []string{r.URL.RawQuery, r.Header.Get("If-Match"), string(body)} {
		h.Write([]byte(strconv.Itoa(len(part)) + " " + part))
	}
	return idempotency.Request{
		APIKeyID: apiKey, Secret: bearer(r), Request: r.Method + " " + r.URL.Path, Key: key, Fingerprint: h.Sum(nil),
	}
}

// storedResponse is a response without the headers of its connection and its time.
type storedResponse struct {
	Status      int    `json:"status"`
	ContentType string `json:"content_type"`
	Location    string `json:"location"`
	ETag        string `json:"etag"`
	Body        []byte `json:"body"`

	Written *writtenItem `json:"written,omitempty"` // the record of a write, whose ETag depends on the commit

	header http.Header // nil in a response that was read from the database
}

// capture runs the handler, in the transaction unless it is nil, and returns its response instead of sending it.
func capture(c echo.Context, tx pgx.Tx, handle echo.HandlerFunc) (*storedResponse, error) {
	recorded := &recorder{header: c.Response().Header().Clone()}
	real := c.Response()
	c.SetResponse(echo.NewResponse(recorded, c.Echo()))
	c.Set(transactionKey, tx)
	defer func() {
		c.SetResponse(real)
		c.Set(transactionKey, nil)
	}()
	if err := handle(c); err != nil {
		return nil, err
	}
	h := recorded.header
	of, _ := c.Get(writtenKey).(*writtenItem)
	return &storedResponse{recorded.status, h.Get(echo.HeaderContentType), h.Get(echo.HeaderLocation), h.Get("ETag"),
		recorded.body.Bytes(), of, h}, nil
}

// send sends the response, for the first time or again.
func (r *storedResponse) send(s *server, c echo.Context) error {
	h := c.Response().Header()
	if r.header == nil {
		h.Set(replayed, "true")
		for name, value := range map[string]string{echo.HeaderLocation: r.Location, "ETag": r.ETag} {
			if value != "" {
				h.Set(name, value)
			}
		}
	}
	for name, values := range r.header {
		h[name] = values
	}
	if r.Written != nil {
		h.Set("ETag", r.Written.etag(s, c))
	}
	if len(r.Body) == 0 {
		return c.NoContent(r.Status)
	}
	return c.Blob(r.Status, r.ContentType, r.Body)
}

// recorder is a ResponseWriter that keeps the response in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

// Flush has nothing to do: the response is sent when it is complete.
func (r *recorder) Flush() {}

func (r *recorder) WriteHeader(status int) { r.status = status }

func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
