package profile

import (
	"time"

	"roundtables.kz/registry/internal/date"
)

// dated is a position with the days that are known of it.
type dated struct {
	Position
	confirmed   time.Time // the last day on which it is known to be held; zero if there is none
	first, last time.Time // of the round tables that show it
}

// united joins the positions that affiliations record with those that round tables show: of the same person and organization, with
// the same title. Languages that only some round tables give do not separate titles.
// Days after today do not confirm anything.
func united(recorded, observed []Position, today time.Time) []dated {
	all := make([]dated, 0, len(recorded)+len(observed))
	byKey := map[string][]int{}
	add := func(p Position) {
		byKey[p.key()] = append(byKey[p.key()], len(all))
		all = append(all, dated{Position: p})
	}
	for _, p := range recorded {
		add(p)
	}
	var confirming []Position // without a title, or of another one
	for _, p := range observed {
		if i := match(all, byKey[p.key()], p); i >= 0 {
			all[i].observe(p.Observed)
		} else {
			add(p)
		}
		confirming = append(confirming, p)
	}
	for i := range all {
		all[i].date(today)
	}
	// A round table that shows no title, or an affiliation that has none, says only that the person belonged to the organization.
	for _, p := range confirming {
		if p.Observed.LastOn == nil {
			continue
		}
		for _, i := range byKey[p.key()] {
			if d := &all[i]; d.Recorded != nil && (len(p.Title) == 0 || len(d.Title) == 0) && !p.Observed.LastOn.Time.Before(d.begin()) {
				d.confirm(p.Observed.LastOn.Time)
			}
		}
	}
	return all
}

// match returns the position among some that an observed one belongs to, or -1. Of several terms it is the latest that had begun.
func match(all []dated, among []int, p Position) int {
	found := -1
	for _, i := range among {
		if !sameTitle(all[i].Title, p.Title) {
			continue
		}
		if last := p.Observed.LastOn; last == nil || !last.Time.Before(all[i].begin()) {
			return i
		}
		if found < 0 {
			found = i
		}
	}
	return found
}

// observe adds round tables that show the position. There may be others, with the title in other languages.
func (d *dated) observe(o *Observed) {
	if d.Observed == nil {
		d.Observed = o
		return
	}
	was := *d.Observed
	was.RoundTables += o.RoundTables
	if o.FirstOn != nil && (was.FirstOn == nil || o.FirstOn.Time.Before(was.FirstOn.Time)) {
		was.FirstOn = o.FirstOn
	}
	if o.LastOn != nil && (was.LastOn == nil || o.LastOn.Time.After(was.LastOn.Time)) {
		was.LastOn, was.Latest = o.LastOn, o.Latest
	}
	d.Observed = &was
}

// begin is the first day that the affiliation may mean; zero if it has no start.
func (d *dated) begin() time.Time {
	if d.Recorded == nil || d.Recorded.From == nil {
		return time.Time{}
	}
	return d.Recorded.From.First()
}

// date sets the days that are known of the position.
func (d *dated) date(today time.Time) {
	if o := d.Observed; o != nil && o.LastOn != nil {
		d.first, d.last = o.FirstOn.Time, o.LastOn.Time
		d.confirm(d.last)
	}
	if r := d.Recorded; r != nil {
		for _, partial := range []*date.Partial{r.From, r.To} { // all that a year says is that the position was held when it began
			if partial != nil && !partial.First().After(today) {
				d.confirm(partial.First())
			}
		}
	}
}

func (d *dated) confirm(day time.Time) {
	if day.After(d.confirmed) {
		d.confirmed = day
	}
}

// on returns whether the position was held on a day: current, ended, unknown or notYet. A position without an end counts as held
// while it was confirmed later, or at most confirmedFor earlier.
func (d *dated) on(day time.Time) string {
	seen := !d.first.IsZero() && !day.Before(d.first)
	if seen && !day.After(d.last) {
		return "current"
	}
	r := d.Recorded
	switch {
	case r == nil && !seen:
		return "unknown"
	case r != nil && r.From != nil && day.Before(r.From.First()):
		return notYet
	case r != nil && r.To != nil && day.After(r.To.Last()):
		return "ended"
	case r != nil && r.From == nil && !seen: // it is not known since when
		return "unknown"
	case r != nil && r.To != nil:
		return "current"
	case d.confirmed.IsZero() || day.Sub(d.confirmed) > confirmedFor:
		return "unknown"
	}
	return "current"
}
