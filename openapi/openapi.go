// Package openapi holds what the service publishes about its API: the OpenAPI documents, the guides and the example
// programs. The documents are generated (see generate) and never edited by hand.
package openapi

import "embed"

//go:generate go run ./generate

// The documents in three notations, compressed with gzip. The files without .gz have the same content with indentation, for people.
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

// Guides holds guides/<name>.md, and the programs in examples/ that the guides link to.
//
//go:embed guides/*.md examples/mirror examples/webhook
var Guides embed.FS
