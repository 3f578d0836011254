// Command bench compares the performance of the service with a bare handler: Echo, pgx, encoding/json and the best
// hand-written SQL for the same responses, on the same data. It does not replace tests.
//
//	go run ./internal/bench [flags]
//
// It stores an embedded PostgreSQL with generated data of two scales in the user's cache directory: S (1,000 events, 20,000
// attendees, 20,000 statements) and L (100,000 events, 1,000,000 attendees, 1,000,000 statements). It starts three servers:
// the service, the service without its response cache, and the bare handler. Each is a separate process, so that their CPU
// times can be measured. For each case it calls the servers in turn, in slices of about a second, and prints medians:
// requests per second, latency, the CPU time of a request in the server and in the database, and the ratios of the service
// to the bare handler. Other load on the machine affects all servers alike, so the ratios and CPU times are reliable.
//
// Nothing is written while reads are measured, so the service answers mostly from its cache, at S almost always. The
// service without a cache shows the cost of an uncached response.
//
// All servers get the same requests, over the same number of keep-alive connections, with the same pool size, and give the
// same responses (compared member by member before the measurement). What only the service does is part of the result:
// key check, strict parameters, validation, log line, metrics, request id, headers, cursor, snapshot.
//
//	NAMES_DIR=… go run ./internal/bench names [flags]
//
// measures the search by name instead: its quality, with people and other spellings of their names from a folder, and its
// speed, with many more synthetic people. It does not change the folder.
//
//	NAMES_DIR=… EVENTS_DIR=… go run ./internal/bench identity [flags]
//
// measures who is recognized. Organizations are registered with all names of a file but one, and looked up by that one, in
// memory. Whole documents are loaded one after the other, with answers forgotten and with answers remembered. An identity key
// judges which records they were linked to.
//
//	go run ./internal/bench search [-misses]
//
// measures the search of records of all types in the sample, with the judged queries of searchqueries.txt in English, Russian
// and Kazakh. It prints nDCG@10 and success@1: how often the first result is a good answer.
package main
