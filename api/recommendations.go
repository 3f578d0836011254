package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/recommendation"
)

var recommendations = resource[recommendation.Input, recommendation.Recommendation, recommendation.Filter]{
	Kind: history.Kind{Type: recommendation.Type, Table: recommendation.Table},
	one:  "recommendation", many: "recommendations",
	about: "What was proposed, to whom, and what became of it.",
	sorts: []string{"-starts_on", "updated_at"},
	list:  recommendation.List, get: recommendation.Get, create: recommendation.Create, update: recommendation.Update,
	input: func(r *recommendation.Recommendation) *recommendation.Input { return &r.Input },
	more:  map[Feature]Operation{Within: within(recommendation.ListWithin, "-starts_on", "updated_at")},
	notes: map[Feature]string{Create: "The statement must belong to the same round table."},
}
