package popolo

import (
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// usedOf splits an object into the properties that the import uses and the others that have a value. An object is not rejected
// for what is not used. own is used without the objects that it embeds, which are checked when they are read.
func usedOf[T any](raw jsontext.Value) (used, own jsontext.Value, rest map[string]jsontext.Value) {
	var members map[string]jsontext.Value
	if raw.Kind() != '{' || json.Unmarshal(raw, &members) != nil {
		return raw, raw, nil
	}
	known := input.Members(reflect.TypeFor[T]())
	kept, embedded := map[string]jsontext.Value{}, map[string]jsontext.Value{}
	rest = map[string]jsontext.Value{}
	for name, value := range members {
		index, ok := known[name]
		needed := map[string]string{"sources": "url", "links": "url", "identifiers": "identifier", "other_names": "name"}[name]
		switch {
		case isEmpty(value) || name == "created_at" || name == "updated_at":
		case !ok:
			rest[name] = value
		case needed != "" && value.Kind() == '[':
			kept[name], ok = usedElements(reflect.TypeFor[T]().FieldByIndex(index).Type.Elem(), value, needed)
			if !ok {
				rest[name] = value
			}
		case embeds(reflect.TypeFor[T]().FieldByIndex(index).Type, value):
			embedded[name] = value
		default:
			kept[name] = value
		}
	}
	own, err := json.Marshal(kept, json.Deterministic(true))
	maps.Copy(kept, embedded)
	used, err2 := json.Marshal(kept, json.Deterministic(true))
	if err != nil || err2 != nil {
		return raw, raw, nil
	}
	return used, own, rest
}

// embeds reports whether a property of type t embeds an object, or a list of objects.
func embeds(t reflect.Type, value jsontext.Value) bool {
	return t == reflect.TypeFor[jsontext.Value]() && value.Kind() == '{' || t == reflect.TypeFor[[]jsontext.Value]() && value.Kind() == '['
}

var popoloDate = regexp.MustCompile(`^"[0-9]{4}(-[0-9]{2}){0,2}"$`)

// usedElements returns the objects of a list with the members that t has, without those that lack the member needed or an address
// that is none; all reports whether nothing wrong was left out.
func usedElements(t reflect.Type, list jsontext.Value, needed string) (used jsontext.Value, all bool) {
	var elements []jsontext.Value
	if json.Unmarshal(list, &elements) != nil {
		return list, true
	}
	known := input.Members(t)
	kept := []map[string]jsontext.Value{}
	all = true
	for _, element := range elements {
		var members map[string]jsontext.Value
		if element.Kind() != '{' || json.Unmarshal(element, &members) != nil || members[needed].Kind() != '"' || isEmpty(members[needed]) {
			all = false
			continue
		}
		maps.DeleteFunc(members, func(name string, value jsontext.Value) bool {
			_, ok := known[name]
			return !ok || value.Kind() != '"' || isEmpty(value) || strings.HasSuffix(name, "_date") && !popoloDate.Match(value)
		})
		if address := ""; needed == "url" {
			_ = json.Unmarshal(members[needed], &address)
			if u, err := url.Parse(address); err != nil || !u.IsAbs() {
				all = false
				continue
			}
		}
		kept = append(kept, members)
	}
	used, err := json.Marshal(kept, json.Deterministic(true))
	return used, all && err == nil
}

func isEmpty(value jsontext.Value) bool {
	return len(value) == 0 || slices.Contains([]string{"null", `""`, "[]", "{}"}, string(value))
}
