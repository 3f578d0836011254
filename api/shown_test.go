package api

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gap stands for what an example leaves out.
const gap = "…"

// varies are the members whose values differ from run to run.
var varies = regexp.MustCompile(`^(cursor|next_cursor|next|after|instance|secret|key|prefix|message_id|request|change|duration_ms)$|_at$|^last_used_on$`)

var moment = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z$`)

// compareShown compares what an example shows with what its command prints (see commands_test.go). It gives what is
// shown with the values that are printed, and the differences.
func compareShown(shown, printed string) (fresh string, differences []string) {
	head, body := "", shown
	if strings.HasPrefix(shown, "HTTP/") {
		printedHead, rest, _ := strings.Cut(strings.ReplaceAll(printed, "\r\n", "\n"), "\n\n")
		head, body, _ = strings.Cut(shown, "\n\n")
		lines := strings.Split(printedHead, "\n")
		for line := range strings.Lines(head) {
			line = strings.TrimSuffix(line, "\n")
			if !slices.ContainsFunc(lines, func(l string) bool { return matchesLine(line, l) }) {
				differences = append(differences, "no header is "+line)
			}
		}
		if printed = rest; body == "" {
			return shown, differences
		}
		head += "\n\n"
	}
	c := comparison{text: body}
	if strings.HasPrefix(strings.TrimSpace(body), "{") || strings.HasPrefix(strings.TrimSpace(body), "[") {
		c.json(printed)
	} else {
		c.lines(strings.Split(strings.TrimSpace(body), "\n"), strings.Split(strings.TrimSpace(printed), "\n"))
	}
	for _, e := range slices.Backward(c.edits) {
		body = body[:e.from] + e.value + body[e.to:]
	}
	return head + body, append(differences, c.differences...)
}

// comparison reads the text of an example along with what is printed.
type comparison struct {
	text        string
	at          int
	differences []string
	edits       []edit
}

// edit is a value that is to be replaced.
type edit struct {
	from, to int
	value    string
}

func (c *comparison) differ(format string, args ...any) {
	c.differences = append(c.differences, fmt.Sprintf(format, args...))
}

func (c *comparison) lines(shown, printed []string) {
	for i, line := range shown {
		if strings.TrimSpace(line) == gap {
			for n := range len(printed) + 1 {
				rest := comparison{}
				if rest.lines(shown[i+1:], printed[n:]); len(rest.differences) == 0 {
					return
				}
			}
			c.differ("nothing printed matches the lines behind …")
			return
		}
		if len(printed) == 0 || !matchesLine(line, strings.TrimSuffix(printed[0], "\r")) {
			c.differ("not printed: %s", line)
			return
		}
		printed = printed[1:]
	}
	if len(printed) > 0 {
		c.differ("not shown: %s", printed[0])
	}
}

// matchesLine reports whether a line is as shown, where each … stands for any characters.
func matchesLine(shown, printed string) bool {
	parts := strings.Split(strings.TrimRight(shown, " "), gap)
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?i)^" + strings.Join(parts, ".*") + "$").MatchString(strings.TrimRight(printed, " "))
}

// json compares JSON values, of which there may be several, as in NDJSON.
func (c *comparison) json(printed string) {
	d := json.NewDecoder(strings.NewReader(printed))
	d.UseNumber()
	var values []any
	for {
		var v any
		if err := d.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			c.differ("what is printed is not JSON: %v", err)
			return
		}
		values = append(values, v)
	}
	c.elements("", values, "")
	if c.at < len(c.text) && len(c.differences) == 0 {
		c.differ("not JSON: %s", c.text[c.at:])
	}
}

// next skips blanks and commas, and reports whether the text goes on with a token.
func (c *comparison) next(token string) bool {
	c.at += len(c.text[c.at:]) - len(strings.TrimLeft(c.text[c.at:], " \n\t,:"))
	return strings.HasPrefix(c.text[c.at:], token)
}

// take is next that passes the token.
func (c *comparison) take(token string) bool {
	found := c.next(token)
	if found {
		c.at += len(token)
	}
	return found
}

// elements compares values up to an end. Behind … the values are those at the end of the list.
func (c *comparison) elements(pointer string, values []any, end string) {
	from := 0
	for n := 0; ; n++ {
		switch {
		case end != "" && c.take(end), end == "" && c.next("") && c.at == len(c.text):
			if from < len(values) {
				c.differ("%s: %d elements are not shown", pointer, len(values)-from)
			}
			return
		case c.take(gap):
			from = max(from, len(values)-c.count(end))
		case c.at == len(c.text):
			c.differ("%s: the list has no end", pointer)
			return
		default:
			var v any
			if from >= len(values) {
				c.differ("%s: more elements are shown than the %d that are printed", pointer, len(values))
				return
			}
			v, from = values[from], from+1
			c.value(fmt.Sprintf("%s/%d", pointer, from-1), v)
		}
		if n > len(c.text) {
			return // what is shown is no JSON; the differences say so
		}
	}
}

// count gives how many elements follow up to the end of the list.
func (c *comparison) count(end string) (n int) {
	ahead := comparison{text: c.text, at: c.at}
	for !(end != "" && ahead.next(end)) && !(ahead.next("") && ahead.at == len(ahead.text)) {
		before := ahead.at
		ahead.skip()
		if n++; ahead.at == before {
			return n
		}
	}
	return n
}

// value compares the next value of the text with one that is printed.
func (c *comparison) value(pointer string, v any) {
	c.next("")
	from := c.at
	switch v := v.(type) {
	case map[string]any:
		if c.take("{") {
			c.members(pointer, v)
			return
		}
	case []any:
		if c.take("[") {
			c.elements(pointer, v, "]")
			return
		}
	}
	c.skip()
	shown := c.text[from:c.at]
	printed, err := marshal(v)
	if err != nil {
		c.differ("%s: %v", pointer, err)
	}
	if !c.same(pointer, shown, printed) {
		c.differ("%s: %s is shown, %s is printed", pointer, shown, printed)
		if _, list := v.([]any); !list && printed != "" && printed[0] != '{' {
			c.edits = append(c.edits, edit{from, c.at, printed})
		}
	}
}

func marshal(v any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSpace(b.String()), err
}

func (c *comparison) same(pointer, shown, printed string) bool {
	name := pointer[strings.LastIndex(pointer, "/")+1:]
	if shown == gap || shown == printed {
		return true
	}
	if shown == "" || printed == "" || shown[0] != '"' && varies.MatchString(name) {
		return varies.MatchString(name) && printed != "" && printed != "null" && shown != "null"
	}
	if shown[0] != '"' || printed[0] != '"' {
		return false
	}
	shown, printed = shown[1:len(shown)-1], printed[1:len(printed)-1]
	return varies.MatchString(name) || moment.MatchString(shown) && moment.MatchString(printed) ||
		strings.Contains(shown, gap) && matchesLine(shown, printed)
}

// members compares an object. Members that are not shown need a … in it.
func (c *comparison) members(pointer string, v map[string]any) {
	open, seen := false, map[string]bool{}
	for !c.take("}") {
		if c.take(gap) {
			open = true
			continue
		}
		from := c.at
		c.skip()
		var name string
		if err := json.Unmarshal([]byte(c.text[from:c.at]), &name); err != nil {
			c.differ("%s: not the name of a member: %q", pointer, c.text[from:min(len(c.text), from+20)])
			c.at = len(c.text)
			return
		}
		member, found := v[name]
		if seen[name] = true; !found {
			c.differ("%s/%s is shown but not printed", pointer, name)
			c.next("")
			c.skip()
			continue
		}
		c.value(pointer+"/"+name, member)
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if !open && !seen[name] {
			c.differ("%s/%s is printed but not shown", pointer, name)
		}
	}
}

var scalar = regexp.MustCompile(`^("(?:[^"\\]|\\.)*"|…|[^\s,:{}\[\]]+)`)

// skip passes a value.
func (c *comparison) skip() {
	c.next("")
	for open, end := range map[string]string{"{": "}", "[": "]"} {
		if c.take(open) {
			for !c.take(end) && c.at < len(c.text) {
				before := c.at
				if c.skip(); c.at == before {
					return
				}
			}
			return
		}
	}
	c.at += len(scalar.FindString(c.text[c.at:]))
}

func TestWhatIsShownIsComparedWithWhatIsPrinted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shown, printed string
		fresh          string // "": the same as shown
		same           bool
	}{
		"equal":                    {`{"a":1, "b":[true,null]}`, `{"b":[true,null],"a":1}`, "", true},
		"another number":           {`{"a":1}`, `{"a":2}`, `{"a":2}`, false},
		"another text":             {`{"a":{"b":"x"}, "c":"y"}`, `{"a":{"b":"z"},"c":"y"}`, `{"a":{"b":"z"}, "c":"y"}`, false},
		"a member too many":        {`{"a":1}`, `{"a":1,"b":2}`, "", false},
		"members left out":         {`{"a":1,…}`, `{"a":1,"b":2}`, "", true},
		"a member that is missing": {`{"a":1,"b":2,…}`, `{"a":1}`, "", false},
		"an element too many":      {`[1]`, `[1,2]`, "", false},
		"an element too few":       {`[1,2]`, `[1]`, "", false},
		"elements left out":        {`[1, …, 4]`, `[1,2,3,4]`, "", true},
		"a wrong element behind …": {`[1, …, 4]`, `[1,2,3,5]`, `[1, …, 5]`, false},
		"a value left out":         {`{"a":…}`, `{"a":{"b":1}}`, "", true},
		"the rest of a text":       {`{"a":"x…"}`, `{"a":"xyz"}`, "", true},
		"another beginning":        {`{"a":"x…"}`, `{"a":"yz"}`, `{"a":"yz"}`, false},
		"a cursor":                 {`{"cursor":"x"}`, `{"cursor":"y"}`, "", true},
		"no cursor":                {`{"cursor":"x"}`, `{"cursor":null}`, `{"cursor":null}`, false},
		"a time":                   {`{"t":"2026-01-01T00:00:00Z"}`, `{"t":"2027-02-03T04:05:06.789Z"}`, "", true},
		"several values":           {"{\"a\":1}\n…\n{\"a\":3}", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "", true},
		"a value too many":         {`{"a":1}`, "{\"a\":1}\n{\"a\":2}\n", "", false},
		"no JSON":                  {`{"a" 1`, `{"a":1}`, "", false},
		"no JSON is printed":       {`{"a":1}`, `oops`, "", false},
		"lines":                    {"a,b\n1,…\n", "a,b\r\n1,2\r\n", "", true},
		"lines left out":           {"a\n…\nd\n", "a\nb\nc\nd\n", "", true},
		"another line":             {"a\nb\n", "a\nc\n", "", false},
		"a line too many":          {"a\n", "a\nb\n", "", false},
		"headers":                  {"HTTP/1.1 200 OK\nETag: \"1…\"\n\n{}", "HTTP/1.1 200 OK\r\nDate: x\r\nETag: \"1-a\"\r\n\r\n{}", "", true},
		"no such header":           {"HTTP/1.1 200 OK\nETag: \"2\"\n", "HTTP/1.1 200 OK\r\nETag: \"1\"\r\n\r\n", "", false},
	} {
		fresh, differences := compareShown(test.shown, test.printed)
		if (len(differences) == 0) != test.same || fresh != test.shown && fresh != test.fresh || fresh == test.shown && test.fresh != "" {
			t.Errorf("%s: %q, %q", name, fresh, differences)
		}
	}
}
