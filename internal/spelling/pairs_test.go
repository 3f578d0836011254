package spelling_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/names"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/spelling"
)

func TestPairsAreReturnedOnceAndInParts(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	ids := map[string]int64{}
	for _, name := range []string{"Talgat Kaliyev", "Yerlan Karin", "Калиев Талгат", "Aidos Sarym", "Karin Erlan", "Қалиев Талғат", "Zarema Shaukenova"} {
		ids[name] = fixture.Person(t, db, func(in *person.Input) { *in = named(name) })
	}
	want := []string{}
	for _, pair := range [][2]string{{"Talgat Kaliyev", "Калиев Талгат"}, {"Talgat Kaliyev", "Қалиев Талғат"}, {"Yerlan Karin", "Karin Erlan"}, {"Калиев Талгат", "Қалиев Талғат"}} {
		want = append(want, fmt.Sprint(ids[pair[0]], ids[pair[1]]))
	}
	slices.Sort(want)
	for _, limit := range []int{1, 100} {
		got, parts, past := []string{}, 0, time.Now().Add(-time.Second)
		until := time.Now().Add(time.Hour)
		for after := (*spelling.Place)(nil); ; parts++ {
			p, err := f.Pairs(t.Context(), names.Duplicate, nil, after, limit, until)
			if err != nil {
				t.Fatal(err)
			}
			for i, pair := range p.List {
				got = append(got, fmt.Sprint(pair.First.ID, pair.Second.ID))
				if i > 0 && pair.Second.Score > p.List[i-1].Second.Score || pair.Second.Score < names.Duplicate {
					t.Errorf("not the best first: %+v", p.List)
				}
			}
			if after = p.Next; after == nil {
				break
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) || limit == 1 && parts < 2 || limit == 100 && parts != 0 {
			t.Errorf("with limit %d, in %d parts: %v, want %v", limit, parts+1, got, want)
		}
		if p, err := f.Pairs(t.Context(), names.Duplicate, nil, nil, 100, past); err != nil || p.Next == nil || p.Next.ID != ids["Talgat Kaliyev"] {
			t.Errorf("out of time: %+v, %v", p, err)
		}
	}
}

func TestThePairsThatMostRecordsReferToComeFirst(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	f := newFinder(t, db)
	ids := map[string]int64{}
	for _, name := range []string{"Talgat Kaliyev", "Yerlan Karin", "Aidos Sarym", "Калиев Талгат", "Karin Erlan", "Сарым Айдос"} {
		ids[name] = fixture.Person(t, db, func(in *person.Input) { *in = named(name) })
	}
	uses := map[int64]int64{ids["Talgat Kaliyev"]: 3, ids["Karin Erlan"]: 5, ids["Yerlan Karin"]: 1, ids["Сарым Айдос"]: 4, ids["Aidos Sarym"]: 4}
	for _, limit := range []int{1, 2, 10} {
		got := []string{}
		for after := (*spelling.Place)(nil); ; {
			p, err := f.Pairs(t.Context(), names.Duplicate, uses, after, limit, time.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range p.List {
				got = append(got, fmt.Sprint(pair.First.ID, " ", pair.Second.ID, " ", pair.Uses))
			}
			if after = p.Next; after == nil {
				break
			}
		}
		want := []string{
			fmt.Sprint(ids["Aidos Sarym"], " ", ids["Сарым Айдос"], " 8"), fmt.Sprint(ids["Yerlan Karin"], " ", ids["Karin Erlan"], " 6"),
			fmt.Sprint(ids["Talgat Kaliyev"], " ", ids["Калиев Талгат"], " 3"),
		}
		if !slices.Equal(got, want) {
			t.Errorf("with limit %d: %v, want %v", limit, got, want)
		}
	}
}
