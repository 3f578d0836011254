package roundtable

import (
	"cmp"
	"sync"
	"time"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/date"
)

// Check fills in defaults and derived fields, and returns the errors that tags cannot express: those of the dates.
func (in *Input) Check() []apperr.Field {
	in.complete()
	return append(in.checkDays(), in.checkTimes()...)
}

// complete fills in defaults and derived fields. It is idempotent.
func (in *Input) complete() {
	in.Format = cmp.Or(in.Format, "round_table")
	in.Status = cmp.Or(in.Status, "held")
	in.Publication = cmp.Or(in.Publication, "draft")
	in.Timezone = cmp.Or(in.Timezone, "Asia/Almaty")
	in.Mode = cmp.Or(in.Mode, "unknown")
	if day, ok := in.dayOf(in.StartsAt); ok && in.StartsOn == nil {
		in.StartsOn = &day
	}
	if day, ok := in.dayOf(in.EndsAt); ok && in.EndsOn == nil && in.StartsOn != nil && day.Time.After(in.StartsOn.Time) {
		in.EndsOn = &day
	}
	if in.StartsOn != nil {
		in.DatePrecision = cmp.Or(in.DatePrecision, "day")
	}
	in.DatePrecision = cmp.Or(in.DatePrecision, "unknown")
}

// checkDays returns the errors of the calendar days and their precision.
func (in *Input) checkDays() (fields []apperr.Field) {
	if in.EndsOn != nil && in.StartsOn == nil {
		fields = append(fields, apperr.At("/starts_on", "required"))
	}
	if in.EndsOn != nil && in.StartsOn != nil && in.EndsOn.Time.Before(in.StartsOn.Time) {
		fields = append(fields, apperr.At("/ends_on", "before_start"))
	}
	_, timed := in.dayOf(in.StartsAt)
	switch {
	case timed && in.DatePrecision != "day":
		fields = append(fields, apperr.At("/date_precision", "day_needed"))
	case (in.StartsOn == nil) != (in.DatePrecision == "unknown"):
		fields = append(fields, apperr.At("/date_precision", "precision_mismatch"))
	case in.StartsOn == nil:
	case in.DatePrecision == "month" && in.StartsOn.Time.Day() != 1:
		fields = append(fields, apperr.At("/starts_on", "first_of_month", "value", in.StartsOn.String()[:8]+"01"))
	case in.DatePrecision == "year" && in.StartsOn.Time.YearDay() != 1:
		fields = append(fields, apperr.At("/starts_on", "first_of_year", "value", in.StartsOn.String()[:5]+"01-01"))
	}
	return fields
}

// checkTimes returns the errors of the times. Each time must be on the day that the field for its day has.
func (in *Input) checkTimes() (fields []apperr.Field) {
	if in.EndsAt != nil && in.StartsAt == nil {
		fields = append(fields, apperr.At("/starts_at", "required"))
	}
	fields = append(fields, in.checkTime("starts_at", in.StartsAt, "starts_on", in.StartsOn)...)
	if in.EndsAt != nil && in.StartsAt != nil && in.EndsAt.Before(*in.StartsAt) {
		return append(fields, apperr.At("/ends_at", "before_start"))
	}
	if in.EndsOn == nil {
		return append(fields, in.checkTime("ends_at", in.EndsAt, "starts_on", in.StartsOn)...)
	}
	return append(fields, in.checkTime("ends_at", in.EndsAt, "ends_on", in.EndsOn)...)
}

func (in *Input) checkTime(name string, at *time.Time, dayField string, day *date.Day) []apperr.Field {
	if at == nil || in.location() == nil { // its tag reports an unknown time zone
		return nil
	}
	is, ok := in.dayOf(at)
	switch {
	case !ok:
		return []apperr.Field{apperr.At("/"+name, "bad_value")}
	case day != nil && !is.Time.Equal(day.Time):
		return []apperr.Field{apperr.At("/"+name, "other_day", "value", is.String(), "field", dayField)}
	}
	return nil
}

// dayOf returns the calendar day of a time in the time zone of the event. It returns false without a time, with an
// unknown time zone, and outside of the years 1 to 9999.
func (in *Input) dayOf(at *time.Time) (date.Day, bool) {
	zone := in.location()
	if at == nil || zone == nil || !inRange(at.UTC()) || !inRange(at.In(zone)) {
		return date.Day{}, false
	}
	year, month, day := at.In(zone).Date()
	return date.Day{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}, true
}

func inRange(t time.Time) bool { return t.Year() >= 1 && t.Year() <= 9999 }

var zones sync.Map // name -> *time.Location; the standard library reads a file every time

// location returns the time zone of the event, or nil if its name is unknown.
func (in *Input) location() *time.Location {
	if zone, ok := zones.Load(in.Timezone); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(in.Timezone)
	if err != nil || in.Timezone == "Local" {
		return nil
	}
	zones.Store(in.Timezone, zone)
	return zone
}

// localize sets the offset of the times to that of the event's time zone at that time. Local mean times, used before
// time zones, have offsets with seconds, which RFC 3339 lacks. localize cuts them off; the point in time stays the
// same.
func (in *Input) localize() {
	zone := in.location()
	if zone == nil { // this system no longer knows the name
		return
	}
	for _, at := range []*time.Time{in.StartsAt, in.EndsAt} {
		if at == nil {
			continue
		}
		*at = at.In(zone)
		if _, offset := at.Zone(); offset%60 != 0 {
			*at = at.In(time.FixedZone("", offset/60*60))
		}
	}
}
