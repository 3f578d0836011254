//go:build chaos

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy forwards the connections of the service to PostgreSQL. While cutting, it closes one of four connections at the
// COMMIT: before the server receives it, after that, or instead of the response.
type proxy struct {
	listener net.Listener
	target   atomic.Pointer[string]
	cutting  atomic.Bool
	cuts     atomic.Int64
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p := &proxy{listener: l}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.forward(client)
		}
	}()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) forward(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", *p.target.Load())
	if err != nil {
		return
	}
	defer server.Close()
	var deaf atomic.Bool // the next response is not delivered
	go func() {
		defer client.Close()
		defer server.Close()
		for b := make([]byte, 64<<10); ; {
			n, err := server.Read(b)
			if n > 0 && !deaf.Load() {
				_, _ = client.Write(b[:n])
			}
			if err != nil || deaf.Load() {
				return
			}
		}
	}()
	for b := make([]byte, 64<<10); ; {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		cut := -1
		if p.cutting.Load() && isCommit(b[:n]) && rand.IntN(4) == 0 {
			cut = int(p.cuts.Add(1) % 3)
		}
		if cut == 0 {
			return
		}
		deaf.Store(cut == 2)
		if _, err := server.Write(b[:n]); err != nil || cut == 1 {
			return
		}
	}
}

// isCommit reports whether a message of the protocol is the query COMMIT.
func isCommit(b []byte) bool {
	return len(b) > 5 && b[0] == 'Q' && strings.HasPrefix(strings.ToLower(string(b[5:])), "commit")
}

// balancer opens connections only to instances that are ready, as a load balancer does.
type balancer struct {
	addresses []string
	mu        sync.Mutex
	moved     *sync.Cond
	ready     []string
}

// newBalancer checks the readiness of the instances until the test ends.
func newBalancer(t *testing.T, addresses ...string) *balancer {
	b := &balancer{addresses: addresses}
	b.moved = sync.NewCond(&b.mu)
	for _, address := range addresses {
		go func() {
			for t.Context().Err() == nil {
				b.set(address, isReady(t.Context(), address))
				time.Sleep(50 * time.Millisecond)
			}
		}()
	}
	return b
}

func isReady(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (b *balancer) set(address string, ready bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ready = slices.DeleteFunc(b.ready, func(a string) bool { return a == address })
	if ready {
		b.ready = append(b.ready, address)
	}
	b.moved.Broadcast()
}

// awaitReady waits until the instances are ready. pick returns one that is.
func (b *balancer) awaitReady(t *testing.T, addresses ...string) {
	t.Helper()
	began := time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range addresses {
		for !slices.Contains(b.ready, address) {
			if time.Since(began) > patience {
				t.Fatalf("%s is not ready", address)
			}
			b.moved.Wait() // each check of readiness ends it
		}
	}
}

func (b *balancer) pick() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.ready) == 0 {
		b.moved.Wait()
	}
	return b.ready[rand.IntN(len(b.ready))]
}

// client returns a client with one connection, which it keeps until a response says that the server closes it. Unlike
// http.Transport it repeats nothing.
func (b *balancer) client() *http.Client {
	return &http.Client{Transport: &keptConnection{balancer: b}}
}

type keptConnection struct {
	balancer *balancer
	conn     net.Conn
	reader   *bufio.Reader
}

func (k *keptConnection) RoundTrip(r *http.Request) (*http.Response, error) {
	if k.conn == nil {
		conn, err := net.Dial("tcp", k.balancer.pick())
		if err != nil {
			return nil, err
		}
		k.conn, k.reader = conn, bufio.NewReader(conn)
	}
	answer, err := k.exchange(r)
	if err != nil || answer.Close {
		_ = k.conn.Close()
		k.conn = nil
	}
	return answer, err
}

func (k *keptConnection) exchange(r *http.Request) (*http.Response, error) {
	if err := k.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if err := r.Write(k.conn); err != nil {
		return nil, fmt.Errorf("send: %w", err)
	}
	answer, err := http.ReadResponse(k.reader, r)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("receive: %w", err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}
