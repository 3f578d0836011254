package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// source holds facts about the Go structs that swag omits: nullable, required and embedded members.
type source struct {
	structs map[string]goStruct // by package and name: "topic.Input"
	schemas map[string]string   // name of a schema -> key of structs
	queries map[string][]string // id of an operation -> keys of the structs of its query
	tags    map[string]string   // name of a tag -> its whole description, of which swag keeps only the last line
}

type goStruct struct {
	fields   map[string]goField // by name in JSON
	params   map[string]goField // by name in the query string
	embedded []string           // keys of embedded structs
	together []string           // parameters that take values after `all:`
	added    bool               // has <field>_text and <field>_lang beside its language maps
	open     bool               // allows further members
}

type goField struct {
	nilable   bool // a pointer, a language map or any: may be null in JSON
	omitted   bool // omitted if empty
	mandatory bool // validate:"required"
	optional  bool // validate:"omitempty" or "omitnil"
	text      bool // a language map
	immutable bool // cannot be changed after the record was created
	name      string
	rules     string // the tag `validate`
	together  bool   // a filter that takes values after `all:`
}

// names returns the names in JSON of fields.
func (s goStruct) names(fields []string) (names []string) {
	for _, field := range fields {
		for name, f := range s.fields {
			if f.name == field {
				names = append(names, name)
			}
		}
	}
	return names
}

func newSource() *source {
	return &source{map[string]goStruct{}, map[string]string{}, map[string][]string{}, map[string]string{}}
}

// readSource reads the structs of the packages api and internal.
func readSource(root string) (*source, error) {
	s := newSource()
	for _, dir := range []string{"api", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			s.readTags(file.Doc.Text())
			s.readQueries(file)
			return s.read(file)
		})
		if err != nil {
			return nil, fmt.Errorf("read the structs: %w", err)
		}
	}
	file, err := derived()
	if err != nil {
		return nil, err
	}
	s.readQueries(file)
	return s, nil
}

var queryStruct = regexp.MustCompile(`@Param\s+\w+\s+query\s+([\w.]+)\s+false\s+"-"`)

// readQueries reads which structs the annotations of a file name as queries.
func (s *source) readQueries(file *ast.File) {
	for _, comment := range file.Comments {
		id := operationIDLine.FindStringSubmatch(comment.Text())
		for _, m := range queryStruct.FindAllStringSubmatch(comment.Text(), -1) {
			if key := m[1]; id != nil && strings.Contains(key, ".") {
				s.queries[id[1]] = append(s.queries[id[1]], key)
			} else if id != nil {
				s.queries[id[1]] = append(s.queries[id[1]], file.Name.Name+"."+key)
			}
		}
	}
}

var operationIDLine = regexp.MustCompile(`@ID\s+(\w+)`)

// readTags reads the @tag.description lines after each @tag.name in a package comment.
func (s *source) readTags(comment string) {
	var tag string
	for line := range strings.Lines(comment) {
		attribute, value, _ := strings.Cut(strings.TrimSpace(line), "\t")
		switch value = strings.TrimSpace(value); attribute {
		case "@tag.name":
			tag = value
		case "@tag.description":
			s.tags[tag] = strings.TrimPrefix(s.tags[tag]+"\n"+value, "\n")
		}
	}
}

var nameComment = regexp.MustCompile(`@name\s+(\w+)`)

func (s *source) read(file *ast.File) error {
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.TYPE {
			continue
		}
		for _, spec := range decl.Specs {
			t := spec.(*ast.TypeSpec)
			key := file.Name.Name + "." + t.Name.Name
			name := key
			if m := nameComment.FindStringSubmatch(t.Comment.Text() + t.Doc.Text() + decl.Doc.Text()); m != nil {
				name = m[1]
			}
			structType, ok := t.Type.(*ast.StructType)
			if !ok {
				continue
			}
			made, err := readStruct(file.Name.Name, structType)
			if err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
			s.structs[key] = made
			if other, taken := s.schemas[name]; taken && other != key { // files for other platforms repeat types
				return fmt.Errorf("%s and %s have the same name %s", other, key, name)
			}
			s.schemas[name] = key
		}
	}
	return nil
}

func readStruct(pkg string, t *ast.StructType) (goStruct, error) {
	s := goStruct{fields: map[string]goField{}, params: map[string]goField{}}
	for _, f := range t.Fields.List {
		tag := reflect.StructTag("")
		if f.Tag != nil {
			text, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				return s, err
			}
			tag = reflect.StructTag(text)
		}
		if tag.Get("query") != tag.Get("form") {
			return s, fmt.Errorf("query:%q (read by the service) and form:%q (documented) must be equal", tag.Get("query"), tag.Get("form"))
		}
		name, options, _ := strings.Cut(tag.Get("json"), ",")
		kind := typeName(pkg, f.Type)
		if query := tag.Get("query"); query != "" && query != "-" {
			s.params[query] = goField{rules: tag.Get("validate")}
		}
		if all := tag.Get("all"); all != "" {
			s.together = append(s.together, all)
		}
		switch {
		case name == "" && strings.Contains(options, "embed"):
			s.added = s.added || kind == "text.Added"
			s.open = s.open || kind != "text.Added"
		case name == "" && len(f.Names) == 0:
			s.embedded = append(s.embedded, kind)
		case name != "" && name != "-":
			_, pointer := f.Type.(*ast.StarExpr)
			s.fields[name] = goField{
				nilable:   pointer || kind == "text.Map" || kind == pkg+".any",
				omitted:   strings.Contains(options, "omit"),
				mandatory: strings.HasPrefix(tag.Get("validate")+",", "required,"),
				optional:  strings.HasPrefix(tag.Get("validate"), "omit"),
				text:      kind == "text.Map",
				immutable: tag.Get("immutable") != "",
				name:      f.Names[0].Name,
				rules:     tag.Get("validate"),
			}
		}
	}
	return s, nil
}

// typeName returns a type as "package.Name", without pointers and brackets.
func typeName(pkg string, t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return typeName(pkg, t.X)
	case *ast.Ident:
		return pkg + "." + t.Name
	case *ast.SelectorExpr:
		return t.X.(*ast.Ident).Name + "." + t.Sel.Name
	}
	return ""
}

// of returns the struct of a schema, with the fields of its embedded structs.
func (s *source) of(schema string) (goStruct, bool) {
	key, ok := s.schemas[schema]
	return s.whole(key), ok
}

func (s *source) whole(key string) goStruct {
	own := s.structs[key]
	all := goStruct{fields: map[string]goField{}, params: map[string]goField{}, added: own.added, open: own.open}
	for _, e := range own.embedded {
		inner := s.whole(e)
		all.added, all.open = all.added || inner.added, all.open || inner.open
		all.together = append(all.together, inner.together...)
		maps.Copy(all.fields, inner.fields)
		maps.Copy(all.params, inner.params)
	}
	maps.Copy(all.fields, own.fields)
	maps.Copy(all.params, own.params)
	all.together = append(all.together, own.together...)
	for _, name := range all.together {
		if p, ok := all.params[name]; ok {
			p.together = true
			all.params[name] = p
		}
	}
	return all
}
