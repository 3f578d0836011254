// Package internal holds the registry below its HTTP surface, on floors. A package imports only from lower floors.
//
//   - Floor 0 knows no resource: actor (who asks), apperr (errors a client can act on), config, date, names, paging
//     (keyset pages), pg (PostgreSQL), reference (the SQL of short references), spelling (the spellings by which records are found), text (language maps and
//     references).
//   - Floor 1 is used by every write: changes (transactions, versions and the change log).
//   - Floor 2 holds the resources, each its types, rules and SQL; they never import each other. That a referenced
//     record exists and belongs is the schema's to check.
//   - Floor 3 works across resources: bundle (a whole event in one document), merge, imports (which can be reverted), formats/… (other forms of
//     the records: export, popolo, schemaorg, calendar, feed); above them sample (the events that ship).
//   - Beside them: embeddedpg (the database of development and tests), dbtest and fixture (for tests only), bench
//     (measures the service).
//
// The same map stands as data in imports_test.go, which fails on an import that goes up or sideways.
package internal
