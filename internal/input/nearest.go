package input

import "roundtables.kz/registry/internal/apperr"

// Suggest completes the error for a name that is none of known: if one of them was probably meant, the error gets the code
// hinted and the argument hint.
func Suggest(f apperr.Field, hinted, name string, known []string) apperr.Field {
	if hint := nearest(name, known); hint != "" {
		f.Code, f.Args["hint"] = hinted, hint
	}
	f.Allowed = known
	return f
}

// nearest returns the name that was probably meant, or "": the one with the fewest edits, at most a third of its length.
func nearest(name string, names []string) string {
	best, distance := "", len(name)/3+2
	for _, n := range names {
		if d := edits(name, n); d < distance && d <= max(1, len(n)/3) {
			best, distance = n, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
