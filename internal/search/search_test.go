package search_test

import (
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/pg"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// The forms of a Kazakh word begin with one of the stems of each of them.
func TestTheFormsOfAKazakhWordAreFoundByEachOther(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for _, forms := range []string{
		"реформа реформалар реформаларды реформаның реформасында", "сарапшы сарапшылар сарапшылардың сарапшыға", "мемлекет мемлекеттің мемлекеттік мемлекетте",
		"кітап кітабы кітаптар кітапта", "саясат саясаты саясатының саясаттағы", "Астана Астанада Астананың Астанадан", "сайлау сайлауда сайлаудың сайлаулар",
		"қазақстан қазақстанда қазақстандық қазақстандықтар",
	} {
		all := strings.Fields(forms)
		for _, q := range all {
			found, err := pg.Column[string](t.Context(), db, `SELECT w FROM unnest(@all::text[]) w
				WHERE EXISTS (SELECT FROM unnest(search_kazakh_stems(search_fold(@q))) k WHERE search_fold(w) LIKE k || '%') ORDER BY w`, pg.Args{"all": all, "q": q})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(slices.Sorted(slices.Values(found)), slices.Sorted(slices.Values(all))) {
				t.Errorf("%s finds %v of %v", q, found, all)
			}
		}
	}
}

func TestTheTextOfASearchBoxIsReadAsTermsAndPhrases(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	for q, want := range map[string]string{
		`local government`:           "'local':@; 'government':@",
		`"local government" reform`:  "'local':@ <-> 'government':@; 'reform':@",
		`«Рухани жаңғыру»`:           "'рухани':@ <-> 'жангыру':@",
		`"unbalanced local`:          "'unbalanced':@; 'local':@",
		`КИСИ/РФ 2020-2021`:          "'киси':@; 'рф':@; '2020':@; '2021':@",
		`of the и жане`:              "",
		`"" '' \ & | ! : * ( ) <->`:  "",
		strings.Repeat("слово ", 40): strings.TrimSuffix(strings.Repeat("'слово':@; ", 12), "; "),
	} {
		terms, err := pg.Column[string](t.Context(), db, "SELECT exact FROM search_terms(@q, false)", pg.Args{"q": q})
		if got := strings.Join(terms, "; "); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", q, got, want, err)
		}
	}
}
