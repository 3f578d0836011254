package api

import (
	"roundtables.kz/registry/internal/affiliation"
	"roundtables.kz/registry/internal/history"
)

var affiliations = resource[affiliation.Input, affiliation.Affiliation, affiliation.Filter]{
	Kind: history.Kind{Type: affiliation.Type, Table: affiliation.Table},
	one:  "affiliation", many: "affiliations",
	about: "Positions of people over time.",
	sorts: []string{"-from", "updated_at"},
	list:  affiliation.List, get: affiliation.Get, create: affiliation.Create, update: affiliation.Update,
	input: func(r *affiliation.Affiliation) *affiliation.Input { return &r.Input },
	notes: map[Feature]string{
		Create: "The same position with the same beginning is rejected with 409.",
	},
}
