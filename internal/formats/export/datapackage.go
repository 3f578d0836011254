package export

import (
	"archive/zip"
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// DataPackage describes a ZIP archive of CSV files: a Data Package of the Frictionless Data project, version 2
// (https://datapackage.org).
type DataPackage struct {
	Schema      string      `json:"$schema"`
	Name        string      `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Homepage    string      `json:"homepage,omitempty"`
	Created     time.Time   `json:"created"`
	Cursor      string      `json:"changeCursor"` // not of the standard
	Licenses    []License   `json:"licenses"`
	Resources   []*resource `json:"resources"`
}

// License is a licence of a DataPackage.
type License struct {
	Name  string `json:"name"`
	Path  string `json:"path"`
	Title string `json:"title"`
}

// resource describes a file of a DataPackage.
type resource struct {
	Name        string      `json:"name"`
	Type        string      `json:"type"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	Path        string      `json:"path"`
	Format      string      `json:"format"`
	MediaType   string      `json:"mediatype"`
	Encoding    string      `json:"encoding"`
	Bytes       int64       `json:"bytes"`
	Hash        string      `json:"hash"`
	Rows        int64       `json:"rows"` // not of the standard
	Schema      tableSchema `json:"schema"`
}

type tableSchema struct {
	Fields        []field      `json:"fields"`
	PrimaryKey    []string     `json:"primaryKey"`
	MissingValues []string     `json:"missingValues"`
	ForeignKeys   []foreignKey `json:"foreignKeys,omitempty"`
}

type field struct {
	Name        string       `json:"name"`
	Type        string       `json:"type"`
	Description string       `json:"description,omitempty"`
	Constraints *constraints `json:"constraints,omitempty"`
}

type constraints struct {
	Required bool `json:"required,omitzero"`
	Unique   bool `json:"unique,omitzero"`
}

type foreignKey struct {
	Fields    []string `json:"fields"`
	Reference target   `json:"reference"`
}

type target struct {
	Resource string   `json:"resource,omitempty"` // absent: the same table
	Fields   []string `json:"fields"`
}

// Collection describes one table of an Archive.
type Collection struct {
	Name, Title, Description string
	Record                   reflect.Type
	// Describe returns the description of a member of the record, such as "place.name".
	Describe func(member string) string
	// References are the names of the collections that the columns of the database table refer to. Its column
	// on_behalf_of_person_id is the column "on_behalf_of.person_id" here.
	References map[string]string
}

// Archive is a DataPackage that is being written. It needs the same memory whatever the number of records.
type Archive struct {
	zip       *zip.Writer
	about     DataPackage
	unguarded bool
}

// descriptorName is the name of the file that describes a Data Package.
const descriptorName = "datapackage.json"

// NewArchive returns an archive that is written to w. about describes it as a whole; its collections describe themselves. guard is
// whether Guard changes the texts.
func NewArchive(w io.Writer, about DataPackage, guard bool) *Archive {
	about.Schema, about.Resources = "https://datapackage.org/profiles/2.0/datapackage.json", []*resource{}
	return &Archive{zip.NewWriter(w), about, !guard}
}

// Add begins the file of a collection. The file ends before the next one begins.
func (a *Archive) Add(c Collection) (File, error) {
	r := &resource{
		Name: c.Name, Type: "table", Title: c.Title, Description: c.Description,
		Path: c.Name + ".csv", Format: "csv", MediaType: "text/csv", Encoding: "utf-8", Schema: c.schema(),
	}
	to, err := a.create(r.Path)
	if err != nil {
		return nil, err
	}
	f := &archivedFile{about: r, digest: &digest{to: to, hash: sha256.New()}}
	f.buffer = bufio.NewWriterSize(f.digest, 32<<10)
	if f.File, err = NewFile(f.buffer, "csv", FileOptions{Record: c.Record, Unguarded: a.unguarded}); err != nil {
		return nil, err
	}
	a.about.Resources = append(a.about.Resources, r)
	return f, nil
}

func (a *Archive) create(name string) (io.Writer, error) {
	return a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.about.Created})
}

// Flush sends what has been compressed so far.
func (a *Archive) Flush() error { return a.zip.Flush() }

// End writes the description of the files, which has their checksums and therefore follows them. cursor is the change cursor
// of the records.
func (a *Archive) End(cursor string) error {
	a.about.Cursor = cursor
	to, err := a.create(descriptorName)
	if err != nil {
		return err
	}
	if err := json.MarshalWrite(to, a.about, jsontext.WithIndent("  ")); err != nil {
		return err
	}
	return a.zip.Close()
}

// schema describes the columns of a table.
func (c Collection) schema() tableSchema {
	s := tableSchema{PrimaryKey: []string{"id"}, MissingValues: []string{""}}
	for _, column := range Of(c.Record, Options{}).Columns() {
		f := field{Name: column.Name, Type: column.Schema, Description: strings.TrimSpace(c.Describe(column.Member) + " " + column.Note)}
		if id := column.Name == "id"; id || column.Required {
			f.Constraints = &constraints{Required: column.Required, Unique: id}
		}
		s.Fields = append(s.Fields, f)
		if to, ok := c.References[strings.ReplaceAll(column.Name, ".", "_")]; ok && strings.HasSuffix(column.Name, "_id") { // not "place.id"
			if to == c.Name {
				to = ""
			}
			s.ForeignKeys = append(s.ForeignKeys, foreignKey{[]string{column.Name}, target{to, []string{"id"}}})
		}
	}
	return s
}

// archivedFile is a file of an Archive. Its description is complete after End.
type archivedFile struct {
	File
	about  *resource
	buffer *bufio.Writer
	digest *digest
}

func (f *archivedFile) Add(record jsontext.Value) error {
	f.about.Rows++
	return f.File.Add(record)
}

func (f *archivedFile) End(cursor string) error {
	if err := f.File.End(cursor); err != nil {
		return err
	}
	err := f.buffer.Flush()
	f.about.Bytes, f.about.Hash = f.digest.size, "sha256:"+hex.EncodeToString(f.digest.hash.Sum(nil))
	return err
}

// digest counts and hashes the bytes of a file.
type digest struct {
	to   io.Writer
	hash hash.Hash
	size int64
}

func (d *digest) Write(b []byte) (int, error) {
	n, err := d.to.Write(b)
	d.size += int64(n)
	_, _ = d.hash.Write(b[:n]) // never fails
	return n, err
}
