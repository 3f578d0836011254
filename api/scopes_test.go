package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/fixture"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/roundtable"
)

// guarded is something that only keys with a scope may write.
type guarded struct {
	what  string
	scope actor.Scope
	have  []actor.Scope                                       // what the route requires besides
	of    string                                              // the resource whose routes write it
	ways  map[string]func(t *testing.T, all caller) []attempt // by method and path
	not   map[string]string                                   // routes of the resource that do not write it, with the reason
}

// attempt is a request that writes it.
type attempt struct{ path, body, media string }

func one(path, body string) []attempt { return []attempt{{path, body, jsonBody}} }

// otherWrites are the routes that no resource has, with what they write. A guarded field that one of them writes is in its ways.
var otherWrites = map[string]string{
	"POST /v1/round-tables/:id/publish":                  "the publication of a round table",
	"POST /v1/round-tables/:id/withdraw":                 "the publication of a round table",
	"POST /v1/round-tables/:id/submit":                   "the publication of a round table",
	"POST /v1/round-tables/:id/return":                   "the publication of a round table in review, which the public does not see before or after",
	"POST /v1/round-tables/:id/cancel":                   "the status of a round table",
	"POST /v1/round-tables/:id/postpone":                 "the status and the date of a round table",
	"POST /v1/round-tables/:id/reschedule":               "the status and the date of a round table",
	"POST /v1/people/:id/other-names":                    "a name of a person",
	"POST /v1/undo":                                      "what a request changed, except keys and webhooks",
	"POST /v1/attendees/:id/resolve":                     "the person or organization of an attendee",
	"POST " + erasePath:                                  "removes a person, with contacts",
	"POST /v1/merges/:id/undo":                           "what a merge changed: contacts move with their person, and round tables do not change",
	"POST /v1/bundles":                                   "a round table with its parts",
	"PUT /v1/round-tables/:id/bundle":                    "a round table with its parts",
	"POST /v1/bundles/:id/revert":                        "what a bundle changed: it removes an event or gives it its previous content",
	"POST /v1/imports/:id/revert":                        "what an import changed",
	"POST /v1/imports/popolo":                            "events as drafts; people without contacts",
	"POST /v1/api-keys/:id/revoke":                       "ends a key",
	"POST /v1/webhooks/:id/rotate":                       "the secret of a webhook",
	"POST /v1/webhooks/:id/replay":                       "sends changes again",
	"POST " + webhookTestPath:                            "sends a message without data",
	"POST /v1/webhooks/:webhook_id/deliveries/:id/retry": "sends a message now that is to be sent anyway",
}

func guardedFields() (all []guarded) {
	all = append(all, publicationGuard())
	contactWays := map[string]func(*testing.T, caller) []attempt{
		"POST /v1/people/:person_id/contacts": func(t *testing.T, all caller) []attempt {
			return one(contactsIn(t, all), `{"kind":"email","value":"b@example.org"}`)
		},
		"PATCH /v1/people/:person_id/contacts/:id":  func(t *testing.T, all caller) []attempt { return one(contactIn(t, all), `{"note":"Office"}`) },
		"DELETE /v1/people/:person_id/contacts/:id": func(t *testing.T, all caller) []attempt { return one(contactIn(t, all), "") },
		"POST /v1/people/:person_id/contacts/:id/restore": func(t *testing.T, all caller) []attempt {
			at := contactIn(t, all)
			all.del(t, at).want(t, http.StatusNoContent)
			return one(at+"/restore", "{}")
		},
		"POST " + erasePath: func(t *testing.T, all caller) []attempt {
			return one(strings.TrimSuffix(contactsIn(t, all), "/contacts")+"/erase", "")
		},
	}
	contactWays["POST /v1/undo"] = func(t *testing.T, all caller) []attempt {
		return one("/v1/undo", undoOf(all.post(t, contactsIn(t, all), `{"kind":"email","value":"c@example.org"}`).want(t, http.StatusCreated)))
	}
	for _, scope := range []actor.Scope{actor.PII, actor.Write} {
		have := slices.DeleteFunc([]actor.Scope{actor.PII, actor.Write, actor.Read}, func(s actor.Scope) bool { return s == scope })
		all = append(all, guarded{what: "contacts", scope: scope, have: have, of: person.ContactType, ways: contactWays})
	}
	all = append(all, guarded{what: "drafts of webhooks", scope: actor.Read, have: []actor.Scope{actor.Admin}, of: "webhooks", ways: map[string]func(*testing.T, caller) []attempt{
		"POST /v1/webhooks": func(*testing.T, caller) []attempt {
			return one("/v1/webhooks", `{"url":"http://127.0.0.1:9/hook","drafts":true}`)
		},
		"PATCH /v1/webhooks/:id": func(t *testing.T, all caller) []attempt {
			return one(all.make(t, "/v1/webhooks", `{"url":"http://127.0.0.1:9/other"}`), `{"drafts":true}`)
		},
		"POST /v1/webhooks/:id/replay": func(t *testing.T, all caller) []attempt {
			cursor := pageOf(t, all.get(t, "/v1/changes").want(t, http.StatusOK)).Meta.Cursor
			return one(all.make(t, "/v1/webhooks", `{"url":"http://127.0.0.1:9/replayed","drafts":true}`)+"/replay", jsonOf(t, map[string]string{"cursor": cursor}))
		},
	}, not: map[string]string{"DELETE /v1/webhooks/:id": "sends less"}})
	for _, scope := range actor.Scopes {
		if scope == actor.Admin { // without it there is no way to a key
			continue
		}
		all = append(all, guarded{what: "keys with the scope " + string(scope), scope: scope, have: []actor.Scope{actor.Admin}, of: "api-keys", ways: map[string]func(*testing.T, caller) []attempt{
			"POST /v1/api-keys": func(*testing.T, caller) []attempt {
				return one("/v1/api-keys", fmt.Sprintf(`{"name":"a","scopes":["admin",%q]}`, scope))
			},
			"PATCH /v1/api-keys/:id": func(t *testing.T, all caller) []attempt {
				return one(all.make(t, "/v1/api-keys", `{"name":"a","scopes":["admin"]}`), fmt.Sprintf(`{"scopes":["admin",%q]}`, scope))
			},
		}})
	}
	return all
}

// publicationGuard is the publication of round tables.
func publicationGuard() guarded {
	const titled = `{"title":{"en":"Forum %d"},"starts_on":"2020-02-27","publication":%q}`
	seen := 0
	another := func(publication string) string { // no two events are similar
		seen++
		return fmt.Sprintf(titled, seen, publication)
	}
	event := func(t *testing.T, all caller, publication string) string {
		return all.make(t, "/v1/round-tables", "%s", another(publication))
	}
	each := func(to func(t *testing.T, all caller, publication string) attempt, publications ...string) func(*testing.T, caller) []attempt {
		return func(t *testing.T, all caller) (list []attempt) {
			for _, p := range publications {
				list = append(list, to(t, all, p))
			}
			return list
		}
	}
	const table = "text/csv"
	imported := func(t *testing.T, all caller, at, publication string) string {
		headers := append([]string{"Content-Type", table}, all.headers...)
		return all.do(t, http.MethodPost, "/v1/imports/round-tables", fmt.Sprintf("id,publication\n%d,%s\n", idIn(t, at), publication), headers...).
			want(t, http.StatusCreated).Header().Get("Location")
	}
	return guarded{what: "publication", scope: actor.Publish, have: []actor.Scope{actor.Write}, of: roundtable.Type, ways: map[string]func(*testing.T, caller) []attempt{
		"POST /v1/round-tables": each(func(_ *testing.T, _ caller, p string) attempt {
			return attempt{"/v1/round-tables", another(p), jsonBody}
		}, "published", "withdrawn"),
		"PATCH /v1/round-tables/:id": each(func(t *testing.T, all caller, p string) attempt {
			return attempt{event(t, all, map[string]string{"draft": "published", "withdrawn": "published", "published": "review"}[p]), fmt.Sprintf(`{"publication":%q}`, p), mergeBody}
		}, "published", "draft", "withdrawn"),
		"DELETE /v1/round-tables/:id": each(func(t *testing.T, all caller, p string) attempt { return attempt{event(t, all, p), "", jsonBody} }, "published"),
		"POST /v1/round-tables/:id/restore": each(func(t *testing.T, all caller, p string) attempt {
			at := event(t, all, p)
			if p == "published" {
				all.del(t, at).want(t, http.StatusNoContent)
				return attempt{at + "/restore", "{}", jsonBody}
			}
			all.act(t, at+"/publish").want(t, http.StatusOK)
			return attempt{at + "/restore", `{"version":1}`, jsonBody}
		}, "published", "draft", "withdrawn"),
		"POST /v1/imports/round-tables": func(t *testing.T, all caller) []attempt {
			return []attempt{
				{"/v1/imports/round-tables", fmt.Sprintf("id,publication\n%d,published\n", idIn(t, event(t, all, "draft"))), table},
				{"/v1/imports/round-tables", fmt.Sprintf("id,publication\n%d,withdrawn\n", idIn(t, event(t, all, "published"))), table},
				{"/v1/imports/round-tables", "title_en,starts_on,publication\nForum,2020-02-27,published\n", table},
				{"/v1/imports/round-tables", another("published") + "\n", "application/x-ndjson"},
			}
		},
		"POST /v1/imports/:id/revert": func(t *testing.T, all caller) (list []attempt) {
			for from, to := range map[string]string{"published": "withdrawn", "draft": "published", "withdrawn": "draft"} {
				list = append(list, attempt{imported(t, all, event(t, all, from), to) + "/revert", "", jsonBody})
			}
			headers := append([]string{"Content-Type", table}, all.headers...)
			made := all.do(t, http.MethodPost, "/v1/imports/round-tables", "title_en,starts_on,publication\nNew,2020-02-27,published\n", headers...)
			return append(list, attempt{made.want(t, http.StatusCreated).Header().Get("Location") + "/revert", "", jsonBody})
		},
		"POST /v1/bundles": each(func(_ *testing.T, _ caller, p string) attempt {
			return attempt{"/v1/bundles", `{"lang":"en","round_table":` + another(p) + `}`, jsonBody}
		}, "published", "withdrawn"),
		"POST /v1/undo": func(t *testing.T, all caller) []attempt {
			published, withdrawn := event(t, all, "draft"), event(t, all, "published")
			return append(one("/v1/undo", undoOf(all.act(t, published+"/publish").want(t, http.StatusOK))),
				one("/v1/undo", undoOf(all.act(t, withdrawn+"/withdraw").want(t, http.StatusOK)))...)
		},
		"POST /v1/round-tables/:id/submit":   func(t *testing.T, all caller) []attempt { return one(event(t, all, "withdrawn")+"/submit", "") },
		"POST /v1/round-tables/:id/publish":  func(t *testing.T, all caller) []attempt { return one(event(t, all, "draft")+"/publish", "") },
		"POST /v1/round-tables/:id/withdraw": func(t *testing.T, all caller) []attempt { return one(event(t, all, "published")+"/withdraw", "") },
	}}
}

// undoOf is the body that undoes a request.
func undoOf(done reply) string {
	return fmt.Sprintf(`{"request":%q}`, done.Header().Get("X-Request-Id"))
}

func contactsIn(t *testing.T, all caller) string {
	return fmt.Sprintf("/v1/people/%d/contacts", fixture.Person(t, all.pool))
}

func contactIn(t *testing.T, all caller) string {
	return all.make(t, contactsIn(t, all), `{"kind":"email","value":"a@example.org"}`)
}

func TestNoWayOfWritingAGuardedFieldWorksWithoutItsScope(t *testing.T) {
	t.Parallel()
	resourceOf := map[string]string{}
	for _, r := range append(Resources(), OtherResources()...) {
		for _, o := range r.Operations {
			resourceOf[o.Method+" "+o.Path] = r.Type
		}
	}
	for _, g := range guardedFields() {
		t.Run(strings.ReplaceAll(g.what+" without "+string(g.scope), " ", "_"), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, func(c *Config) { c.WebhooksPrivate = true })
			all, with, without := r.as(t, actor.Scopes...), r.as(t, append(slices.Clone(g.have), g.scope)...), r.as(t, g.have...)
			tried := 0
			for _, route := range Routes() {
				at := route.Method + " " + route.Path
				of, ofResource := resourceOf[at]
				if route.Method == http.MethodGet || route.onlyReads() || ofResource && of != g.of {
					continue
				}
				way, ok := g.ways[at]
				if !ok {
					if otherWrites[at] == "" && g.not[at] == "" {
						t.Errorf("%s may write %s: add a way of writing it, or the reason why it does not", at, g.what)
					}
					continue
				}
				for i, a := range way(t, all) {
					tried++
					send := func(c caller, headers ...string) reply {
						var body any
						if a.body != "" {
							body = a.body
						}
						return c.do(t, route.Method, a.path, body, slices.Concat([]string{"Content-Type", a.media, "If-Match", "*"}, headers, c.headers)...)
					}
					before := r.changeCount(t)
					refused := send(without)
					if !strings.Contains(refused.Body.String(), "`"+string(g.scope)+"`") {
						t.Errorf("%s %d: %d %s", at, i, refused.Code, refused.Body)
					}
					if !strings.HasPrefix(route.Path, importsPath) || strings.Contains(route.Path, ":id") { // a report names the row
						refused.wantProblem(t, http.StatusForbidden, "scope_missing")
					}
					if r.changeCount(t) != before {
						t.Errorf("%s %d was rejected, and wrote something", at, i)
					}
					var key []string
					if Idempotent(route) {
						key = []string{idempotencyKey, fmt.Sprint("attempt-", tried)}
					}
					if done := send(with, key...); done.Code >= 300 {
						t.Errorf("%s %d with the scope: %d %s", at, i, done.Code, done.Body)
					}
					before = r.recordChanges(t) // an import that changes nothing is recorded
					if again := send(without, key...); again.Header().Get(replayed) != "" || r.recordChanges(t) != before {
						t.Errorf("%s %d: the response of another key, or a write: %d %s", at, i, again.Code, again.Body)
					}
				}
			}
			if tried < len(g.ways) {
				t.Errorf("%d of %d ways were tried", tried, len(g.ways))
			}
		})
	}
}

func TestAnAdministratorGrantsOnlyScopesThatItsKeyHas(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	token, own := r.key(t, actor.Admin, actor.Write)
	admin := caller{r, []string{"Authorization", "Bearer " + token}}
	admin.post(t, "/v1/api-keys", `{"name":"editor","scopes":["read","write"]}`).want(t, http.StatusCreated) // write includes read
	admin.patch(t, fmt.Sprint("/v1/api-keys/", own), `{"scopes":["admin","write","pii"]}`).wantProblem(t, http.StatusForbidden, "scope_missing")
	_, other := r.key(t, actor.PII, actor.Read)
	at := fmt.Sprint("/v1/api-keys/", other)
	admin.patch(t, at, `{"name":"renamed"}`).want(t, http.StatusOK)
	admin.patch(t, at, `{"scopes":["pii"]}`).want(t, http.StatusOK)
	admin.act(t, at+"/revoke").want(t, http.StatusOK)
}
