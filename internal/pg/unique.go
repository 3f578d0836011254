package pg

import "context"

// exchangeable are the constraints that two parts of an event break while they exchange their people or organizations.
const exchangeable = "organizers_round_table_id_organization_id_kind_key, attendees_round_table_id_person_id_key, attendees_round_table_id_organization_id_key"

// DeferUnique lets a transaction write parts of an event that are equal for the time being, until CheckUnique.
func DeferUnique(ctx context.Context, tx DB) error {
	return Exec(ctx, tx, "SET CONSTRAINTS "+exchangeable+" DEFERRED", nil)
}

// CheckUnique ends DeferUnique. It returns the error of equal parts.
func CheckUnique(ctx context.Context, tx DB) error {
	return Exec(ctx, tx, "SET CONSTRAINTS "+exchangeable+" IMMEDIATE", nil)
}
