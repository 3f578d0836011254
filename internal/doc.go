// Package internal holds the registry below its HTTP surface, in layers. A package imports only from lower layers.
//
//   - Layer 0 knows no resource: actor (who sends a request), apperr (errors that a client can act on), config, date,
//     input (decoding and validation), names, paging (keyset pages), pg (PostgreSQL), reference (SQL of short
//     references), spelling (the index of names), text (language maps and references).
//   - Layer 1 is used by every write: changes (transactions, versions and the change log).
//   - Layer 2 holds the resources, each its types, rules and SQL. They never import each other: the schema checks that a
//     referenced record exists and belongs where it is referenced.
//   - Layer 3 works across resources: history (earlier content), imports (files of records), bundle (a whole event in
//     one document), match (candidates, reconciliation and duplicates), merge, privacy (erasure and disclosure of
//     personal data), formats/… (export, popolo, schemaorg, calendar, feed); above them sample (the events that ship).
//   - Outside the layers: embeddedpg (the database of development and tests), dbtest and fixture (for tests only), bench
//     (measurements).
//
// imports_test.go has the same list as data and fails on an import that goes up or sideways.
package internal
