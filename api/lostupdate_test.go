package api

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"roundtables.kz/registry/internal/actor"
)

func TestOfManyWhoRaiseOneFieldNobodyIsOverwritten(t *testing.T) {
	t.Parallel()
	const clients, each = 24, 3
	r := newRig(t, nil)
	c := r.as(t, actor.Write)
	at := c.make(t, "/v1/roles", `{"code":"counter","label":{"en":"Counter"},"rank":0}`)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for raised := 0; raised < each; {
				read := c.get(t, at)
				rank := read.object(t)["rank"].(float64)
				wrote := c.do(t, http.MethodPatch, at, fmt.Sprintf(`{"rank":%.0f}`, rank+1),
					append([]string{"Content-Type", "application/merge-patch+json", "If-Match", read.Header().Get("ETag")}, c.headers...)...)
				switch wrote.Code {
				case http.StatusOK:
					raised++
				case http.StatusPreconditionFailed: // somebody was faster
				default:
					t.Errorf("status %d: %s", wrote.Code, wrote.Body)
					return
				}
			}
		})
	}
	all.Wait()
	record := c.get(t, at).want(t, 200).object(t)
	if record["rank"] != float64(clients*each) || record["version"] != float64(clients*each+1) {
		t.Errorf("raised %d times, is %v in version %v", clients*each, record["rank"], record["version"])
	}
}
