package search

import (
	"strings"
)

// term is a word or a phrase of a query (see search_terms in the migration). In Exact and Forms, @ stands for weights.
type term struct {
	Exact   string   `db:"exact"`
	Forms   string   `db:"forms"`
	Related string   `db:"related"`
	Marks   []string `db:"marks"`
}

func (t term) any() string     { return alternatives(t.Exact, t.Forms, t.Related) }
func (t term) own() string     { return alternatives(t.Exact, t.Forms) }
func (t term) written() string { return t.Exact }

func alternatives(patterns ...string) string {
	var given []string
	for _, p := range patterns {
		if p != "" {
			given = append(given, "("+p+")")
		}
	}
	return strings.Join(given, " | ")
}

// queryOf returns the query that all terms match in words of some weights; "": of any.
func queryOf(terms []term, of func(term) string, weights string) string {
	all := make([]string, len(terms))
	for i, t := range terms {
		all[i] = "(" + of(t) + ")"
	}
	query := strings.Join(all, " & ")
	if weights == "" {
		query = strings.NewReplacer(":@", "", ":*@", ":*").Replace(query)
	}
	return strings.ReplaceAll(query, "@", weights)
}

// relatedIDs returns the ids of the topics ('t') or places ('p') that match a term.
func relatedIDs(terms []term, kind string) []string {
	var ids []string
	for _, t := range terms {
		for token := range strings.SplitSeq(t.Related, " | ") {
			if id, ok := strings.CutPrefix(token, "'#"+kind); ok {
				ids = append(ids, strings.TrimSuffix(id, "'"))
			}
		}
	}
	return ids
}
