package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// documents builds the documents of this repository, once for all tests.
var documents = sync.OnceValues(func() (map[string][]byte, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	return build(root)
})

func built(t *testing.T) map[string][]byte {
	t.Helper()
	made, err := documents()
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// maxServed is how large a document may be: clients load all of it.
const maxServed = 900_000

func TestThePublishedDocumentsAreCurrent(t *testing.T) {
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range built(t) {
		file := filepath.Join(root, "openapi", name)
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("openapi/%s is out of date; run go run ./openapi/generate (%v)", name, err)
		}
		served, err := compact(want)
		if err != nil {
			t.Fatal(err)
		}
		if len(served) > maxServed {
			t.Errorf("openapi/%s has %d bytes as the service sends it, more than %d", name, len(served), maxServed)
		}
		if got, err := decompress(file + ".gz"); err != nil || !bytes.Equal(got, served) {
			t.Errorf("openapi/%s.gz is out of date; run go run ./openapi/generate (%v)", name, err)
		}
	}
}

func TestACompressedFileWithTheSameContentIsNotRewritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "document.gz")
	var other bytes.Buffer // as another version of Go may have compressed it
	w := gzip.NewWriter(&other)
	w.Name = "document"
	if _, err := w.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), os.WriteFile(file, other.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	for content, changes := range map[string]bool{"content": false, "other content": true} {
		if err := os.WriteFile(file, other.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := compress(file, []byte(content)); err != nil {
			t.Fatal(err)
		}
		stored, err := os.ReadFile(file)
		if err != nil || bytes.Equal(stored, other.Bytes()) == changes {
			t.Errorf("%s: the file changed: %v, want %v (%v)", content, !changes, changes, err)
		}
		if held, err := decompress(file); err != nil || string(held) != content {
			t.Errorf("%s: the file holds %q, %v", content, held, err)
		}
	}
}

func TestRequestsAreClosedAndResponsesOpen(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(built(t)[fileV31])
	if err != nil {
		t.Fatal(err)
	}
	p := &pass{doc: doc}
	requests := p.reachable(p.visitRequests)
	for name, ref := range doc.Components.Schemas {
		if len(ref.Value.Properties) == 0 {
			continue
		}
		closed := ref.Value.AdditionalProperties.Has != nil && !*ref.Value.AdditionalProperties.Has
		if closed != requests[name] {
			t.Errorf("%s: in requests: %v, rejects unknown members: %v", name, requests[name], closed)
		}
		visitInline(ref, func(s *openapi3.SchemaRef) {
			if s.Ref == "" && s.Value != nil && len(s.Value.Enum) > 0 && !requests[name] {
				t.Errorf("%s: a response has a closed enum: %v", name, s.Value.Enum)
			}
		})
	}
}

func TestNamesOfSchemasHaveNoPackage(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(built(t)[fileV31])
	if err != nil {
		t.Fatal(err)
	}
	for name := range doc.Components.Schemas {
		if strings.ToUpper(name[:1]) != name[:1] || strings.ContainsAny(name, "._-") {
			t.Errorf("the schema %s has no name of its own: end the struct in // @name", name)
		}
	}
}

func TestAParameterHasTheSameNameInTheDocumentAndTheService(t *testing.T) {
	const file = "package p\ntype Filter struct {\n\tPerson []int64 `query:\"person\" form:\"persons\"`\n}\n"
	parsed, err := parser.ParseFile(token.NewFileSet(), "p.go", file, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s := newSource()
	if err := s.read(parsed); err == nil {
		t.Error("different tags query and form are accepted")
	}
}

func TestADescriptionOfATagHasAllItsLines(t *testing.T) {
	s := newSource()
	s.readTags("Package p does it.\n\n\t@title\tThings\n\t@tag.name\tA\n\t@tag.description\tOne.\n\t@tag.description\n\t@tag.description\tTwo.\n\t@tag.name\tB\n\t@tag.description\tThree.\n")
	if s.tags["A"] != "One.\n\nTwo." || s.tags["B"] != "Three." || len(s.tags) != 2 {
		t.Errorf("%q", s.tags)
	}
}

func TestNullableAndRequiredMembersComeFromTheStructs(t *testing.T) {
	const file = "package p\ntype Base struct {\n\tID int64 `json:\"id\"`\n}\n" +
		"type Thing struct {\n\tBase\n\tName text.Map `json:\"name\" validate:\"required,text=200\"`\n\tNote *string `json:\"note\"`\n" +
		"\tHint *string `json:\"hint,omitempty\"`\n\tTags []string `json:\"tags\" validate:\"dive,required\"`\n\tMark string `json:\"mark\" validate:\"required_without=Note\"`\n\tAdded text.Added `json:\",embed\"`\n} // @name Thing\n"
	parsed, err := parser.ParseFile(token.NewFileSet(), "p.go", file, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	s := newSource()
	if err := s.read(parsed); err != nil {
		t.Fatal(err)
	}
	got, ok := s.of("Thing")
	want := map[string]goField{
		"id": {name: "ID"}, "name": {nilable: true, mandatory: true, text: true, name: "Name", rules: "required,text=200"},
		"note": {nilable: true, name: "Note"}, "hint": {nilable: true, omitted: true, name: "Hint"},
		"tags": {name: "Tags", rules: "dive,required"}, "mark": {name: "Mark", rules: "required_without=Note"},
	}
	if !ok || !got.added || len(got.fields) != len(want) {
		t.Fatalf("%+v", got)
	}
	for name, f := range want {
		if got.fields[name] != f {
			t.Errorf("%s: %+v, want %+v", name, got.fields[name], f)
		}
	}
}
