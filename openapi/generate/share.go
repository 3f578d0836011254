package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"roundtables.kz/registry/api"

	"github.com/getkin/kin-openapi/openapi3"
)

const (
	parameterPrefix = "#/components/parameters/"
	responsePrefix  = "#/components/responses/"
	examplePrefix   = "#/components/examples/"
)

// recordNames returns the names of the records by the segment of the path that has them: "round-tables" -> "round table".
var recordNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for _, r := range append(api.Resources(), api.OtherResources()...) {
		for _, o := range r.Operations {
			if path, ok := strings.CutSuffix(o.Path, "/:id"); ok {
				names[path[strings.LastIndex(path, "/")+1:]] = r.One
			}
		}
	}
	return names
})

// recordOf returns the name of the record that a path is about, the last one in it: "round table". It is empty for other paths.
func recordOf(path string) string {
	for _, segment := range slices.Backward(strings.Split(path, "/")) {
		segment, _, _ = strings.Cut(segment, ".")
		if one := recordNames()[segment]; one != "" {
			return one
		}
	}
	return ""
}

// sharedParameter is a parameter that several operations have.
type sharedParameter struct {
	refs       []*openapi3.ParameterRef
	operations []string
	records    map[string]bool // what the operations are about
	areas      map[string]bool // the first segment of the paths of the others, such as "changes"
}

// shareParameters makes components of the parameters that several operations have. A parameter that means different things in
// different resources has the name of the resource before it.
func (p *pass) shareParameters() error {
	found := map[string]*sharedParameter{}
	meanings := map[string]int{} // name -> how many parameters have it
	var order []string
	for at, op := range p.eachOperation() {
		for _, ref := range op.Parameters {
			if ref.Ref != "" {
				continue
			}
			b, err := json.Marshal(ref.Value)
			if err != nil {
				return err
			}
			key := string(b)
			if found[key] == nil {
				found[key] = &sharedParameter{records: map[string]bool{}, areas: map[string]bool{}}
				order = append(order, key)
				meanings[ref.Value.Name]++
			}
			s := found[key]
			s.refs, s.operations = append(s.refs, ref), append(s.operations, op.OperationID)
			path := at.path
			if ref.Value.Name == "id" && ref.Value.In == "path" {
				path, _, _ = strings.Cut(path, "/{id}")
			}
			if one := recordOf(path); one != "" {
				s.records[one] = true
			} else if segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '-' || r == '.' }); len(segments) > 1 {
				s.areas[segments[1]] = true
			}
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(found[b].refs) - len(found[a].refs) })
	for _, key := range order {
		s := found[key]
		if len(s.refs) < 2 {
			continue
		}
		v := s.refs[0].Value
		name := ""
		for _, candidate := range s.names(meanings[v.Name]) {
			if p.doc.Components.Parameters[candidate] == nil {
				name = candidate
				break
			}
		}
		if name == "" {
			return fmt.Errorf("the parameter %s of %s has no name of its own: give one meaning one description", v.Name, s.operations)
		}
		p.doc.Components.Parameters[name] = &openapi3.ParameterRef{Value: v}
		for _, ref := range s.refs {
			ref.Ref, ref.Value = parameterPrefix+name, v
		}
	}
	return nil
}

// parameterNames are the names of parameters that their own names do not explain.
var parameterNames = map[string]string{"q": "Query", "organization_kind": "AttendeeOrganizationKind"}

// names returns the names that the component of a parameter can have, the best one first. meanings is how many parameters have the
// name of this one.
func (s *sharedParameter) names(meanings int) []string {
	v := s.refs[0].Value
	own := cmp.Or(parameterNames[v.Name], pascal(strings.ReplaceAll(v.Name, "_", " ")))
	if list := v.Schema.Value; (v.Name == "fields" || v.Name == "sort") && list != nil && list.Items != nil {
		own = strings.TrimPrefix(refOf(list.Items), schemaPrefix)
		if v.Name == "fields" {
			own += "s"
		}
		return []string{own}
	}
	one := ""
	if len(s.records) == 1 {
		one = pascal(slices.Collect(maps.Keys(s.records))[0])
	}
	if len(s.records) == 0 && len(s.areas) == 1 {
		one = pascal(slices.Collect(maps.Keys(s.areas))[0])
	}
	verb := commonWord(s.operations)
	switch {
	case v.In == "path" && one != "" && v.Name != "id":
		return []string{one + own} // the record that another one belongs to
	case one != "" && (meanings > 1 || v.In == "path"):
		return []string{one + own, verb + one + own}
	case verb != "":
		return []string{own, verb + own}
	default:
		return []string{own}
	}
}

var idWords = regexp.MustCompile(`[A-Z]?[a-z0-9]+`)

// commonWord returns the word with which the ids of all operations end or begin, such as "Calendar" or "Aggregate"; "" if there is
// none.
func commonWord(operations []string) string {
	last, first := "", ""
	for i, id := range operations {
		of := idWords.FindAllString(id, -1)
		begin, end := pascal(of[0]), of[len(of)-1]
		if i == 0 {
			first, last = begin, end
		}
		if begin != first {
			first = ""
		}
		if end != last {
			last = ""
		}
	}
	return cmp.Or(last, first)
}

// shareResponses moves the successful responses that several operations have in common into the components.
func (p *pass) shareResponses() error {
	type shared struct {
		refs       []*openapi3.ResponseRef
		operations []string
		status     string
	}
	found := map[string]*shared{}
	var order []string
	for _, op := range p.eachOperation() {
		for _, status := range op.Responses.Keys() {
			ref := op.Responses.Value(status)
			if ref.Ref != "" {
				continue
			}
			b, err := json.Marshal(ref.Value)
			if err != nil {
				return err
			}
			key := status + string(b)
			if found[key] == nil {
				order = append(order, key)
				found[key] = &shared{status: status}
			}
			found[key].refs, found[key].operations = append(found[key].refs, ref), append(found[key].operations, op.OperationID)
		}
	}
	for _, key := range order {
		s := found[key]
		if len(s.refs) < 2 {
			continue
		}
		name := responseName(s.refs[0].Value, s.operations, s.status)
		if p.doc.Components.Responses[name] != nil {
			return fmt.Errorf("two responses are called %s, one of them of %s", name, s.operations)
		}
		p.doc.Components.Responses[name] = &openapi3.ResponseRef{Value: s.refs[0].Value}
		for _, ref := range s.refs {
			ref.Ref = responsePrefix + name
		}
	}
	return nil
}

// responseName returns the name of a response that several operations have: that of its schema, or what it is a file of.
func responseName(r *openapi3.Response, operations []string, status string) string {
	name := commonWord(operations) + "File"
	if media := r.Content[jsonType]; media != nil && media.Schema.Ref != "" {
		name = strings.TrimPrefix(media.Schema.Ref, schemaPrefix)
	}
	switch status {
	case "200":
	case "201":
		name += "Created"
	default:
		name += status
	}
	return name
}

// shareRequests moves the bodies that several operations have in common into the components. It comes last: what completes the
// bodies expects them in the operations, and so does the conversion to Swagger 2.0.
func (p *pass) shareRequests() error {
	type shared struct {
		first string // operation
		refs  []*openapi3.RequestBodyRef
	}
	found := map[string]*shared{}
	for _, op := range p.eachOperation() {
		if op.RequestBody == nil {
			continue
		}
		b, err := json.Marshal(op.RequestBody)
		if err != nil {
			return err
		}
		if found[string(b)] == nil {
			found[string(b)] = &shared{first: op.OperationID}
		}
		found[string(b)].refs = append(found[string(b)].refs, op.RequestBody)
	}
	p.doc.Components.RequestBodies = openapi3.RequestBodies{}
	for _, s := range found {
		if len(s.refs) < 4 {
			continue
		}
		name := strings.ToUpper(s.first[:1]) + s.first[1:]
		p.doc.Components.RequestBodies[name] = &openapi3.RequestBodyRef{Value: s.refs[0].Value}
		for _, ref := range s.refs {
			ref.Ref = "#/components/requestBodies/" + name
		}
	}
	return nil
}
