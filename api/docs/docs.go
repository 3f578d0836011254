// Package docs holds the pages that show the API to people: Swagger UI, as swagger-ui-dist 5.35.0 has it, with a page,
// a style and a starter of our own (index.html, registry.css, registry.js). Nothing is loaded from elsewhere.
package docs

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"io/fs"
	"mime"
	"path"
	"sync"
)

//go:embed ui
var ui embed.FS

// Policy is the Content-Security-Policy that the pages work under: no script, style or request but to this service.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// File is a file to serve.
type File struct {
	Type string // media type
	Tag  string // names the content, for ETag
	Body []byte
}

// NewFile makes a file of a media type.
func NewFile(mediaType string, body []byte) File {
	sum := sha256.Sum256(body)
	return File{mediaType, base64.RawURLEncoding.EncodeToString(sum[:9]), body}
}

// Files gives the files of the pages by name; index.html is "". They are read when somebody wants to see them.
var Files = sync.OnceValue(read)

func read() map[string]File {
	files := map[string]File{}
	entries, err := fs.ReadDir(ui, "ui")
	if err != nil {
		panic(err) // they are part of the program
	}
	for _, e := range entries {
		body, err := ui.ReadFile(path.Join("ui", e.Name()))
		if err != nil {
			panic(err)
		}
		name := e.Name()
		if name == "index.html" {
			name = ""
		}
		files[name] = NewFile(typeOf(e.Name()), body)
	}
	return files
}

// typeOf does not rest on the tables of the machine for what the pages need.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".png":
		return "image/png"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "text/plain; charset=utf-8"
}
