package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// parameterOrder is the order of the parameters of a query: what people filter by, then what the response contains, then its
// pages, then what concerns writes. Others take the place of `*`, by name.
var parameterOrder = []string{
	"q", "queries", "prefix", "group_by", "metric", "starts_from", "starts_to", "on", "from", "to", "round_table", "person", "organization",
	"topic", "role", "kind", "act", "organizer", "place", "country", "format", "status", "mode", "language", "text_lang", "*", "parent",
	"publication", "weekday", "date_precision", "id", "external_id", "updated_from", "updated_to", "sort", "fields", "include", "lang",
	"min_count", "other", "fill", "facets", "facet_limit", "delimiter", "bom", "guard", "end", "limit", "cursor", "count", "dry_run", "reason",
}

func parameterRank(ref *openapi3.ParameterRef) int {
	if ref.Value.In == "path" {
		return -1
	}
	if rank := slices.Index(parameterOrder, ref.Value.Name); rank >= 0 {
		return rank
	}
	return slices.Index(parameterOrder, "*")
}

// parameters adds the headers and sorts the parameters: path, If-Match, query, other headers. Query parameters are optional.
func (o operation) parameters() error {
	slices.SortStableFunc(o.op.Parameters, func(a, b *openapi3.ParameterRef) int { return parameterRank(a) - parameterRank(b) })
	rules := map[string]goField{}
	for _, key := range o.facts.queries[o.op.OperationID] {
		maps.Copy(rules, o.facts.whole(key).params)
	}
	for _, ref := range o.op.Parameters {
		v := ref.Value
		s := v.Schema.Value
		switch {
		case v.In == "path" && s.Type.Is("integer"):
			o.describeID(v)
		case v.In == "query":
			v.Required, v.AllowEmptyValue = false, false
			if err := o.list(v); err != nil {
				return err
			}
			if s.Type.Is("array") {
				v.Style, v.Explode = "form", openapi3.Ptr(false)
			}
			rule, ok := rules[v.Name]
			if !ok {
				return fmt.Errorf("no struct of its query has the parameter %s", v.Name)
			}
			stateRules(v.Schema, rule.rules)
			if rule.together {
				stateTogether(s)
			}
		}
		v.Extensions = nil
	}
	if o.data {
		o.addHeaders()
	}
	return nil
}

// describeID completes a parameter of a path that is the id of a record.
func (o operation) describeID(v *openapi3.Parameter) {
	before, _, _ := strings.Cut(o.path, "/{"+v.Name+"}")
	if one := recordNames()[before[strings.LastIndex(before, "/")+1:]]; one != "" {
		v.Description = "The id of the " + one + "."
	}
	id := exampleID(o.path, v.Name)
	v.Schema.Value.Format, v.Schema.Value.Min, v.Example = "int64", openapi3.Ptr(1.0), id
	if id == noRecord {
		v.Description = sentence(v.Description, noRecordNote)
	}
}

// addHeaders adds the headers that the operation accepts, and the parameters that many operations share: If-Match, which is required,
// before the query, the others at the end.
func (o operation) addHeaders() {
	first := 0
	for first < len(o.op.Parameters) && o.op.Parameters[first].Value.In == "path" {
		first++
	}
	for _, header := range []struct {
		name    string
		accepts bool
		at      int
	}{
		{"IfMatch", o.versioned, first}, {"Names", o.inOneLanguage && o.takesLang(), -1}, {"View", o.view, -1}, {"AsOf", o.past, -1},
		{"IdempotencyKey", o.idempotent, -1}, {"ChangeReason", o.writes, -1},
		{"IfNoneMatch", o.conditional, -1}, {"IfModifiedSince", o.file || o.feed, -1},
	} {
		if !header.accepts {
			continue
		}
		ref := &openapi3.ParameterRef{Ref: parameterPrefix + header.name, Value: o.doc.Components.Parameters[header.name].Value}
		if header.at < 0 {
			header.at = len(o.op.Parameters)
		}
		o.op.Parameters = slices.Insert(o.op.Parameters, header.at, ref)
	}
}

// sortOrders returns the names, each also with a minus sign for descending order.
func sortOrders(names []string) (orders []any) {
	for _, name := range names {
		name = strings.TrimPrefix(name, "-")
		orders = append(orders, name, "-"+name)
	}
	return orders
}

// stateTogether states that a value of a filter can have `all:` before it: a record must then have this value and those after it.
// Of languages, it states only the codes of two letters.
func stateTogether(s *openapi3.Schema) {
	first := openapi3.NewStringSchema()
	switch items := s.Items.Value; {
	case s.Items.Ref == schemaPrefix+languageSchema:
		first.Pattern = "^all:(" + languageCodes() + ")$"
	case items != nil && len(items.Enum) > 0:
		for _, value := range items.Enum {
			first.Enum = append(first.Enum, fmt.Sprint("all:", value))
		}
	case items != nil && items.Type.Is("integer"):
		first.Pattern = "^all:[1-9][0-9]{0,17}$"
	default:
		first.Pattern = "^all:.+$"
	}
	s.Items = (&openapi3.Schema{AnyOf: openapi3.SchemaRefs{s.Items, first.NewRef()}}).NewRef()
}

// list states what a list can be sorted by, from @x-sort, and which members fields can name.
func (o operation) list(v *openapi3.Parameter) error {
	record := ""
	if (v.Name == "fields" || v.Name == "sort" || v.Name == "facets") && o.op.Extensions["x-aggregate"] == nil {
		record = o.recordSchema()
	}
	of := recordSuffix.ReplaceAllString(record, "")
	var name string
	var values []any
	switch v.Name {
	case "sort":
		if o.op.Extensions["x-aggregate"] != nil {
			return nil
		}
		names, err := o.names("x-sort")
		if err != nil || len(names) == 0 {
			return errors.Join(errors.New("a list requires @x-sort with its sort orders"), err)
		}
		if !slices.Contains(names, "id") && !slices.Contains(names, "-id") {
			names = append(names, "id")
		}
		name, values = of+"Sort", sortOrders(names)
		v.Description = sentence(v.Description, "Default: `"+names[0]+"`.")
	case "fields":
		schema := o.doc.Components.Schemas[record]
		if schema == nil {
			return errors.New("the response has no record whose members fields could name")
		}
		for _, member := range slices.Sorted(maps.Keys(schema.Value.Properties)) {
			values = append(values, member)
		}
		name = of + "Field"
		below := o.membersOfLists(schema.Value)
		switch {
		case o.export && (len(below) > 0 || o.doc.Components.Schemas[record+"WithParts"] != nil):
			name = of + "ExportField" // without the parts, and a column holds a whole member
		case record == of && o.doc.Components.Schemas[record+"Summary"] != nil:
			name = of + "DetailField" // the list has fewer
		}
		if !o.export {
			values = append(values, below...)
		}
		v.Description = sentence(v.Description, "Others are absent, even required ones: in TypeScript, the record is a `Pick`.")
	case "facets":
		names, err := o.names("x-dimensions")
		if err != nil {
			return err
		}
		name = of + "Facet"
		for _, dimension := range names {
			values = append(values, dimension)
		}
	case "queries":
		if o.modern {
			v.Schema.Value.ContentMediaType, v.Schema.Value.ContentSchema = jsonType, o.reconcileQueries()
		}
		return nil
	default:
		return nil
	}
	items, err := o.nameList(name, values)
	*v.Schema.Value = *openapi3.NewArraySchema().WithUniqueItems(true)
	v.Schema.Value.Items = items
	return err
}

// membersOfLists returns the members of the records in the lists of a record, such as `attendees.person`.
func (o operation) membersOfLists(record *openapi3.Schema) (names []any) {
	for _, name := range slices.Sorted(maps.Keys(record.Properties)) {
		list := o.resolve(record.Properties[name])
		for _, one := range list.OneOf { // of a list that may be null
			if s := o.resolve(one); s.Items != nil {
				list = s
			}
		}
		if list.Items != nil {
			for _, member := range slices.Sorted(maps.Keys(o.resolve(list.Items).Properties)) {
				names = append(names, name+"."+member)
			}
		}
	}
	return names
}

// nameList returns a reference to the schema of a list of values, which operations share.
func (p *pass) nameList(name string, values []any) (*openapi3.SchemaRef, error) {
	if p.lists[name] == nil {
		if p.doc.Components.Schemas[name] != nil {
			return nil, fmt.Errorf("two schemas are called %s", name)
		}
		s := openapi3.NewStringSchema()
		s.Enum = values
		p.doc.Components.Schemas[name] = s.NewRef()
		p.lists[name] = s
	}
	made := p.lists[name]
	if len(made.Enum) != len(values) || slices.ContainsFunc(values, func(v any) bool { return !slices.Contains(made.Enum, v) }) {
		return nil, fmt.Errorf("%s has the values %v and %v", name, made.Enum, values)
	}
	return openapi3.NewSchemaRef(schemaPrefix+name, made), nil
}
