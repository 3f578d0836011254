package api

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestAMatrixIsTheAggregateOfStatements(t *testing.T) {
	t.Parallel()
	r := withHidden(t)
	for _, c := range []caller{r.as(t), r.as(t, actor.Read)} {
		for query, same := range map[string]string{
			"": "group_by=topic,organization",
			"?rows=person&columns=year&metric=count,round_tables&limit=3&lang=kk": "group_by=person,year&metric=count,round_tables&limit=3&lang=kk",
			"?rows=year&format=round_table":                                       "group_by=year,organization&format=round_table",
		} {
			got, want := aggregateIn(t, c.get(t, "/v1/stats/matrix"+query)), aggregateIn(t, c.get(t, "/v1/statements/aggregate?"+same))
			if !reflect.DeepEqual(got, want) || len(got.Data) == 0 {
				t.Errorf("%s: %+v, want %+v", query, got, want)
			}
			for _, g := range append(got.Groups, got.Groups2...) {
				if page := pageOf(t, c.get(t, g.List+"&limit=1&count=exact").want(t, http.StatusOK)); *page.Meta.Total != *g.Count {
					t.Errorf("%s lists %d, the matrix says %d", g.List, *page.Meta.Total, *g.Count)
				}
			}
		}
	}
	for query, want := range map[string]string{
		"?rows=title": "rows not_allowed", "?rows=topic&columns=topic": "columns repeated_dimension", "?group_by=topic": "group_by unknown_parameter",
		"?sort=-people": "sort bad_sort", "?cursor=x": "cursor unknown_parameter", "?metric=events": "metric not_allowed",
	} {
		r.as(t).get(t, "/v1/stats/matrix"+query).wantProblem(t, http.StatusBadRequest, "bad_parameters", want)
	}
}

func TestAMatrixHasTheDimensionsOfStatements(t *testing.T) {
	t.Parallel()
	want := strings.Join(slices.Sorted(maps.Keys(statements.source().Dimensions)), ",")
	for _, name := range []string{"Rows", "Columns"} {
		f, _ := reflect.TypeFor[matrixParams]().FieldByName(name)
		if got := f.Tag.Get("enums"); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	described := published().doc.Paths.Value("/v1/stats/matrix").Get.Parameters.GetByInAndName("query", "metric")
	aggregated := published().doc.Paths.Value("/v1/statements/aggregate").Get.Parameters.GetByInAndName("query", "metric")
	if fmt.Sprint(described.Schema.Value.Items.Value.Enum) != fmt.Sprint(aggregated.Schema.Value.Items.Value.Enum) {
		t.Errorf("the document describes other metrics: %v, %v", described.Schema.Value.Items.Value.Enum, aggregated.Schema.Value.Items.Value.Enum)
	}
}
