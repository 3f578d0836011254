package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/apperr"

	"github.com/getkin/kin-openapi/openapi3"
)

const problemType = "application/problem+json"

// shared puts in the headers, parameters and problems that operations refer to.
func (p *pass) shared() error {
	c := p.doc.Components
	if c.Schemas["Problem"] == nil {
		return errors.New("no annotation mentions Problem")
	}
	str := openapi3.NewStringSchema
	const cursor = "tUjCLNeNWeF7ImUiOiI2M2I1ZWE3MSIsIm4iOjg0MiwidiI6InB1YmxpYyJ9"
	c.Headers = openapi3.Headers{
		"ETag":                 header("The version of the record: send it back in `If-Match`.", str(), `"3"`),
		"Location":             header("Address of the record.", openapi3.NewStringSchema().WithFormat("uri-reference"), "/v1/topics/7"),
		"Link":                 header("Address of the next page, with `rel=\"next\"`; absent on the last page.", str(), `</v1/topics?cursor=…>; rel="next"`),
		"X-Request-Id":         header("Id of the request, as in the log of the service.", str(), "01JD3Z6V2N8Q4T7M0KX5W9R1BC"),
		"X-Change-Cursor":      header("Change cursor of what the file was made from: later changes come after it.", str(), cursor),
		"Content-Disposition":  header("Name of the file.", str(), `attachment; filename="round-tables-2020-02-27.csv"`),
		"X-Dry-Run":            header("`true` where nothing was kept.", str(), "true"),
		"RateLimit-Policy":     header("The quota: requests (`q`) in a window of seconds (`w`).", str(), `"key";q=600;w=60`),
		"RateLimit":            header("What is left of the quota (`r`) and the seconds until it is full again (`t`).", str(), `"key";r=599;t=42`),
		"Retry-After":          header("Seconds to wait before the next try.", openapi3.NewIntegerSchema().WithMin(0), 1),
		"WWW-Authenticate":     header("How to authenticate.", str(), `Bearer realm="registry"`),
		"Idempotency-Replayed": header("`true` where this is the answer to an earlier request with the same `Idempotency-Key`.", str(), "true"),
		"ItemETag": header("The version of the record and a name of this answer: send it back in `If-Match` to change the record, "+
			"and in `If-None-Match` to get 304 while nothing has changed.", str(), `"3-`+listTag[1:]),
		"ListETag": header("Names this answer: send it back in `If-None-Match`, and get 304 while nothing has changed.", str(), listTag),
	}
	reason := openapi3.NewHeaderParameter("X-Change-Reason").WithSchema(openapi3.NewStringSchema().WithMaxLength(500)).
		WithDescription("Why, for the history of the record.")
	match := openapi3.NewHeaderParameter("If-Match").WithSchema(openapi3.NewStringSchema()).
		WithDescription("The version you have seen, from `ETag`: 412 where the record has changed since. `*` overwrites whatever is there.")
	match.Required, match.Example = true, `"3"`
	// Without examples of these headers: Swagger UI would send them.
	once := openapi3.NewHeaderParameter("Idempotency-Key").WithSchema(openapi3.NewStringSchema().WithMinLength(1).WithMaxLength(255).WithPattern("^[!-~]+$")).
		WithDescription("A name of your own for this request, such as a random UUID: sent again within 24 hours, " +
			"the request has no second effect and is answered as the first time, with `Idempotency-Replayed: true`. " +
			"It belongs to your API key and the path; another body or query with it is 422. " +
			"What was refused or failed is not remembered, and neither are dry runs.")
	held := openapi3.NewHeaderParameter("If-None-Match").WithSchema(openapi3.NewStringSchema()).
		WithDescription("The `ETag` of the answer that you hold: 304 without a body while it is still good.")
	c.Parameters = openapi3.ParametersMap{
		"IdempotencyKey": {Value: once}, "ChangeReason": {Value: reason}, "IfMatch": {Value: match}, "IfNoneMatch": {Value: held},
	}
	c.Responses = openapi3.ResponseBodies{}
	for _, r := range refusals {
		if apperr.Texts(r.code) == nil {
			return fmt.Errorf("the example of %s has the code %s, which is none", r.name, r.code)
		}
		c.Responses[r.name] = &openapi3.ResponseRef{Value: r.response()}
	}
	return nil
}

// listTag is an example of the tag of a list.
const listTag = `"Zk1p0cXb1dQm2n7yV0r3sA"`

func header(description string, s *openapi3.Schema, example any) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{Description: description, Schema: s.NewRef(), Example: example}}}
}

func headers(names ...string) openapi3.Headers {
	h := openapi3.Headers{}
	for _, n := range names {
		h[n] = &openapi3.HeaderRef{Ref: "#/components/headers/" + n}
	}
	return h
}

// refusal is a way in which requests fail.
type refusal struct {
	status      string
	name        string
	description string
	code        string // an example of its codes
	mistake     string // an example of a mistake in it: "/title required" or "starts_from bad_date"
	headers     []string
	when        func(operation, actor.Scope) bool
}

func always(operation, actor.Scope) bool { return true }

func ofData(o operation, _ actor.Scope) bool { return o.data }

func ofOneRecord(o operation, _ actor.Scope) bool { return o.data && strings.Contains(o.path, "id}") }

// ofAMergeable is true of reading one record of those that can become part of another one.
func ofAMergeable(o operation, s actor.Scope) bool {
	_, rest, _ := strings.Cut(o.path, "/v1/")
	collection, _, _ := strings.Cut(rest, "/")
	return o.method == http.MethodGet && ofOneRecord(o, s) &&
		slices.Contains([]string{"people", "organizations", "organizers", "attendees", "affiliations", "distinctions"}, collection)
}

func withBody(o operation, _ actor.Scope) bool { return o.op.RequestBody != nil }

func ofAVersion(o operation, _ actor.Scope) bool { return o.versioned }

// refusals are all of them, by status.
var refusals = []refusal{
	{"308", "PermanentRedirect", "The record became part of another one: `Location` leads there.", "merged", "", []string{"Location"}, ofAMergeable},
	{"400", "BadRequest", "The request cannot be read: an unknown or ill-typed parameter, malformed JSON.", "bad_parameters", "limit wrong_type", nil, ofData},
	{"401", "Unauthorized", "A key is needed, or the one that was sent is not good.", "key_required", "", []string{"WWW-Authenticate"}, ofData},
	{"403", "Forbidden", "The key does not carry the scope.", "scope_missing", "", nil,
		func(o operation, s actor.Scope) bool { return o.data && s != actor.Public }},
	{"404", "NotFound", "There is no such record, or you may not see it.", "not_found", "", nil,
		func(o operation, _ actor.Scope) bool { return strings.Contains(o.path, "{") }},
	{"406", "NotAcceptable", "The `Accept` header lets no answer of ours through.", "not_acceptable", "", nil,
		func(o operation, _ actor.Scope) bool { return o.data && !strings.Contains(o.path, ".") }},
	{"409", "Conflict", "Another record is in the way: a duplicate, or something that refers to this one.", "in_use", "", nil,
		func(o operation, _ actor.Scope) bool { return o.data && o.writes }},
	{"410", "Gone", "The record was deleted.", "deleted", "", nil, ofOneRecord},
	{"412", "PreconditionFailed", "The record has changed since you read it: `current_version` is the version now.", "stale_version", "", nil, ofAVersion},
	{"413", "ContentTooLarge", "The body is over the limit.", "body_too_large", "", nil, withBody},
	{"414", "URITooLong", "The address is over the limit.", "uri_too_long", "", nil, func(o operation, _ actor.Scope) bool { return !o.data }},
	{"415", "UnsupportedMediaType", "The body is of another media type.", "unsupported_media_type", "", nil, withBody},
	{"422", "UnprocessableContent", "The request breaks a rule: `errors` names each mistake and where it is.",
		"validation_failed", "/name required", nil, withBody},
	{"428", "PreconditionRequired", "`If-Match` is missing.", "if_match_required", "", nil, ofAVersion},
	{"429", "TooManyRequests", "The quota is used up.", "rate_limited", "", []string{"RateLimit-Policy", "RateLimit", "Retry-After"}, ofData},
	{"503", "ServiceUnavailable", "The service cannot answer now.", "database_unavailable", "", []string{"Retry-After"},
		func(o operation, _ actor.Scope) bool { return o.data || o.path == "/readyz" }},
	{"default", "UnexpectedError", "Anything else that went wrong.", "internal", "", nil, always},
}

// problems adds the refusals that an operation can meet.
func (o operation) problems(scope actor.Scope) {
	for _, r := range refusals {
		if r.when(o, scope) {
			o.op.Responses.Set(r.status, &openapi3.ResponseRef{Ref: "#/components/responses/" + r.name})
		}
	}
}

func (r refusal) response() *openapi3.Response {
	answer := openapi3.NewResponse().WithDescription(r.description)
	answer.Headers = headers(append([]string{"X-Request-Id"}, r.headers...)...)
	answer.Content = openapi3.Content{problemType: {Schema: schemaRef("Problem"), Example: r.example()}}
	return answer
}

func (r refusal) example() map[string]any {
	status, err := strconv.Atoi(r.status)
	if err != nil {
		status = http.StatusInternalServerError
	}
	args := apperr.Args{"scope": "write", "current": "4", "allowed": "application/json", "max": "1048576", "quota": "600", "seconds": "42"}
	p := map[string]any{
		"type": "/problems/" + r.code, "code": r.code, "status": status, "instance": "01JD3Z6V2N8Q4T7M0KX5W9R1BC",
		"title": apperr.Message(r.code, "en", args),
	}
	if at, code, found := strings.Cut(r.mistake, " "); found {
		message := apperr.Message(code, "en", apperr.Args{"expected": "integer"})
		place := "parameter"
		if strings.HasPrefix(at, "/") {
			place = "pointer"
		}
		p["errors"] = []any{map[string]any{place: at, "code": code, "message": message}}
		p["detail"] = at + ": " + message
	}
	if r.code == "stale_version" {
		p["current_version"] = 4
	}
	return p
}

// answersTo finishes what an operation answers when it succeeds.
func (o operation) answersTo() {
	names := []string{"X-Request-Id"}
	if o.data {
		names = append(names, "RateLimit-Policy", "RateLimit")
	}
	if o.remembered {
		names = append(names, "Idempotency-Replayed")
	}
	if o.method != http.MethodGet && o.op.Parameters.GetByInAndName("query", "dry_run") != nil {
		names = append(names, "X-Dry-Run")
		if made := o.op.Responses.Value("201"); made != nil {
			dry := *made.Value
			dry.Description = openapi3.Ptr("What would be made, after a dry run.")
			o.op.Responses.Set("200", &openapi3.ResponseRef{Value: &dry})
		}
	}
	for _, status := range o.op.Responses.Keys() {
		r := o.op.Responses.Value(status).Value
		if status[0] != '2' {
			o.op.Responses.Delete(status) // problems come from refusals
			continue
		}
		own := names
		if schema := o.contentOf(r); schema != nil {
			if schema.Properties["version"] != nil {
				own = append(own, "ETag")
			}
			if schema.Properties["page"] != nil {
				own = append(own, "Link")
			}
		}
		if o.export {
			own = append(own, "X-Change-Cursor", "Content-Disposition")
		}
		if status == "201" {
			own = append(own, "Location")
		}
		r.Headers = headers(own...)
		if o.tagged {
			r.Headers["ETag"] = &openapi3.HeaderRef{Ref: "#/components/headers/" + o.tagHeader()}
		}
	}
	if o.tagged {
		same := openapi3.NewResponse().WithDescription("Nothing has changed since the answer that you hold.")
		same.Headers = headers(names...)
		same.Headers["ETag"] = &openapi3.HeaderRef{Ref: "#/components/headers/" + o.tagHeader()}
		o.op.Responses.Set("304", &openapi3.ResponseRef{Value: same})
	}
}

// tagHeader is the header with the tag of an answer.
func (o operation) tagHeader() string {
	if isItem(o.method, o.op) {
		return "ItemETag"
	}
	return "ListETag"
}

// contentOf gives the schema of a JSON answer.
func (p *pass) contentOf(r *openapi3.Response) *openapi3.Schema {
	media := r.Content.Get(jsonType)
	if media == nil || media.Schema == nil {
		return nil
	}
	if name, isRef := strings.CutPrefix(media.Schema.Ref, schemaPrefix); isRef {
		return p.doc.Components.Schemas[name].Value
	}
	return media.Schema.Value
}
