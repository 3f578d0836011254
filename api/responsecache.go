package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzhttp/writer/gzkp"
	"github.com/labstack/echo/v4"
	"github.com/maypok86/otter/v2"
)

// Responses are cached until the change log has a new entry. Each request reads the head of the log from the database. A
// client therefore never gets a response that is older than a completed write, not even one through another replica.

// cacheOverhead is the memory that an entry needs in addition to the body. Large responses are not cached.
const cacheOverhead = 400 // bytes

// The compression of responses (see compress).
const (
	minCompressed    = 1 << 10 // bytes
	compressionLevel = 1
	gzipSuffix       = "-gzip" // of the ETag
)

// cacheKey identifies a request by everything that its response depends on, except the state of the database.
type cacheKey [sha256.Size]byte

// cachedResponse is a response with the state that it was made from.
type cachedResponse struct {
	head      int64  // the head of the change log
	tag, etag string // the tag of the state; the ETag of the response
	link      string
	mediaType string // JSON by default
	body      []byte
	gzipped   func() []byte
}

// responseCache holds responses. A nil cache holds none.
type responseCache struct {
	entries *otter.Cache[cacheKey, *cachedResponse]
	head    atomic.Int64 // the newest known head of the change log: older responses are outdated
}

// newResponseCache returns a cache of size bytes that prefers frequently requested responses; nil for size 0.
func newResponseCache(size int) (*responseCache, error) {
	if size == 0 {
		return nil, nil
	}
	entries, err := otter.New(&otter.Options[cacheKey, *cachedResponse]{
		MaximumWeight: uint64(size), // #nosec G115 -- a setting that is checked at startup
		Weigher: func(_ cacheKey, a *cachedResponse) uint32 {
			compressed := 0
			if len(a.body) >= minCompressed {
				compressed = len(a.body) / 3
			}
			return uint32(len(a.body) + compressed + cacheOverhead) // #nosec G115 -- only short responses are cached
		},
	})
	return &responseCache{entries: entries}, err
}

// get returns the cached response, or nil if there is none or it is outdated.
func (c *responseCache) get(key cacheKey) *cachedResponse {
	if c == nil {
		return nil
	}
	found, ok := c.entries.GetIfPresent(key)
	if ok && found.head < c.head.Load() {
		c.entries.Invalidate(key)
		return nil
	}
	return found
}

// put stores a response with a copy of its body.
func (c *responseCache) put(key cacheKey, r cachedResponse, body []byte) {
	if c == nil || len(body) > largeResponse || r.head < c.head.Load() {
		return
	}
	r.body = bytes.Clone(body)
	r.gzipped = sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w := gzkp.NewWriter(&b, compressionLevel)
		_, _ = w.Write(r.body) // a buffer takes everything
		_ = w.Close()
		return bytes.Clone(b.Bytes())
	})
	c.entries.Set(key, &r)
}

// clear removes all responses.
func (c *responseCache) clear() {
	if c != nil {
		c.entries.InvalidateAll()
	}
}

// advance notes the head of the change log.
func (c *responseCache) advance(head int64) {
	if c == nil {
		return
	}
	for known := c.head.Load(); head > known && !c.head.CompareAndSwap(known, head); known = c.head.Load() {
	}
}

// send sends the response again, compressed if the client accepts that.
func (r *cachedResponse) send(c echo.Context) error {
	h, body, etag := c.Response().Header(), r.body, r.etag
	if len(body) >= minCompressed && acceptsGzip(c.Request()) {
		body = r.gzipped()
		etag += gzipSuffix
		h.Set(echo.HeaderContentEncoding, "gzip")
	}
	h.Set("ETag", `"`+etag+`"`)
	if r.link != "" {
		h.Set("Link", r.link)
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, cmp.Or(r.mediaType, echo.MIMEApplicationJSON), body)
}
