package privacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/jackc/pgx/v5"
)

// NamingText is a text that seems to name the person.
//
//	@Description	A text that seems to name the person.
type NamingText struct {
	Type    string  `json:"type" example:"statements"`       // The type of record, as in its path.
	ID      int64   `json:"id" example:"41"`                 // The record.
	Pointer string  `json:"pointer" example:"/texts/0/text"` // The field (RFC 6901).
	Found   string  `json:"found" example:"Талгата Калиева"` // The words that seem to name the person.
	Score   float64 `json:"score" example:"0.93"`            // How well they agree with a name of the person, 0 to 1. Endings of grammatical cases lower it.
} //	@name	TextWithName

// maxTexts is the largest number of texts in a report.
const maxTexts = 1000

// The least scores of a word and of a name. They allow for the endings of grammatical cases.
const (
	minWordScore = .75
	minNameScore = .78
	ownWordScore = .9 // of a single word, in a text about a round table that the person attended
	maxNameWords = 3
)

// nameSearch finds names of one person in texts, in any spelling. It remembers the words that it has seen.
type nameSearch struct {
	whole, single *names.Index // the names; their words
	literal       []string     // other data that identifies the person
	words         map[string]float64
}

func newNameSearch(spellings, literal []string) *nameSearch {
	n := &nameSearch{whole: names.NewIndex(false).InFull(), single: names.NewIndex(false).InFull(), words: map[string]float64{}}
	var words []string
	for _, s := range spellings {
		for _, w := range wordsOf(s) {
			words = append(words, s[w.from:w.to])
		}
	}
	n.whole.Set(1, spellings)
	n.single.Set(1, words)
	for _, l := range literal {
		if len([]rune(l)) > 3 {
			n.literal = append(n.literal, strings.ToLower(l))
		}
	}
	return n
}

// word is the position of a word in a text.
type word struct{ from, to int }

func wordsOf(s string) (words []word) {
	from := -1
	for i, r := range s + " " {
		part := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune("'’ʼʻʹ`‘-", r)
		switch {
		case part && from < 0:
			from = i
		case !part && from >= 0:
			words, from = append(words, word{from, i}), -1
		}
	}
	return words
}

// likeness returns how much a word is like one of the person's names.
func (n *nameSearch) likeness(w string) float64 {
	score, ok := n.words[w]
	if !ok {
		score = best(n.single, w)
		n.words[w] = score
	}
	return score
}

func best(x *names.Index, text string) float64 {
	if found := x.View(false).Find(text, minWordScore, 1); len(found) > 0 {
		return found[0].Score
	}
	return 0
}

// find returns the words of a text that are most like a name of the person, and their score; 0: there are none. In an own text,
// one word of a name is enough.
func (n *nameSearch) find(s string, own bool) (found string, score float64) {
	words := wordsOf(s)
	for i, w := range words {
		likeness := n.likeness(s[w.from:w.to])
		if likeness < minWordScore {
			continue
		}
		if own && likeness >= ownWordScore && score == 0 {
			found, score = s[w.from:w.to], minNameScore
		}
		for from := max(0, i-maxNameWords+1); from <= i; from++ { // an initial may come first
			for to := i + 1; to <= min(len(words), from+maxNameWords); to++ {
				part := s[words[from].from:words[to-1].to]
				if now := best(n.whole, part); now >= minNameScore && now > score {
					found, score = part, now
				}
			}
		}
	}
	return found, score
}

// mentions reports whether a text names the person or contains other data of theirs.
func (n *nameSearch) mentions(s string) bool {
	lower := strings.ToLower(s)
	if slices.ContainsFunc(n.literal, func(l string) bool { return strings.Contains(lower, l) }) {
		return true
	}
	_, score := n.find(s, false)
	return score > 0
}

// readNames reads all names that the person has or had, and the texts that identify them.
func (s *subject) readNames(ctx context.Context, tx pgx.Tx) error {
	args := pg.Args{"ids": s.ids, "own": s.own, "contacts": s.known("contacts")}
	spellings, err := pg.Column[string](ctx, tx, `
		WITH people AS (SELECT after FROM changes WHERE type = 'people' AND id = ANY (@ids) AND after IS NOT NULL)
		SELECT n.value FROM people, jsonb_each_text(after -> 'name') n
		UNION SELECT o ->> 'text' FROM people, jsonb_array_elements(after -> 'other_names') o
		UNION SELECT after ->> 'name_as_listed' FROM changes WHERE type = 'attendees' AND id = ANY (@own) AND after ->> 'name_as_listed' IS NOT NULL`,
		pg.Args{"ids": args["ids"], "own": append([]int64{}, s.own...)})
	if err != nil {
		return err
	}
	literal, err := pg.Column[string](ctx, tx, `
		WITH people AS (SELECT after FROM changes WHERE type = 'people' AND id = ANY (@ids) AND after IS NOT NULL)
		SELECT jsonb_array_elements_text(after -> 'external_ids') FROM people
		UNION SELECT after ->> 'notes' FROM people WHERE after ->> 'notes' IS NOT NULL
		UNION SELECT b.value FROM people, jsonb_each_text(nullif(after -> 'bio', 'null')) b
		UNION SELECT after ->> 'value' FROM changes WHERE type = 'contacts' AND id = ANY (@contacts) AND after ->> 'value' IS NOT NULL`,
		pg.Args{"ids": args["ids"], "contacts": args["contacts"]})
	s.names = newNameSearch(spellings, literal)
	return err
}

// namingTexts returns the texts of other records that seem to name the person, the most certain first.
func (s *subject) namingTexts(ctx context.Context, tx pgx.Tx) ([]NamingText, error) {
	events, err := pg.Column[int64](ctx, tx, "SELECT round_table_id FROM attendees WHERE person_id = ANY (@ids)", pg.Args{"ids": s.ids})
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT type, id, coalesce((after ->> 'round_table_id')::bigint, CASE WHEN type = 'round-tables' THEN id END, 0),
			coalesce((after ->> 'attendee_id')::bigint, CASE WHEN type = 'attendees' THEN id END, 0), after::text
		FROM changes WHERE is_head AND after IS NOT NULL AND type <> ALL ('{api-keys,webhooks,imports,merges,distinctions,affiliations,contacts}')
			AND NOT (type = 'people' AND id = ANY (@ids))
		UNION ALL SELECT type, id, 0, 0, after::text FROM changes WHERE is_head AND after IS NOT NULL
			AND (type = 'contacts' AND id <> ALL (@contacts)
				OR type = 'affiliations' AND id <> ALL (@affiliations) OR type = 'distinctions' AND id <> ALL (@distinctions))`,
		pg.Args{"ids": s.ids, "contacts": s.known("contacts"), "affiliations": s.known("affiliations"), "distinctions": s.known("distinctions")})
	if err != nil {
		return nil, pg.Error(err)
	}
	texts := []NamingText{}
	var t NamingText
	var event, attendance int64
	var content string
	_, err = pgx.ForEachRow(rows, []any{&t.Type, &t.ID, &event, &attendance, &content}, func() error {
		plain := withoutEscapes.Replace(content)
		if !slices.ContainsFunc(wordsOf(plain), func(w word) bool { return s.names.likeness(plain[w.from:w.to]) >= minWordScore }) {
			return nil
		}
		return eachText(content, func(pointer, text string) {
			cleared := (pointer == "/name_as_listed" || pointer == "/attribution") && slices.Contains(s.own, attendance)
			t.Pointer = pointer
			if t.Found, t.Score = s.names.find(text, slices.Contains(events, event)); t.Score > 0 && !cleared {
				texts = append(texts, t)
			}
		})
	})
	if err != nil {
		return nil, fmt.Errorf("search the texts: %w", pg.Error(err))
	}
	slices.SortStableFunc(texts, func(a, b NamingText) int { return cmp.Compare(b.Score, a.Score) })
	return texts[:min(len(texts), maxTexts)], nil
}

// withoutEscapes replaces the escapes in a JSON text, whose letters would belong to the next word.
var withoutEscapes = strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ", `\"`, " ")

// eachText calls f with each text of a JSON value.
func eachText(content string, f func(pointer, text string)) error {
	d := jsontext.NewDecoder(strings.NewReader(content))
	for {
		token, err := d.ReadToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if kind, length := d.StackIndex(d.StackDepth()); token.Kind() == '"' && (kind == '[' || kind == '{' && length%2 == 0) {
			f(string(d.StackPointer()), token.String())
		}
	}
}
