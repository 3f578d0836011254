package document

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/text"
)

// Named is a document that is known by its title, and what else is said about it.
type Named struct {
	Title       text.Map      `json:"title"`
	Kind        string        `json:"kind"`
	URL         *string       `json:"url"`
	PublishedOn *date.Partial `json:"published_on"`

	Acts   []string `json:"acts"`   // keys of the act that it is: see document_acts in the schema; set by FindSame
	Titles []string `json:"titles"` // its titles for comparison; set by FindSame
}

// Same is a document that may be the same as another one.
type Same struct {
	Named
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Act     bool    `json:"act"`       // both have the number and year of one act
	MayAct  bool    `json:"maybe_act"` // both have the number of one act
	AsTitle bool    `json:"as_title"`  // both have a title in common
	Score   float64 `json:"score"`     // similarity of the titles, 0 to 1

	Feature string `json:"-"` // what they have in common: "number", "title" or "url"
	Certain bool   `json:"-"` // they are one document
}

// FindSame returns for each of the documents those that may be the same, the most similar first, and completes its Acts and Titles.
// The function similar_documents in the schema finds them; Same.decide has the rule.
func FindSame(ctx context.Context, db pg.DB, list []Named) ([][]Same, error) {
	for i := range list {
		list[i].Kind = kindOf(list[i].Kind)
	}
	rows, err := pg.All[struct {
		Acts   []string `db:"acts"`
		Titles []string `db:"titles"`
		Found  []Same   `db:"found"`
	}](ctx, db, `SELECT document_acts(g.title, g.kind, g.published_on) AS acts, document_titles(g.title) AS titles,
			(SELECT coalesce(json_agg(json_build_object('id', d.id, 'name', text_sort_key(d.title), 'title', d.title, 'kind', d.kind, 'url', d.url,
				'published_on', d.published_on, 'act', s.same_act, 'maybe_act', s.maybe_act, 'as_title', s.same_title, 'score', s.score)
				ORDER BY s.same_act DESC, s.same_title DESC, s.score DESC, d.id), '[]')
			 FROM similar_documents(g.title, g.kind, g.published_on) s JOIN documents d ON d.id = s.id) AS found
		FROM ROWS FROM (jsonb_to_recordset(@list::jsonb) AS (title jsonb, kind text, published_on text)) WITH ORDINALITY g(title, kind, published_on, n)
		ORDER BY g.n`, pg.Args{"list": list})
	if err != nil {
		return nil, err
	}
	found := make([][]Same, len(list))
	for i, row := range rows {
		list[i].Acts, list[i].Titles = row.Acts, row.Titles
		for _, s := range row.Found {
			if s.decide(list[i]) {
				found[i] = append(found[i], s)
			}
		}
	}
	return found, nil
}

// IsSame reports whether two new documents are certainly one. Both have their Acts and Titles from FindSame.
func IsSame(a, b Named) bool {
	shared := func(x, y []string, certain func(string) bool) bool {
		return slices.ContainsFunc(x, func(s string) bool { return certain(s) && slices.Contains(y, s) })
	}
	s := Same{
		Named: b, Act: shared(a.Acts, b.Acts, func(key string) bool { return key[0] != '?' }),
		AsTitle: shared(a.Titles, b.Titles, func(string) bool { return true }),
	}
	return s.decide(a) && s.Certain
}

// Add makes m another mention of n, so that what is the same as either is the same as n.
func (n *Named) Add(m Named) {
	titles := maps.Clone(m.Title)
	maps.Copy(titles, n.Title)
	n.Title = titles
	n.Acts, n.Titles = append(n.Acts, m.Acts...), append(n.Titles, m.Titles...)
	if n.Kind == "other" {
		n.Kind = m.Kind
	}
	n.URL, n.PublishedOn = cmp.Or(n.URL, m.URL), cmp.Or(n.PublishedOn, m.PublishedOn)
}

// otherTitle reports whether two documents have different titles in one language.
func otherTitle(a, b text.Map) bool {
	for language, title := range a {
		if other, ok := b[language]; ok && names.Key(title) != names.Key(other) {
			return true
		}
	}
	return false
}

// minSimilar is the similarity of titles from which two documents may be one.
const minSimilar = .8

// decide completes s and reports whether it may be the document n. The same act is the same document whatever its title and address,
// the same title unless the types, the dates or the addresses contradict, and the same address unless the titles,
// the types or the dates do. What contradicts, or is only similar, is uncertain; titles that are only similar count for nothing if something
// contradicts, or if n has an address of its own.
func (s *Same) decide(n Named) bool {
	otherKind := s.Kind != n.Kind && s.Kind != "other" && n.Kind != "other"
	otherDate := s.PublishedOn != nil && n.PublishedOn != nil &&
		!strings.HasPrefix(string(*s.PublishedOn), string(*n.PublishedOn)) && !strings.HasPrefix(string(*n.PublishedOn), string(*s.PublishedOn))
	otherURL := s.URL != nil && n.URL != nil && PlainURL(*s.URL) != PlainURL(*n.URL)
	sameURL := s.URL != nil && n.URL != nil && !otherURL
	s.Feature = "title"
	switch {
	case s.Act:
		s.Feature, s.Certain, s.Score = "number", !otherKind, 1
		return true
	case otherURL:
		return false
	case s.AsTitle:
		s.Certain, s.Score = !otherKind && !otherDate, 1
		return true
	case sameURL && !otherTitle(s.Title, n.Title): // one page may hold several documents
		s.Feature, s.Certain, s.Score = "url", !otherKind && !otherDate, 1
		return true
	case s.MayAct:
		s.Feature = "number"
		return !otherKind
	}
	return s.Score >= minSimilar && !otherKind && !otherDate && n.URL == nil
}
