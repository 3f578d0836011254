// Package openapi holds the description of the API that the service publishes, in three notations. It is generated
// (see generate) and never edited by hand.
package openapi

import _ "embed" // the documents

//go:generate go run ./generate

// V31 is the document: OpenAPI 3.1.
//
//go:embed openapi.json
var V31 []byte

// V30 is the same document for clients and generators that do not know 3.1 yet: OpenAPI 3.0.
//
//go:embed openapi-3.0.json
var V30 []byte

// V20 is the same document for old clients: Swagger 2.0, as far as that can say it.
//
//go:embed swagger.json
var V20 []byte
