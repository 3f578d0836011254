package names_test

import (
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/names"
)

func TestSureAcceptsOnlyUnambiguousSpellings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Касым-Жомарт Токаев", "Kassym-Jomart Tokayev", true},
		{"Касым-Жомарт Токаев", "Тоқаев Қасым-Жомарт Кемелұлы", true},
		{"Касымжомарт Токаев", "Қасым-Жомарт Тоқаев", true},
		{"Tokaev Qasym-Jomart", "Kassym-Jomart Tokayev", true},
		{"Еркін Тұқымов", "Yerkin Tukumov", true},
		{"Марат Башимов", "Мурат Башимов", false},
		{"Marat Bashimov", "Murat Bashimov", false},
		{"Асель Ахметова", "Асель Ахметов", false},
		{"Н. Назарбаев", "Nazarbayev", false},
		{"Т. К. Калиев", "T. Kaliyev", false},
		{"Марат Ахметов", "Marat Akhmedov", false},
		{"Марат Ахметов", "Marat Akhmetov", true},
		{"Игорь Жуков", "Igor Schukow", true},
		{"", "Tokayev", false},
		{"…", "…", false},
	} {
		a, b := names.Parse(c.a), names.Parse(c.b)
		if got := names.Sure(a, b); got != c.want || names.Sure(b, a) != got {
			t.Errorf("%s and %s (%.3f): sure %v", c.a, c.b, names.Score(a, b), got)
		}
	}
}

func TestAnIndexOfOrganizationsFindsAllSimilarNames(t *testing.T) {
	t.Parallel()
	var all []string
	for _, first := range []string{"Institute", "Институт", "Academy", "Department", "Центр"} {
		for _, of := range []string{"of Public Administration", "общественной политики", "of the Assembly of People", "стратегических исследований при Президенте Республики Казахстан", "History"} {
			for _, last := range []string{"", " of Kazakhstan", " Республики Казахстан", " Almaty"} {
				all = append(all, first+" "+of+last)
			}
		}
	}
	all = append(all, "Public Administration Academy", "Institut Obshchestvennoy Politiki", strings.Repeat("Institute of ", 20)+"History")
	x := names.NewIndex(true)
	parsed := make([]names.Name, len(all))
	for i, name := range all {
		x.Set(int64(i)+1, []string{name})
		parsed[i] = names.ParseOrganization(name)
	}
	for q, name := range all {
		var want, got []int64
		for i, other := range parsed {
			if names.Score(parsed[q], other) >= names.Possible {
				want = append(want, int64(i)+1)
			}
		}
		for _, f := range x.View(false).Find(name, names.Possible, len(all)) {
			got = append(got, f.Owner)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
