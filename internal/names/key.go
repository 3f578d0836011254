package names

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Key gives the comparison key of a spelling: compatibility-normalised, lower case, apostrophes dropped, everything that
// is neither letter nor digit one blank. Two spellings with one key are the same name as written.
func Key(name string) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFKC.String(strings.ToLower(norm.NFKC.String(name))) {
		switch {
		case strings.ContainsRune("'’ʼʻʹ`‘", r): // some of them are letters to Unicode
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(r)
		default:
			blank = true
		}
	}
	return norm.NFC.String(b.String()) // an apostrophe may have stood between a letter and its mark
}

// Keys gives the distinct keys of several spellings, without empty ones, in order.
func Keys(spellings ...string) []string {
	keys := make([]string, 0, len(spellings))
	for _, s := range spellings {
		if k := Key(s); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}
