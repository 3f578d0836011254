package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/reference"
)

var recommendations = resource[recommendation.Input, recommendation.Recommendation, recommendation.Filter]{
	Kind: history.Kind{Type: recommendation.Type, Table: recommendation.Table},
	one:  "recommendation", many: "recommendations",
	about: "What was proposed, to whom, and what became of it.",
	sorts: []string{"-starts_on", "position", "updated_at"},
	list:  recommendation.List, get: recommendation.Get, create: recommendation.Create, update: recommendation.Update,
	input:  func(r *recommendation.Recommendation) *recommendation.Input { return &r.Input },
	order:  &reference.Order{Table: recommendation.Table, Column: "position"},
	placed: func(in recommendation.Input) (int64, *int64) { return in.RoundTableID, in.Position },
	more:   map[Feature]Operation{Within: within(recommendation.ListWithin, "position", "-starts_on", "updated_at")},
	notes:  map[Feature]string{Create: "Without `position` the recommendation becomes the last one. The statement must belong to the same round table."},
}
