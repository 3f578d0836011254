// Command bench measures the service against a bare handler: Echo, pgx, encoding/json and the best SQL written by hand for
// the same answer, on the same data. It is not for finding mistakes; tests do that.
//
//	go run ./internal/bench [flags]
//
// It keeps an embedded PostgreSQL with made-up data at two scales below the user's cache directory, S (1,000 events, 20,000
// attendees, 20,000 statements) and L (100,000 events, 1,000,000 of each), and starts three servers on it: the built service,
// the service that keeps no answers and makes each anew, and the bare handler, each a process of its own, so that its CPU
// time can be told apart. For every case it asks all in turn, in slices of a second or so, and prints medians: requests a
// second, latency, the CPU time a request costs in the server and in the database, and the ratios of the service to the bare
// handler. Other load on the machine moves all sides alike, so the ratios and the CPU times are what to trust.
//
// Nothing is written while reads are measured. What the service has kept it gives again then, as it does between two writes:
// at S nearly everything. How dear an answer is when it is made is what it costs anew.
//
// What all do is the same: the same addresses, the same keep-alive connections, the same pool size, the same answer as a
// client sees it (checked member by member before anything is measured). What only the service does is part of the
// measure: the key check, strict parameters, validation, log line, metrics, request id, headers, cursor, snapshot.
//
//	NAMES_DIR=… go run ./internal/bench names [flags]
//
// measures how people are found by names instead: how well, with a pool of people and other spellings of some of them that a
// folder holds, and how fast, among many made-up people more. What is in the folder stays there.
package main
