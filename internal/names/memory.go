package names

import "sync"

// memory keeps what was found out about words that were asked for: people ask for the same names again, and many names have
// a word in common. It may be used by several at once.
type memory struct {
	mu        sync.Mutex
	known     map[string]known // by the key of the word
	relatives int              // of all of them
}

// known is what is known of a word.
type known struct {
	word      *word
	relatives []relative
	of        int // how many words the index had then
}

// relative is a word of the index that another one may be a spelling of, and how alike they are.
type relative struct {
	number int32
	s      float64
}

// Bounds of what is kept, so that it stays at some megabytes. Beyond them it is all forgotten.
const (
	mostKnown     = 1 << 13
	mostRelatives = 1 << 19
)

func (m *memory) get(key string) (k known, ok bool) {
	if m == nil {
		return k, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok = m.known[key]
	return k, ok
}

func (m *memory) put(k known) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.relatives += len(k.relatives) - len(m.known[k.word.key].relatives)
	m.known[k.word.key] = k
	if len(m.known) > mostKnown || m.relatives > mostRelatives {
		clear(m.known)
		m.relatives = 0
	}
}
