package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"roundtables.kz/registry/api"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/aggregate"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	jsonType   = "application/json"
	jsonLDType = "application/ld+json"
	mergePatch = "application/merge-patch+json"
	csvType    = "text/csv"
	ndjsonType = "application/x-ndjson"
	xlsxType   = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	excelType  = "application/vnd.ms-excel"
	fileForm   = "multipart/form-data"
)

// fileTypes are the media types of exports and imports.
var fileTypes = []string{csvType, ndjsonType, xlsxType}

var pathParameter = regexp.MustCompile(`:(\w+)`)

// lineEnd is the end of a line inside a paragraph. Swagger UI shows it as a line break.
var lineEnd = regexp.MustCompile(`([^\n])\n([^\n])`)

// routes returns the route tables by the paths of the document: "GET /v1/topics/{id}" -> route.
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

// operations completes every operation.
func (p *pass) operations() error {
	data, service := routes()
	used := map[string]string{}
	tags := map[string]bool{}
	for _, t := range p.doc.Tags {
		tags[t.Name] = true
	}
	for endpoint, op := range p.eachOperation() {
		at := endpoint.method + " " + endpoint.path
		route, isData := data[at]
		_, isService := service[at]
		switch {
		case !isData && !isService:
			return fmt.Errorf("%s is annotated but not in the route table", at)
		case op.OperationID == "":
			return fmt.Errorf("%s has no @ID", at)
		case used[op.OperationID] != "":
			return fmt.Errorf("%s and %s are both called %s", used[op.OperationID], at, op.OperationID)
		case len(op.Tags) != 1 || !tags[op.Tags[0]]:
			return fmt.Errorf("%s: want one tag of api/doc.go, got %q", at, op.Tags)
		}
		used[op.OperationID] = at
		has := func(annotation string) bool { return op.Extensions[annotation] != nil }
		o := operation{
			pass: p, op: op, endpoint: endpoint, data: isData, export: has("x-export"), idempotent: isData && api.Idempotent(route),
			writes: endpoint.method != http.MethodGet && route.Scope != actor.Public,
			view:   isData && route.TakesView(), past: isData && route.TakesAsOf(), inOneLanguage: isData && route.TakesNames(),
			etag: has("x-etag"), versioned: has("x-if-match") || endpoint.method == http.MethodPatch || endpoint.method == http.MethodDelete,
		}
		o.file, o.feed = o.export || has("x-file"), has("x-feed")
		o.conditional = !has("x-fresh") && (o.file || o.feed || has("x-sort") || has("x-aggregate") || has("x-view") || o.isItem() ||
			o.etag && o.method == http.MethodGet)
		if err := o.finish(route.Scope); err != nil {
			return fmt.Errorf("%s: %w", op.OperationID, err)
		}
	}
	return nil
}

// operation is an operation that the pass is completing.
type operation struct {
	*pass
	endpoint
	op            *openapi3.Operation
	data          bool // belongs to the data API, not to the service itself
	view, past    bool // accepts view and as_of
	inOneLanguage bool // accepts names if it accepts lang
	writes        bool // changes data; a POST that only queries needs no scope
	idempotent    bool // accepts an Idempotency-Key
	etag          bool // has an ETag although it returns no record: operations with @x-etag
	versioned     bool // requires If-Match: PATCH, DELETE, and actions with @x-if-match
	export        bool // returns a whole list as a file
	file          bool // returns a file: exports, and operations with @x-file
	feed          bool // returns a feed: operations with @x-feed
	conditional   bool // supports ETag and 304: lists, records, files and feeds without @x-fresh, and operations with @x-etag
}

// isItem reports whether an operation returns one record: it has the parameters of itemParams.
func (o operation) isItem() bool {
	query := func(name string) bool { return o.op.Parameters.GetByInAndName("query", name) != nil }
	return o.method == http.MethodGet && query("fields") && !query("limit")
}

func (o operation) finish(scope actor.Scope) error {
	if o.export {
		o.describeExport()
	}
	if o.op.Extensions["x-import"] != nil {
		o.describeImport()
	}
	if o.op.Extensions["x-aggregate"] != nil {
		if err := o.describeAggregate(); err != nil {
			return err
		}
	}
	if err := errors.Join(o.dropParameters(), o.parameters()); err != nil {
		return err
	}
	if o.op.Description == "" {
		return errors.New("describe what the operation does, beyond its summary")
	}
	o.op.Description = lineEnd.ReplaceAllString(o.op.Description, "$1 $2")
	o.security(scope)
	o.defaultMediaTypes()
	if body := o.op.RequestBody; body != nil {
		body.Value.Extensions = nil
		if form := body.Value.Content[formType]; form != nil { // the converter drops it
			body.Value.Required = len(form.Schema.Value.Required) > 0
		}
		if form := body.Value.Content[formType]; form != nil && o.modern && form.Schema.Value.Properties["queries"] != nil {
			field := form.Schema.Value.Properties["queries"].Value
			field.ContentMediaType, field.ContentSchema = jsonType, o.reconcileQueries()
		}
	}
	o.successes()
	o.problems(scope)
	return nil
}

// describeExport adds what all exports have in common. They have no pages.
func (o operation) describeExport() {
	o.op.Description = sentence(o.op.Description, "Contains all records that match the filters, from one snapshot, in the order of `sort`.")
	o.op.Extensions["x-without"] = []string{"limit", "cursor", "count"}
	file := openapi3.NewContentWithSchema(openapi3.NewStringSchema(), fileTypes)
	file[xlsxType].Schema = openapi3.NewStringSchema().WithFormat("binary").NewRef()
	o.op.Responses.Value("200").Value.Content = file
}

// describeImport adds what all imports have in common.
func (o operation) describeImport() {
	o.op.Description = sentence(o.op.Description, "Imports a file in the format of the export: at most 20 MiB and 50,000 rows. A row updates the record "+
		"with its `id` or one of its `external_ids`, or else creates a record. Try it first with `dry_run=true`. The guide "+
		"[Importing files](/docs/guides/importing) has the rules for rows and cells.")
	binary := openapi3.NewStringSchema().WithFormat("binary") // Swagger UI offers a file chooser
	content := openapi3.NewContentWithSchema(binary, append([]string{excelType}, fileTypes...))
	form := openapi3.NewObjectSchema().WithProperty("file", openapi3.NewStringSchema().WithFormat("binary")).WithRequired([]string{"file"})
	content[fileForm] = openapi3.NewMediaType().WithSchema(form)
	o.op.RequestBody.Value.Content = content
	o.op.RequestBody.Value.Description = "The file, or a form with the file and nothing else. Of `" + excelType + "` the content decides: CSV or XLSX."
}

// describeAggregate replaces the parameters of the list by those of its aggregate, and states what the records can be grouped by.
func (o operation) describeAggregate() error {
	first := map[string]int{}
	for i, ref := range o.op.Parameters {
		if _, ok := first[ref.Value.Name]; !ok {
			first[ref.Value.Name] = i
		}
	}
	kept := openapi3.Parameters{}
	for i, ref := range o.op.Parameters { // the filter comes first, then the parameters of the aggregate
		if first[ref.Value.Name] != i || !slices.Contains(aggregate.Excluded, ref.Value.Name) {
			kept = append(kept, ref)
		}
	}
	o.op.Parameters = kept
	for parameter, annotation := range map[string]string{"group_by": "x-dimensions", "metric": "x-metrics"} {
		names, err := o.names(annotation)
		if err != nil {
			return err
		}
		ref := o.op.Parameters.GetByInAndName("query", parameter)
		if ref == nil { // the operation has other parameters for the dimensions
			continue
		}
		items := openapi3.NewStringSchema()
		for _, name := range names {
			items.Enum = append(items.Enum, name)
		}
		*ref.Schema.Value = *openapi3.NewArraySchema().WithItems(items).WithUniqueItems(true)
		if parameter == "group_by" {
			ref.Schema.Value.MaxItems = openapi3.Ptr(uint64(2))
		} else {
			o.op.Parameters.GetByInAndName("query", "sort").Schema.Value.Enum = sortOrders(append(names, "key", "label"))
		}
		ref.Example = nil
	}
	if dimensions, _ := o.names("x-dimensions"); len(dimensions) == 0 {
		o.op.Parameters = slices.DeleteFunc(o.op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "group_by" })
	}
	return nil
}

// names returns the names that an annotation lists, such as @x-sort ["label"].
func (o operation) names(annotation string) (names []string, err error) {
	raw, err := json.Marshal(o.op.Extensions[annotation])
	if err == nil {
		err = json.Unmarshal(raw, &names)
	}
	if err != nil {
		return nil, fmt.Errorf("@%s: %w", annotation, err)
	}
	return names, nil
}

// dropParameters removes the parameters of a filter that @x-without lists, and those that an earlier struct defines anew.
func (o operation) dropParameters() error {
	names, err := o.names("x-without")
	seen := map[string]bool{}
	o.op.Parameters = slices.DeleteFunc(o.op.Parameters, func(p *openapi3.ParameterRef) bool {
		at := p.Value.In + " " + p.Value.Name
		again := seen[at]
		seen[at] = true
		return again || slices.Contains(names, p.Value.Name)
	})
	return err
}

// defaultMediaTypes sets the media type of bodies without @Accept or @Produce to JSON. Bodies that are not JSON are strings.
func (o operation) defaultMediaTypes() {
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
		if r.Value.Content[jsonType] != nil { // JSON-LD has an address of its own, so that this response has one type
			delete(r.Value.Content, jsonLDType)
		}
		for mediaType, c := range r.Value.Content {
			if mediaType == jsonLDType { // in another vocabulary than the struct
				c.Schema = openapi3.NewObjectSchema().NewRef()
			}
			if !strings.HasSuffix(mediaType, "json") && !o.export { // the schema describes the JSON
				c.Schema = openapi3.NewStringSchema().NewRef()
			}
		}
	}
}

// security adds the required scope. Public operations accept a key but do not require one, as p.shared states for all.
func (o operation) security(scope actor.Scope) {
	switch o.op.Extensions = nil; {
	case !o.data:
		o.op.Security = &openapi3.SecurityRequirements{}
	case scope != actor.Public:
		o.op.Security = &openapi3.SecurityRequirements{{"Bearer": {}}, {"Basic": {}}}
		o.op.Extensions = map[string]any{"x-required-scope": string(scope)}
		o.op.Description = sentence(o.op.Description, "Requires a key with the scope `"+strings.ReplaceAll(string(scope), " ", "` and the scope `")+"`.")
	default:
		o.op.Security = nil
	}
}

// pastStates adds the member as_of to the responses of operations that accept as_of. The document of an event has none, because
// clients send it back.
func (p *pass) pastStates() error {
	for endpoint, op := range p.eachOperation() {
		if strings.HasSuffix(endpoint.path, "/diff") {
			for _, name := range []string{"from", "to"} {
				state := instant()
				state.AnyOf = append(state.AnyOf, openapi3.NewStringSchema().WithPattern("^[1-9][0-9]{0,17}$").NewRef())
				op.Parameters.GetByInAndName("query", name).Schema = state.NewRef()
			}
		}
		takes := slices.ContainsFunc(op.Parameters, func(ref *openapi3.ParameterRef) bool { return ref.Ref == parameterPrefix+"AsOf" })
		if !takes || strings.HasSuffix(endpoint.path, "/bundle") {
			continue
		}
		at := openapi3.NewDateTimeSchema()
		at.Description = "Only with `as_of`: the time whose state this is."
		p.resolve(op.Responses.Value("200").Value.Content[jsonType].Schema).Properties["as_of"] = at.NewRef()
	}
	return nil
}

// schemaOf returns the name of the schema of a struct, by the key of the struct; "" if there is none.
func (p *pass) schemaOf(key string) string {
	for name, of := range p.facts.schemas {
		if of == key && p.doc.Components.Schemas[name] != nil {
			return name
		}
	}
	return ""
}

// recordSchema returns the name of the schema of the records in the response, "" if there is none. An export has the records
// without parts.
func (o operation) recordSchema() string {
	if collection, ok := strings.CutPrefix(o.path, "/v1/exports/"); ok {
		for _, r := range api.Resources() {
			if r.Type+".{format}" == collection {
				return o.schemaOf(nameInAPI(r.Record))
			}
		}
	}
	content := o.op.Responses.Value("200").Value.Content
	media := cmp.Or(content[jsonType], content["*/*"])
	if media == nil {
		return "" // a file of something else
	}
	ref := media.Schema
	s := o.resolve(ref)
	if data := s.Properties["data"]; s.Properties["page"] != nil && data != nil {
		ref = data.Value.Items
	}
	return strings.TrimPrefix(refOf(ref), schemaPrefix)
}

// resolve returns the schema that a reference refers to.
func (p *pass) resolve(ref *openapi3.SchemaRef) *openapi3.Schema {
	if name, isRef := strings.CutPrefix(refOf(ref), schemaPrefix); isRef {
		return p.doc.Components.Schemas[name].Value
	}
	return ref.Value
}

// takesLang reports whether an operation adds texts in a language to its response.
func (o operation) takesLang() bool { return o.op.Parameters.GetByInAndName("query", "lang") != nil }
