package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// operation is one request, or several requests in sequence.
type operation [][]byte

// slice is the result of one server in one slice of time.
type slice struct {
	Operations int
	Failed     int
	Bytes      int64
	Took       time.Duration
	P50, P99   time.Duration
	Server     time.Duration // CPU time of the server process
	Database   time.Duration // CPU time of the database processes
	firstError error
}

// PerSecond returns the number of operations per second.
func (s slice) PerSecond() float64 { return float64(s.Operations) / s.Took.Seconds() }

// cpu returns the CPU time of one operation in the server and the database together.
func (s slice) cpu() time.Duration { return s.each(s.Server + s.Database) }

func (s slice) each(d time.Duration) time.Duration { return d / time.Duration(max(1, s.Operations)) }

// drive sends operations to address over n connections, each without pause, for the given time. Equal turns send equal
// operations to all servers.
func drive(ctx context.Context, address string, n int, length time.Duration, turn uint64, next func(*rand.Rand) operation) (slice, error) {
	var total slice
	var mu sync.Mutex
	var latencies []time.Duration
	conns := make([]net.Conn, n)
	for i := range conns {
		var err error
		if conns[i], err = (&net.Dialer{}).DialContext(ctx, "tcp", address); err != nil {
			return total, err
		}
		defer conns[i].Close()
	}
	began := time.Now()
	until := began.Add(length)
	var wg sync.WaitGroup
	for i, conn := range conns {
		wg.Go(func() {
			generated, took := client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, []time.Duration(nil)
			r := rand.New(rand.NewPCG(seed+turn, uint64(i)))
			for now := time.Now(); now.Before(until) && ctx.Err() == nil; {
				if !generated.do(next(r)) {
					break
				}
				done := time.Now()
				took = append(took, done.Sub(now))
				now = done
			}
			mu.Lock()
			defer mu.Unlock()
			total.Operations += len(took)
			total.Failed += generated.failed
			total.Bytes += generated.bytes
			if total.firstError == nil {
				total.firstError = generated.err
			}
			latencies = append(latencies, took...)
		})
	}
	wg.Wait()
	total.Took = time.Since(began)
	if len(latencies) == 0 {
		return total, fmt.Errorf("no response: %w", total.firstError)
	}
	slices.Sort(latencies)
	total.P50, total.P99 = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	return total, ctx.Err()
}

// client is one keep-alive connection. It does as little as possible, because it shares the machine with the servers.
type client struct {
	conn   net.Conn
	in     *bufio.Reader
	bytes  int64
	failed int
	err    error
}

// do sends the requests of an operation and reads the responses. It reports whether the connection is still usable.
func (c *client) do(op operation) bool {
	for _, request := range op {
		status, _, err := c.exchange(request, io.Discard)
		if err != nil {
			c.failed++
			c.err = err
			return false
		}
		if status >= 300 {
			c.failed++
			c.err = fmt.Errorf("status %d", status)
		}
	}
	return true
}

func (c *client) exchange(request []byte, body io.Writer) (status int, header http.Header, err error) {
	if err := c.conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return 0, nil, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, nil, err
	}
	n, err := io.Copy(body, response.Body)
	c.bytes += n
	return response.StatusCode, response.Header, errors.Join(err, response.Body.Close())
}
