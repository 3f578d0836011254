package api

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"roundtables.kz/registry/api/docs"
	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/dbtest"
)

// The commands of README.md, deployments/README.md and the guides are run, and what they print is compared with what
// is shown. The convention:
//
//   - A block ```console holds commands, each behind "$ ", followed by what it prints. A block ```sh is one script
//     without its output. Blocks that contain curl are run, except those that begin with ```console not-run or
//     ```sh not-run. Use not-run only for what a test cannot do.
//   - The blocks of a file run in order, in one shell, on a registry of their own that holds the sample. $KEY is an API
//     key with every scope. http://localhost:8080 is this registry, and http://localhost:9000 answers everything with 204.
//   - A command exits with 0. If the registry rejects one of its requests, the status is part of what is shown.
//   - What is shown is what is printed. JSON may be broken into lines. Headers that are not shown do not count.
//   - … stands for what is left out: the rest of a string or line; any number of members, elements, lines or values.
//   - Times, cursors, secrets and the other members named in `varies` may differ.
//
// A change of a text or a number in a response need not be copied by hand: go test ./api -run TestTheCommands -update
var update = flag.Bool("update", false, "write the values of responses into the examples of README and guides")

func TestTheCommandsOfReadmeAndGuidesPrintWhatIsShown(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl", "jq", "python3")
	files, err := filepath.Glob("../openapi/guides/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../README.md", "../deployments/README.md") {
		t.Run(filepath.Base(filepath.Dir(file))+"/"+filepath.Base(file), func(t *testing.T) {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			changed, mistakes := runCommands(t, forCommands(t), string(content))
			for _, m := range mistakes {
				t.Error(m)
			}
			if *update && changed != string(content) {
				if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestAWrongExampleIsNoticed(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "curl", "jq", "python3")
	r := forCommands(t)
	for name, test := range map[string]struct {
		block   string
		mistake string // "": none
	}{
		"right":                   {"console\n$ curl http://localhost:8080/v1/topics/1?fields=version\n{\"id\":1,\n \"version\":1}", ""},
		"another value":           {"console\n$ curl http://localhost:8080/v1/topics/1?fields=version\n{\"id\":2,\"version\":1}", "/id"},
		"no answer":               {"sh\ncurl http://localhost:1/", "exits with 7"},
		"rejected in silence":     {"sh\ncurl http://localhost:8080/v1/topics/1?limt=1", "answered with 400"},
		"rejected as shown":       {"console\n$ curl http://localhost:8080/v1/topics/1?limt=1\n{\"status\":400,\"code\":\"bad_parameters\",…}", ""},
		"not to be run":           {"sh not-run\ncurl http://localhost:1/", ""},
		"no command of ours":      {"console\n$ false", ""},
		"a variable of the shell": {"console\n$ N=1\n$ curl \"http://localhost:8080/v1/topics/$N?fields=id\"\n{\"id\":1,\"version\":…}", ""},
		"a broken command":        {"console\n$ curl -H 'Authorization: Bearer '$KEY \\\n    'http://localhost:8080/v1/me'\n{\"scopes\":…,…}", ""},
		"headers":                 {"console\n$ curl -i http://localhost:8080/v1/topics/999\nHTTP/1.1 404 Not Found\nContent-Type: application/problem+json\n\n{…}", ""},
		"another header":          {"console\n$ curl -I http://localhost:8080/v1/topics\nHTTP/1.1 200 OK\nContent-Type: text/csv", "Content-Type: text/csv"},
	} {
		_, mistakes := runCommands(t, r, "Text.\n\n```"+test.block+"\n```\n")
		if got := strings.Join(mistakes, "\n"); (got == "") != (test.mistake == "") || !strings.Contains(got, test.mistake) {
			t.Errorf("%s: got %q, want %q", name, got, test.mistake)
		}
	}
}

// forCommands is a registry with the sample, as `make run` starts it.
func forCommands(t *testing.T) *rig {
	t.Helper()
	return newRigOn(t, dbtest.Filled(t, "sample", loadSample), func(c *Config) { c.WebhooksPrivate = true })
}

// command is one that is shown. from and to are where its output stands in the file.
type command struct {
	text     string
	from, to int
}

var fence = regexp.MustCompile("(?m)^```(console|sh)( not-run)?\n((?s:.*?)\n)```$")

// commandsOf gives the commands of a file that are run.
func commandsOf(markdown string) (commands []command) {
	for _, block := range fence.FindAllStringSubmatchIndex(markdown, -1) {
		content := markdown[block[6]:block[7]]
		switch {
		case block[4] >= 0 || !strings.Contains(content, "curl "):
		case markdown[block[2]:block[3]] == "sh":
			commands = append(commands, command{text: content})
		default:
			commands = append(commands, split(content, block[6])...)
		}
	}
	return commands
}

// split gives the commands of a console block that begins at an offset. A command goes on where a quote is open or the
// line ends in a backslash or a pipe.
func split(content string, at int) (commands []command) {
	open := false
	for line := range strings.Lines(content) {
		text, begins := strings.CutPrefix(line, "$ ")
		switch {
		case open:
			commands[len(commands)-1].text += line
		case begins:
			commands = append(commands, command{text: text})
		}
		at += len(line)
		if begins || open {
			c := &commands[len(commands)-1]
			trimmed := strings.TrimRight(c.text, "\n")
			open = strings.Count(c.text, "'")%2 == 1 || strings.HasSuffix(trimmed, `\`) || strings.HasSuffix(trimmed, "|")
			c.from, c.to = at, at
		} else if len(commands) > 0 {
			commands[len(commands)-1].to = at
		}
	}
	return commands
}

// runCommands runs the commands of a file. It gives the file with the values that are printed, and what is wrong.
func runCommands(t *testing.T, r *rig, markdown string) (changed string, mistakes []string) {
	t.Helper()
	commands := commandsOf(markdown)
	if len(commands) == 0 {
		return markdown, nil
	}
	rejected := newRejections(r.handler)
	server := httptest.NewServer(rejected)
	defer server.Close()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer receiver.Close()
	address := strings.NewReplacer(docs.ExampleAddress, server.URL, "http://localhost:9000", receiver.URL)
	var script strings.Builder
	script.WriteString("curl() { command curl -sS -A \"$command\" \"$@\"; }\n")
	for i, c := range commands {
		fmt.Fprintf(&script, "command=%d\n%s\nprintf '\\036%%s\\036' $?\n", i, address.Replace(c.text))
	}
	key, _ := r.key(t, actor.Scopes...)
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), "bash", "-c", script.String())
	shell.Dir = t.TempDir()
	if err := os.Symlink(filepath.Join(root, "openapi"), filepath.Join(shell.Dir, "openapi")); err != nil { // for its examples
		t.Fatal(err)
	}
	shell.Env = append(os.Environ(), "KEY="+key)
	out, _ := shell.CombinedOutput() // the exit codes are in the output
	parts := strings.Split(strings.NewReplacer(server.URL, docs.ExampleAddress, receiver.URL, "http://localhost:9000").Replace(string(out)), "\x1e")
	if len(parts) != 2*len(commands)+1 {
		t.Fatalf("the script ended early: %s", out)
	}
	changed = markdown
	for i, c := range slices.Backward(commands) {
		printed, code, shown := parts[2*i], parts[2*i+1], changed[c.from:c.to]
		complain := func(format string, args ...any) {
			mistakes = append(mistakes, fmt.Sprintf(format, args...)+"\n  command: "+strings.TrimSpace(c.text)+"\n  prints: "+printed)
		}
		if code != "0" {
			complain("it exits with %s", code)
		}
		if status := rejected.worst[strconv.Itoa(i)]; status > 0 && !strings.Contains(shown, strconv.Itoa(status)) {
			complain("it is answered with %d, which is not shown", status)
		}
		if strings.TrimSpace(shown) == "" {
			continue
		}
		fresh, differences := compareShown(shown, printed)
		if len(differences) > 0 && (!*update || fresh == shown) {
			complain("%s", strings.Join(differences, "\n"))
		}
		changed = changed[:c.from] + fresh + changed[c.to:]
	}
	slices.Reverse(mistakes)
	return changed, mistakes
}

// rejections notes the worst status above 399 that each command was answered with.
type rejections struct {
	http.Handler
	mu    sync.Mutex
	worst map[string]int // by the number of the command, its User-Agent
}

func newRejections(h http.Handler) *rejections {
	return &rejections{Handler: h, worst: map[string]int{}}
}

func (n *rejections) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := &statusWriter{ResponseWriter: w}
	n.Handler.ServeHTTP(status, r)
	n.mu.Lock()
	defer n.mu.Unlock()
	if s := cmp.Or(status.status, http.StatusOK); s >= 400 {
		n.worst[r.UserAgent()] = max(n.worst[r.UserAgent()], s)
	}
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
