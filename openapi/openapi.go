// Package openapi holds the description of the API that the service publishes, in three notations. It is generated
// (see generate) and never edited by hand.
package openapi

import _ "embed" // the documents

//go:generate go run ./generate

// The documents in three notations, compressed with gzip. The files without .gz have the same content, for people.
var (
	// V31 is the document in OpenAPI 3.1.
	//
	//go:embed openapi.json.gz
	V31 []byte

	// V30 is the same document in OpenAPI 3.0, for clients and generators that do not support 3.1.
	//
	//go:embed openapi-3.0.json.gz
	V30 []byte

	// V20 is the same document in Swagger 2.0, for old clients. It leaves out what 2.0 cannot express.
	//
	//go:embed swagger.json.gz
	V20 []byte
)
