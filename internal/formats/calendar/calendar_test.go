package calendar_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/formats/calendar"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	ics "github.com/arran4/golang-ical"
)

const license = "https://creativecommons.org/licenses/by/4.0/"

var options = calendar.Options{
	Name: "Round tables", Lang: "ru", Base: "https://example.org", Domain: "example.org", Authority: "one.roundtables.kz", License: license,
}

// written gives a calendar with one event, and the lines of the event as they are after unfolding.
func written(t *testing.T, set func(*roundtable.RoundTable)) (raw string, lines []string) {
	t.Helper()
	r := roundtable.RoundTable{Input: roundtable.Input{
		Title: text.Map{"ru": "Этническая политика", "en": "Ethnic policy"}, Status: "held", StartsOn: day("2020-02-27"), DatePrecision: "day",
	}}
	r.ID, r.Version, r.CreatedAt, r.UpdatedAt = 13, 4, time.Unix(0, 0), time.Unix(60, 0)
	set(&r)
	var b strings.Builder
	w := calendar.NewWriter(&b, options, r.Span())
	if err := errors.Join(w.Begin(), w.Add(t.Context(), nil, []roundtable.RoundTable{r}), w.End()); err != nil {
		t.Fatal(err)
	}
	raw = b.String()
	if _, err := ics.ParseCalendar(strings.NewReader(raw)); err != nil {
		t.Errorf("%v: %s", err, raw)
	}
	_, event, found := strings.Cut(strings.ReplaceAll(raw, "\r\n ", ""), "BEGIN:VEVENT\r\n")
	if !found {
		return raw, nil
	}
	event, _, _ = strings.Cut(event, "\r\nEND:VEVENT\r\n")
	return raw, strings.Split(event, "\r\n")
}

func day(s string) *date.Day {
	d, err := date.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return &d
}

func at(s string) *time.Time {
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return &parsed
}

func TestAnEventStandsWhereItsDatesSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  func(*roundtable.RoundTable)
		want string
	}{
		"a day":   {func(*roundtable.RoundTable) {}, "DTEND;VALUE=DATE:20200228 DTSTART;VALUE=DATE:20200227"},
		"days":    {func(r *roundtable.RoundTable) { r.EndsOn = day("2020-03-01") }, "DTEND;VALUE=DATE:20200302 DTSTART;VALUE=DATE:20200227"},
		"a month": {func(r *roundtable.RoundTable) { r.StartsOn, r.DatePrecision = day("2019-12-01"), "month" }, "DTEND;VALUE=DATE:20200101 DTSTART;VALUE=DATE:20191201 TRANSP:TRANSPARENT"},
		"times": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.EndsAt = at("2020-02-27T10:00:00+06:00"), at("2020-02-27T13:00:00+06:00")
		}, "DTEND:20200227T070000Z DTSTART:20200227T040000Z"},
		"a beginning": {func(r *roundtable.RoundTable) { r.StartsAt = at("2020-02-27T10:00:00+06:00") }, "DTSTART:20200227T040000Z"},
		"a beginning and a last day": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.EndsOn = at("2020-02-27T10:00:00+06:00"), day("2020-02-28")
		}, "DTEND:20200228T180000Z DTSTART:20200227T040000Z"},
		"no duration": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.EndsAt = at("2020-02-27T10:00:00+06:00"), at("2020-02-27T10:00:00+06:00")
		}, "DTSTART:20200227T040000Z"},
		"UTC": {func(r *roundtable.RoundTable) { r.StartsAt, r.Timezone = at("2020-02-27T10:00:00+06:00"), "UTC" }, "DTSTART:20200227T040000Z"},
		"a time zone": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.EndsAt, r.Timezone = at("2020-02-27T04:00:00Z"), at("2020-02-27T07:00:00Z"), "Asia/Almaty"
		}, "DTEND;TZID=Asia/Almaty:20200227T130000 DTSTART;TZID=Asia/Almaty:20200227T100000"},
		"a last day in a time zone": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.EndsOn, r.Timezone = at("2024-02-29T10:00:00+06:00"), day("2024-03-01"), "Asia/Almaty"
		}, "DTEND;TZID=Asia/Almaty:20240302T000000 DTSTART;TZID=Asia/Almaty:20240229T100000"},
		"the first of two equal hours": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.Timezone = at("2024-02-29T23:30:00+06:00"), "Asia/Almaty"
		}, "DTSTART;TZID=Asia/Almaty:20240229T233000"},
		"the second of two equal hours": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.Timezone = at("2024-02-29T23:30:00+05:00"), "Asia/Almaty"
		}, "DTSTART:20240229T183000Z"},
		"an end in the second of two equal hours": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.EndsAt, r.Timezone = at("2024-02-29T20:00:00+06:00"), at("2024-02-29T23:30:00+05:00"), "Asia/Almaty"
		}, "DTEND:20240229T183000Z DTSTART:20240229T140000Z"},
		"an unknown time zone": {func(r *roundtable.RoundTable) {
			r.StartsAt, r.Timezone = at("2020-02-27T10:00:00+06:00"), "Asia/Nowhere"
		}, "DTSTART:20200227T040000Z"},
		"a year":   {func(r *roundtable.RoundTable) { r.StartsOn, r.DatePrecision = day("2020-01-01"), "year" }, ""},
		"no date":  {func(r *roundtable.RoundTable) { r.StartsOn, r.DatePrecision = nil, "unknown" }, ""},
		"a status": {func(r *roundtable.RoundTable) { r.Status = "cancelled" }, "DTEND;VALUE=DATE:20200228 DTSTART;VALUE=DATE:20200227"},
	} {
		_, lines := written(t, c.set)
		var got []string
		for _, prefix := range []string{"DTEND", "DTSTART", "TRANSP"} {
			for _, line := range lines {
				if strings.HasPrefix(line, prefix) {
					got = append(got, line)
				}
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %s", name, got, c.want)
		}
	}
}

func TestAnEventIsKnownAgainAndSaysWhatItIs(t *testing.T) {
	t.Parallel()
	url := "https://example.org/stream?a=1,2;b"
	_, lines := written(t, func(r *roundtable.RoundTable) {
		r.Status = "cancelled"
		r.Title = text.Map{"kk": "A; b, c\\d\r\ne\x07\rf"}
		r.Purpose = text.Map{"ru": "Зачем"}
		r.Venue, r.Place = text.Map{"ru": "Зал"}, &text.Ref{Name: text.Map{"en": "Almaty"}}
		r.Topics = []text.Ref{{Name: text.Map{"ru": "Вода, свет"}}, {Name: text.Map{"ru": "Мир"}}}
		r.OnlineURL = &url
	})
	all := strings.Join(lines, "\n")
	for _, want := range []string{
		"UID:round-table-13@example.org", "SEQUENCE:4", "DTSTAMP:19700101T000100Z", "STATUS:CANCELLED", `SUMMARY;LANGUAGE=kk:A\; b\, c\\d\ne\nf`,
		"DESCRIPTION;LANGUAGE=ru:Зачем", `LOCATION:Зал\, Almaty`, `CATEGORIES;LANGUAGE=ru:Вода\, свет`, "CATEGORIES;LANGUAGE=ru:Мир", "URL:" + url,
	} {
		if !strings.Contains("\n"+all+"\n", "\n"+want+"\n") {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
	if _, lines := written(t, func(*roundtable.RoundTable) {}); !strings.Contains(strings.Join(lines, "\n"), "URL:https://example.org/v1/round-tables/13") {
		t.Errorf("%q", lines)
	}
}

func TestLinesAreFoldedByOctetsAndEndInCRLF(t *testing.T) {
	t.Parallel()
	title := strings.Repeat("Әділетті Қазақстан😀 ", 30) + strings.Repeat("щ", 200)
	raw, lines := written(t, func(r *roundtable.RoundTable) { r.Title = text.Map{"kk": title} })
	for _, line := range strings.Split(raw, "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || strings.Contains(line, "\ufffd") {
			t.Errorf("%d octets: %q", len(line), line)
		}
	}
	if !strings.Contains(strings.Join(lines, "\n"), "SUMMARY;LANGUAGE=kk:"+title) {
		t.Errorf("the title is torn: %q", lines)
	}
}

func TestTheOrganizerIsTheFirstOneThatOrganizes(t *testing.T) {
	t.Parallel()
	ref := func(id int64, kind, name string) roundtable.OrganizerRef {
		return roundtable.OrganizerRef{ID: id, Kind: kind, Name: text.Map{"en": name}}
	}
	for want, list := range map[string][]roundtable.OrganizerRef{
		"": {ref(1, "partner", "P"), ref(2, "sponsor", "S"), ref(3, "supporter", "T"), ref(4, "media_partner", "M")},
		`ORGANIZER;CN="KISI";LANGUAGE=en:https://example.org/v1/organizations/7`:                     {ref(3, "host", "Hall"), ref(7, "organizer", "KISI"), ref(8, "organizer", "Fund")},
		`ORGANIZER;CN="Hall";LANGUAGE=en:https://example.org/v1/organizations/3`:                     {ref(1, "partner", "P"), ref(3, "host", "Hall")},
		`ORGANIZER;CN="Fund ^'A; B: C, D^'^n^^E";LANGUAGE=en:https://example.org/v1/organizations/5`: {ref(5, "co_organizer", "Fund \"A; B: C, D\"\r\n^E\x07")},
	} {
		_, lines := written(t, func(r *roundtable.RoundTable) { r.Organizers = list })
		got := ""
		for _, line := range lines {
			if strings.HasPrefix(line, "ORGANIZER") {
				got += line
			}
		}
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Whatever the texts are, a reader sees the same properties.
func TestATextCannotAddLines(t *testing.T) {
	t.Parallel()
	names := func(lines []string) (all string) {
		for _, line := range lines {
			all += line[:strings.IndexAny(line, ";:")] + " "
		}
		return all
	}
	url := "https://example.org/"
	_, plain := written(t, func(r *roundtable.RoundTable) {
		r.Title, r.Purpose, r.Venue, r.OnlineURL = text.Map{"en": "A"}, text.Map{"en": "A"}, text.Map{"en": "A"}, &url
		r.Topics = []text.Ref{{Name: text.Map{"en": "A"}}}
		r.Organizers = []roundtable.OrganizerRef{{ID: 1, Kind: "organizer", Name: text.Map{"en": "A"}}}
	})
	if !strings.Contains(strings.Join(plain, "\n"), "\nLINK;LINKREL=license;VALUE=URI:"+license) {
		t.Errorf("no licence: %q", plain)
	}
	for _, line := range []string{"\r\nATTENDEE:mailto:a@example.org", "\nEND:VEVENT", "\rX:1", "\r\n BEGIN:VALARM", "\x00\x0b\u0085\u2028END:VEVENT", `";X="`, `\`, `\n`, strings.Repeat("й", 99) + "\r\nX:1"} {
		hostile := "A" + line
		at := url + line
		raw, lines := written(t, func(r *roundtable.RoundTable) {
			r.Title, r.Purpose, r.Venue, r.OnlineURL = text.Map{"en": hostile}, text.Map{"en": hostile}, text.Map{"en": hostile}, &at
			r.Topics = []text.Ref{{Name: text.Map{"en": hostile}}}
			r.Organizers = []roundtable.OrganizerRef{{ID: 1, Kind: "organizer", Name: text.Map{"en": hostile}}}
		})
		if names(lines) != names(plain) {
			t.Errorf("%q: %q, want %q", line, names(lines), names(plain))
		}
		parsed, err := ics.ParseCalendar(strings.NewReader(raw))
		if err != nil || len(parsed.Events()) != 1 {
			t.Fatalf("%q: %v", line, err)
		}
		want := strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "", "\x0b", "").Replace(hostile)
		if got := parsed.Events()[0].GetProperty(ics.ComponentPropertySummary).Value; got != want {
			t.Errorf("%q is read as %q", hostile, got)
		}
	}
}
