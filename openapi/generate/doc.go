// Command generate writes the OpenAPI documents from what stands beside the handlers: swag comments, the structs they
// name with their tags and field comments, the route table, and the example requests in openapi/examples.
//
//	go run ./openapi/generate
//
// # How to annotate a handler
//
// Say only what is particular (api/topics.go is the example to copy):
//
//		// listTopics answers a page of topics.
//		//
//		//	@ID			listTopics
//		//	@Summary	List topics
//		//	@Tags		Topics
//		//	@x-sort		["label", "updated_at"]
//		//	@Param		filter	query		topic.Filter	false	"-"
//		//	@Success	200		{object}	Page[topic.Topic]	"A page of topics."
//		//	@Router		/v1/topics [get]
//
//	  - @ID is a verb and a noun, unique: listTopics, getTopic, createTopic, patchTopic, deleteTopic, revokeApiKey.
//	  - @Tags names one of the tags of api/doc.go.
//	  - Queries are structs: the filter of a list, itemParams, writeParams. Every field carries the tags query and form with
//	    the same name; its comment is the description; enums, default and validate:"max=…" are taken over. @x-sort lists what
//	    `sort` takes, the order without a wish first.
//	  - The export of a list says @x-export true; its filter is that of the list, and the parameters of pages are taken out.
//	  - The import of a collection says @x-import true.
//	  - @x-without ["count"] takes parameters out of the filter of an operation that does not take them.
//	  - An action, POST /v1/x/{id}/<action>, that wants If-Match says @x-if-match true.
//	  - A list or a record of which something changes without an entry in the log says @x-fresh true: it is never answered 304.
//	  - A message to webhooks is the answer 200 of a POST under /_webhooks/<type>, beside the function that makes it.
//	  - Bodies are the Input of the resource, for POST and PATCH alike; the schema of a merge patch is derived from it.
//	  - Answers are the record, or its page: Page[topic.Topic], whose schema is called TopicPage.
//	  - Every struct ends in //	@name Name, without the name of its package, and begins with an @Description in its comment.
//	    Input types are XInput, records X. Closed lists are enums:"a,b" on the field, also where validate has oneof: swag does
//	    not see it behind dive. Times carry format:"date-time"; date.Day, date.Partial and text.Map are known.
//
// What all operations of a kind have in common is never written, but added: which key they need (from the route table),
// If-Match, X-Change-Reason, the answer to a dry run, problems, ETag and the other headers, null (pointers and language
// maps), what is required (in answers everything without omitempty, in requests validate:"required"), `<field>_text` and
// `<field>_lang`, and additionalProperties: false in requests.
//
// Requests to start from stand in openapi/examples/<operation id>/<name>.json; `minimal` and `full` of every POST and a
// `change` of every PATCH make the documentation usable. They are checked against the schema, so they cannot rot.
package main
