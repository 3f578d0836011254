package names

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Key returns the comparison key of a spelling: compatibility-normalised, lower case, without apostrophes, and with one
// space for each run of characters that are neither letters nor digits. Spellings with the same key are written alike.
func Key(name string) string {
	var b strings.Builder
	blank := false
	for _, r := range norm.NFKC.String(strings.ToLower(norm.NFKC.String(name))) {
		switch {
		case strings.ContainsRune("'’ʼʻʹ`‘", r): // Unicode classifies some of them as letters
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
	return norm.NFC.String(b.String()) // an apostrophe may have separated a letter from its mark
}

// Keys returns the distinct non-empty keys of several spellings, in order.
func Keys(spellings ...string) []string {
	keys := make([]string, 0, len(spellings))
	for _, s := range spellings {
		if k := Key(s); k != "" && !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}
