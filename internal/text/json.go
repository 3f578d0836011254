package text

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MarshalJSONTo writes the languages in the order of their tags. Responses consist mostly of such maps, and encoding
// them by reflection would allocate memory for each entry.
func (m Map) MarshalJSONTo(e *jsontext.Encoder) error {
	if m == nil {
		if null, _ := json.GetOption(e.Options(), json.FormatNilMapAsNull); null {
			return e.WriteToken(jsontext.Null)
		}
	}
	var few [4]string
	langs := few[:0]
	for l := range m {
		langs = append(langs, l)
	}
	slices.Sort(langs)
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, l := range langs {
		if err := e.WriteToken(jsontext.String(l)); err != nil {
			return err
		}
		if err := e.WriteToken(jsontext.String(m[l])); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}
