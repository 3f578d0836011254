package main

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// messagePrefix begins the paths under which the annotations have what is sent to webhooks: each as the answer of an operation.
const messagePrefix = "/_webhooks/"

// messages makes webhooks of the paths that stand for messages. Only OpenAPI 3.1 knows them.
func (p *pass) messages() error {
	for _, path := range p.doc.Paths.Keys() {
		name, ok := strings.CutPrefix(path, messagePrefix)
		if !ok {
			continue
		}
		op := p.doc.Paths.Value(path).Post
		p.doc.Paths.Delete(path)
		if !p.modern {
			continue
		}
		if op == nil || op.Responses.Value("200") == nil || len(op.Responses.Value("200").Value.Content) != 1 {
			return fmt.Errorf("%s: want a POST with the message as its answer 200", path)
		}
		for _, content := range op.Responses.Value("200").Value.Content {
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).WithContent(openapi3.Content{jsonType: content})}
		}
		op.Parameters = openapi3.Parameters{
			headerOfMessage("webhook-id", "The same with each attempt to send this message."),
			headerOfMessage("webhook-timestamp", "When this attempt was made: seconds since 1970."),
			headerOfMessage("webhook-signature",
				"`v1,` and the signature in base64; two of them, separated by a space, for a day after the secret was replaced."),
		}
		op.Responses = openapi3.NewResponses(
			openapi3.WithName("2XX", openapi3.NewResponse().WithDescription("The message was taken.")),
			openapi3.WithName("410", openapi3.NewResponse().WithDescription("Nobody is to be told any more: the webhook is disabled.")),
			openapi3.WithName("default", openapi3.NewResponse().WithDescription("The message is sent again later, after `Retry-After` if that says so.")),
		)
		op.Security = &openapi3.SecurityRequirements{}
		if p.doc.Webhooks == nil {
			p.doc.Webhooks = map[string]*openapi3.PathItem{}
		}
		p.doc.Webhooks[name] = &openapi3.PathItem{Post: op}
	}
	return nil
}

func headerOfMessage(name, description string) *openapi3.ParameterRef {
	p := openapi3.NewHeaderParameter(name).WithRequired(true).WithDescription(description)
	return &openapi3.ParameterRef{Value: p.WithSchema(openapi3.NewStringSchema())}
}
