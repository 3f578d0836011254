package names

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// wordGenerator draws words built from parts of names, so that two of them are often similar.
func wordGenerator() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{
			"Алек", "сандр", "ович", "Мар", "at", "ев", "ова", "Ahm", "ed", "ет", "Chu", "rch", "ill", "gh", "zh", "Ж", "и", "lee", "Т.", "q",
		}), 1, 4).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

func TestStoppingEarlyDoesNotChangeSimilarities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := Parse(wordGenerator().Draw(t, "a")), Parse(wordGenerator().Draw(t, "b"))
		bar := rapid.Float64Range(0, 1).Draw(t, "bar")
		for _, x := range a.words {
			for _, y := range b.words {
				all, over := wordSimilarity(x, y, 0), wordSimilarity(x, y, bar)
				if over != all && (all > bar || over > bar) {
					t.Fatalf("similarity of %s and %s: %v, but %v with the threshold %v", x.text, y.text, all, over, bar)
				}
				if back := wordSimilarity(y, x, bar); (back > bar || over > bar) && back != over {
					t.Fatalf("similarity of %s and %s: %v, in reverse %v, with the threshold %v", x.text, y.text, over, back, bar)
				}
				if back := wordSimilarity(y, x, 0); back != all {
					t.Fatalf("similarity of %s and %s: %v, in reverse %v", x.text, y.text, all, back)
				}
			}
		}
	})
}

func TestACachingComparisonScoresAsScoreDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := Parse(strings.Join(rapid.SliceOfN(wordGenerator(), 1, 4).Draw(t, "q"), " "))
		c := comparison{similar: map[[2]*word]float64{}, joined: map[[2]*word]*word{}}
		for range 3 {
			n := Parse(strings.Join(rapid.SliceOfN(wordGenerator(), 1, 4).Draw(t, "n"), " "))
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

func TestStoppingEarlyDoesNotIgnoreAContrast(t *testing.T) {
	t.Parallel()
	a, b := Parse("atat").words[0], Parse("edrch").words[0]
	if over, back := wordSimilarity(a, b, minSimilarity), wordSimilarity(b, a, minSimilarity); over > minSimilarity || back > minSimilarity {
		t.Errorf("similarity %v, in reverse %v", over, back)
	}
}

func TestACachedWordIsFoundAfterItIsAdded(t *testing.T) {
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

func TestAnIndexCanBeSearchedConcurrently(t *testing.T) {
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

func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	for _, similar := range []int{0, maxCachedSimilar / 100} {
		m := wordCache{words: map[string]cachedWord{}}
		for i := range 2*maxCachedWords + 10 {
			w := &word{key: fmt.Sprint(i)}
			m.put(cachedWord{word: w, similar: make([]similarWord, similar)})
			m.put(cachedWord{word: w, similar: make([]similarWord, similar), indexSize: 1})
			if len(m.words) > maxCachedWords || m.similar > maxCachedSimilar || m.similar != similar*len(m.words) {
				t.Fatalf("%d words with %d similar words each: %d are counted", len(m.words), similar, m.similar)
			}
			if k, ok := m.get(w.key); ok && k.indexSize != 1 || !ok && len(m.words) > 0 {
				t.Fatalf("the cache has %[2]v for %[1]s", w.key, k)
			}
			if similar > 0 && i > 1000 {
				break
			}
		}
	}
}
