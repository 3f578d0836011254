// Package api is the HTTP surface of the registry: routing, decoding, encoding, errors. Only this package uses Echo.
//
//	@title						Registry of round tables
//	@version					1.0
//	@description				Round tables, conferences and briefings of policy institutes: who organized and attended them, in which roles and positions, what was said and what was proposed.
//	@description
//	@description				**Reading.** Published data is readable without a key. A key with the scope `read` also shows drafts, internal notes and restricted names. See the guide [Reading data](/docs/guides/reading).
//	@description
//	@description				**Writing.** Writes require a key: press *Authorize* and paste it. `PATCH` and `DELETE` require the version that you have read in `If-Match`. `dry_run=true` validates without saving. See [Recording events](/docs/guides/recording).
//	@description
//	@description				**Lists** are pages: follow `page.next` until it is null. Different filters combine with AND, values separated by commas with OR. `lang=ru` adds the texts in one language beside the language maps.
//	@description
//	@description				**Errors** are problem documents (RFC 9457). `code` is for programs. The texts are for people, in English, Russian or Kazakh (`Accept-Language`). One response lists all errors.
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
//	@description				An API key, `rtr_…`. Paste it without a prefix.
//	@x-scheme					bearer
//	@securityDefinitions.basic	Basic
//	@tag.name					Round tables
//	@tag.name					Bundles
//	@tag.description			A whole event in one request: its organizers, attendees, statements and recommendations. Either everything is saved or nothing. See [Recording events](/docs/guides/recording).
//	@tag.name					Search
//	@tag.description			Records of all types by words of their texts or by names.
//	@tag.name					People
//	@tag.name					Organizations
//	@tag.name					Organizers
//	@tag.name					Attendees
//	@tag.name					Statements
//	@tag.name					Recommendations
//	@tag.name					Changes
//	@tag.description			The change log. A mirror fetches everything once, then only the changes, and verifies its copy with checksums. See [Keeping a mirror](/docs/guides/mirroring).
//	@tag.name					Merges
//	@tag.description			Merges of two records of the same person or organization. A merge can be undone.
//	@tag.name					Distinctions
//	@tag.name					Documents
//	@tag.name					Affiliations
//	@tag.name					Topics
//	@tag.name					Places
//	@tag.name					Roles
//	@tag.name					Statistics
//	@tag.description			Numbers for dashboards, one request for each view: an overview, a network of who took part together, and the labels of all codes. Each collection also has its own aggregate and, in its list, facets.
//	@tag.name					Imports
//	@tag.description			Imports of tables and documents: edited exports, or files from elsewhere. `dry_run=true` validates without saving, a report lists what happened to each row, and an import can be reverted. See [Importing files](/docs/guides/importing).
//	@tag.name					Exports
//	@tag.description			Whole lists as files, with the filters and the order of the list and without a limit of rows. A file shows one moment of the registry; `X-Change-Cursor` holds its change cursor.
//	@tag.description
//	@tag.description			**CSV** is UTF-8 with a byte order mark; rows end in CRLF. An empty cell is null. A text in several languages has the columns `title_kk`, `title_ru`, `title_en` and `title_other`, a JSON object of all other languages. An object has a column for each member, such as `place.name_ru`. A list has its elements in one cell, separated by `|`; a `|` or `\` in an element is preceded by `\`. A list of objects has such a column for each member, such as `topics.id` and `topics.name_ru`. The texts of a statement are `texts_kk`, `texts_ru`, `texts_en` and `texts_other`; `texts_original` is the language of the original, and `texts_translator` a JSON object of translators. A text that begins with `=`, `+`, `-`, `@`, TAB or CR, or with such a sign after `'`, gets one more `'` before it, so that no spreadsheet executes it as a formula: remove that one. Numbers and dates are unchanged.
//	@tag.description
//	@tag.description			**NDJSON** has one record on each line, as in the list. The last line is `{"_end": true, "rows": 2, "cursor": "…"}`; a file without it is incomplete. If a CSV file is cut off, the connection breaks, and the HTTP client reports an error.
//	@tag.description
//	@tag.description			**XLSX** has the table of the CSV file, without the additional `'`. Texts are texts, and days are dates (those before March 1900 are texts). Numbers of more than 15 digits are texts. The file is sent when it is complete. A sheet holds 1,048,575 records and a cell 32,767 characters; larger exports are rejected.
//	@tag.name					Calendars and feeds
//	@tag.description			Round tables for calendar programs and feed readers.
//	@tag.name					Reconciliation
//	@tag.description			Matching the names of a table with people and organizations, for OpenRefine and other clients of the Reconciliation Service API v0.2. See [Finding names](/docs/guides/names).
//	@tag.name					Webhooks
//	@tag.description			The service calls your address within a second of a change. A message names the changed records and does not contain them: the receiver then requests the changes after its cursor. See [Webhooks](/docs/guides/webhooks).
//	@tag.description
//	@tag.description			**Messages** are JSON: `{"type": "changes.committed", "timestamp": "…", "data": {"after": "…", "cursor": "…", "changes": [{"op", "type", "id", "version", "changed_at", "into"}]}}`. A message has at most 100 changes, in their order, after the cursor `after` up to `cursor`. The cursors of a webhook with `types` are for those types. `changes.began_anew` says that the registry was restored from a backup: start your copy again. `webhook.test` carries no data.
//	@tag.description
//	@tag.description			**Signatures** follow Standard Webhooks; libraries for most languages verify them. `webhook-signature` is `v1,` and the base64 of the HMAC-SHA-256, with the secret as the key, of `webhook-id`, `webhook-timestamp` and the body, joined by `.`. After a rotation it holds two signatures, separated by a space: one must be equal. Reject messages that are older than five minutes.
//	@tag.description
//	@tag.description			**Delivery** is in order and at least once. If the receiver does not respond with 2xx within 15 seconds, the service retries after 5 seconds, 5 and 30 minutes, then 2 to 22 hours, for three days, or after the `Retry-After` of the response. Later messages wait. Then the webhook is disabled; when it is enabled again, it continues where it stopped. A response 410 disables it at once. A repeated message has the same `webhook-id`; after a replay or a change of the webhook, the same changes come in another message.
//	@tag.name					API keys
//	@tag.description			Keys of clients. A key is shown only once, when it is created. See [Keys and scopes](/docs/guides/keys).
//	@tag.name					Service
//	@tag.description			The service itself: your key and limits, health, metrics and error codes.
package api
