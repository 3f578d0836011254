package main

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/match"
	"roundtables.kz/registry/internal/text"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-playground/validator/v10"
)

// The rules of the tag `validate` become schemas here. swag itself knows max, min, gte, lte, oneof and unique, but not behind
// dive.

const (
	languageSchema = "LanguageTag"
	countrySchema  = "CountryCode"
)

// knownValues are the schemas of values that many members have.
var knownValues = map[string]func() *openapi3.Schema{
	languageSchema: func() *openapi3.Schema {
		s := openapi3.NewStringSchema().WithPattern(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$`)
		s.Description = "A BCP 47 tag of a language, perhaps with a script and a region. Other cases, such as `KK`, are also accepted. " +
			"The second pattern lists the codes that exist; Kazakh is `kk`, not `kz`."
		s.Example = "kk"
		s.AllOf = openapi3.SchemaRefs{openapi3.NewStringSchema().WithPattern(languagePattern()).NewRef()} // generators take the type from here
		return s
	},
	countrySchema: func() *openapi3.Schema {
		var codes []string
		validate := validator.New()
		for code := range words(letters("AZ"), letters("AZ")) {
			if validate.Var(code, "iso3166_1_alpha2") == nil {
				codes = append(codes, code)
			}
		}
		s := openapi3.NewStringSchema().WithPattern("^(" + alternatives(codes) + ")$")
		s.Description, s.Example = "A country: a code of two letters (ISO 3166-1).", "KZ"
		return s
	},
}

// instant is the schema of a time, or a date in UTC.
func instant() *openapi3.Schema {
	s := openapi3.NewStringSchema()
	s.AnyOf = openapi3.SchemaRefs{openapi3.NewStringSchema().WithFormat("date").NewRef(), openapi3.NewStringSchema().WithFormat("date-time").NewRef()}
	return s
}

// languagePattern matches the tags that text.IsTag accepts, one letter after the other: k[aegi-oru-wy]|…
var languagePattern = sync.OnceValue(func() string {
	az, AZ := letters("az"), letters("AZ")
	return "^(" + languageCodes() + "|" + accepted("", az, az, az) + ")(-(" + accepted("en-", AZ, az, az, az) + "))?(-(" +
		accepted("en-", AZ, AZ) + "|" + accepted("en-", letters("09"), letters("09"), letters("09")) + "))?$"
})

// languageCodes matches the languages that have a code of two letters.
func languageCodes() string { return accepted("", letters("az"), letters("az")) }

// accepted matches the words over the alphabets, one for each letter, that text.IsTag accepts after the prefix.
func accepted(prefix string, alphabets ...[]string) string {
	var list []string
	for code := range words(alphabets...) {
		if text.IsTag(prefix + code) {
			list = append(list, code)
		}
	}
	return alternatives(list)
}

// alternatives matches the words of a sorted list, which have the same length.
func alternatives(list []string) string {
	if len(list[0]) == 1 {
		return "[" + ranges(strings.Join(list, "")) + "]"
	}
	var parts []string
	for len(list) > 0 {
		first := list[0][:1]
		n := slices.IndexFunc(list, func(w string) bool { return w[:1] != first })
		if n < 0 {
			n = len(list)
		}
		rest := make([]string, n)
		for i, w := range list[:n] {
			rest[i] = w[1:]
		}
		below := alternatives(rest)
		if strings.Contains(below, "|") {
			below = "(" + below + ")"
		}
		parts, list = append(parts, first+below), list[n:]
	}
	return strings.Join(parts, "|")
}

// ranges writes four or more successive letters as a range: "abcdfg" -> "a-dfg".
func ranges(sorted string) (class string) {
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n] == sorted[0]+byte(n) {
			n++
		}
		if n > 3 {
			class += sorted[:1] + "-" + sorted[n-1:n]
		} else {
			class += sorted[:n]
		}
		sorted = sorted[n:]
	}
	return class
}

// letters returns the letters of a range, such as "az".
func letters(ends string) (list []string) {
	for c := ends[0]; c <= ends[1]; c++ {
		list = append(list, string(c))
	}
	return list
}

// words yields all words with one letter of each alphabet, in order.
func words(alphabets ...[]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		if len(alphabets) == 0 {
			yield("")
			return
		}
		for _, first := range alphabets[0] {
			for rest := range words(alphabets[1:]...) {
				if !yield(first + rest) {
					return
				}
			}
		}
	}
}

// rules states the rules of all members of requests, which the structs have as tags.
func (p *pass) rules() error {
	for name := range p.reachable(p.visitRequests) {
		s := p.doc.Components.Schemas[name].Value
		facts, _ := p.facts.of(name)
		for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
			f := facts.fields[property]
			stateRules(s.Properties[property], f.rules)
			switch patch := strings.HasSuffix(name, "Patch"); {
			case patch && f.immutable:
				s.Properties[property].Value.ReadOnly = true
			case !patch: // a patch has some members only
				stateConditions(s, property, f.rules, facts)
			}
		}
	}
	return nil
}

// stateRules states the rules of one value, and those behind dive of its items.
func stateRules(ref *openapi3.SchemaRef, rules string) {
	own, items, dive := strings.Cut(rules, "dive")
	for rule := range strings.SplitSeq(own, ",") {
		name, param, _ := strings.Cut(rule, "=")
		stateRule(ref, name, param)
	}
	if dive && ref.Value.Items != nil {
		stateRules(ref.Value.Items, strings.TrimPrefix(items, ","))
	}
}

func stateRule(ref *openapi3.SchemaRef, name, param string) {
	if p, ok := input.Patterns[name]; ok {
		ref.Value.Pattern = p
	}
	if name == "record" {
		ref.Value.Pattern = strings.Replace(input.Patterns[name], "[a-z-]+", "("+strings.Join(input.Enum("log"), "|")+")", 1)
	}
	switch s := ref.Value; name {
	case "max", "min", "oneof":
		if refOf(ref) == "" {
			stateLimit(s, name, param)
		}
	case "required":
		switch {
		case refOf(ref) != "":
		case s.Type.Is("array"):
			s.MinItems = max(s.MinItems, 1)
		case s.Type.Is("string") && len(s.Enum) == 0:
			s.MinLength, s.Pattern = max(s.MinLength, 1), cmp.Or(s.Pattern, input.Patterns["notblank"])
		}
	case "gt":
		n, _ := strconv.ParseFloat(param, 64)
		s.Min = openapi3.Ptr(n + 1) // the numbers are whole
	case "http_url":
		s.Format, s.Pattern = "uri", `^https?://`+strings.Replace(input.Patterns["notblank"], "[^", "[^/?#", 1)
	case "instant":
		s.AnyOf = instant().AnyOf
	case "timezone":
		s.Format = "time-zone"
	case "language":
		refer(ref, languageSchema)
	case "iso3166_1_alpha2":
		refer(ref, countrySchema)
	case "text":
		n, _ := strconv.ParseUint(param, 10, 64)
		limit := openapi3.NewStringSchema()
		limit.MaxLength, limit.Nullable = &n, strings.HasSuffix(refOf(ref), textPatchSchema) // null removes a language
		makeWrapped(ref)
		ref.Value.AdditionalProperties.Schema = limit.NewRef()
	}
}

// stateLimit states a rule that swag knows, also where swag does not read it.
func stateLimit(s *openapi3.Schema, name, param string) {
	number, _ := strconv.ParseFloat(param, 64)
	n := uint64(max(number, 0))
	switch {
	case name == "oneof" && len(s.Enum) == 0:
		for word := range strings.FieldsSeq(param) {
			s.Enum = append(s.Enum, word)
		}
	case name == "max" && len(s.Enum) > 0:
		s.MaxLength = nil // the values have a length, and validators of enums take no limit
	case name == "max" && s.Type.Is("string"):
		s.MaxLength = &n
	case name == "max" && s.Type.Is("array"):
		s.MaxItems = &n
	case name == "max":
		s.Max = &number
	case name == "min" && s.Type.Is("string"):
		s.MinLength, s.Pattern = n, cmp.Or(s.Pattern, input.Patterns["notblank"]) // space at the ends does not count
	case name == "min" && s.Type.Is("array"):
		s.MinItems = n
	case name == "min":
		s.Min = &number
	}
}

// reconcileQueries is what the text `queries` of a reconciliation contains: queries by ids. A query with the property
// external_id may also lack a name.
func (p *pass) reconcileQueries() *openapi3.SchemaRef {
	str := openapi3.NewStringSchema
	schemas := map[string]*openapi3.Schema{
		"query": str().WithMinLength(1).WithPattern(input.Patterns["notblank"]), "type": openapi3.NewArraySchema().WithItems(str()),
		"type_strict": str(), "limit": openapi3.NewInt64Schema(), "pid": str(),
		"v": openapi3.NewArraySchema().WithItems(str().WithPattern(input.Patterns["notblank"])),
	}
	object := func(of string) *openapi3.Schema {
		s := openapi3.NewObjectSchema()
		for name, f := range p.facts.structs[of].fields {
			if schemas[name] != nil {
				s.Properties[name] = schemas[name].NewRef()
				stateRules(s.Properties[name], f.rules)
			}
		}
		return s
	}
	query := object("match.ReconcileQuery")
	query.Required = []string{"query"}
	properties := openapi3.NewArraySchema().WithItems(object("match.reconcileProperty").WithRequired([]string{"pid", "v"}))
	query.Properties["properties"] = properties.WithMaxItems(10).NewRef()
	return openapi3.NewObjectSchema().WithAdditionalProperties(query).WithMaxProperties(match.MaxQueries).NewRef()
}

// refer replaces a schema with a reference to a known one, and keeps what is said about the member.
func refer(ref *openapi3.SchemaRef, name string) {
	s := ref.Value
	if s.Description == "" && s.Default == nil {
		ref.Ref, ref.Value = schemaPrefix+name, nil
		return
	}
	ref.Value = &openapi3.Schema{Description: s.Description, Default: s.Default, Example: s.Example, AllOf: openapi3.SchemaRefs{schemaRef(name)}}
}

// makeWrapped puts a reference into a schema, so that more can be stated beside it.
func makeWrapped(ref *openapi3.SchemaRef) {
	if ref.Ref != "" {
		inner := ref.Ref
		ref.Ref, ref.Value = "", &openapi3.Schema{AllOf: openapi3.SchemaRefs{{Ref: inner}}}
	}
}

// stateConditions states in the schema of an object which of its members are given together.
func stateConditions(s *openapi3.Schema, member, rules string, facts goStruct) {
	for rule := range strings.SplitSeq(rules, ",") {
		name, param, _ := strings.Cut(rule, "=")
		others := facts.names(strings.Fields(param))
		switch name {
		case "required_with": // the other one is not given, or this one is
			not := openapi3.NewSchema()
			not.Not = given(s, others...).NewRef()
			require(s, not, given(s, member))
		case "required_without":
			require(s, given(s, member), given(s, others...))
		case "any_of":
			of := []*openapi3.Schema{given(s, member)}
			for _, other := range others {
				of = append(of, given(s, other))
			}
			require(s, of...)
		case "not_with":
			for _, other := range others {
				forbid(s, given(s, other, member))
			}
		}
	}
}

// require adds the condition that an object satisfies one of the schemas.
func require(s *openapi3.Schema, of ...*openapi3.Schema) {
	condition := openapi3.NewAnyOfSchema(of...)
	if s.AnyOf == nil {
		s.AnyOf = condition.AnyOf
	} else {
		s.AllOf = append(s.AllOf, condition.NewRef())
	}
}

// forbid adds the condition that an object does not satisfy the schema.
func forbid(s, condition *openapi3.Schema) {
	switch {
	case s.Not == nil:
		s.Not = condition.NewRef()
	case len(s.Not.Value.AnyOf) == 0:
		s.Not = openapi3.NewAnyOfSchema(s.Not.Value, condition).NewRef()
	default:
		s.Not.Value.AnyOf = append(s.Not.Value.AnyOf, condition.NewRef())
	}
}

// given matches an object that has all the members: they are not null, and lists are not empty.
func given(object *openapi3.Schema, members ...string) *openapi3.Schema {
	s := &openapi3.Schema{Required: members, Properties: openapi3.Schemas{}}
	for _, member := range members {
		of := &openapi3.Schema{Type: object.Properties[member].Value.Type}
		if of.Type == nil { // a reference, to a language map or a struct
			of.Type = &openapi3.Types{"object"}
		}
		if of.Type.Is("array") {
			of.MinItems, of.Items = 1, openapi3.NewSchema().NewRef()
		}
		s.Properties[member] = of.NewRef()
	}
	return s
}
