//go:build linux || darwin

package pg

import (
	"net"
	"syscall"
)

// ended reports whether the server has closed an idle connection, or has announced that it will. It only looks at what the
// kernel has received, so it costs a microsecond and no round trip.
func ended(conn net.Conn) (yes bool) {
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS
		conn = t.NetConn()
	}
	c, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return true
	}
	var next [1]byte
	err = raw.Control(func(fd uintptr) {
		_, _, err := syscall.Recvfrom(int(fd), next[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT) // #nosec G115 -- a descriptor
		yes = err != syscall.EAGAIN && err != syscall.EINTR
	})
	return yes || err != nil
}
