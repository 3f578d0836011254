package site

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestTheSameNetworkHasTheSameLayout(t *testing.T) {
	links := [][2]int{{0, 1}, {1, 2}, {0, 2}, {3, 4}}
	first := layout(6, links)
	if again := layout(6, links); !slices.Equal(first, again) {
		t.Errorf("%v differs from %v", again, first)
	}
	distance := func(a, b int) float64 { return math.Hypot(first[a].x-first[b].x, first[a].y-first[b].y) }
	if distance(0, 1) > distance(0, 3) || distance(3, 4) > distance(1, 4) {
		t.Errorf("linked nodes are not near each other: %v", first)
	}
	for _, p := range slices.Concat(first, layout(1, nil), layout(2, [][2]int{{0, 1}})) {
		if !(p.x >= networkEdge && p.x <= networkWidth-networkEdge && p.y >= networkEdge && p.y <= networkHeight-networkEdge) {
			t.Errorf("%v is out of the frame", p)
		}
	}
	if got := layout(0, nil); len(got) != 0 {
		t.Errorf("an empty network has %v", got)
	}
}

func TestNamesOfDotsDoNotOverlap(t *testing.T) {
	d := drawing{Width: 300}
	for _, at := range []point{{100, 50}, {150, 50}, {290, 100}, {100, 52}} {
		d.add(at, 5, "Ten letters", 1, "")
	}
	d.nameDots()
	var anchors []string
	for _, dot := range d.Dots {
		anchors = append(anchors, dot.Anchor)
	}
	if want := []string{"end", "start", "end", ""}; !slices.Equal(anchors, want) {
		t.Errorf("%q, want %q", anchors, want)
	}
}

func TestTheMapHasNorthAtTheTop(t *testing.T) {
	g := New(Config{}).ground
	astana, almaty, aktau := g.at(71.4491, 51.1694), g.at(76.8897, 43.2389), g.at(51.16, 43.65)
	if astana.y > almaty.y || aktau.x > astana.x || astana.x > almaty.x {
		t.Errorf("Astana %v, Almaty %v, Aktau %v", astana, almaty, aktau)
	}
	for _, p := range []point{astana, almaty, aktau} {
		if p.x < mapMargin || p.x > mapWidth-mapMargin || p.y < mapMargin || p.y > float64(g.height-mapMargin) {
			t.Errorf("%v is out of the map", p)
		}
	}
	// Two degrees along a meridian are 222 km; the map is about 2960 km wide.
	if length := g.at(67, 49).y - g.at(67, 47).y; math.Abs(math.Abs(length)-222*float64(mapWidth-2*mapMargin)/2960) > 3 {
		t.Errorf("two degrees are %v pixels", length)
	}
}

func TestTheListOfTwoGroupsHasTheFiltersOfBoth(t *testing.T) {
	for _, c := range [][3]string{
		{"/v1/round-tables?topic=2", "/v1/round-tables?format=forum", "/v1/round-tables?format=forum&topic=2"},
		{"/v1/round-tables?topic=2", "/v1/round-tables?starts_from=2020-01-01&starts_to=2021-01-01", "/v1/round-tables?starts_from=2020-01-01&starts_to=2021-01-01&topic=2"},
		{
			"/v1/round-tables?starts_from=2020-01-01&starts_to=2021-01-01&topic=2", "/v1/round-tables?starts_from=2020-02-01&starts_to=2020-03-01",
			"/v1/round-tables?starts_from=2020-02-01&starts_to=2020-03-01&topic=2",
		},
	} {
		if got := both(c[0], c[1]); got != c[2] {
			t.Errorf("%s and %s: %s", c[0], c[1], got)
		}
	}
}

func TestAFilterOfTimeHasTheNameOfItsYearOrMonth(t *testing.T) {
	v := &view{site: New(Config{}), lang: "en"}
	for _, c := range [][3]string{
		{"2020-01-01", "2021-01-01", "2020"}, {"2020-02-01", "2020-03-01", "February 2020"}, {"2020-02-03", "", "since 3 February 2020"},
		{"", "2021-01-01", "before 1 January 2021"}, {"2020-02-03", "2020-03-04", "since 3 February 2020, before 4 March 2020"}, {"soon", "", "soon"},
	} {
		if got := strings.ReplaceAll(v.span(c[0], c[1]), "\u00a0", " "); got != c[2] {
			t.Errorf("%s to %s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestTheListOfAPairHasThoseOfTheFilterToo(t *testing.T) {
	for _, c := range []struct {
		target string
		people []int64
		want   string
	}{
		{"/v1/stats/network?limit=60&of=people", []int64{3}, "/v1/round-tables?person=3"},
		{"/v1/stats/network?limit=60&of=people&topic=2", []int64{3, 4}, "/v1/round-tables?person=3,all%3A4&topic=2"},
		{"/v1/stats/network?limit=60&of=people&person=7,8", []int64{3}, "/v1/round-tables?person=7,8,all%3A3"},
	} {
		if got := attendedBy(c.target, c.people...); got != c.want {
			t.Errorf("%s: %s, want %s", c.target, got, c.want)
		}
	}
}

func TestEveryChartNamesWhatItLeavesOut(t *testing.T) {
	v := &view{site: New(Config{}), lang: "en"}
	for id, d := range definitions {
		complete := d.kind == "network" || id == "languages" || id == "status"
		if got := v.missing(d.target); (got == v.text("rest_missing")) != complete {
			t.Errorf("%s: %q", id, got)
		}
	}
}

func TestLongNamesAreBrokenBetweenWords(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want []string
	}{
		{"2021", 3, []string{"2021"}},
		{"Mazhilis of the Parliament", 3, []string{"Mazhilis of the", "Parliament"}},
		{"Қазақстан Республикасының Парламенті", 3, []string{"Қазақстан", "Республикасының", "Парламенті"}},
		{"Institute for Strategic and Interregional Studies", 2, []string{"Institute for", "Strategic and …"}},
		{"", 3, nil},
	} {
		if got := breakLines(c.text, 15, c.most); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
