package main

import (
	"cmp"
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

// shared adds the headers, parameters and problems that operations refer to.
func (p *pass) shared() error {
	c := p.doc.Components
	if c.Schemas["Problem"] == nil {
		return errors.New("no annotation mentions Problem")
	}
	p.doc.Security = openapi3.SecurityRequirements{{}, {"Bearer": {}}, {"Basic": {}}}
	str := openapi3.NewStringSchema
	const cursor = "tUjCLNeNWeF7ImUiOiI2M2I1ZWE3MSIsIm4iOjg0MiwidiI6InB1YmxpYyJ9"
	c.Headers = openapi3.Headers{
		"ETag": header("The version of the record and of this response. Send it in `If-Match` to change the record, "+
			"and in `If-None-Match` to get 304 while nothing has changed.", str(), `"3-`+listTag[1:]),
		"Location": header("URL of the record.", str().WithFormat("uri-reference"), "/v1/topics/7"),
		"LicenseLink": header("Address of the licence of the data, with `rel=\"license\"`.", str(),
			`<https://creativecommons.org/licenses/by/4.0/>; rel="license"`),
		"Link":                header("URL of the next page, with `rel=\"next\"`. Absent on the last page.", str(), `</v1/topics?cursor=…>; rel="next"`),
		"X-Request-Id":        header("Id of the request, which the service also logs.", str(), "01JD3Z6V2N8Q4T7M0KX5W9R1BC"),
		"X-Change-Cursor":     header("Change cursor of the snapshot in the file. Pass it to `/v1/changes` to get later changes.", str(), cursor),
		"Content-Disposition": header("File name.", str(), `attachment; filename="round-tables-2020-02-27.csv"`),
		"RateLimit-Policy":    header("The rate limit: `q` requests in `w` seconds. All responses have it.", str(), `"key";q=600;w=60`),
		"RateLimit": header("Remaining requests (`r`), and seconds until the full quota is available again (`t`). "+
			"All responses have it.", str(), `"key";r=599;t=42`),
		"Retry-After":      header("Seconds to wait before the next request.", openapi3.NewIntegerSchema().WithMin(0), 1),
		"WWW-Authenticate": header("How to authenticate.", str(), `Bearer realm="registry"`),
		"Removed": header("The members of the request from which invisible characters were removed, such as zero-width spaces: "+
			"JSON pointers, the first 20. Absent if nothing was removed.", str(), "/name/ru, /notes"),
		"Last-Modified": header("When the registry last changed. Send it in `If-Modified-Since` if your program cannot send an `ETag`.", str(),
			"Thu, 27 Feb 2020 09:30:00 GMT"),
		"ListETag": header("Identifies this response. Send it in `If-None-Match` to get 304 while nothing has changed.", str(), listTag),
	}
	// Optional headers have no examples, because Swagger UI would send them.
	c.Parameters = openapi3.ParametersMap{
		"ChangeReason": headerParameter("X-Change-Reason", "Reason of the change, for the history of the record: at most 500 characters. "+
			"Percent-encode other scripts than Latin (UTF-8, as in RFC 8187), or use the parameter `reason`.", str().WithMaxLength(5000)),
		"IfMatch": headerParameter("If-Match",
			"The version that you have read, from `ETag`. If the record has changed since, the response is 412. `*` overwrites any version.", str()),
		"IfNoneMatch": headerParameter("If-None-Match",
			"The `ETag` of the response that you have. If nothing has changed, the response is 304 without a body.", str()),
		"IfModifiedSince": headerParameter("If-Modified-Since",
			"The `Last-Modified` of the response that you have. If nothing has changed, the response is 304 without a body. "+
				"Ignored beside `If-None-Match`.", str()),
		"IdempotencyKey": headerParameter("Idempotency-Key", "A unique id that you choose for this request, such as a random UUID. "+
			"If you repeat the request within 24 hours, it has no second effect: you get the first response with `Idempotency-Replayed: true`. "+
			"The id is valid for your API key and this path; with another body or query the response is 422. "+
			"Rejected and failed requests and dry runs are not stored.", str().WithMinLength(1).WithMaxLength(255).WithPattern("^[!-~]+$")),
	}
	c.Parameters["View"] = queryParameter("view", "`public`: shows the response that the public gets. A draft that the request names, in its path or by "+
		"`round_table` or `id`, is shown as if it were published. Without a key it has no effect.", str().WithEnum("public"))
	c.Parameters["Names"] = queryParameter("names", "`lang`: leaves the texts by language out. Of each text, only `<field>_text` and `<field>_lang` stay. "+
		"A text that the record does not have stays null. Requires `lang`.", str().WithEnum("lang"))
	c.Parameters["AsOf"] = queryParameter("as_of", "Shows the state at this time: RFC 3339, or a date in UTC. An event and its parts are shown as they were, "+
		"with the parts that were deleted since; the names of other records are those of today. "+
		"The response has the time in `as_of` and in the header `X-As-Of`, and no ETag. Requires a key with the scope `read`.", instant())
	match := c.Parameters["IfMatch"].Value
	match.Required, match.Example = true, `"3"`
	c.Responses = openapi3.ResponseBodies{}
	for _, r := range problemResponses {
		if apperr.Texts(r.code) == nil {
			return fmt.Errorf("the example of %s has the unknown code %s", r.name, r.code)
		}
		c.Responses[r.name] = &openapi3.ResponseRef{Value: r.response()}
	}
	return nil
}

// listTag is an example of the ETag of a list.
const listTag = `"Zk1p0cXb1dQm2n7yV0r3sA"`

func queryParameter(name, description string, s *openapi3.Schema) *openapi3.ParameterRef {
	return &openapi3.ParameterRef{Value: openapi3.NewQueryParameter(name).WithDescription(description).WithSchema(s)}
}

func headerParameter(name, description string, s *openapi3.Schema) *openapi3.ParameterRef {
	return &openapi3.ParameterRef{Value: openapi3.NewHeaderParameter(name).WithDescription(description).WithSchema(s)}
}

func header(description string, s *openapi3.Schema, example any) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{Description: description, Schema: s.NewRef(), Example: example}}}
}

func headerRef(name string) *openapi3.HeaderRef {
	return &openapi3.HeaderRef{Ref: "#/components/headers/" + name}
}

// shortHeaders are names of components for headers that many operations have, so that the document stays small.
var shortHeaders = map[string]string{"X-Removed-Characters": "Removed"}

func headers(names ...string) openapi3.Headers {
	h := openapi3.Headers{}
	for _, n := range names {
		h[n] = headerRef(cmp.Or(shortHeaders[n], n))
	}
	return h
}

// problem is an error response.
type problem struct {
	status      string
	name        string
	description string
	code        string // example of a code
	mistake     string // example of a field error: "/title required" or "starts_from bad_date"
	headers     []string
	when        func(operation, actor.Scope) bool
}

func always(operation, actor.Scope) bool { return true }

func ofData(o operation, _ actor.Scope) bool { return o.data }

func ofOneRecord(o operation, _ actor.Scope) bool { return o.data && strings.Contains(o.path, "id}") }

// ofMergeable reports whether an operation reads one record of a type whose records can be merged.
func ofMergeable(o operation, s actor.Scope) bool {
	_, rest, _ := strings.Cut(o.path, "/v1/")
	collection, _, _ := strings.Cut(rest, "/")
	return o.method == http.MethodGet && ofOneRecord(o, s) &&
		slices.Contains([]string{"people", "organizations", "organizers", "attendees", "affiliations", "distinctions"}, collection)
}

func withBody(o operation, _ actor.Scope) bool { return o.op.RequestBody != nil }

func ofVersion(o operation, _ actor.Scope) bool { return o.versioned }

// problemResponses lists the problems, by status.
var problemResponses = []problem{
	{"308", "PermanentRedirect", "The record was merged into another one. `Location` is the URL of that record.",
		"merged", "", []string{"Location"}, ofMergeable},
	{"400", "BadRequest", "The request is malformed: unknown parameters, values of the wrong type, or invalid JSON.",
		"bad_parameters", "limit wrong_type", nil, ofData},
	{"403", "Forbidden", "The key does not have the required scope.", "scope_missing", "", nil,
		func(o operation, s actor.Scope) bool { return o.data && s != actor.Public }},
	{"404", "NotFound", "The record does not exist, or you may not see it.", "not_found", "", nil,
		func(o operation, _ actor.Scope) bool {
			return strings.Contains(o.path, "{") || o.op.Parameters.GetByInAndName("query", "center") != nil
		}},
	{"409", "Conflict", "The request conflicts with another record: a duplicate, or a record that refers to this one.", "in_use", "", nil,
		func(o operation, _ actor.Scope) bool { return o.data && o.writes }},
	{"410", "Gone", "The record was deleted or erased.", "deleted", "", nil, ofOneRecord},
	{"412", "Stale", "The record has changed since you read it. `current_version` is its current version.", "stale_version", "", nil, ofVersion},
	{"414", "URITooLong", "The URL exceeds the length limit.", "uri_too_long", "", nil,
		func(o operation, _ actor.Scope) bool { return !o.data }},
	{"422", "Invalid", "The request is invalid. `errors` lists each error with its field.", "validation_failed", "/name required", nil,
		withBody},
	{"428", "Unversioned", "`If-Match` is missing.", "if_match_required", "", nil, ofVersion},
	{"503", "ServiceUnavailable", "The service is temporarily unavailable.", "database_unavailable", "", []string{"Retry-After"},
		func(o operation, _ actor.Scope) bool { return o.path == "/readyz" }},
	{"default", "Error", "What any operation can answer: 401 if the request requires a key or its key is invalid, 406 if there is no " +
		"response in a media type that `Accept` allows, 413 if the body exceeds the size limit, 415 if its media type is not supported, 429 if the rate " +
		"limit is exceeded, 503 if the service is temporarily unavailable. Retry after `Retry-After`. Later releases may add errors.",
		"internal", "", []string{"Retry-After", "RateLimit-Policy", "RateLimit", "WWW-Authenticate"}, always},
}

// problems adds the problems that an operation can return.
func (o operation) problems(scope actor.Scope) {
	for _, r := range problemResponses {
		if r.when(o, scope) {
			o.op.Responses.Set(r.status, &openapi3.ResponseRef{Ref: "#/components/responses/" + r.name})
		}
	}
}

func (r problem) response() *openapi3.Response {
	answer := openapi3.NewResponse().WithDescription(r.description)
	answer.Headers = headers(append([]string{"X-Request-Id"}, r.headers...)...)
	answer.Content = openapi3.Content{problemType: {Schema: schemaRef("Problem"), Example: r.example()}}
	return answer
}

func (r problem) example() map[string]any {
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
		location := "parameter"
		if strings.HasPrefix(at, "/") {
			location = "pointer"
		}
		p["errors"] = []any{map[string]any{location: at, "code": code, "message": message}}
		p["detail"] = at + ": " + message
	}
	if r.code == "stale_version" {
		p["current_version"] = 4
	}
	return p
}

// successes completes the successful responses of an operation.
func (o operation) successes() {
	// All responses also have the headers of the rate limit and X-Request-Id, which the errors describe. The parameters
	// Idempotency-Key and dry_run describe the headers that they cause.
	names := []string{}
	if o.method != http.MethodGet && o.op.Parameters.GetByInAndName("query", "dry_run") != nil {
		if made := o.op.Responses.Value("201"); made != nil {
			dry := *made.Value
			dry.Description = openapi3.Ptr("After a dry run: the record that would be created.")
			o.op.Responses.Set("200", &openapi3.ResponseRef{Value: &dry})
		}
	}
	if o.writes && o.op.RequestBody != nil && !strings.Contains(o.path, "/imports/") || o.path == "/v1/imports/popolo" {
		names = append(names, "X-Removed-Characters")
	}
	for _, status := range o.op.Responses.Keys() {
		r := o.op.Responses.Value(status).Value
		if status[0] != '2' {
			o.op.Responses.Delete(status) // problems adds these
			continue
		}
		own := names
		if o.etag {
			own = append(own, "ETag")
		}
		if schema := o.contentOf(r); schema != nil {
			if schema.Properties["version"] != nil {
				own = append(own, "ETag")
			}
			if schema.Properties["page"] != nil {
				own = append(own, "Link")
			}
		}
		if o.file {
			own = append(own, "X-Change-Cursor", "Content-Disposition")
		}
		if status == "201" {
			own = append(own, "Location")
		}
		r.Headers = headers(own...)
		if o.file || o.feed {
			r.Headers["Link"] = headerRef("LicenseLink")
		}
		o.describeVersion(r.Headers)
	}
	if o.conditional {
		o.op.Responses.Set("304", o.response304(names))
	}
}

// response304 returns the response to a request for what the client has. Operations whose response has the same headers share it.
func (o operation) response304(headerNames []string) *openapi3.ResponseRef {
	same := openapi3.NewResponse().WithDescription("Nothing has changed since the response that you have.")
	same.Headers = headers(headerNames...)
	o.describeVersion(same.Headers)
	name := "NotModified"
	if o.isItem() {
		name = "Record" + name
	}
	if o.file || o.feed {
		name = "File" + name
	}
	if !o.data {
		name = "Unlimited" + name
	}
	o.doc.Components.Responses[name] = &openapi3.ResponseRef{Value: same}
	return &openapi3.ResponseRef{Ref: "#/components/responses/" + name, Value: same}
}

// describeVersion adds the headers that clients send back to get 304.
func (o operation) describeVersion(h openapi3.Headers) {
	switch {
	case o.conditional && o.isItem():
		h["ETag"] = headerRef("ETag")
	case o.conditional:
		h["ETag"] = headerRef("ListETag")
	}
	if o.file || o.feed {
		h["Last-Modified"] = headerRef("Last-Modified")
	}
}

// contentOf returns the schema of a JSON response.
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
