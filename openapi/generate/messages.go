package main

import (
	"fmt"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// messagePrefix is the prefix of the paths at which the annotations describe the messages to webhooks, each as the response
// of an operation.
const messagePrefix = "/_webhooks/"

// messages turns the paths that stand for messages into webhooks. Only OpenAPI 3.1 supports them.
func (p *pass) messages() error {
	str := openapi3.NewStringSchema
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
			return fmt.Errorf("%s: want a POST with the message as its response 200", path)
		}
		for _, content := range op.Responses.Value("200").Value.Content {
			op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).WithContent(openapi3.Content{jsonType: content})}
		}
		op.Parameters = openapi3.Parameters{
			headerParameter("webhook-id", "Id of the message, the same for each attempt.", str()),
			headerParameter("webhook-timestamp", "Time of this attempt, in seconds since 1970-01-01.", str()),
			headerParameter("webhook-signature", "`v1,` and the signature in base64. "+
				"For 24 hours after a rotation of the secret there are two, separated by a space.", str()),
		}
		for _, header := range op.Parameters {
			header.Value.Required = true
		}
		op.Responses = openapi3.NewResponses(
			openapi3.WithName("2XX", openapi3.NewResponse().WithDescription("The message was accepted.")),
			openapi3.WithName("410", openapi3.NewResponse().WithDescription("The receiver no longer exists. The registry disables the webhook.")),
			openapi3.WithName("default", openapi3.NewResponse().WithDescription("The message is retried later, not before `Retry-After` if it is set.")),
		)
		op.Security = &openapi3.SecurityRequirements{}
		if p.doc.Webhooks == nil {
			p.doc.Webhooks = map[string]*openapi3.PathItem{}
		}
		p.doc.Webhooks[name] = &openapi3.PathItem{Post: op}
	}
	return nil
}
