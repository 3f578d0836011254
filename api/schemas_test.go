package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemas holds bodies against the schemas of a document. Each schema is compiled once: openapi3filter compiles one for
// every body, which took a quarter of the time of these tests.
type schemas struct {
	places map[*openapi3.MediaType]string // where in the document the schema is

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const documentURL = "file:///openapi.json"

func newSchemas(doc *openapi3.T) (*schemas, error) {
	s := &schemas{places: map[*openapi3.MediaType]string{}, compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	s.compiler.DefaultDraft(jsonschema.Draft2020)
	s.compiler.AssertFormat()
	s.compiler.RegisterFormat(&jsonschema.Format{Name: "int64", Validate: isInt64})
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := pointer("#", "paths", path, strings.ToLower(method))
			if body := op.RequestBody; body != nil {
				s.place(cmp.Or(body.Ref, pointer(at, "requestBody")), body.Value.Content)
			}
			for status, response := range op.Responses.Map() {
				s.place(cmp.Or(response.Ref, pointer(at, "responses", status)), response.Value.Content)
			}
		}
	}
	return s, s.compiler.AddResource(documentURL, resource)
}

// isInt64 holds a number against the range; of other things the type says enough.
func isInt64(value any) error {
	if n, ok := value.(json.Number); ok {
		_, err := n.Int64()
		return err
	}
	return nil
}

func (s *schemas) place(at string, content openapi3.Content) {
	for mediaType, media := range content {
		s.places[media] = documentURL + pointer(at, "content", mediaType, "schema")
	}
}

// pointer goes further from a place in the document (RFC 6901, in a fragment).
func pointer(from string, names ...string) string {
	for _, name := range names {
		from += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
	}
	return from
}

// request gives what is wrong with what was sent, or nil.
func (s *schemas) request(op *openapi3.Operation, header http.Header, body []byte) error {
	described := op.RequestBody
	switch {
	case described == nil, len(body) == 0 && !described.Value.Required:
		return nil
	case len(body) == 0:
		return errors.New("the body is missing")
	default:
		return s.check(described.Value.Content, header.Get("Content-Type"), body)
	}
}

// answer gives what is wrong with what was answered, or nil. A status that is not documented is answered as by default.
func (s *schemas) answer(op *openapi3.Operation, status int, header http.Header, body []byte) error {
	response := cmp.Or(op.Responses.Status(status), op.Responses.Default())
	if response == nil || len(response.Value.Content) == 0 {
		return nil
	}
	return s.check(response.Value.Content, header.Get("Content-Type"), body)
}

func (s *schemas) check(content openapi3.Content, mediaType string, body []byte) error {
	media := content.Get(mediaType)
	if media == nil {
		return fmt.Errorf("the media type %q is not described", mediaType)
	}
	if media.Schema == nil {
		return nil
	}
	schema, err := s.compile(s.places[media])
	if err != nil {
		return err
	}
	value, err := decoded(mediaType, body)
	if err != nil {
		return fmt.Errorf("not to be read as %s: %w", mediaType, err)
	}
	return schema.Validate(value)
}

// decoded gives a body as its schema sees it: what is neither JSON nor a form is a text.
func decoded(mediaType string, body []byte) (any, error) {
	kind, _, _ := strings.Cut(mediaType, ";")
	switch {
	case strings.HasSuffix(kind, "/json"), strings.HasSuffix(kind, "+json"):
		return jsonschema.UnmarshalJSON(bytes.NewReader(body))
	case kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		form := map[string]any{}
		for name := range values {
			form[name] = values.Get(name)
		}
		return form, err
	case kind == mediaForm:
		_, parameters, err := mime.ParseMediaType(mediaType)
		if err != nil {
			return nil, err
		}
		form := map[string]any{}
		for r := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]); ; {
			part, err := r.NextPart()
			if err == io.EOF {
				return form, nil
			}
			if err != nil {
				return nil, err
			}
			content, err := io.ReadAll(part)
			if err != nil {
				return nil, err
			}
			form[part.FormName()] = string(content)
		}
	default:
		return string(body), nil
	}
}

func (s *schemas) compile(place string) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if schema := s.compiled[place]; schema != nil {
		return schema, nil
	}
	schema, err := s.compiler.Compile(place)
	if err == nil {
		s.compiled[place] = schema
	}
	return schema, err
}
