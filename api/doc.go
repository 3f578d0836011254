// Package api is the HTTP surface of the registry: routing, decoding, encoding, errors. It alone knows Echo.
//
//	@title						Registry of policy events
//	@version					1.0
//	@description				Round tables, conferences and briefings of policy institutes: who organized and attended them, in which roles and positions, what was said and proposed.
//	@license.name				Apache-2.0
//	@license.url				https://www.apache.org/licenses/LICENSE-2.0
//	@BasePath					/
//	@securityDefinitions.apikey	Bearer
//	@in							header
//	@name						Authorization
//	@description				An API key: `Authorization: Bearer rtr_…`
//	@x-scheme					bearer
//	@securityDefinitions.basic	Basic
//	@tag.name					Round tables
//	@tag.description			Events, their organizers, attendees, statements and recommendations.
package api
