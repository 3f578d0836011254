package calendar_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/formats/calendar"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/text"

	ics "github.com/arran4/golang-ical"
)

// rules are a VTIMEZONE as RFC 5545 describes how to read it.
type rules []struct {
	onset, from, to string
	localOnset      time.Time
	offset          time.Duration
}

const local = "20060102T150405"

// readRules reads the only VTIMEZONE of a calendar.
func readRules(t *testing.T, raw string) (r rules) {
	t.Helper()
	for _, component := range strings.Split(raw, "BEGIN:")[1:] {
		if !strings.HasPrefix(component, "STANDARD") && !strings.HasPrefix(component, "DAYLIGHT") {
			continue
		}
		values := map[string][]string{}
		for _, line := range strings.Split(component, "\r\n") {
			name, value, _ := strings.Cut(line, ":")
			values[name] = append(values[name], value)
		}
		if len(values["DTSTART"]) != 1 || len(values["TZOFFSETFROM"]) != 1 || len(values["TZOFFSETTO"]) != 1 {
			t.Fatalf("%s", component)
		}
		for _, onset := range append(values["DTSTART"], values["RDATE"]...) {
			at, err := time.Parse(local, onset)
			if err != nil {
				t.Fatal(err)
			}
			r = append(r, struct {
				onset, from, to string
				localOnset      time.Time
				offset          time.Duration
			}{onset, values["TZOFFSETFROM"][0], values["TZOFFSETTO"][0], at, offsetOf(t, values["TZOFFSETTO"][0])})
		}
	}
	return r
}

func offsetOf(t *testing.T, s string) time.Duration {
	t.Helper()
	n, err := strconv.Atoi(s[1:])
	if err != nil || len(s) != 5 && len(s) != 7 {
		t.Fatalf("offset %q", s)
	}
	if len(s) == 5 {
		n *= 100
	}
	seconds := n/10000*3600 + n/100%100*60 + n%100
	if s[0] == '-' {
		seconds = -seconds
	}
	return time.Duration(seconds) * time.Second
}

// utc returns the time that a local time means: the rule with the latest onset before it applies.
func (r rules) utc(t *testing.T, localTime string) time.Time {
	t.Helper()
	at, err := time.Parse(local, localTime)
	if err != nil {
		t.Fatal(err)
	}
	best := -1
	for i, rule := range r {
		if !rule.localOnset.After(at) && (best < 0 || rule.localOnset.After(r[best].localOnset)) {
			best = i
		}
	}
	if best < 0 {
		t.Fatalf("no rule applies to %s", localTime)
	}
	return at.Add(-r[best].offset)
}

func TestLocalTimesMeanTheRightMomentsByTheRulesInTheCalendar(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{
		"Asia/Almaty", "Asia/Qyzylorda", "Asia/Tashkent", "Europe/Berlin", "Europe/Dublin", "America/New_York", "Pacific/Apia",
		"Africa/Casablanca", "Asia/Kolkata", "Australia/Lord_Howe", "Antarctica/Troll", "Etc/GMT+5", "Europe/Volgograd",
	} {
		var list []roundtable.RoundTable
		var moments []time.Time
		for at := time.Date(1968, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2036; at = at.Add(397*time.Hour + 10*time.Minute) {
			moments = append(moments, at)
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for at := moments[0].In(loc); ; { // around each change of the clocks
			_, end := at.ZoneBounds()
			if end.IsZero() || end.Year() > 2035 {
				break
			}
			for minutes := -150; minutes <= 150; minutes += 30 {
				moments = append(moments, end.Add(time.Duration(minutes)*time.Minute))
			}
			at = end
		}
		for i, at := range moments {
			r := roundtable.RoundTable{Input: roundtable.Input{
				Title: text.Map{"en": "A"}, Status: "held", StartsOn: &date.Day{Time: at}, DatePrecision: "day", StartsAt: &at, Timezone: zone,
			}}
			r.ID = int64(i)
			list = append(list, r)
		}
		span := map[string]roundtable.Span{zone: {First: moments[0], Last: time.Date(2036, 1, 2, 0, 0, 0, 0, time.UTC)}}
		var b strings.Builder
		w := calendar.NewWriter(&b, options, span)
		if err := errors.Join(w.Begin(), w.Add(t.Context(), nil, list), w.End()); err != nil {
			t.Fatal(err)
		}
		raw := b.String()
		if n := strings.Count(raw, "BEGIN:VTIMEZONE\r\nTZID:"+zone+"\r\n"); n != 1 || strings.Index(raw, "BEGIN:VTIMEZONE") > strings.Index(raw, "BEGIN:VEVENT") {
			t.Fatalf("%s: %d time zones", zone, n)
		}
		r := readRules(t, raw)
		parsed, err := ics.ParseCalendar(strings.NewReader(raw))
		if err != nil || len(parsed.Events()) != len(list) {
			t.Fatalf("%s: %v", zone, err)
		}
		inUTC := 0
		for i, e := range parsed.Events() {
			start := e.GetProperty(ics.ComponentPropertyDtStart)
			if strings.HasSuffix(start.Value, "Z") {
				inUTC++
				if got, err := time.Parse(local+"Z", start.Value); err != nil || !got.Equal(moments[i]) {
					t.Errorf("%s: %s is written as %s", zone, moments[i], start.Value)
				}
				continue
			}
			if got := r.utc(t, start.Value); !got.Equal(moments[i]) {
				t.Fatalf("%s: %s is written as %s, which means %s", zone, moments[i], start.Value, got)
			}
		}
		if inUTC > len(list)/3 {
			t.Errorf("%s: %d of %d times are in UTC", zone, inUTC, len(list))
		}
	}
}

func TestATimeZoneHasTheRulesOfTheYearsInQuestion(t *testing.T) {
	t.Parallel()
	of := func(start string, set ...func(*roundtable.RoundTable)) rules {
		raw, _ := written(t, func(r *roundtable.RoundTable) {
			r.StartsAt, r.Timezone = at(start), "Asia/Almaty"
			for _, f := range set {
				f(r)
			}
		})
		return readRules(t, raw)
	}
	if r := of("2020-02-27T10:00:00+06:00"); len(r) != 1 || r[0].to != "+0600" || r[0].localOnset.Year() > 2005 {
		t.Errorf("2020: %v", r)
	}
	if r := of("2025-02-27T10:00:00+05:00"); len(r) != 1 || r[0].onset != "20240301T000000" || r[0].from != "+0600" || r[0].to != "+0500" {
		t.Errorf("2025: %v", r)
	}
	if r := of("2024-02-29T10:00:00+06:00", func(r *roundtable.RoundTable) { r.EndsOn = day("2024-03-02") }); len(r) != 2 || r[1].to != "+0500" {
		t.Errorf("over the change of 2024: %v", r)
	}
	if r := of("2020-02-27T10:00:00+05:30", func(r *roundtable.RoundTable) { r.Timezone = "Asia/Kolkata" }); len(r) != 1 || r[0].to != "+0530" {
		t.Errorf("half an hour: %v", r)
	}
	if r := of("2020-02-27T10:00:00-03:30", func(r *roundtable.RoundTable) { r.Timezone = "America/St_Johns" }); len(r) != 1 || r[0].to != "-0330" || r[0].from != "-0230" {
		t.Errorf("west of Greenwich: %v", r)
	}
	if r := of("1850-02-27T10:00:00Z"); len(r) != 1 || r[0].to != "+050748" || r[0].from != r[0].to {
		t.Errorf("before the zones: %v", r)
	}
}

func TestATimeZoneListsALimitedNumberOfChanges(t *testing.T) {
	t.Parallel()
	of := func(zone string, starts ...string) (raw string, times []string) {
		list := make([]roundtable.RoundTable, len(starts))
		for i, start := range starts {
			list[i] = roundtable.RoundTable{Input: roundtable.Input{
				Title: text.Map{"en": "A"}, Status: "held", StartsOn: day(start[:10]), DatePrecision: "day", StartsAt: at(start), Timezone: zone,
			}}
		}
		span := map[string]roundtable.Span{zone: {First: *at(starts[0]), Last: *at(starts[len(starts)-1])}}
		var b strings.Builder
		w := calendar.NewWriter(&b, options, span)
		if err := errors.Join(w.Begin(), w.Add(t.Context(), nil, list), w.End()); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(b.String()[strings.Index(b.String(), "BEGIN:VEVENT"):], "\r\n") {
			if strings.HasPrefix(line, "DTSTART") {
				times = append(times, line)
			}
		}
		return b.String(), times
	}
	raw, times := of("Europe/Berlin", "1850-01-01T12:00:00Z", "2020-01-01T12:00:00Z", "2020-07-01T12:00:00Z", "9999-07-01T12:00:00Z")
	if n := len(readRules(t, raw)); n != 400 {
		t.Errorf("%d changes", n)
	}
	want := []string{
		"DTSTART;TZID=Europe/Berlin:18500101T125328", "DTSTART;TZID=Europe/Berlin:20200101T130000", "DTSTART;TZID=Europe/Berlin:20200701T140000",
		"DTSTART:99990701T120000Z",
	}
	if !slices.Equal(times, want) {
		t.Errorf("%q, want %q", times, want)
	}
	raw, times = of("Asia/Almaty", "1850-01-01T12:00:00Z", "9999-07-01T12:00:00Z")
	if n := len(readRules(t, raw)); n > 100 || times[1] != "DTSTART;TZID=Asia/Almaty:99990701T170000" {
		t.Errorf("%d changes: %q", n, times)
	}
}
