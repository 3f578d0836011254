package api

import (
	"roundtables.kz/registry/internal/history"
	"roundtables.kz/registry/internal/role"
)

var roles = resource[role.Input, role.Role, role.Filter]{
	Kind: history.Kind{Type: role.Type, Table: role.Table},
	one:  "role", many: "roles",
	about: "The vocabulary of roles that attendees can have.",
	sorts: []string{"rank", "code", "updated_at"},
	list:  role.List, get: role.Get, create: role.Create, update: role.Update,
	input: func(r *role.Role) *role.Input { return &r.Input },
	notes: map[Feature]string{
		Create: "Attendees refer to a role by its `code`, which never changes.",
	},
}
