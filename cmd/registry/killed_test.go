package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// writeUntilKilled creates attendees, each with a role and an affiliation, until the service is killed. It sends the name
// of each acknowledged one to done.
func writeUntilKilled(url, key, round string, writer int, done chan<- string) {
	for n := 0; ; n++ {
		name := fmt.Sprintf("Guest %s.%d.%d", round, writer, n)
		body := fmt.Sprintf(`{"round_table_id":13,"name_as_listed":%q,"roles":["observer"],"affiliations":[{"title":{"en":"Guest"}}]}`, name)
		r, err := http.NewRequest("POST", url+"/v1/attendees", strings.NewReader(body))
		if err != nil {
			return
		}
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return
		}
		_, err = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusCreated {
			return
		}
		done <- name
	}
}

// guests reads all attendees from the change feed and returns the number of parts of each guest, by name.
func guests(t *testing.T, url string) map[string]int {
	t.Helper()
	parts := map[string]int{}
	for next := "/v1/changes?type=attendees&include_data=true&limit=500"; next != ""; {
		var page struct {
			Data []struct {
				Data struct {
					Name         *string           `json:"name_as_listed"`
					Roles        []string          `json:"roles"`
					Affiliations []json.RawMessage `json:"affiliations"`
				} `json:"data"`
			} `json:"data"`
			Page struct {
				Next *string `json:"next"`
			} `json:"page"`
		}
		if err := json.Unmarshal([]byte(wantStatus(t, 200, "GET", url+next, "", "")), &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Data {
			if a := c.Data; a.Name != nil && strings.HasPrefix(*a.Name, "Guest ") {
				parts[*a.Name] = len(a.Roles) + len(a.Affiliations)
			}
		}
		if next = ""; page.Page.Next != nil {
			next = *page.Page.Next
		}
	}
	return parts
}

func TestAcknowledgedWritesSurviveAKillAndNoWriteIsPartial(t *testing.T) {
	t.Parallel()
	dir := dataDir(t, "")
	environ := []string{"DATA_DIR=" + dir, "ADDR=127.0.0.1:0"}
	var acknowledged []string
	for _, database := range []bool{false, true} {
		p := start(t, "", environ, "dev")
		url, key, done := p.url(), p.key(), make(chan string)
		var writers sync.WaitGroup
		for n := range 8 {
			writers.Go(func() { writeUntilKilled(url, key, fmt.Sprint(database), n, done) })
		}
		go func() { writers.Wait(); close(done) }()
		before := len(acknowledged)
		for name := range done {
			acknowledged = append(acknowledged, name)
			if len(acknowledged) != before+60 {
				continue
			}
			if database {
				killDatabase(t, dir)
			}
			p.signal(syscall.SIGKILL)
		}
		p.wantExit(-1)
	}
	p := start(t, "", environ, "dev")
	existing := guests(t, p.url())
	for _, name := range acknowledged {
		if existing[name] == 0 {
			t.Errorf("%s was acknowledged and is not in the feed", name)
		}
	}
	for name, parts := range existing {
		if parts != 2 {
			t.Errorf("%s exists with %d of its 2 parts", name, parts)
		}
	}
	if len(acknowledged) < 120 || len(existing) < len(acknowledged) {
		t.Errorf("%d were acknowledged, %d exist", len(acknowledged), len(existing))
	}
	p.signal(syscall.SIGTERM)
	p.wantExit(0)
}
