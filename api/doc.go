// Package api is the HTTP surface of the registry: routing, decoding, encoding, errors. It alone knows Echo.
//
//	@title						Registry of round tables
//	@version					1.0
//	@description				Round tables, conferences and briefings of policy institutes: who organized and attended them, in which roles and positions, what was said and what was proposed.
//	@description
//	@description				**Reading** needs no key: everyone sees what is published. A key with the scope `read` also sees drafts, internal notes and restricted names.
//	@description
//	@description				**Writing** needs a key: press *Authorize* and paste it. `PATCH` and `DELETE` want the version you have seen in `If-Match`, so nobody overwrites what they have not read. With `dry_run=true` everything is checked and nothing is kept.
//	@description
//	@description				**Lists** are pages: follow `page.next` until it is null. Filters combine with AND, values within one with commas are OR. `lang=ru` adds the texts in one language beside the language maps.
//	@description
//	@description				**Errors** are problems (RFC 9457): `code` is for programs, the texts are for people, in English, Russian or Kazakh as `Accept-Language` asks. All mistakes come at once.
//	@description
//	@description				Codes such as `held` or `keynote` are open lists: expect new ones.
//	@license.name				CC BY 4.0
//	@license.url				https://creativecommons.org/licenses/by/4.0/
//	@contact.name				Registry of round tables
//	@contact.url				https://roundtables.kz
//	@BasePath					/
//	@securityDefinitions.apikey	Bearer
//	@in							header
//	@name						Authorization
//	@description				An API key, `rtr_…`: paste it as it is.
//	@x-scheme					bearer
//	@securityDefinitions.basic	Basic
//	@tag.name					Round tables
//	@tag.name					Bundles
//	@tag.description			A whole event in one document: its organizers, attendees, statements and recommendations, all or nothing.
//	@tag.name					Organizers
//	@tag.name					Attendees
//	@tag.name					Statements
//	@tag.name					Recommendations
//	@tag.name					People
//	@tag.name					Organizations
//	@tag.name					Merges
//	@tag.description			Two records of one person or organization that became one, and can become two again.
//	@tag.name					Distinctions
//	@tag.name					Reconciliation
//	@tag.description			Matching the names of a table with people and organizations, for OpenRefine and other clients of the Reconciliation Service API v0.2.
//	@tag.name					Affiliations
//	@tag.name					Documents
//	@tag.name					Changes
//	@tag.description			Keep a copy current: a full copy, then only what changed, with a proof that nothing is missing.
//	@tag.name					Topics
//	@tag.name					Places
//	@tag.name					Roles
//	@tag.name					Exports
//	@tag.description			Whole lists as files, with the filters and the order of the list and no limit of rows: one moment of the registry, whose change cursor stands in `X-Change-Cursor`.
//	@tag.description
//	@tag.description			**CSV** is UTF-8 with a byte order mark; rows end in CRLF. A text in languages has the columns `title_kk`, `title_ru`, `title_en` and `title_other`, a JSON object of all other languages. An object has a column for each member, `place.name_ru`; a list has its elements in one cell with `|` between them, and `\` before a `|` or `\` in one; in a list of objects each column is such a list, `topics.id`, `topics.name_ru`. The texts of a statement are `texts_kk`, `texts_ru`, `texts_en`, `texts_other`, with `texts_original` for the language of the original and `texts_translator` for a JSON object of translators. An empty cell is null. Before a text that begins with `=`, `+`, `-`, `@`, TAB or CR, or with such a sign after `'`, stands one more `'`, so that no spreadsheet takes it for a formula: take that one away again. Numbers and dates are as they are.
//	@tag.description
//	@tag.description			**NDJSON** has a record a line, as in the list. The last line is `{"_end": true, "rows": 2, "cursor": "…"}`: a file without it is not whole. A CSV file that was cut off is told by the broken connection, which every HTTP client reports.
//	@tag.description
//	@tag.description			**XLSX** is the table of the CSV file without the marks of texts: texts are texts there, days are dates (those before March 1900 are texts), and numbers of more than 15 digits are texts. It is sent when it is ready. A sheet has room for 1,048,575 records, and a cell for 32,767 characters: more is refused.
//	@tag.name					Imports
//	@tag.description			Tables and documents in: what exports write, edited, or what others have. A report says what became of each row, with a dry run before anything is written, and an import can be reverted.
//	@tag.name					Calendars and feeds
//	@tag.description			Round tables for calendar programs and feed readers.
//	@tag.name					Webhooks
//	@tag.description			Who is told of changes as they come, within a second, instead of asking for them. Messages say which records changed, not what they hold: the receiver asks for the changes after the cursor that it has.
//	@tag.description
//	@tag.description			**Messages** are JSON: `{"type": "changes.committed", "timestamp": "…", "data": {"after": "…", "cursor": "…", "changes": [{"op", "type", "id", "version", "changed_at", "into"}]}}`, as in the changes, at most 100 at a time, in their order, from the cursor `after` up to `cursor`. A webhook with `types` has cursors for those types. `changes.began_anew` tells that the registry was restored from a backup: copies are to be made anew. `webhook.test` tells nothing.
//	@tag.description
//	@tag.description			**Signatures** are those of Standard Webhooks: `webhook-signature` has `v1,` and the base64 of the HMAC-SHA-256, by the secret, of `webhook-id`, `webhook-timestamp` and the body with a `.` between them. After a rotation there are two, separated by a space: one of them must fit. Refuse what is older than five minutes. Libraries for most languages do it.
//	@tag.description
//	@tag.description			**Delivery** is at least once and in order: a message that the receiver does not answer with 2xx within 15 seconds is sent again after 5 seconds, 5 and 30 minutes, then 2 to 22 hours, for three days, or as `Retry-After` of a refusal says, and what comes after it waits. Then the webhook is disabled; enabled again, it goes on where it left off. 410 disables it at once. A message that comes twice has the same `webhook-id`; after a change of the webhook or a replay, changes that were told come in another message.
//	@tag.name					API keys
//	@tag.description			Keys of clients: made, shown once, revoked.
//	@tag.name					Service
//	@tag.description			The service itself: who you are to it, its health, its metrics, its codes.
package api
