//go:build chaos

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"roundtables.kz/registry/internal/embeddedpg"
	"roundtables.kz/registry/migrations"
)

const (
	budget    = 25 * time.Second // for the rounds of one fault; all faults together end within five minutes
	minRounds = 2
)

// counts are the columns of the table. All except rounds and acknowledged must be zero.
type counts struct {
	rounds       int
	acknowledged int // records whose creation or change the service acknowledged
	lost         int // acknowledged and missing: from the tables, the API or the feed
	duplicated   int
	partial      int // records without all of their parts or without their entry in the log
	inverted     int // changes that the feed delivered out of order
	failed       int // requests with an unexpected response or none
}

// trial is one fault on a database of its own.
type trial struct {
	*load
	t        *testing.T
	dir      string // DATA_DIR, in which the server is
	options  embeddedpg.Options
	database *embeddedpg.Server
	proxy    *proxy
	services []*program
	began    time.Time
}

// TestNoFaultLosesDuplicatesOrReordersWrites is `make chaos`.
func TestNoFaultLosesDuplicatesOrReordersWrites(t *testing.T) {
	dir := dataDir(t, "")
	disk := newSmallDisk(t)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "fault\trounds\tacknowledged\tlost\tduplicated\tpartial\tinverted\tfailed in flight")
	for n, fault := range []struct {
		name string
		dir  string
		run  func(*trial)
	}{
		{"kill -9 of the service", dir, killService},
		{"kill -9 of PostgreSQL", dir, killPostgres},
		{"COMMIT cut by a proxy", dir, cutCommits},
		{"disk full: " + disk.kind, disk.dir, disk.fillUp},
		{"SIGTERM under keep-alive load", dir, stopInTurn},
		{"two replicas, every POST to both", dir, replicas},
		{"five times migrate up at once", dir, migrateAtOnce},
	} {
		var c counts
		ok := t.Run(fault.name, func(t *testing.T) {
			x := &trial{t: t, dir: fault.dir, load: newLoad()}
			defer func() { c = x.counts }()
			x.options = embeddedpg.Options{Dir: filepath.Join(fault.dir, "postgres"), Database: fmt.Sprint("chaos", n),
				Downloads: downloads(os.Environ()), Settings: map[string]string{"max_wal_size": "64MB"}}
			x.proxy = newProxy(t)
			x.startDatabase()
			t.Cleanup(func() { _ = x.database.Stop() })
			fault.run(x)
			for _, example := range x.examples {
				t.Log(example)
			}
			for _, p := range x.services {
				for line := range strings.Lines(p.stderr.String()) {
					if strings.Contains(line, `"status":500`) {
						t.Log(line)
					}
				}
			}
			if x.failures() > 0 || x.rounds < minRounds || x.acknowledged == 0 {
				t.Errorf("%+v", x.counts)
			}
		})
		name := fault.name
		if !ok {
			name = "FAILED: " + name
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\n", name, c.rounds, c.acknowledged, c.lost, c.duplicated, c.partial, c.inverted, c.failed)
	}
	_ = w.Flush()
	fmt.Printf("\n%s\n", &table)
}

func (c counts) failures() int { return c.lost + c.duplicated + c.partial + c.inverted + c.failed }

// again counts a round and reports whether to run it.
func (x *trial) again(rounds int) bool {
	if x.rounds == 0 {
		x.began = time.Now()
	}
	if x.rounds == rounds || x.rounds >= minRounds && time.Since(x.began) > budget {
		return false
	}
	x.rounds++
	return true
}

func (x *trial) startDatabase() {
	x.t.Helper()
	var err error
	if x.database, err = embeddedpg.Start(x.t.Context(), x.options); err != nil {
		x.t.Fatal(err)
	}
	u, err := url.Parse(x.database.URL())
	if err != nil {
		x.t.Fatal(err)
	}
	x.proxy.target.Store(&u.Host)
}

// serve starts an instance of the service, whose database connections go through the proxy.
func (x *trial) serve(address string, settings ...string) *program {
	x.t.Helper()
	if err := migrations.Up(x.t.Context(), x.database.URL()); err != nil {
		x.t.Fatal(err)
	}
	u, err := url.Parse(x.database.URL())
	if err != nil {
		x.t.Fatal(err)
	}
	u.Host = x.proxy.address()
	p := start(x.t, "", append([]string{"DATABASE_URL=" + u.String(), "ADDR=" + address, "OPERATOR_KEY=" + myKey, "RATE_LIMIT_KEYS=0",
		"START_TIMEOUT=1m"}, settings...), "serve")
	p.url()
	x.services = append(x.services, p)
	return p
}

// freeAddress returns an address that instances can use one after another.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// under runs the rounds of a fault under load, then verifies what the database, the API and the feed hold.
func (x *trial) under(addresses []string, rounds func()) {
	x.t.Helper()
	for _, address := range addresses {
		x.urls = append(x.urls, "http://"+address)
	}
	x.begin(x.t)
	rounds()
	x.finish()
	x.verify(x.t, x.database.URL())
}

func killService(x *trial) {
	address := freeAddress(x.t)
	p := x.serve(address)
	x.under([]string{address}, func() {
		for x.again(40) {
			x.await(x.t, 10, 0)
			p.signal(syscall.SIGKILL)
			p.wantExit(-1)
			p = x.serve(address)
		}
		x.await(x.t, 20, 0)
	})
}

func killPostgres(x *trial) {
	address := freeAddress(x.t)
	x.serve(address)
	x.under([]string{address}, func() {
		for x.again(10) {
			x.await(x.t, 40, 0)
			killDatabase(x.t, x.dir)
			x.await(x.t, 0, 1)
			_ = x.database.Stop()
			x.startDatabase()
		}
		x.await(x.t, 40, 0)
	})
}

func cutCommits(x *trial) {
	address := freeAddress(x.t)
	x.serve(address)
	x.under([]string{address}, func() {
		x.proxy.cutting.Store(true)
		for x.again(20) {
			want := x.proxy.cuts.Load() + 10 // in each round
			for x.proxy.cuts.Load() < want {
				x.await(x.t, 1, 0)
			}
		}
		x.proxy.cutting.Store(false)
		x.await(x.t, 20, 0)
	})
	x.t.Logf("%d commits were cut", x.proxy.cuts.Load())
}

func stopInTurn(x *trial) {
	b := newBalancer(x.t, freeAddress(x.t), freeAddress(x.t))
	var instances []*program
	for _, address := range b.addresses {
		instances = append(instances, x.serve(address, "SHUTDOWN_DELAY=2s"))
	}
	x.client, x.strict = b.client, true
	b.awaitReady(x.t, b.addresses...)
	x.under([]string{"registry"}, func() {
		for range 8 { // connections that are idle most of the time, but never as long as the delay
			x.writers.Go(func() {
				for client := b.client(); !x.isTrue(&x.stopping); time.Sleep(rand.N(200 * time.Millisecond)) {
					x.send(client, request{method: http.MethodGet, path: "/v1/topics?limit=1"})
				}
			})
		}
		for x.again(10) {
			n := x.rounds % len(instances)
			x.await(x.t, 20, 0)
			instances[n].signal(syscall.SIGTERM)
			instances[n].wantExit(0, `"msg":"stopped"`)
			instances[n] = x.serve(b.addresses[n], "SHUTDOWN_DELAY=2s")
			b.awaitReady(x.t, b.addresses[n])
		}
	})
}

func replicas(x *trial) {
	addresses := []string{freeAddress(x.t), freeAddress(x.t)}
	for _, address := range addresses {
		x.serve(address)
	}
	x.twice = true
	x.under(addresses, func() {
		for x.again(10) {
			x.await(x.t, 40, 0)
		}
	})
}

// migrateAtOnce counts an end without an error as acknowledged.
func migrateAtOnce(x *trial) {
	file := filepath.Join(x.t.TempDir(), "migrate")
	if out, err := exec.Command("go", "build", "-o", file, "../migrate").CombinedOutput(); err != nil {
		x.t.Fatalf("%v: %s", err, out)
	}
	name := x.options.Database
	for x.again(3) {
		_ = x.database.Stop()
		x.options.Database = fmt.Sprint(name, "_", x.rounds) // an empty one
		x.startDatabase()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				cmd := exec.CommandContext(x.t.Context(), file, "up")
				cmd.Env = []string{"DATABASE_URL=" + x.database.URL()}
				if out, err := cmd.CombinedOutput(); err != nil {
					x.count(&x.failed, "migrate up: %v: %s", err, out)
				} else {
					x.count(&x.acknowledged, "")
				}
			})
		}
		all.Wait()
		conn, err := pgx.Connect(x.t.Context(), x.database.URL())
		if err != nil {
			x.t.Fatal(err)
		}
		v, dirty, err := migrations.Version(x.t.Context(), conn)
		if err != nil || dirty || v != migrations.Latest() {
			x.count(&x.partial, "the schema is at version %d, dirty %v: %v", v, dirty, err)
		}
		_ = conn.Close(x.t.Context())
	}
}

// smallDisk is a file system that a test can fill up without harm to others.
type smallDisk struct {
	dir, kind string
	status    int // of a response to a full disk, besides 503
	fill      func(pid int) error
	free      func(pid int) error
}

// newSmallDisk mounts a file system in memory if this process may do so. Otherwise it limits the size of the files that
// PostgreSQL may write, which fails in the same places.
func newSmallDisk(t *testing.T) *smallDisk {
	t.Helper()
	d := &smallDisk{dir: dataDir(t, "")}
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=256m,mode=0711", "tmpfs", d.dir).Run(); err == nil {
		t.Cleanup(func() {
			if out, err := exec.Command("umount", d.dir).CombinedOutput(); err != nil {
				t.Errorf("umount: %v: %s", err, out)
			}
		})
		ballast := filepath.Join(d.dir, "ballast")
		d.kind = "tmpfs of 256 MiB"
		d.fill = func(int) error { return fillUp(ballast) }
		d.free = func(int) error { return os.Remove(ballast) }
		return d
	}
	d.kind = "RLIMIT_FSIZE of PostgreSQL"
	d.status = http.StatusInternalServerError // PostgreSQL calls a full disk disk_full, and a file over the limit an internal error
	d.fill = func(pid int) error { return limitFiles(pid, "65536:") }
	d.free = func(pid int) error { return limitFiles(pid, "unlimited:") }
	return d
}

// fillUp writes a file until the file system is full.
func fillUp(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return nil
}

// limitFiles sets the soft limit of file sizes of a process and its children.
func limitFiles(pid int, limit string) error {
	children, _ := exec.Command("pgrep", "-P", fmt.Sprint(pid)).Output() // fails if there are none
	for n, id := range append([]string{fmt.Sprint(pid)}, strings.Fields(string(children))...) {
		if out, err := exec.Command("prlimit", "--pid", id, "--fsize="+limit).CombinedOutput(); err != nil && n == 0 { // a child may have ended
			return fmt.Errorf("prlimit: %w: %s", err, out)
		}
	}
	return nil
}

func (d *smallDisk) fillUp(x *trial) {
	address := freeAddress(x.t)
	x.serve(address)
	x.repeat = d.status
	x.under([]string{address}, func() {
		for x.again(5) {
			x.await(x.t, 40, 0)
			pid := postmasterOf(x.t, x.dir)
			if err := d.fill(pid); err != nil {
				x.t.Fatal(err)
			}
			x.await(x.t, 0, 40)
			if err := d.free(pid); err != nil && x.running() {
				x.t.Fatal(err)
			}
			x.revive()
		}
		x.await(x.t, 40, 0)
	})
}

// running reports whether the postmaster is running.
func (x *trial) running() bool {
	if _, err := os.Stat(filepath.Join(x.dir, "postgres", "data", "postmaster.pid")); err != nil {
		return false
	}
	return syscall.Kill(postmasterOf(x.t, x.dir), 0) == nil
}

// revive returns when the database accepts connections. It starts the server again if it has ended, as it does when its
// recovery finds a full disk.
func (x *trial) revive() {
	x.t.Helper()
	for began := time.Now(); ; {
		ctx, cancel := context.WithTimeout(x.t.Context(), patience)
		conn, err := pgx.Connect(ctx, x.database.URL())
		if err == nil {
			_ = conn.Close(ctx)
		}
		cancel()
		switch {
		case err == nil:
			return
		case time.Since(began) > patience:
			x.t.Fatal(err)
		case !x.running():
			_ = x.database.Stop()
			x.startDatabase()
		default:
			time.Sleep(50 * time.Millisecond)
		}
	}
}
