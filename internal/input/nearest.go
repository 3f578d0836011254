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
		if d := edits(name, n); d < distance && d <= max(1, len(n)/3) && d < len(n) {
			best, distance = n, d
		}
	}
	return best
}

// edits counts the letters to add, remove, replace or swap with the next one (optimal string alignment).
func edits(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = 1 + min(d[i-1][j], d[i][j-1], d[i-1][j-1])
			}
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
