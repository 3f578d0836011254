package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The CPU time of processes, as counted by the Linux scheduler: in nanoseconds, per thread. On other systems it is zero,
// and the report omits it.

// cpuOf returns the CPU time of all living threads of a process.
func cpuOf(pid int) time.Duration {
	var sum time.Duration
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, file := range files {
		b, _ := os.ReadFile(file)
		ran, _, _ := strings.Cut(string(b), " ")
		ns, _ := strconv.ParseInt(ran, 10, 64)
		sum += time.Duration(ns)
	}
	return sum
}

// children returns the child processes of pid: the backends and workers of a postmaster.
func children(pid int) []int {
	var found []int
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		b, _ := os.ReadFile("/proc/" + e.Name() + "/stat")
		_, rest, _ := strings.Cut(string(b), ") ") // the program name may contain any character
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			found = append(found, child)
		}
	}
	return found
}

// database reads the CPU time of a PostgreSQL server: its backends, including those that have exited, and its background
// writers.
type database struct {
	postmaster int
	seen       map[int]time.Duration
}

func newDatabase(dir string) (*database, error) {
	b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return nil, fmt.Errorf("find the database's process: %w", err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	return &database{pid, map[int]time.Duration{}}, err
}

func (d *database) cpu() time.Duration {
	var sum time.Duration
	for _, pid := range children(d.postmaster) {
		d.seen[pid] = max(d.seen[pid], cpuOf(pid))
	}
	for _, used := range d.seen {
		sum += used
	}
	return sum
}

// residentOf returns the resident memory of a process in bytes.
func residentOf(pid int) int64 {
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10
		}
	}
	return 0
}
