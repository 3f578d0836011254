package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
)

// A response in one language has, of each text, only `<field>_text` and `<field>_lang`. It is shorter, and no member changes its type.

// namesParams are the parameters of every GET of JSON that takes `lang`.
type namesParams struct {
	// `lang` is the only value. See the parameter Names of the OpenAPI document.
	Names string `query:"names" form:"names" enums:"lang"`
}

// TakesNames reports whether the route takes namesParams if it takes `lang`. Files do not.
func (r Route) TakesNames() bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.Path, "/v1/") && !strings.Contains(r.Path, ".")
}

// oneLanguageKey holds in the context of a request whether its response has no language maps.
const oneLanguageKey = "one language"

func inOneLanguage(c echo.Context) bool { return c.Get(oneLanguageKey) != nil }

// withNames makes the handler of a GET take namesParams. The handler does not see them: sendCacheable leaves the maps out, and the
// cache keys of both forms differ.
func (s *server) withNames(r Route, handle echo.HandlerFunc) echo.HandlerFunc {
	if !r.TakesNames() {
		return handle
	}
	return func(c echo.Context) error {
		given, asked := c.QueryParams()["names"]
		if !asked {
			return allowParameters(handle(c), "lang", "names")
		}
		var names namesParams
		fields := input.BindAll(url.Values{"names": given}, nil, &names)
		if len(fields) == 0 && names.Names != "" && c.QueryParams().Get("lang") == "" {
			fields = append(fields, apperr.In("names", "requires_parameter", "value", names.Names, "parameter", "lang"))
		}
		if err := apperr.BadQuery(fields); err != nil {
			return err
		}
		taken := url.Values{"names": given}
		if before, ok := c.Get(otherStateParams).(url.Values); ok {
			maps.Copy(taken, before)
		}
		c.Set(otherStateParams, taken) // the address of the next page has them
		c.QueryParams().Del("names")
		if names.Names != "" {
			c.Set(oneLanguageKey, true)
		}
		return allowParameters(handle(c), "lang", "names")
	}
}

// withoutMaps copies a JSON value without the members that have their text in one language beside them.
func withoutMaps(raw jsontext.Value) (jsontext.Value, error) {
	var out bytes.Buffer
	out.Grow(len(raw))
	if err := copyWithoutMaps(jsontext.NewEncoder(&out), raw); err != nil {
		return nil, fmt.Errorf("leave out the language maps: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func copyWithoutMaps(e *jsontext.Encoder, raw jsontext.Value) error {
	switch raw.Kind() {
	case '{':
		return copyObject(e, raw)
	case '[':
		d := jsontext.NewDecoder(bytes.NewReader(raw))
		if err := copyToken(e, d); err != nil {
			return err
		}
		for d.PeekKind() != ']' {
			value, err := d.ReadValue()
			if err != nil {
				return err
			}
			if err := copyWithoutMaps(e, value); err != nil {
				return err
			}
		}
		return copyToken(e, d)
	}
	return e.WriteValue(raw)
}

// copyObject copies an object without its language maps.
func copyObject(e *jsontext.Encoder, raw jsontext.Value) error {
	type member struct {
		name  string
		value jsontext.Value
	}
	var members []member
	names := map[string]bool{}
	d := jsontext.NewDecoder(bytes.NewReader(raw))
	if err := copyToken(e, d); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		m := member{name: name.String()} // before the next value is read, which ends the token
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		m.value = value.Clone()
		members = append(members, m)
		names[m.name] = true
	}
	for _, m := range members {
		if m.value.Kind() == '{' && names[m.name+"_text"] && names[m.name+"_lang"] {
			continue
		}
		if err := e.WriteToken(jsontext.String(m.name)); err != nil {
			return err
		}
		if err := copyWithoutMaps(e, m.value); err != nil {
			return err
		}
	}
	return copyToken(e, d)
}

func copyToken(e *jsontext.Encoder, d *jsontext.Decoder) error {
	token, err := d.ReadToken()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	return e.WriteToken(token)
}
