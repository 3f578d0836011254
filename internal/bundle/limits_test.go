package bundle

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/dbtest"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/place"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"
)

// wholeBundle has every member from which a bundle fills the input of a resource.
const wholeBundle = `{
	"lang": "en",
	"round_table": {"title": {"en": "A"}, "purpose": {"en": "A"}, "format": "forum", "status": "held", "publication": "draft",
		"date_precision": "unknown", "timezone": "Asia/Almaty", "mode": "online", "place": "Almaty", "place_as_listed": "A", "venue": {"en": "A"},
		"online_url": "https://example.org/", "parent_id": 1, "languages": ["ru"], "topics": ["water"], "outcome": {"en": "A"},
		"external_ids": ["a:b"], "notes": "A"},
	"organizers": [{"organization": {"name": "Institute"}, "kind": "host", "name_as_listed": "A"}],
	"attendees": [{"description": {"en": "A"}, "group_size": 2, "name_as_listed": "A", "roles": ["speaker"], "attendance": "online",
		"affiliations": [{"organization": {"name": "Institute"}, "organization_as_listed": "A", "title": {"en": "A"}}],
		"on_behalf_of": {"organization": {"name": "Institute"}}}, {"key": "b", "person": {"name": "Marat Saparov"}}],
	"statements": [{"speaker": "b", "attribution": "A", "kind": "verbatim", "act": "report", "locator": "A", "topics": ["water"],
		"texts": [{"lang": "en", "text": "A", "original": true, "translator": "A"}], "quoted_person": {"name": "Marat Saparov"},
		"mentions": {"people": [{"name": "Marat Saparov"}], "organizations": [{"name": "Institute"}], "places": ["Almaty"], "documents": ["D"]}}],
	"recommendations": [{"text": {"en": "A"}, "status": "accepted", "addressee": {"name": "Institute"}}],
	"documents": [{"title": {"en": "D"}, "kind": "law", "url": "https://example.org/", "language": "en", "relation": "source",
		"authors": [{"name": "Marat Saparov"}]}],
	"people": [{"name": "Marat Saparov", "names": {"en": "Marat Saparov"}, "other_names": [{"text": "A", "lang": "en", "kind": "alias"}],
		"honorific": {"en": "A"}, "bio": {"en": "A"}, "external_ids": ["a:b"], "visibility": "public", "notes": "A"}],
	"organizations": [{"name": "Institute", "names": {"en": "Institute"}, "short_name": {"en": "A"},
		"other_names": [{"text": "A", "lang": "en", "kind": "alias"}], "kind": "ngo", "country": "KZ", "website": "https://example.org/", "external_ids": ["a:b"]}],
	"places": [{"name": "Almaty", "names": {"en": "Almaty"}, "former_names": [{"name": {"en": "A"}}],
		"other_names": [{"text": "A", "lang": "en", "kind": "alias"}], "country": "KZ", "region": "A", "latitude": 1, "longitude": 1}],
	"topics": [{"label": "water", "labels": {"en": "water"}, "description": {"en": "A"}}]
}`

// inputsOfBundle are the inputs that a bundle is written to, by the part that they are built from.
var inputsOfBundle = map[string]reflect.Type{
	"/round_table":        reflect.TypeFor[roundtable.Input](),
	"/organizers/0":       reflect.TypeFor[organizer.Input](),
	"/attendees/0":        reflect.TypeFor[attendee.Input](),
	"/statements/0":       reflect.TypeFor[statement.Input](),
	"/recommendations/0":  reflect.TypeFor[recommendation.Input](),
	"/documents/0":        reflect.TypeFor[document.Input](),
	"/people/0":           reflect.TypeFor[person.Input](),
	"/organizations/0":    reflect.TypeFor[organization.Input](),
	"/places/0":           reflect.TypeFor[place.Input](),
	"/topics/0":           reflect.TypeFor[topic.Input](),
	"/attendees/1/person": reflect.TypeFor[person.Input](), // not only the section of details is checked
}

// limit is one rule of a tag of an input, with the member of the document that it is for.
type limit struct {
	pointer     string
	rule, param string
	field       reflect.StructField
	value       reflect.Type // of what the rule is for: the field, or an element of it
	element     bool
}

// limits returns the rules of a struct. at is the part of the document that it is built from.
func limits(t *testing.T, at string, of reflect.Type) (list []limit) {
	for _, f := range reflect.VisibleFields(of) {
		pointer, ok := documentPointer(at, memberOf(f))
		if !ok {
			continue
		}
		value, element := f.Type, false
		for rule := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
			rule, param, _ := strings.Cut(rule, "=")
			if rule == "any_of" || rule == "not_with" || rule == "required_with" { // of several members
				continue
			}
			if rule == "dive" {
				value, element, pointer = value.Elem(), true, pointer+"/0"
			}
			list = append(list, limit{pointer, rule, param, f, value, element})
		}
		if value.Kind() == reflect.Pointer {
			value = value.Elem()
		}
		if memberOf(f) == "document_links" {
			pointer = "/documents/0"
		}
		if input.IsObject(value) {
			list = append(list, limits(t, pointer, value)...)
		}
	}
	return list
}

// documentPointer returns where a bundle has a member of an input. It returns false for what a bundle fills in
// itself, or gives by name only.
func documentPointer(at, member string) (string, bool) {
	isRecord := strings.Count(at, "/") == 2 && slices.Contains([]string{"people", "organizations", "places", "topics"}, strings.Split(at, "/")[1]) ||
		strings.HasSuffix(at, "/person")
	switch {
	case member == "position" || member == "sequence":
		return "", false
	case at == "/round_table" && member == "parent_id":
		return at + "/parent_id", true
	case member == "document_links":
		return "/documents", true
	case member == "person_ids":
		return at + "/people", true
	case strings.HasSuffix(member, "_ids") && member != "external_ids":
		return at + "/" + strings.TrimSuffix(member, "_ids") + "s", true
	case strings.HasSuffix(member, "_id"):
		return "", false
	case isRecord && (member == "name" || member == "label"):
		return at + "/" + member + "s", true
	}
	return at + "/" + member, true
}

// isReference reports whether a list of the document has references instead of the ids that the input has.
func (l limit) isReference() bool {
	return strings.HasSuffix(memberOf(l.field), "_ids") && memberOf(l.field) != "external_ids"
}

// isOptional reports whether a bundle may leave out what the input requires.
func (l limit) isOptional() bool {
	last := l.pointer[strings.LastIndex(l.pointer, "/")+1:]
	return l.pointer == "/documents/0/title" || // an existing document needs none
		l.pointer == "/statements/0/texts/0/lang" || // default: the language of the bundle
		l.pointer == "/documents/0/relation" || // a document that is not linked has none
		slices.Contains([]string{"names", "labels"}, last) // the plain name is enough
}

// exceeded returns a value that breaks the limit, the code of the error, and where it points below the member.
// allowed is the largest value within the limit, if there is one to try.
func (l limit) exceeded(t *testing.T, was any) (value any, code, below string, allowed any) {
	n, _ := strconv.Atoi(l.param)
	kind := l.value.Kind()
	if kind == reflect.Pointer {
		kind = l.value.Elem().Kind()
	}
	padded := func(n int) any { return was.(string) + strings.Repeat("x", n-len(was.(string))) }
	switch isNumber := kind == reflect.Int64 || kind == reflect.Float64; {
	case l.rule == "text":
		return map[string]any{"en": strings.Repeat("қ", n+1)}, "too_long", "/en", map[string]any{"en": strings.Repeat("қ", n)}
	case l.rule == "max" && kind == reflect.String && strings.Contains(l.field.Tag.Get("validate"), "timezone"):
		return padded(n + 1), "too_long", "", nil
	case l.rule == "max" && kind == reflect.String:
		return padded(n + 1), "too_long", "", padded(n)
	case l.rule == "max" && kind == reflect.Slice:
		return repeated(was.([]any)[0], n+1), "too_many", "", nil
	case (l.rule == "max" || l.rule == "lte") && isNumber:
		return n + 1, "too_large", "", n
	case l.rule == "gte":
		return n - 1, "too_small", "", n
	case l.rule == "gt":
		return n, "too_small", "", n + 1
	case l.rule == "min" && kind == reflect.String && n == 1:
		return "", "blank", "", nil
	case l.rule == "notblank":
		return " ", "blank", "", nil
	case l.rule == "min" && kind == reflect.Slice && n == 1:
		return []any{}, "too_few", "", nil
	case l.rule == "unique":
		return []any{was.([]any)[0], was.([]any)[0]}, "duplicate", "", nil
	case l.rule == "required":
		return nil, "required", "", nil
	case l.rule == "oneof":
		return "something else", "not_allowed", "", nil
	}
	for rule, of := range map[string][2]string{
		"http_url": {"example", "bad_url"}, "iso3166_1_alpha2": {"KX", "unknown_country"}, "timezone": {"Asia/Nowhere", "unknown_timezone"},
		"language": {"xx-", "unknown_language"}, "external_id": {"none", "bad_external_id"},
	} {
		if l.rule == rule {
			return of[0], of[1], "", nil
		}
	}
	t.Fatalf("%s: the test does not know how to break %s=%s", l.pointer, l.rule, l.param)
	return nil, "", "", nil
}

// repeated returns a list of n like an element: strings that differ, or equal objects.
func repeated(element any, n int) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = element
		if s, ok := element.(string); ok {
			list[i] = s + strconv.Itoa(i)
		}
	}
	return list
}

// at returns functions that get and set what a pointer points to in a document.
func at(t *testing.T, document any, pointer string) (get func() any, set func(any)) {
	tokens := strings.Split(pointer[1:], "/")
	for _, token := range tokens[:len(tokens)-1] {
		switch v := document.(type) {
		case map[string]any:
			document = v[token]
		case []any:
			i, _ := strconv.Atoi(token)
			document = v[i]
		}
	}
	last := tokens[len(tokens)-1]
	switch v := document.(type) {
	case map[string]any:
		return func() any { return v[last] }, func(value any) { v[last] = value }
	case []any:
		i, _ := strconv.Atoi(last)
		return func() any { return v[i] }, func(value any) { v[i] = value }
	}
	t.Fatalf("%s: the bundle of the test has no such member", pointer)
	return nil, nil
}

// checked returns the errors of a document as a client gets them.
func checked(t *testing.T, document any) []apperr.Field {
	t.Helper()
	raw, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	var in Input
	var e *apperr.Error
	if err := input.Decode(raw, &in); errors.As(err, &e) {
		return e.Fields
	} else if err != nil {
		t.Fatal(err)
	}
	return nil
}

func decoded(t *testing.T, raw string) (document any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

func TestEveryLimitOfAnInputIsALimitOfBundles(t *testing.T) {
	if fields := checked(t, decoded(t, wholeBundle)); fields != nil {
		t.Fatalf("the bundle of the test is rejected: %+v", fields)
	}
	tried := 0
	for part, of := range inputsOfBundle {
		whole := wholeBundle
		if part == "/attendees/1/person" { // as detailed as the section
			document := decoded(t, wholeBundle)
			details, _ := at(t, document, "/people/0")
			_, set := at(t, document, part)
			set(details())
			raw, _ := json.Marshal(document)
			whole = string(raw)
		}
		for _, l := range limits(t, part, of) {
			isElementOfReferences := l.isReference() && l.element
			isEqualObject := l.isReference() && l.rule == "unique" || l.field.Name == "DocumentLinks" && l.rule == "unique"
			switch {
			case slices.Contains([]string{"", "dive", "omitempty", "omitnil"}, l.rule), isElementOfReferences, isEqualObject,
				l.rule == "required" && l.isOptional():
				continue // ids are checked as references, and a record may be mentioned twice
			}
			document := decoded(t, whole)
			get, set := at(t, document, l.pointer)
			if get() == nil {
				t.Errorf("%s: the bundle of the test does not have it", l.pointer)
				continue
			}
			value, code, below, allowed := l.exceeded(t, get())
			name := l.pointer + " " + l.rule + "=" + l.param
			if allowed != nil {
				set(allowed)
				if fields := checked(t, document); fields != nil {
					t.Errorf("%s: the limit itself is rejected: %+v", name, fields)
				}
			}
			set(value)
			var found []string
			for _, f := range checked(t, document) {
				if strings.HasPrefix(f.Pointer, l.pointer) && f.Pointer == l.pointer+below {
					found = append(found, f.Code)
				}
			}
			if !slices.Equal(found, []string{code}) {
				t.Errorf("%s: errors at %s%s: %v, want one: %s", name, l.pointer, below, found, code)
			}
			tried++
		}
	}
	if tried < 100 {
		t.Errorf("only %d limits were tried", tried)
	}
}

func TestANameThatABundleTakesFitsWhereItIsListed(t *testing.T) {
	maxOf := func(of reflect.Type, field string) int {
		f, _ := of.FieldByName(field)
		_, after, _ := strings.Cut(f.Tag.Get("validate"), "max=")
		limit, err := strconv.Atoi(after)
		if err != nil {
			t.Fatal(err)
		}
		return limit
	}
	for _, name := range []int{maxOf(reflect.TypeFor[Person](), "Name"), maxOf(reflect.TypeFor[Organization](), "Name")} {
		if name > maxOf(reflect.TypeFor[organizer.Input](), "NameAsListed") || name > maxOf(reflect.TypeFor[attendee.Input](), "NameAsListed") ||
			name > maxOf(reflect.TypeFor[attendee.Affiliation](), "OrganizationAsListed") {
			t.Errorf("a name of %d characters cannot be listed", name)
		}
	}
}

func TestTheMainNameOfANewRecordHasTheLimitOfItsInput(t *testing.T) {
	db := dbtest.New(t)
	for _, c := range []struct {
		pointer string
		of      reflect.Type
		mention func(in *Input, name string)
	}{
		{"/people/0/name", reflect.TypeFor[person.Input](), func(in *Input, name string) { in.People = []Person{{Name: name}} }},
		{"/attendees/0/person/name", reflect.TypeFor[person.Input](), func(in *Input, name string) {
			in.Attendees = []Attendee{{Person: &Person{Name: name}}}
		}},
		{"/organizations/0/name", reflect.TypeFor[organization.Input](), func(in *Input, name string) {
			in.Organizations = []Organization{{Name: name}}
		}},
		{"/organizations/0/parent", reflect.TypeFor[organization.Input](), func(in *Input, name string) {
			in.Organizations = []Organization{{Name: "A", Parent: &name}}
		}},
		{"/round_table/place", reflect.TypeFor[place.Input](), func(in *Input, name string) { in.RoundTable.Place = &name }},
		{"/round_table/topics/0", reflect.TypeFor[topic.Input](), func(in *Input, name string) { in.RoundTable.Topics = []string{name} }},
	} {
		_, param, _ := strings.Cut(c.of.Field(0).Tag.Get("validate"), "text=")
		limit, err := strconv.Atoi(param)
		if err != nil {
			t.Fatal(err)
		}
		_, err = create(t, db, event(func(in *Input) { c.mention(in, strings.Repeat("x", limit+1)) }))
		if _, found := mistakes(t, err); !slices.Equal(found, []string{c.pointer + " too_long"}) {
			t.Errorf("%s: %v", c.pointer, found)
		}
		must(t, db, event(func(in *Input) { c.mention(in, strings.Repeat("y", limit)) }))
	}
}
