//go:build linux || darwin

package embeddedpg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the oldest major version of PostgreSQL that the registry supports.
const oldestMajor = 14

// install is a set of server binaries.
type install struct {
	bin     string
	major   int
	version string // as printed by the server
}

func (i install) program(name string) string { return filepath.Join(i.bin, name) }

// errMajor means that no binaries of the cluster's major version are available.
var errMajor = errors.New("no PostgreSQL of the major version of the cluster")

// find returns the binaries to use: those in o.Bin, else the newest on this machine, else downloaded ones. major is the
// major version of an existing cluster, which only the same version can open; 0: there is no cluster.
func find(ctx context.Context, o Options, as account, major int) (install, error) {
	dirs, given := []string{o.Bin}, o.Bin != ""
	if !given {
		dirs = o.search()
	}
	var found []install
	var unusable []error
	for _, dir := range dirs {
		i, err := probe(ctx, as, dir)
		switch {
		case err == nil:
			found = append(found, i)
		case !errors.Is(err, os.ErrNotExist) || given:
			unusable = append(unusable, err)
		}
	}
	if ctx.Err() != nil {
		return install{}, context.Cause(ctx) // the binaries may be usable although they did not answer in time
	}
	slices.SortStableFunc(found, func(a, b install) int { return cmp.Compare(b.major, a.major) })
	for _, i := range found {
		if i.major == major || major == 0 && i.major >= oldestMajor {
			return i, nil
		}
	}
	available := "this machine has none"
	if given {
		available = "the directory " + o.Bin + " has none"
	}
	if len(found) > 0 {
		versions := make([]string, len(found))
		for n, i := range found {
			versions[n] = i.version + " in " + i.bin
		}
		available = "found " + strings.Join(versions, ", ")
	}
	if len(unusable) > 0 {
		available += " (unusable: " + strings.ReplaceAll(errors.Join(unusable...).Error(), "\n", "; ") + ")"
	}
	switch {
	case !given && (major == 0 || major == o.build.major):
		i, err := download(ctx, o, as)
		if err != nil {
			return install{}, fmt.Errorf("PostgreSQL %d or newer is needed (%s) and could not be downloaded: %w; "+
				"install it (apt-get install postgresql, apk add postgresql postgresql-contrib, brew install postgresql@17)",
				cmp.Or(major, oldestMajor), available, err)
		}
		return i, nil
	case major != 0:
		return install{}, fmt.Errorf("%w: it was created by PostgreSQL %d, %s; install PostgreSQL %d, "+
			"or move the directory away to start with an empty database (nothing was changed)", errMajor, major, available, major)
	default:
		return install{}, fmt.Errorf("PostgreSQL %d or newer is needed: %s", oldestMajor, available)
	}
}

var versionLine = regexp.MustCompile(`PostgreSQL\) ((\d+)\S*)`)

// probe returns the binaries in dir with their version. The error is os.ErrNotExist if there are none.
func probe(ctx context.Context, as account, dir string) (install, error) {
	i := install{bin: dir}
	for _, name := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(i.program(name)); err != nil {
			return install{}, err
		}
	}
	out, err := as.command(ctx, i.program("postgres"), "--version").CombinedOutput()
	if err != nil {
		text := strings.TrimSpace(string(out))
		if errors.Is(err, os.ErrNotExist) { // the file exists but not its loader: it was built for another C library
			return install{}, fmt.Errorf("%s cannot run on this system", i.program("postgres"))
		}
		return install{}, fmt.Errorf("%s: %w %s", i.program("postgres"), err, text)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return install{}, fmt.Errorf("%s is not PostgreSQL", i.program("postgres"))
	}
	i.version = string(m[1])
	i.major, err = strconv.Atoi(string(m[2]))
	return i, err
}

// clusterMajor returns the major version of the cluster at data, or 0 if there is no cluster.
func clusterMajor(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read cluster version: %w", err)
	}
	text, _, _ := strings.Cut(strings.TrimSpace(string(b)), ".")
	major, err := strconv.Atoi(text)
	if err != nil || major == 0 {
		return 0, fmt.Errorf("%s is not the directory of a PostgreSQL cluster: bad PG_VERSION %q", data, b)
	}
	return major, nil
}

// installed returns the directories in which packages install the server: Debian and Ubuntu, pgdg on Red Hat, Homebrew,
// Postgres.app, Alpine, builds from source. The server found in PATH comes first.
func installed() []string {
	var dirs []string
	add := func(dir string) {
		if real, err := filepath.EvalSymlinks(dir); err == nil && !slices.Contains(dirs, real) {
			dirs = append(dirs, real)
		}
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			add(filepath.Dir(real))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
		"/usr/libexec/postgresql*",
		"/usr/local/pgsql/bin",
		"/usr/bin",
	} {
		matches, _ := filepath.Glob(pattern)
		for _, dir := range matches {
			add(dir)
		}
	}
	return dirs
}
