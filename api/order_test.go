package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
)

// numbers writes ids as JSON.
func numbers(ids []int64) string { return strings.ReplaceAll(fmt.Sprint(ids), " ", ",") }

// orderedParts makes a round table and returns it with the bodies that make one more.
func orderedParts(t *testing.T, r *rig) (event int64, bodies map[string]string) {
	t.Helper()
	event = fixture.RoundTable(t, r.pool)
	bodies = map[string]string{
		"statements":      fmt.Sprintf(`{"round_table_id":%d,"texts":[{"lang":"en","text":"Said."}]`, event),
		"attendees":       fmt.Sprintf(`{"round_table_id":%d,"name_as_listed":"A. B."`, event),
		"recommendations": fmt.Sprintf(`{"round_table_id":%d,"text":{"en":"Do it."}`, event),
	}
	return event, bodies
}

// orderOfParts returns the numbers of the parts in their order, counted in the order of their creation, with their places.
func orderOfParts(t *testing.T, c caller, event int64, parts string) (order, places []int64) {
	t.Helper()
	page := pageOf(t, c.get(t, fmt.Sprintf("/v1/round-tables/%d/%s", event, parts)).want(t, http.StatusOK))
	all := ids(page)
	first := slices.Min(all)
	for i, d := range page.Data {
		place, ok := d["sequence"].(float64)
		if !ok {
			place = d["position"].(float64)
		}
		order, places = append(order, all[i]-first+1), append(places, int64(place))
	}
	return order, places
}

func TestAPlaceIsTheOneThatIsGiven(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, bodies := orderedParts(t, r)
	for parts, body := range bodies {
		member := map[string]string{"statements": "sequence"}[parts]
		if member == "" {
			member = "position"
		}
		var made []string
		for range 3 {
			made = append(made, c.make(t, "/v1/"+parts, "%s}", body))
		}
		check := func(want ...int64) {
			t.Helper()
			order, places := orderOfParts(t, c, event, parts)
			if !slices.Equal(order, want) || places[0] != 1 || int(places[len(places)-1]) != len(places) {
				t.Errorf("%s: order %v at %v, want %v", parts, order, places, want)
			}
		}
		move := func(at string, to int) {
			t.Helper()
			c.patch(t, at, fmt.Sprintf(`{%q:%d}`, member, to)).want(t, http.StatusOK)
		}
		move(made[2], 1)
		check(3, 1, 2)
		move(made[2], 3)
		check(1, 2, 3)
		move(made[0], 2)
		check(2, 1, 3)
		c.make(t, "/v1/"+parts, "%s,%q:2}", body, member)
		check(2, 4, 1, 3)
		c.patch(t, made[0], fmt.Sprintf(`{%q:0}`, member)).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/"+member+" too_small")
		if got := c.patch(t, made[0], fmt.Sprintf(`{%q:0}`, member)).Body.String(); !strings.Contains(got, "at least 1") {
			t.Errorf("%s: the bound is wrong: %s", parts, got)
		}
	}
}

func TestAPartCanBeEnteredAtALaterPlace(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	event, bodies := orderedParts(t, r)
	for _, sequence := range []int{5, 3, 9, 3} {
		c.make(t, "/v1/statements", `%s,"sequence":%d}`, bodies["statements"], sequence)
	}
	order, places := orderOfParts(t, c, event, "statements")
	if !slices.Equal(order, []int64{4, 2, 1, 3}) || !slices.Equal(places, []int64{3, 4, 5, 9}) {
		t.Errorf("order %v at %v", order, places)
	}
}

func TestPartsGetTheOrderOfAList(t *testing.T) {
	t.Parallel()
	r := sampled(t)
	c := r.as(t, actor.Write)
	for _, parts := range []string{"statements", "attendees", "organizers", "recommendations"} {
		path := "/v1/round-tables/13/" + parts
		list := ids(pageOf(t, c.get(t, path+"?limit=500").want(t, http.StatusOK)))
		slices.Reverse(list)
		order := path + "/order"
		sent := fmt.Sprintf(`{"ids":%s}`, numbers(list))
		c.post(t, order+"?dry_run=true", sent).want(t, http.StatusOK)
		if got := ids(pageOf(t, c.get(t, path+"?limit=500"))); slices.Equal(got, list) {
			t.Errorf("%s: the dry run was saved", parts)
		}
		c.post(t, order, sent).want(t, http.StatusOK)
		if got := ids(pageOf(t, c.get(t, path+"?limit=500"))); !slices.Equal(got, list) {
			t.Errorf("%s: %v, want %v", parts, got, list)
		}
		c.post(t, order, fmt.Sprintf(`{"ids":%s}`, numbers(list[1:]))).wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/ids order_incomplete")
		c.post(t, order, fmt.Sprintf(`{"ids":%s}`, numbers(append(slices.Clone(list), 9999)))).
			wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", fmt.Sprintf("/ids/%d not_of_round_table", len(list)))
		c.post(t, order, fmt.Sprintf(`{"ids":%s}`, numbers(append(slices.Clone(list), list[0])))).
			wantProblem(t, http.StatusUnprocessableEntity, "validation_failed", "/ids duplicate")
	}
	c.post(t, "/v1/round-tables/9999/statements/order", `{"ids":[1]}`).wantProblem(t, http.StatusNotFound, "not_found")
}
