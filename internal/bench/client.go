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

// operation is what a client does at once: one request, or several one after the other.
type operation [][]byte

// slice is what one side did in one slice of time.
type slice struct {
	Operations int
	Failed     int
	Bytes      int64
	Took       time.Duration
	P50, P99   time.Duration
	Server     time.Duration // CPU time of the server's process
	Database   time.Duration // CPU time of the database's processes
	firstError error
}

// PerSecond is how many operations were done in a second.
func (s slice) PerSecond() float64 { return float64(s.Operations) / s.Took.Seconds() }

// cpu is the CPU time of one operation in server and database together.
func (s slice) cpu() time.Duration { return s.each(s.Server + s.Database) }

func (s slice) each(d time.Duration) time.Duration { return d / time.Duration(max(1, s.Operations)) }

// drive lets n connections ask address, each as fast as answers come, until the time is over. The same turn asks for the
// same things, whichever side it is.
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
			own, took := client{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, []time.Duration(nil)
			r := rand.New(rand.NewPCG(seed+turn, uint64(i)))
			for now := time.Now(); now.Before(until) && ctx.Err() == nil; {
				if !own.do(next(r)) {
					break
				}
				done := time.Now()
				took = append(took, done.Sub(now))
				now = done
			}
			mu.Lock()
			defer mu.Unlock()
			total.Operations += len(took)
			total.Failed += own.failed
			total.Bytes += own.bytes
			if total.firstError == nil {
				total.firstError = own.err
			}
			latencies = append(latencies, took...)
		})
	}
	wg.Wait()
	total.Took = time.Since(began)
	if len(latencies) == 0 {
		return total, fmt.Errorf("no answer: %w", total.firstError)
	}
	slices.Sort(latencies)
	total.P50, total.P99 = latencies[len(latencies)/2], latencies[len(latencies)*99/100]
	return total, ctx.Err()
}

// client is one keep-alive connection. It does as little as it can, since it shares the machine with what it measures.
type client struct {
	conn   net.Conn
	in     *bufio.Reader
	bytes  int64
	failed int
	err    error
}

// do sends the requests of an operation and reads their answers. It reports whether the connection is still good.
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
