package document

import (
	"slices"
	"strings"
)

// tracking are the parameters of addresses that only tell a site where a reader comes from. Those that begin with "utm_" do, too.
var tracking = []string{
	"fbclid", "gclid", "dclid", "gbraid", "wbraid", "yclid", "ymclid", "ysclid", "_openstat", "mc_cid", "mc_eid", "igshid", "msclkid",
}

// PlainURL returns an address without its tracking parameters. The rest stays as it is.
func PlainURL(address string) string {
	before, rest, ok := strings.Cut(address, "?")
	if !ok || strings.Contains(before, "#") {
		return address
	}
	query, fragment, hasFragment := strings.Cut(rest, "#")
	all := strings.Split(query, "&")
	kept := slices.DeleteFunc(slices.Clone(all), func(parameter string) bool {
		name, _, _ := strings.Cut(strings.ToLower(parameter), "=")
		return strings.HasPrefix(name, "utm_") || slices.Contains(tracking, name)
	})
	if len(kept) == len(all) {
		return address
	}
	plain := before
	if len(kept) > 0 {
		plain += "?" + strings.Join(kept, "&")
	}
	if hasFragment {
		plain += "#" + fragment
	}
	return plain
}
