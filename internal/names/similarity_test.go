package names

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// spelled draws words as names have them, so that many of two are alike.
func spelled() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{
			"Алек", "сандр", "ович", "Мар", "at", "ев", "ова", "Ahm", "ed", "ет", "Chu", "rch", "ill", "gh", "zh", "Ж", "и", "lee", "Т.", "q",
		}), 1, 4).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

func TestWhatIsGivenUpIsNotAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := Parse(spelled().Draw(t, "a")), Parse(spelled().Draw(t, "b"))
		bar := rapid.Float64Range(0, 1).Draw(t, "bar")
		for _, x := range a.words {
			for _, y := range b.words {
				all, over := similarityOver(x, y, 0), similarityOver(x, y, bar)
				if over != all && (all > bar || over > bar) {
					t.Fatalf("%s and %s are alike %v, but %v where more than %v is asked for", x.text, y.text, all, over, bar)
				}
				if back := similarityOver(y, x, bar); (back > bar || over > bar) && back != over {
					t.Fatalf("%s and %s are alike %v, the other way round %v, where more than %v is asked for", x.text, y.text, over, back, bar)
				}
				if back := similarityOver(y, x, 0); back != all {
					t.Fatalf("%s and %s are alike %v, the other way round %v", x.text, y.text, all, back)
				}
			}
		}
	})
}

func TestAComparisonRemembersWhatIsSo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := Parse(strings.Join(rapid.SliceOfN(spelled(), 1, 4).Draw(t, "q"), " "))
		c := comparison{similar: map[[2]*word]float64{}, glued: map[[2]*word]*word{}}
		for range 3 {
			n := Parse(strings.Join(rapid.SliceOfN(spelled(), 1, 4).Draw(t, "n"), " "))
			for range 2 {
				if got, want := c.score(q, n), Score(q, n); got != want {
					t.Fatalf("score %v, want %v", got, want)
				}
				if got, want := c.search(q, n), Search(q, n); got != want {
					t.Fatalf("search %v, want %v", got, want)
				}
			}
		}
	})
}

func TestAComparisonThatGivesUpDoesNotForgetAContrast(t *testing.T) {
	t.Parallel()
	a, b := Parse("atat").words[0], Parse("edrch").words[0]
	if over, back := similarityOver(a, b, leastSimilar), similarityOver(b, a, leastSimilar); over > leastSimilar || back > leastSimilar {
		t.Errorf("alike %v, the other way round %v", over, back)
	}
}

func TestAWordThatWasAskedForIsFoundWhenItComes(t *testing.T) {
	t.Parallel()
	x := NewIndex(false)
	x.Set(1, []string{"Ержан Сапарбаев"})
	for range 2 {
		if got := x.View(false).Find("Gulnar Omarova", Possible, 10); len(got) != 0 {
			t.Fatal(got)
		}
	}
	for owner, spelling := range []string{"Гульнар Омарова", "Gulnar Omarova", "Гүлнар Омарова"} {
		x.Set(int64(owner)+2, []string{spelling})
		for range 2 {
			if got := x.View(false).Find("Gulnar Omarova", Possible, 10); len(got) != owner+1 {
				t.Fatalf("after %s was set: %v", spelling, got)
			}
		}
	}
}

func TestManyAskAnIndexAtOnce(t *testing.T) {
	t.Parallel()
	x := NewIndex(false)
	for i := range int64(20) {
		x.Set(i+1, []string{fmt.Sprintf("Серик%d Ахметов", i)})
	}
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 20 {
				q := fmt.Sprintf("Serik%d Akhmetov", (i+g)%20)
				if found := x.View(false).Search(q, .7, 3); len(found) != 3 || found[0].Score != 1 {
					t.Errorf("%s: %v", q, found)
				}
			}
		})
	}
	all.Wait()
}

func TestWhatIsRememberedHasBounds(t *testing.T) {
	t.Parallel()
	for _, relatives := range []int{0, mostRelatives / 100} {
		m := memory{known: map[string]known{}}
		for i := range 2*mostKnown + 10 {
			w := &word{key: fmt.Sprint(i)}
			m.put(known{word: w, relatives: make([]relative, relatives)})
			m.put(known{word: w, relatives: make([]relative, relatives), of: 1})
			if len(m.known) > mostKnown || m.relatives > mostRelatives || m.relatives != relatives*len(m.known) {
				t.Fatalf("%d words with %d relatives each: %d are counted", len(m.known), relatives, m.relatives)
			}
			if k, ok := m.get(w.key); ok && k.of != 1 || !ok && len(m.known) > 0 {
				t.Fatalf("of %s is known %v", w.key, k)
			}
			if relatives > 0 && i > 1000 {
				break
			}
		}
	}
}
