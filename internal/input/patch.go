package input

import (
	"errors"

	"roundtables.kz/registry/internal/text"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Patch applies a merge patch (RFC 7396) to a record that has all its members: an absent member keeps its value, null
// clears it, an array replaces the array. A member that the record lacks stays, even null, so that Decode rejects it.
func Patch(record, patch jsontext.Value) (jsontext.Value, error) {
	merged, err := mergePatch(record, patch, false)
	if err != nil {
		return nil, err
	}
	var known, changed, members map[string]jsontext.Value
	if err := errors.Join(json.Unmarshal(record, &known), json.Unmarshal(patch, &changed), json.Unmarshal(merged, &members)); err != nil {
		return nil, err
	}
	for name, value := range changed {
		if _, ok := known[name]; !ok {
			members[name] = value
		}
	}
	return json.Marshal(members)
}

// mergePatch writes the keys of language maps, which are below the record, in their canonical form: "KK" changes "kk".
func mergePatch(target, patch jsontext.Value, below bool) (jsontext.Value, error) {
	if patch.Kind() != '{' {
		return patch, nil
	}
	var changed map[string]jsontext.Value
	if err := json.Unmarshal(patch, &changed); err != nil {
		return nil, err
	}
	members := map[string]jsontext.Value{}
	if target.Kind() == '{' {
		if err := json.Unmarshal(target, &members); err != nil {
			return nil, err
		}
	}
	for name, value := range changed {
		if tag, ok := text.Tag(name); ok && below {
			name = tag
		}
		if value.Kind() == 'n' {
			delete(members, name)
			continue
		}
		merged, err := mergePatch(members[name], value, true)
		if err != nil {
			return nil, err
		}
		members[name] = merged
	}
	return json.Marshal(members)
}
