// Package embeddedpg runs a private PostgreSQL server beside the program that asks for it: the default database of
// `registry dev`, and the server behind the tests. It drives the server binaries of the machine and downloads a pinned
// build where there are none. It is not for production, and it knows nothing of the registry's schema.
//
// The server listens on 127.0.0.1 only, with a random password, and keeps everything it owns below one directory:
//
//	data/       the cluster
//	password    the superuser's password, mode 0600
//	port        the port of the last start, tried first at the next
//	log         what the server printed
//	lock        held by the process that owns, starts or stops the server
//	users       held by every process that shares the server
package embeddedpg

import "log/slog"

// Options say which server Start brings up. Only Dir is required.
type Options struct {
	// Dir is the directory of the server, made when it is absent. A cluster found in it is used as it is.
	Dir string
	// Database is the name of the database that URL points at, created when it is absent; "registry" when empty.
	Database string
	// Ephemeral is for tests: nothing is flushed to disk, and a cluster that was not shut down cleanly or belongs to
	// another major version of PostgreSQL is replaced by an empty one. A directory is ephemeral for good or not at all.
	Ephemeral bool
	// Shared lets several processes use the server at once; the last one out stops it. Without it a second owner is
	// refused.
	Shared bool
	// Bin is the directory of the binaries initdb and postgres. When empty they are looked for on this machine, and
	// downloaded if there are none.
	Bin string
	// Downloads is the directory that keeps a downloaded server; Dir when empty.
	Downloads string
	// Repository is the base URL of the npm registry that the server is downloaded from; the public one when empty.
	// What it serves must match the checksums pinned in this package.
	Repository string
	// Settings are further server settings by name, such as "log_statement": "all". They win over this package's own.
	Settings map[string]string
	// Log receives what happens; nil discards it.
	Log *slog.Logger

	// search lists the directories that may hold server binaries, best first; nil is the machine's own list.
	search func() []string
	// build is the downloadable build of this platform; the zero value is the pinned one.
	build build
}
