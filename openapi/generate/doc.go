// Command generate writes the OpenAPI documents. It reads the swag comments of the handlers, the structs that they name
// with their tags and field comments, the registered resources, the route table, and the example requests in
// openapi/examples.
//
//	go run ./openapi/generate
//
// # How to annotate a handler
//
// The operations of a registered resource need no annotation. Annotate the other handlers, and only with what is specific:
//
//		// listTopics returns a page of topics.
//		//
//		//	@ID			listTopics
//		//	@Summary	List topics
//		//	@Tags		Topics
//		//	@x-sort		["label", "updated_at"]
//		//	@Param		filter	query		topic.Filter	false	"-"
//		//	@Success	200		{object}	Page[topic.Topic]	"A page of topics."
//		//	@Router		/v1/topics [get]
//
//	  - @ID is a unique verb and noun: listTopics, getTopic, createTopic, patchTopic, deleteTopic, revokeApiKey.
//	  - @Tags names one of the tags of api/doc.go.
//	  - Queries are structs: the filter of a list, itemParams, writeParams. Every field has the tags query and form with the
//	    same name. Its comment is the description; enums, default and validate:"max=…" are taken from the tags. @x-sort lists
//	    the sort orders, the default first.
//	  - The export of a list has @x-export true. Its filter is that of the list; the paging parameters are removed.
//	  - Another file has @x-file true. A feed, which is no download, has @x-feed true.
//	  - The import of a collection has @x-import true.
//	  - @x-without ["count"] removes parameters that the operation does not accept.
//	  - An action, POST /v1/x/{id}/<action>, that requires If-Match has @x-if-match true.
//	  - A list or record that can change without an entry in the change log has @x-fresh true: it has no ETag and no 304.
//	  - A view, which is computed from many records, has @x-view true: it has an ETag and 304 like a list.
//	  - An operation that is neither a list nor a record, but has an ETag, has @x-etag true; a GET has 304, too.
//	  - A response that clients can send back as a request is the Input: it has the schema of the request.
//	  - A message to webhooks is the response 200 of a POST under /_webhooks/<type>, next to the function that builds it.
//	  - Bodies are the Input of the resource, for POST and PATCH. The schema of the merge patch is derived from it.
//	  - Responses are the record, or its page: Page[topic.Topic], whose schema is named TopicPage.
//	  - Every struct ends with //	@name Name, without the name of its package, and has an @Description in its comment.
//	    Input types are named XInput, records X. Enums are enums:"a,b" on the field, also if validate has oneof, because swag
//	    does not see it behind dive. Times have format:"date-time"; date.Day, date.Partial and text.Map are known.
//	  - State a rule on the form of values as a tag validate, not in a method Check: rules.go turns it into a schema. A member
//	    with the tag immutable:"true" is read-only in patches; its store function calls input.Keeps.
//	  - enums:"feed" names a list that the code derives (see input.DefineEnum).
//
// The generator adds everything that operations have in common: the required scope (from the route table), If-Match,
// X-Change-Reason, the response to a dry run, problems, ETag and the other headers, null (pointers and language maps),
// required members (in responses all without omitempty, in requests validate:"required"), `<field>_text` and
// `<field>_lang`, and additionalProperties: false in requests.
//
// A list of values that a response has is a vocabulary: name it in vocabularies.go. Parameters with the same meaning have the same
// comment, so that they become one component.
//
// Examples of responses are in openapi/samples/<schema>.json: responses of the service to the sample events. After a change of a
// response, write them again, before the documents:
//
//	go test ./api -run TheExamplesOfResponses -samples.update
//
// Example requests are in openapi/examples/<operation id>/<name>.json. Add `minimal` and `full` for every POST, and
// `change` for every PATCH. They are validated against the schema.
package main
