package date_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/dbtest"

	strict "github.com/go-json-experiment/json"
	"pgregory.net/rapid"
)

func TestDaysAreReadStrictly(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"2020-02-29": true, "0001-01-01": true, "9999-12-31": true,
		"2021-02-29": false, "2020-02-30": false, "2020-13-01": false, "2020-00-01": false, "2020-01-00": false, "0000-01-01": false,
		"2020-2-9": false, "20200229": false, "29.02.2020": false, "2020-02-29T10:00:00Z": false,
		"": false, " 2020-02-29": false, "2020-02-29 ": false, "+2020-02-29": false, "10000-01-01": false, "-001-01-01": false,
	} {
		d, err := date.ParseDay(s)
		if (err == nil) != ok || ok && d.String() != s {
			t.Errorf("%q: %v, %v", s, d, err)
		}
		if bad, _ := err.(apperr.Value); !ok && bad.Code != codeOf(s, "bad_date") {
			t.Errorf("%q: %v", s, err)
		}
	}
	for _, s := range []string{"2020", "2020-02"} {
		if _, err := date.ParseDay(s); err == nil || err.(apperr.Value).Code != "date_without_day" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// codeOf returns the code of the error for a text that is no date: another one if it only looks like one.
func codeOf(s, code string) string {
	switch s {
	case "2021-02-29", "2020-02-30", "2020-13-01", "2020-00-01", "2020-01-00", "0000-01-01", "2020-13", "2020-00", "0000", "0000-01":
		return "no_such_date"
	}
	return code
}

func TestPartialDatesAreReadStrictly(t *testing.T) {
	t.Parallel()
	for s, ok := range map[string]bool{
		"2020": true, "2020-02": true, "2020-02-29": true, "0001": true, "9999-12": true,
		"2021-02-29": false, "2020-13": false, "2020-00": false, "0000": false, "0000-01": false, "20": false, "202": false, "2020-": false,
		"2020-2": false, "2020-02-": false, "202002": false, "": false, "abcd": false, " 2020": false, "+202": false, "1e10": false,
	} {
		var p date.Partial
		err := p.UnmarshalText([]byte(s))
		if (err == nil) != ok || ok && string(p) != s {
			t.Errorf("%q: %q, %v", s, p, err)
		}
		if bad, _ := err.(apperr.Value); !ok && bad.Code != codeOf(s, "bad_partial_date") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAPartialDateSpansWhatItMayMean(t *testing.T) {
	t.Parallel()
	for p, want := range map[date.Partial]string{
		"2020": "2020-01-01 2020-12-31", "2020-02": "2020-02-01 2020-02-29", "2021-02": "2021-02-01 2021-02-28", "2020-12": "2020-12-01 2020-12-31",
		"2020-02-27": "2020-02-27 2020-02-27", "2020-12-31": "2020-12-31 2020-12-31",
	} {
		if got := p.First().Format(time.DateOnly) + " " + p.Last().Format(time.DateOnly); got != want {
			t.Errorf("%s spans %s, want %s", p, got, want)
		}
	}
}

func drawPartial(t *rapid.T) date.Partial {
	first := time.Date(rapid.IntRange(1, 9998).Draw(t, "year"), 1, 1+rapid.IntRange(0, 365).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
	return date.Partial(first.Format(rapid.SampledFrom([]string{"2006", "2006-01", time.DateOnly}).Draw(t, "layout")))
}

func TestTheSchemaReadsPartialDatesInTheSameWay(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	rapid.Check(t, func(t *rapid.T) {
		p := drawPartial(t)
		var first, end time.Time
		var is bool
		err := db.QueryRow(context.Background(), "SELECT is_partial_date($1), partial_date_start($1), partial_date_end($1)", string(p)).Scan(&is, &first, &end)
		if err != nil || !is || !first.Equal(p.First()) || !end.Equal(p.Last().AddDate(0, 0, 1)) {
			t.Fatalf("%s: %v, %v to %v, here %v to %v: %v", p, is, first, end, p.First(), p.Last(), err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("0129-")), 1, 10, -1).Draw(t, "s")
		var p date.Partial
		var is bool
		if err := db.QueryRow(context.Background(), "SELECT is_partial_date($1)", s).Scan(&is); err != nil || is != (p.UnmarshalText([]byte(s)) == nil) {
			t.Fatalf("%q: the schema says %v: %v", s, is, err)
		}
	})
}

func TestTheKeyOfADayIsThatOfTheEarliestEventThatMayStartOnIt(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{"2020-02-27": 20200227, "2020-02-01": 20200200, "2020-01-01": 20200000, "2020-01-02": 20200102, "0001-01-01": 10000} {
		if d, err := date.ParseDay(s); err != nil || d.Key() != want {
			t.Errorf("%s: %d, want %d: %v", s, d.Key(), want, err)
		}
	}
}

// An event counts as starting on the first day that its date may mean: both ways to ask must agree.
func TestEventsAreFoundByTheFirstDayThatTheirDateMayMean(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	precisions := map[int]string{4: "year", 7: "month", 10: "day"}
	rapid.Check(t, func(t *rapid.T) {
		p := drawPartial(t)
		from := date.Day{Time: p.First().AddDate(0, 0, rapid.IntRange(-40, 40).Draw(t, "offset"))}
		if rapid.Bool().Draw(t, "first of a month") {
			from.Time = from.Time.AddDate(0, 0, 1-from.Time.Day())
		}
		if from.Time.Year() < 1 {
			return
		}
		var key int
		if err := db.QueryRow(context.Background(), "SELECT starts_key($1::date, $2)", p.First(), precisions[len(p)]).Scan(&key); err != nil {
			t.Fatal(err)
		}
		if found := key >= from.Key(); found != !p.First().Before(from.Time) {
			t.Fatalf("an event of %s (key %d) is found from %s (key %d): %v", p, key, from, from.Key(), found)
		}
	})
}

func TestDaysRoundTrip(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	type holder struct {
		On    date.Day
		Maybe *date.Day
		About *date.Partial
	}
	for _, text := range []string{`{"On":"2020-02-27","Maybe":"0001-01-01","About":"2020-02"}`, `{"On":"9999-12-31","Maybe":null,"About":null}`} {
		var h holder
		if err := json.Unmarshal([]byte(text), &h); err != nil {
			t.Fatal(err)
		}
		var back holder
		err := db.QueryRow(t.Context(), "SELECT $1::date, $2::date, $3::text", h.On, h.Maybe, h.About).Scan(&back.On, &back.Maybe, &back.About)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(back); err != nil || string(again) != text {
			t.Errorf("%s came back as %s: %v", text, again, err)
		}
		if again, err := strict.Marshal(back, strict.Deterministic(true)); err != nil || string(again) != text {
			t.Errorf("%s came back as %s: %v", text, again, err)
		}
		var read holder
		if err := strict.Unmarshal([]byte(text), &read); err != nil || !reflect.DeepEqual(read, h) {
			t.Errorf("%s was read as %+v: %v", text, read, err)
		}
	}
	if got := fmt.Sprint(date.Day{Time: time.Date(2020, 2, 27, 0, 0, 0, 0, time.UTC)}); got != "2020-02-27" {
		t.Error(got)
	}
}

func TestInstantsAreTimesWithAnOffsetOrDaysInUTC(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"2026-02-27": "2026-02-27T00:00:00Z", "2026-02-27T09:30:00Z": "2026-02-27T09:30:00Z", "2026-02-27T09:30:00+05:00": "2026-02-27T04:30:00Z",
		"2026-02-27t09:30:00z": "2026-02-27T09:30:00Z", "2026-02-27T09:30:00 05:00": "2026-02-27T04:30:00Z", "2026-02-27T09:30:00.25-01:00": "2026-02-27T10:30:00.25Z",
		"2026-02-27T09:30:00.123456Z": "2026-02-27T09:30:00.123456Z", "2026-02-27T09:30:00.1234561Z": "2026-02-27T09:30:00.123457Z",
		"0001-01-01": "0001-01-01T00:00:00Z",
		"2026":       "", "2026-02": "", "2026-02-30": "", "2026-02-27T09:30:00": "", "2026-02-27 09:30:00Z": "", "2026-02-27T25:00:00Z": "",
		"27.02.2026": "", "1772184600": "", "": "", "0000-01-01": "", "0001-01-01T00:00:00+05:00": "", "9999-12-31T23:00:00-05:00": "", " 05:00": "",
	} {
		var i date.Instant
		err := i.UnmarshalText([]byte(s))
		if got, _ := i.MarshalText(); (err == nil) != (want != "") || err == nil && string(got) != want {
			t.Errorf("%q: %s, %v, want %q", s, got, err, want)
		}
		if bad, _ := err.(apperr.Value); want == "" && bad.Code != "bad_instant" {
			t.Errorf("%q: %v", s, err)
		}
	}
}
