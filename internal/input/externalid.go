package input

import (
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/apperr"
)

// idScheme is a scheme of external ids whose identifiers have a known form.
type idScheme struct {
	name    string // for people
	example string
	hosts   []string       // whose addresses contain identifiers
	path    *regexp.Regexp // of these addresses, with the identifier as its group
	valid   func(identifier string) bool

	normal func(identifier string) string // the usual form of an identifier
}

// idSchemes are the known schemes.
var idSchemes = map[string]idScheme{
	"orcid": { // https://support.orcid.org/hc/en-us/articles/360006897674
		name: "ORCID iD", example: "orcid:0000-0002-1825-0097",
		hosts: []string{"orcid.org"}, path: regexp.MustCompile(`^/(.+?)/?$`),
		normal: func(s string) string {
			if s = compactDigits(s); len(s) == 16 {
				return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
			}
			return s
		},
		valid: func(s string) bool { return hasISNICheckDigit(compactDigits(s)) },
	},
	"isni": { // ISO 27729
		name: "ISNI", example: "isni:0000000121032683",
		hosts: []string{"isni.org", "isni-url.oclc.nl"}, path: regexp.MustCompile(`^/(?:isni/)?(.+?)/?$`),
		normal: compactDigits, valid: hasISNICheckDigit,
	},
	"wikidata": { // https://www.wikidata.org/wiki/Wikidata:Identifiers
		name: "Wikidata id", example: "wikidata:Q42",
		hosts: []string{"wikidata.org", "m.wikidata.org"}, path: regexp.MustCompile(`^/(?:wiki|entity)/(.+?)/?$`),
		normal: strings.ToUpper, valid: regexp.MustCompile(`^Q[1-9][0-9]*$`).MatchString,
	},
	"ror": { // https://ror.readme.io/docs/identifier
		name: "ROR id", example: "ror:03yrm5c26",
		hosts: []string{"ror.org"}, path: regexp.MustCompile(`^/(.+?)/?$`),
		normal: strings.ToLower, valid: isROR,
	},
	"doi": { // https://www.doi.org/the-identifier/resources/handbook
		name: "DOI", example: "doi:10.1000/182",
		hosts: []string{"doi.org", "dx.doi.org"}, path: regexp.MustCompile(`^/(.+)$`),
		normal: func(s string) string { return strings.TrimPrefix(strings.ToLower(s), "doi:") },
		valid:  regexp.MustCompile(`^10\.[0-9]+(\.[0-9]+)*/.`).MatchString,
	},
}

// ExternalID returns an external id in the form in which the registry stores it, and whether it is valid. It checks identifiers
// of known schemes, with their check digits, and also reads them from the addresses that these schemes use. Other schemes have
// any identifier.
func ExternalID(s string) (id string, ok bool) {
	id = strings.TrimSpace(s)
	scheme, identifier, _ := strings.Cut(id, ":")
	scheme = strings.ToLower(scheme)
	if scheme == "http" || scheme == "https" { // an address instead of an id
		for name, known := range idSchemes {
			if found := known.inAddress(id); found != "" {
				scheme, identifier = name, found
			}
		}
	}
	if known, found := idSchemes[scheme]; found {
		if inside := known.inAddress(identifier); inside != "" {
			identifier = inside
		}
		identifier = known.normal(strings.TrimSpace(identifier))
		if !known.valid(identifier) {
			return id, false
		}
		id = scheme + ":" + identifier
	}
	return id, externalID.MatchString(id)
}

var externalID = regexp.MustCompile(Patterns["external_id"])

// badExternalID is the error for an external id that ExternalID rejects.
func badExternalID(pointer, id string) apperr.Field {
	scheme, _, _ := strings.Cut(id, ":")
	if known, ok := idSchemes[strings.ToLower(scheme)]; ok {
		return apperr.At(pointer, "bad_identifier", "value", id, "name", known.name, "example", known.example)
	}
	return apperr.At(pointer, "bad_external_id")
}

// inAddress returns the identifier in an address of the scheme, "" if it is none.
func (s idScheme) inAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !slices.Contains(s.hosts, strings.TrimPrefix(strings.ToLower(u.Host), "www.")) {
		return ""
	}
	if found := s.path.FindStringSubmatch(u.Path); found != nil {
		return found[1]
	}
	return ""
}

// compactDigits removes what people write between the digits of an identifier.
func compactDigits(s string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "", "\u2010", "", "\u2011", "", "\u2013", "").Replace(s))
}

// hasISNICheckDigit reports whether s has 15 digits and the check digit for them (ISO/IEC 7064, MOD 11-2), as ISNI and ORCID have.
func hasISNICheckDigit(s string) bool {
	if len(s) != 16 {
		return false
	}
	total := 0
	for _, c := range s[:15] {
		if c < '0' || c > '9' {
			return false
		}
		total = (total + int(c-'0')) * 2
	}
	return s[15] == "0123456789X"[(12-total%11)%11]
}

// isROR reports whether s is 0, six digits of Crockford's base 32, and the two check digits for these (ISO/IEC 7064, MOD 97-10).
func isROR(s string) bool {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	if len(s) != 9 || s[0] != '0' || strings.Trim(s[7:], "0123456789") != "" {
		return false
	}
	n := 0
	for i := range 6 {
		d := strings.IndexByte(digits, s[1+i])
		if d < 0 {
			return false
		}
		n = n*32 + d
	}
	return int(s[7]-'0')*10+int(s[8]-'0') == 98-n*100%97
}

// cleanExternalIDs writes the ids of a list in their stored form. Duplicates after rewriting are removed.
func cleanExternalIDs(v reflect.Value) (reflect.Value, bool) {
	was := make([]string, v.Len())
	is := reflect.MakeSlice(v.Type(), 0, v.Len())
	changed := false
	for i := range was {
		was[i] = v.Index(i).String()
		cleaned, _ := cleanText(was[i], false)
		cleaned, _ = ExternalID(cleaned)
		changed = changed || cleaned != was[i]
		if same := indexOf(is, cleaned); same >= 0 && !slices.Contains(was[:i], was[i]) { // one sent twice is a mistake
			changed = true
			continue
		}
		is = reflect.Append(is, reflect.ValueOf(cleaned).Convert(v.Type().Elem()))
	}
	if !changed {
		return v, false
	}
	return is, true
}

func indexOf(list reflect.Value, s string) int {
	for i := range list.Len() {
		if list.Index(i).String() == s {
			return i
		}
	}
	return -1
}

// StoredForms adds to ids that are looked for the forms in which the registry stores them. A record from before ids were
// rewritten has an id as it was sent.
func StoredForms(ids []string) []string {
	for _, id := range slices.Clone(ids) {
		if stored, ok := ExternalID(id); ok && !slices.Contains(ids, stored) {
			ids = append(ids, stored)
		}
	}
	return ids
}

// oneIDSchemes are the schemes of which a person or an organization has one identifier: each identifier stands for one record
// of its source. bin is the business identification number of Kazakhstan, lei is ISO 17442.
var oneIDSchemes = []string{"orcid", "isni", "ror", "wikidata", "bin", "lei"}

// Contradict reports whether two lists of external ids belong to different people or organizations: in a scheme that gives one
// identifier to each, both have identifiers, and none in common. more are further schemes of this kind.
func Contradict(a, b []string, more ...string) bool {
	own, other := byScheme(a), byScheme(b)
	for _, scheme := range append(more, oneIDSchemes...) {
		if len(own[scheme]) > 0 && len(other[scheme]) > 0 &&
			!slices.ContainsFunc(own[scheme], func(id string) bool { return slices.Contains(other[scheme], id) }) {
			return true
		}
	}
	return false
}

// byScheme groups external ids, in their stored form, by scheme.
func byScheme(ids []string) map[string][]string {
	groups := map[string][]string{}
	for _, given := range ids {
		id, _ := ExternalID(given)
		if scheme, _, ok := strings.Cut(id, ":"); ok {
			scheme = strings.ToLower(scheme)
			groups[scheme] = append(groups[scheme], id)
		}
	}
	return groups
}
