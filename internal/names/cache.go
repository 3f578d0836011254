package names

import "sync"

// wordCache caches results about the words of queries: queries repeat, and many names share a word.
// It is safe for concurrent use.
type wordCache struct {
	mu      sync.Mutex
	words   map[string]cachedWord // by the key of the word
	similar int                   // total number of similar words
}

// cachedWord is what the cache knows of a word.
type cachedWord struct {
	word      *word
	similar   []similarWord
	indexSize int // number of words in the index at that time
}

// similarWord is a word of the index that may be another spelling of a word, and the similarity of the two.
type similarWord struct {
	number int32
	s      float64
}

// Limits that keep the cache at some megabytes. When one is exceeded, the cache is cleared.
const (
	maxCachedWords   = 1 << 13
	maxCachedSimilar = 1 << 19
)

func (m *wordCache) get(key string) (k cachedWord, ok bool) {
	if m == nil {
		return k, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok = m.words[key]
	return k, ok
}

func (m *wordCache) put(k cachedWord) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.similar += len(k.similar) - len(m.words[k.word.key].similar)
	m.words[k.word.key] = k
	if len(m.words) > maxCachedWords || m.similar > maxCachedSimilar {
		clear(m.words)
		m.similar = 0
	}
}
