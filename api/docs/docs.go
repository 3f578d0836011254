// Package docs holds the HTML pages of the documentation: Swagger UI and the guides. It does not depend on package api.
//
// Swagger UI is swagger-ui-dist 5.35.0, with a page, a style and a script of our own (index.html, registry.css,
// registry.js). Its large files are stored as `gzip -9n` writes them. Nothing is loaded from other sites.
package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"io"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"
)

//go:embed ui
var ui embed.FS

// Policy is the Content-Security-Policy of the pages. It allows scripts, styles and requests of this service only.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// File is a static file, stored compressed with gzip because nearly every client accepts that.
type File struct {
	Type string // media type
	Tag  string // identifies the content, for ETag
	Gzip []byte // the content, compressed
}

// NewFile compresses a file of a media type.
func NewFile(mediaType string, content []byte) File {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content) // a buffer takes everything
	_ = w.Close()
	return Compressed(mediaType, b.Bytes())
}

// Compressed returns a file of a media type whose content is already compressed with gzip.
func Compressed(mediaType string, gzipped []byte) File {
	sum := sha256.Sum256(gzipped)
	return File{mediaType, base64.RawURLEncoding.EncodeToString(sum[:9]), gzipped}
}

// Content decompresses the file.
func (f File) Content() ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(f.Gzip))
	if err != nil {
		return nil, err
	}
	content := bytes.NewBuffer(make([]byte, 0, f.Size()+bytes.MinRead))
	_, err = io.Copy(content, r) // #nosec G110 -- a file of this program
	return content.Bytes(), err
}

// Size is the length of the content in bytes. RFC 1952 stores it at the end, in four bytes.
func (f File) Size() int {
	return int(binary.LittleEndian.Uint32(f.Gzip[len(f.Gzip)-4:]))
}

// Files returns the files of Swagger UI and the style of the other pages by name, without index.html (see Index).
var Files = sync.OnceValue(read)

func read() map[string]File {
	files := map[string]File{}
	entries, err := fs.ReadDir(ui, "ui")
	if err != nil {
		panic(err) // the files are embedded
	}
	for _, e := range entries {
		content, err := ui.ReadFile(path.Join("ui", e.Name()))
		if err != nil {
			panic(err)
		}
		name, compressed := strings.CutSuffix(e.Name(), ".gz")
		file := NewFile
		if compressed {
			file = Compressed
		}
		if name != "index.html" { // see Index
			files[name] = file(TypeOf(name), content)
		}
	}
	return files
}

// TypeOf returns the media type of a file by its name. The common types do not depend on the tables of the machine.
func TypeOf(name string) string {
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
