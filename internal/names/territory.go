package names

import (
	"slices"
)

// contradictory reports whether two names have different countries or places.
func contradictory(a, b *orgReading) bool {
	if isEmbassy(a) && isEmbassy(b) {
		for _, host := range []bool{true, false} {
			x, y := territories(a, countryClass, host), territories(b, countryClass, host)
			if apart(x, y) {
				return true
			}
		}
	} else if apart(territories(a, countryClass, true, false), territories(b, countryClass, true, false)) {
		return true
	}
	x, y := territories(a, placeClass), territories(b, placeClass)
	return apart(x, y) || outside(x, hosts(b)) || outside(y, hosts(a))
}

// hosts returns the countries where an organization can be: an embassy is not in the country that it represents.
func hosts(r *orgReading) []*concept {
	if isEmbassy(r) {
		return territories(r, countryClass, true)
	}
	return territories(r, countryClass, true, false)
}

// hasUnclearHost reports whether the name of an embassy has two countries and does not say which of them sent it.
func hasUnclearHost(r *orgReading) bool {
	return isEmbassy(r) && len(territories(r, countryClass, true)) == 0 && len(territories(r, countryClass, false)) > 1
}

// outside reports whether a place is in none of the countries, if there are any.
func outside(places, countries []*concept) bool {
	return len(countries) > 0 && slices.ContainsFunc(places, func(p *concept) bool { return p.country != nil && !slices.Contains(countries, p.country) })
}

func isEmbassy(r *orgReading) bool {
	return slices.ContainsFunc(r.units, func(x unit) bool {
		return x.class == headClass && (x.concept.name == "embassy" || x.concept.name == "consulate" || x.concept.name == "permanent mission")
	})
}

func territories(r *orgReading, of class, hosts ...bool) (list []*concept) {
	for _, x := range r.units {
		if x.class == of && (of == placeClass || slices.Contains(hosts, x.host)) {
			list = append(list, x.concept)
		}
	}
	return list
}

// apart reports whether two lists have elements but none in common, or each has one that the other lacks.
func apart(a, b []*concept) bool {
	return slices.ContainsFunc(a, func(c *concept) bool { return !slices.Contains(b, c) }) &&
		slices.ContainsFunc(b, func(c *concept) bool { return !slices.Contains(a, c) })
}

func sharesCountry(a, b *orgReading) bool {
	for _, c := range territories(a, countryClass, true, false) {
		if slices.Contains(territories(b, countryClass, true, false), c) {
			return true
		}
	}
	return false
}
