package roundtable

import "time"

// Begins returns the date or time at which the event begins in ISO 8601, as precisely as it is known: "2020-02",
// "2020-02-27T10:00:00+06:00". It is empty if nothing is known.
func (r RoundTable) Begins() string {
	switch {
	case r.StartsAt != nil:
		return r.StartsAt.Format(time.RFC3339)
	case r.StartsOn == nil:
		return ""
	}
	return r.StartsOn.String()[:lengths[r.DatePrecision]]
}

// lengths are those of a date by its precision; an unknown one has no length.
var lengths = map[string]int{"day": len("2020-02-27"), "month": len("2020-02"), "year": len("2020")}

// Ends returns the date or time at which the event ends in ISO 8601. It is empty if the day is not known.
func (r RoundTable) Ends() string {
	switch {
	case r.EndsAt != nil:
		return r.EndsAt.Format(time.RFC3339)
	case r.EndsOn != nil && r.DatePrecision == "day":
		return r.EndsOn.String()
	}
	return ""
}
