//go:build !linux && !darwin

package pg

import "net"

// ended is not known on this system. The pool pings connections that were idle for a second.
func ended(net.Conn) bool { return false }
