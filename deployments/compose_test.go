// Package deployments holds the files that deploy the registry. Its tests check that these files do what they say.
package deployments

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"

	"roundtables.kz/registry/internal/config"
)

type composeFile struct {
	Services map[string]struct {
		Image       string
		Build       struct{ Context, Dockerfile string }
		Entrypoint  []string
		Command     []string
		Environment map[string]string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
		Healthcheck struct {
			Test              []string
			Interval, Timeout string
			Retries           int
		}
		Restart     string
		ReadOnly    bool `yaml:"read_only"`
		Tmpfs       []string
		CapDrop     []string `yaml:"cap_drop"`
		SecurityOpt []string `yaml:"security_opt"`
		StopGrace   string   `yaml:"stop_grace_period"`
		StopSignal  string   `yaml:"stop_signal"`
		Ports       []string
		Volumes     []string
	}
	Volumes map[string]any
}

func readCompose(t *testing.T) (file composeFile) {
	t.Helper()
	content, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	d := yaml.NewDecoder(strings.NewReader(string(content)))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheServiceStartsAfterTheMigrationsAndTheseAfterTheDatabase(t *testing.T) {
	t.Parallel()
	s := readCompose(t).Services
	if len(s["db"].Healthcheck.Test) == 0 || !strings.HasPrefix(s["db"].Image, "postgres:17") {
		t.Errorf("the database has no health check or is not PostgreSQL 17: %+v", s["db"])
	}
	if s["migrate"].DependsOn["db"].Condition != "service_healthy" || s["migrate"].Restart != "no" || !slices.Equal(s["migrate"].Entrypoint, []string{"/migrate"}) {
		t.Errorf("migrate is %+v", s["migrate"])
	}
	if s["registry"].DependsOn["migrate"].Condition != "service_completed_successfully" || s["registry"].Image != s["migrate"].Image {
		t.Errorf("registry is %+v", s["registry"])
	}
}

func TestOurContainersCanChangeNothingAndGainNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"migrate", "registry"} {
		s := readCompose(t).Services[name]
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) {
			t.Errorf("%s is %+v", name, s)
		}
	}
}

func TestTheServiceIsGivenMoreTimeToStopThanItTakes(t *testing.T) {
	t.Parallel()
	s := readCompose(t).Services["registry"]
	var environ []string
	for name, value := range s.Environment {
		environ = append(environ, name+"="+regexp.MustCompile(`\$\{[^}]*\}`).ReplaceAllString(value, ""))
	}
	c, err := config.Read(environ)
	if err != nil {
		t.Fatal(err)
	}
	if grace, err := time.ParseDuration(s.StopGrace); err != nil || grace <= c.ShutdownDelay+c.ShutdownGrace {
		t.Errorf("%s are given, %s and %s may be taken", s.StopGrace, c.ShutdownDelay, c.ShutdownGrace)
	}
}

func TestEverySettingOfTheFilesExists(t *testing.T) {
	t.Parallel()
	known := func(name string) bool {
		return slices.ContainsFunc(config.Settings(), func(s config.Setting) bool { return s.Name == name })
	}
	for name := range readCompose(t).Services["registry"].Environment {
		if !known(name) {
			t.Errorf("docker-compose.yml sets %s, which is no setting", name)
		}
	}
	for _, line := range dockerfile(t) {
		if settings, ok := strings.CutPrefix(line, "ENV APP_ENV"); ok {
			for _, s := range strings.Fields("APP_ENV" + settings) {
				if name, _, _ := strings.Cut(s, "="); !known(name) {
					t.Errorf("the Dockerfile sets %s, which is no setting", name)
				}
			}
		}
	}
}

// An engine without BuildKit must be able to build the image, and nothing in it may run as root.
func TestTheImageIsSmallAndUnprivileged(t *testing.T) {
	t.Parallel()
	var last, user string
	for _, line := range dockerfile(t) {
		if strings.Contains(line, "--mount") || strings.HasPrefix(line, "# syntax") {
			t.Errorf("needs BuildKit: %s", line)
		}
		if from, ok := strings.CutPrefix(line, "FROM "); ok {
			last = from
		}
		if u, ok := strings.CutPrefix(line, "USER "); ok {
			user = u
		}
	}
	if last != "scratch" || user == "" || strings.HasPrefix(user, "0") || user == "root" {
		t.Errorf("the image is made from %q and runs as %q", last, user)
	}
}

func dockerfile(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(content), "\n")
}
