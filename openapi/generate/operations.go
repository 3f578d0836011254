package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/actor"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	jsonType   = "application/json"
	mergePatch = "application/merge-patch+json"
)

var pathParameter = regexp.MustCompile(`:(\w+)`)

// lineEnd is the end of a line inside a paragraph. Swagger UI shows it as a line break.
var lineEnd = regexp.MustCompile(`([^\n])\n([^\n])`)

// routes gives the route tables as the document writes paths: "GET /v1/topics/{id}" -> route.
func routes() (data, service map[string]api.Route) {
	index := func(of []api.Route) map[string]api.Route {
		m := map[string]api.Route{}
		for _, r := range of {
			m[r.Method+" "+pathParameter.ReplaceAllString(r.Path, "{$1}")] = r
		}
		return m
	}
	return index(api.Routes()), index(api.Operations())
}

// operations finishes every operation.
func (p *pass) operations() error {
	data, service := routes()
	used := map[string]string{}
	tags := map[string]bool{}
	for _, t := range p.doc.Tags {
		tags[t.Name] = true
	}
	var err error
	p.eachOperation(func(path, method string, op *openapi3.Operation) {
		if err != nil {
			return
		}
		at := method + " " + path
		route, isData := data[at]
		_, isService := service[at]
		switch {
		case !isData && !isService:
			err = fmt.Errorf("%s is annotated but not in the route table", at)
		case op.OperationID == "":
			err = fmt.Errorf("%s has no @ID", at)
		case used[op.OperationID] != "":
			err = fmt.Errorf("%s and %s are both called %s", used[op.OperationID], at, op.OperationID)
		case len(op.Tags) != 1 || !tags[op.Tags[0]]:
			err = fmt.Errorf("%s: want one tag of api/doc.go, got %q", at, op.Tags)
		default:
			used[op.OperationID] = at
			o := operation{
				pass: p, op: op, method: method, path: path, data: isData, writes: method != http.MethodGet && route.Scope != actor.Public, remembered: isData && api.Idempotent(route),
				versioned: op.Extensions["x-if-match"] != nil || method == http.MethodPatch || method == http.MethodDelete, export: op.Extensions["x-export"] != nil,
				tagged: op.Extensions["x-fresh"] == nil && op.Extensions["x-export"] == nil && (op.Extensions["x-sort"] != nil || isItem(method, op)),
			}
			err = o.finish(route.Scope)
		}
	})
	return err
}

// isItem reports whether an operation shows one record: it takes what any record takes, and the handler says so by itemParams.
func isItem(method string, op *openapi3.Operation) bool {
	query := func(name string) bool { return op.Parameters.GetByInAndName("query", name) != nil }
	return method == http.MethodGet && query("fields") && !query("limit")
}

// operation is one operation that is being finished.
type operation struct {
	*pass
	op           *openapi3.Operation
	method, path string
	data         bool // of the data's API, not of the service itself
	writes       bool // not what asks with a body, which needs no scope
	remembered   bool // has no second effect when it is repeated with its Idempotency-Key
	versioned    bool // wants If-Match: a change of what is there, and an action whose handler says @x-if-match
	export       bool // sends a whole list as a file
	tagged       bool // answers 304: lists and records but those whose handler says @x-fresh
}

func (o operation) finish(scope actor.Scope) error {
	if o.export {
		o.describeExport()
	}
	if o.op.Extensions["x-import"] != nil {
		o.describeImport()
	}
	if err := o.without(); err != nil {
		return fmt.Errorf("%s: %w", o.op.OperationID, err)
	}
	if err := o.parameters(); err != nil {
		return fmt.Errorf("%s: %w", o.op.OperationID, err)
	}
	if o.op.Description == "" {
		o.op.Description = o.op.Summary + "."
	}
	o.op.Description = lineEnd.ReplaceAllString(o.op.Description, "$1 $2")
	o.security(scope)
	o.jsonByDefault()
	if body := o.op.RequestBody; body != nil {
		body.Value.Extensions = nil
	}
	o.answersTo()
	o.problems(scope)
	return nil
}

// describeExport says what all exports answer. Their lists have no pages.
func (o operation) describeExport() {
	o.op.Description = sentence(o.op.Description, "All records that the filters let through, as they are at one moment, in the order that `sort` asks for.")
	o.op.Extensions["x-without"] = []string{"limit", "cursor", "count"}
	file := func(s *openapi3.Schema) *openapi3.MediaType { return &openapi3.MediaType{Schema: s.NewRef()} }
	o.op.Responses.Value("200").Value.Content = openapi3.Content{
		"text/csv":             file(openapi3.NewStringSchema()),
		"application/x-ndjson": file(openapi3.NewStringSchema()),
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": file(openapi3.NewStringSchema().WithFormat("binary")),
	}
}

// describeImport says what all imports do.
func (o operation) describeImport() {
	delete(o.op.Extensions, "x-import")
	o.op.Description = sentence(o.op.Description, "A file as the export of the collection sends it, or one with some of its columns: up to 20 MiB and 50,000 rows. "+
		"A row belongs to the record that its `id` names, else to the one that has one of its `external_ids`; else it is a new record. "+
		"A column that the file lacks leaves the records as they are, an empty cell is null. Of a row as an export has it, with `updated_at`, what only keys with the scope `read` see stays where the row has it as the public sees it, so that a file that was exported without a key empties no notes: to empty them, take the column `updated_at` out. In NDJSON a member that is there replaces that of the record. Columns that an export only shows are not read. "+
		"A row with a `version` changes its record only if that is still its version, unless `overwrite=true`; what says what is there already changes nothing. "+
		"The report names every mistake of every row: with `on_error=abort` one of them refuses the whole file (422 `import_refused`), with `skip` the other rows are written. Try it with `dry_run=true` first; `POST /v1/imports/{id}/revert` takes an import back.")
	o.op.RequestBody.Value.Content = openapi3.Content{}
	for _, mediaType := range []string{"text/csv", "application/x-ndjson", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
		o.op.RequestBody.Value.Content[mediaType] = &openapi3.MediaType{Schema: openapi3.NewStringSchema().WithFormat("binary").NewRef()} // a page offers to choose a file
	}
}

// without takes out the parameters of a filter that the operation does not take, as @x-without lists them.
func (o operation) without() error {
	raw, err := json.Marshal(o.op.Extensions["x-without"])
	if err != nil {
		return err
	}
	var names []string
	if err := json.Unmarshal(raw, &names); err != nil {
		return fmt.Errorf("@x-without: %w", err)
	}
	o.op.Parameters = slices.DeleteFunc(o.op.Parameters, func(p *openapi3.ParameterRef) bool { return slices.Contains(names, p.Value.Name) })
	delete(o.op.Extensions, "x-without")
	return nil
}

// jsonByDefault names the media type of what has no @Accept or @Produce; what is not JSON is text.
func (o operation) jsonByDefault() {
	name := func(c openapi3.Content) {
		if any, ok := c["*/*"]; ok {
			delete(c, "*/*")
			c[jsonType] = any
		}
	}
	if o.op.RequestBody != nil {
		name(o.op.RequestBody.Value.Content)
	}
	for _, r := range o.op.Responses.Map() {
		name(r.Value.Content)
		for mediaType, c := range r.Value.Content {
			if mediaType == "application/ld+json" { // in the words of another vocabulary
				c.Schema = openapi3.NewObjectSchema().NewRef()
			}
			if !strings.HasSuffix(mediaType, "json") && !o.export { // the schema is that of the JSON
				c.Schema = openapi3.NewStringSchema().NewRef()
			}
		}
	}
}

// security says which key an operation needs; the public ones take one, too.
func (o operation) security(scope actor.Scope) {
	if !o.data {
		o.op.Security = &openapi3.SecurityRequirements{}
		return
	}
	keys := openapi3.SecurityRequirements{{"Bearer": {}}, {"Basic": {}}}
	o.op.Extensions = map[string]any{}
	if scope == actor.Public {
		keys = append(openapi3.SecurityRequirements{{}}, keys...)
	} else {
		o.op.Extensions["x-required-scope"] = string(scope)
		o.op.Description = sentence(o.op.Description, "Needs a key with the scope `"+string(scope)+"`.")
	}
	o.op.Security = &keys
}

// lastParameters are what all lists take, after what the resource brings.
var lastParameters = []string{"sort", "limit", "cursor", "count", "fields", "dry_run", "lang"}

// parameters puts them in order: path, headers, query; and makes all but the path's optional.
func (o operation) parameters() error {
	rank := func(ref *openapi3.ParameterRef) int {
		if ref.Value.In == "path" {
			return -1
		}
		return slices.Index(lastParameters, ref.Value.Name) + 1
	}
	slices.SortStableFunc(o.op.Parameters, func(a, b *openapi3.ParameterRef) int { return rank(a) - rank(b) })
	for _, ref := range o.op.Parameters {
		v := ref.Value
		s := v.Schema.Value
		switch {
		case v.In == "path" && s.Type.Is("integer"):
			s.Format, s.Min, v.Example = "int64", openapi3.Ptr(1.0), 1
		case v.In == "query":
			v.Required = false
			if s.Type.Is("array") {
				v.Style, v.Explode = "form", openapi3.Ptr(false)
			}
		}
		v.Extensions = nil
		if v.In == "query" && v.Name == "sort" {
			if err := o.sort(v); err != nil {
				return err
			}
		}
	}
	delete(o.op.Extensions, "x-sort")
	delete(o.op.Extensions, "x-export")
	if !o.data {
		return nil
	}
	var headers openapi3.Parameters
	if o.versioned {
		headers = append(headers, &openapi3.ParameterRef{Ref: "#/components/parameters/IfMatch", Value: o.doc.Components.Parameters["IfMatch"].Value})
	}
	if o.remembered {
		headers = append(headers, &openapi3.ParameterRef{Ref: "#/components/parameters/IdempotencyKey", Value: o.doc.Components.Parameters["IdempotencyKey"].Value})
	}
	if o.tagged {
		headers = append(headers, &openapi3.ParameterRef{Ref: "#/components/parameters/IfNoneMatch", Value: o.doc.Components.Parameters["IfNoneMatch"].Value})
	}
	if o.writes {
		headers = append(headers, &openapi3.ParameterRef{Ref: "#/components/parameters/ChangeReason", Value: o.doc.Components.Parameters["ChangeReason"].Value})
	}
	first := 0
	for first < len(o.op.Parameters) && o.op.Parameters[first].Value.In == "path" {
		first++
	}
	o.op.Parameters = slices.Insert(o.op.Parameters, first, headers...)
	return nil
}

// sort lists what a list can be sorted by, from @x-sort.
func (o operation) sort(v *openapi3.Parameter) error {
	raw, err := json.Marshal(o.op.Extensions["x-sort"])
	if err != nil {
		return err
	}
	var names []string
	if err := json.Unmarshal(raw, &names); err != nil || len(names) == 0 {
		return fmt.Errorf("a list needs @x-sort with the names that sort takes: %w", err)
	}
	all := bare(names)
	if !slices.Contains(all, "id") {
		all, names = append(all, "id"), append(names, "id")
	}
	v.Description = sentence(v.Description, "Names: `"+strings.Join(names, "`, `")+"`. Default: `"+names[0]+"`.")
	name := `-?(` + strings.Join(all, "|") + `)`
	v.Schema.Value.Pattern = "^" + name + "(," + name + ")*$"
	v.Extensions = map[string]any{"x-sort": all}
	return nil
}

// bare takes the sign from the default order.
func bare(names []string) []string {
	made := make([]string, len(names))
	for i, n := range names {
		made[i] = strings.TrimPrefix(n, "-")
	}
	return made
}
