package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
)

// A pivot table of a part needs no join with the round tables.
func TestThePartsOfAnEventSayWhenItWas(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t)
	month := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) {
		in.StartsOn, in.DatePrecision, in.Format = fixture.Day(2019, 12, 1), "month", "webinar"
	})
	undated := fixture.RoundTable(t, r.pool, func(in *roundtable.Input) { in.StartsOn, in.ParentID = nil, &month })
	for _, event := range []int64{month, undated} {
		fixture.Organizer(t, r.pool, func(in *organizer.Input) { in.RoundTableID = event })
		fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID = event })
		fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID = event })
		fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID = event })
	}
	at := fmt.Sprintf("/v1/round-tables/%d", undated)
	if parent := path(c.get(t, at).want(t, http.StatusOK).object(t), "parent"); dated(parent) != "2019-12-01 month webinar" {
		t.Errorf("the parent: %v", parent)
	}
	included := c.get(t, at+"?include=attendees,statements,recommendations").want(t, http.StatusOK).object(t)
	for _, x := range []string{"organizers", "attendees", "statements", "recommendations"} {
		for event, want := range map[int64]string{month: "2019-12-01 month webinar", undated: "<nil> unknown round_table"} {
			shown := []string{}
			show := func(record any) {
				ref := path(record, "round_table")
				if path(ref, "id") == float64(event) && path(ref, "name", "en") != nil {
					shown = append(shown, dated(ref))
				}
			}
			list := pageOf(t, c.get(t, fmt.Sprintf("/v1/%s?round_table=%d", x, event)).want(t, http.StatusOK)).Data
			show(list[0])
			show(c.get(t, fmt.Sprintf("/v1/%s/%.0f", x, path(list[0], "id"))).want(t, http.StatusOK).object(t))
			show(pageOf(t, c.get(t, fmt.Sprintf("/v1/round-tables/%d/%s", event, x)).want(t, http.StatusOK)).Data[0])
			var line any
			if err := json.Unmarshal([]byte(linesOf(t, c.get(t, fmt.Sprintf("/v1/exports/%s.ndjson?round_table=%d", x, event)))[0]), &line); err != nil {
				t.Fatal(err)
			}
			show(line)
			number := 4
			if event == undated && x != "organizers" {
				show(included[x].([]any)[0])
				number++
			}
			if len(shown) != number || slices.ContainsFunc(shown, func(s string) bool { return s != want }) {
				t.Errorf("%s of event %d: %q, want %d times %q", x, event, shown, number, want)
			}
			header, rows := tableOf(t, c.get(t, fmt.Sprintf("/v1/exports/%s.csv?bom=0&round_table=%d&fields=round_table", x, event)).want(t, http.StatusOK).Body.String(), ',')
			if got := strings.Join(header, " "); got != "id version round_table.id round_table.name_kk round_table.name_ru round_table.name_en round_table.name_other "+
				"round_table.starts_on round_table.date_precision round_table.format" || strings.Join(rows[0][7:], " ") != strings.TrimPrefix(want, "<nil>") {
				t.Errorf("%s: %s %q", x, got, rows)
			}
		}
	}
}

func dated(ref any) string {
	return fmt.Sprint(path(ref, "starts_on")) + " " + fmt.Sprint(path(ref, "date_precision")) + " " + fmt.Sprint(path(ref, "format"))
}

func TestThePartsOfAnEventComeInTheirOrderEverywhere(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t)
	event, same := fixture.RoundTable(t, r.pool), fixture.RoundTable(t, r.pool)
	fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID = same })
	want := map[string][]string{}
	for n := int64(5); n > 0; n-- { // the ids are in the opposite order
		want["organizers"] = append([]string{fmt.Sprint(fixture.Organizer(t, r.pool, func(in *organizer.Input) { in.RoundTableID, in.Position = event, &n }))}, want["organizers"]...)
		want["attendees"] = append([]string{fmt.Sprint(fixture.Attendee(t, r.pool, func(in *attendee.Input) { in.RoundTableID, in.Position = event, &n }))}, want["attendees"]...)
		want["statements"] = append([]string{fmt.Sprint(fixture.Statement(t, r.pool, func(in *statement.Input) { in.RoundTableID, in.Sequence = event, &n }))}, want["statements"]...)
		want["recommendations"] = append(want["recommendations"], fmt.Sprint(fixture.Recommendation(t, r.pool, func(in *recommendation.Input) { in.RoundTableID = event })))
	}
	of := func(records []string) (got []string) {
		for _, record := range records {
			var part struct {
				ID           json.Number
				RoundTableID int64 `json:"round_table_id"`
			}
			if err := json.Unmarshal([]byte(record), &part); err != nil {
				t.Fatal(err)
			}
			if part.RoundTableID == event {
				got = append(got, part.ID.String())
			}
		}
		return got
	}
	for x, in := range want {
		for _, query := range []string{"", "sort=starts_on", "sort=-starts_on", fmt.Sprintf("round_table=%d", event), fmt.Sprintf("round_table=%d&sort=-starts_on", event)} {
			list, _ := c.listedWhole(t, "/v1/"+x, query)
			for what, got := range map[string][]string{"list": of(list), "export": of(linesOf(t, c.get(t, "/v1/exports/"+x+".ndjson?"+query)))} {
				if !slices.Equal(got, in) {
					t.Errorf("the %s of %s?%s: %q, want %q", what, x, query, got, in)
				}
			}
		}
		if list, _ := c.listedWhole(t, fmt.Sprintf("/v1/round-tables/%d/%s", event, x), ""); !slices.Equal(of(list), in) {
			t.Errorf("%s of the event: %q, want %q", x, of(list), in)
		}
		if x != "organizers" {
			included, _ := c.listedWhole(t, "/v1/round-tables", fmt.Sprintf("id=%d&include=%s", event, x))
			var parts map[string]json.RawMessage
			var list []json.RawMessage
			if err := json.Unmarshal([]byte(included[0]), &parts); err != nil || json.Unmarshal(parts[x], &list) != nil {
				t.Fatal(included)
			}
			var records []string
			for _, one := range list {
				records = append(records, string(one))
			}
			if !slices.Equal(of(records), in) {
				t.Errorf("included %s: %q, want %q", x, of(records), in)
			}
		}
	}
}
