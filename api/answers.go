package api

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzhttp/writer/gzkp"
	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"
)

// Answers are kept to be given again while the log has no new entry. Whether it has one is asked of the database each time, so
// that nobody, not even through another replica, gets an answer older than a write that has been answered.

// keptOverhead is what it takes to keep an answer beside its bytes. Large ones are not kept.
const keptOverhead = 400 // bytes

// The coding of answers for clients that take it (see compress).
const (
	minCompressed    = 1 << 10 // bytes
	compressionLevel = 1
	gzipSuffix       = "-gzip" // of the ETag
)

// keptAnswer is one that was given.
type keptAnswer struct {
	head      int64  // of the log that it is from
	tag, etag string // of its state, of itself
	link      string
	body      []byte
	gzipped   func() []byte
}

// answers are those that are kept; nil keeps none.
type answers struct {
	kept *otter.Cache[[sha256.Size]byte, *keptAnswer]
	head atomic.Int64 // of the log, as far as it is known: what is older will not be given again
}

// newAnswers keeps up to size bytes of answers, the ones that are asked for most.
func newAnswers(size int) (*answers, error) {
	if size == 0 {
		return nil, nil
	}
	kept, err := otter.New(&otter.Options[[sha256.Size]byte, *keptAnswer]{
		MaximumWeight: uint64(size),
		Weigher: func(_ [sha256.Size]byte, a *keptAnswer) uint32 {
			compressed := 0
			if len(a.body) >= minCompressed {
				compressed = len(a.body) / 3
			}
			return uint32(len(a.body) + compressed + keptOverhead)
		},
	})
	return &answers{kept: kept}, err
}

// get gives the answer to a question, or nil where there is none or the log is known to have gone on.
func (a *answers) get(key [sha256.Size]byte) *keptAnswer {
	if a == nil {
		return nil
	}
	found, ok := a.kept.GetIfPresent(key)
	if ok && found.head < a.head.Load() {
		a.kept.Invalidate(key)
		return nil
	}
	return found
}

// put keeps an answer, which was made from body.
func (a *answers) put(key [sha256.Size]byte, one keptAnswer, body []byte) {
	if a == nil || len(body) > largeAnswer || one.head < a.head.Load() {
		return
	}
	one.body = bytes.Clone(body)
	one.gzipped = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w := gzkp.NewWriter(&b, compressionLevel)
		_, _ = w.Write(one.body) // a buffer takes everything
		_ = w.Close()
		return bytes.Clone(b.Bytes())
	})
	a.kept.Set(key, &one)
}

// saw notes how far the log is.
func (a *answers) saw(head int64) {
	if a == nil {
		return
	}
	for known := a.head.Load(); head > known && !a.head.CompareAndSwap(known, head); known = a.head.Load() {
	}
}

// send gives the answer again.
func (a *keptAnswer) send(c echo.Context) error {
	h, body, etag := c.Response().Header(), a.body, a.etag
	if len(body) >= minCompressed && acceptsGzip(c.Request()) {
		body = a.gzipped()
		etag += gzipSuffix
		h.Set(echo.HeaderContentEncoding, "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	if a.link != "" {
		h.Set("Link", a.link)
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, body)
}
