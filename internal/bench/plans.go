package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"roundtables.kz/registry/internal/actor"
	"roundtables.kz/registry/internal/attendee"
	"roundtables.kz/registry/internal/date"
	"roundtables.kz/registry/internal/document"
	"roundtables.kz/registry/internal/organization"
	"roundtables.kz/registry/internal/organizer"
	"roundtables.kz/registry/internal/paging"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/pg"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// query is a list filter with a value.
type query struct {
	name string
	ask  func(ctx context.Context, db pg.DB) error
}

func of[F any, T paging.Row](name string, list func(context.Context, pg.DB, F) (paging.Page[T], error), set func(*F)) query {
	return query{name, func(ctx context.Context, db pg.DB) error {
		var f F
		set(&f)
		_, err := list(ctx, db, f)
		return err
	}}
}

// queries returns the filters of the API, each with a frequent and a rare value.
func queries(sc scale) []query {
	big, small, busy, rare := []int64{1}, []int64{int64(sc.firstSmall())}, []int64{1}, []int64{int64(sc.People - 1)}
	day := func(year int) *date.Day { return &date.Day{Time: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)} }
	type (
		rt = roundtable.Filter
		at = attendee.Filter
		st = statement.Filter
		pe = person.Filter
	)
	return []query{
		of("round-tables", roundtable.List, func(*rt) {}),
		of("round-tables sort=starts_on", roundtable.List, func(f *rt) { f.Sort = "starts_on" }),
		of("round-tables sort=title", roundtable.List, func(f *rt) { f.Sort = "title" }),
		of("round-tables starts_from..to", roundtable.List, func(f *rt) { f.StartsFrom, f.StartsTo = day(2005), day(2006) }),
		of("round-tables organizer big", roundtable.List, func(f *rt) { f.Organizer = big }),
		of("round-tables organizer small", roundtable.List, func(f *rt) { f.Organizer = small }),
		of("round-tables organizer two", roundtable.List, func(f *rt) { f.Organizer = []int64{1, int64(sc.firstSmall())} }),
		of("round-tables organization big", roundtable.List, func(f *rt) { f.Organization = big }),
		of("round-tables organization small", roundtable.List, func(f *rt) { f.Organization = small }),
		of("round-tables person busy", roundtable.List, func(f *rt) { f.Person = busy }),
		of("round-tables person rare", roundtable.List, func(f *rt) { f.Person = rare }),
		of("round-tables role frequent", roundtable.List, func(f *rt) { f.Role = []string{"participant"} }),
		of("round-tables role rare", roundtable.List, func(f *rt) { f.Role = []string{"interpreter"} }),
		of("round-tables topic", roundtable.List, func(f *rt) { f.Topic = []int64{1} }),
		of("round-tables place", roundtable.List, func(f *rt) { f.Place = []int64{1} }),
		of("round-tables country frequent", roundtable.List, func(f *rt) { f.Country = []string{"KZ"} }),
		of("round-tables country none", roundtable.List, func(f *rt) { f.Country = []string{"BR"} }),
		of("round-tables format frequent", roundtable.List, func(f *rt) { f.Format = []string{"round_table"} }),
		of("round-tables format rare", roundtable.List, func(f *rt) { f.Format = []string{"hearing"} }),
		of("round-tables language", roundtable.List, func(f *rt) { f.Language = []string{"kk"} }),
		of("round-tables has_statements=false", roundtable.List, func(f *rt) { no := false; f.HasStatements = &no }),
		of("round-tables q one word", roundtable.List, func(f *rt) { f.Q = "policy" }),
		of("round-tables q none", roundtable.List, func(f *rt) { f.Q = "zzzzqqq" }),
		of("organizers", organizer.List, func(*organizer.Filter) {}),
		of("organizers organization big", organizer.List, func(f *organizer.Filter) { f.Organization = big }),
		of("attendees", attendee.List, func(*at) {}),
		of("attendees person busy", attendee.List, func(f *at) { f.Person = busy }),
		of("attendees person rare", attendee.List, func(f *at) { f.Person = rare }),
		of("attendees organization big", attendee.List, func(f *at) { f.Organization = big }),
		of("attendees organization small", attendee.List, func(f *at) { f.Organization = small }),
		of("attendees role frequent", attendee.List, func(f *at) { f.Role = []string{"participant"} }),
		of("attendees role rare", attendee.List, func(f *at) { f.Role = []string{"interpreter"} }),
		of("attendees attendance rare", attendee.List, func(f *at) { f.Attendance = []string{"absent"} }),
		of("attendees unresolved", attendee.List, func(f *at) { no := false; f.Resolved = &no }),
		of("attendees resolved", attendee.List, func(f *at) { yes := true; f.Resolved = &yes }),
		of("attendees starts_from..to", attendee.List, func(f *at) { f.StartsFrom, f.StartsTo = day(2005), day(2006) }),
		of("statements", statement.List, func(*st) {}),
		of("statements person busy", statement.List, func(f *st) { f.Person = busy }),
		of("statements person rare", statement.List, func(f *st) { f.Person = rare }),
		of("statements organization big", statement.List, func(f *st) { f.Organization = big }),
		of("statements organization small", statement.List, func(f *st) { f.Organization = small }),
		of("statements topic", statement.List, func(f *st) { f.Topic = []int64{1} }),
		of("statements kind frequent", statement.List, func(f *st) { f.Kind = []string{"paraphrase"} }),
		of("statements kind rare", statement.List, func(f *st) { f.Kind = []string{"collective"} }),
		of("statements act", statement.List, func(f *st) { f.Act = []string{"proposal"} }),
		of("statements lang frequent", statement.List, func(f *st) { f.TextLang = []string{"ru"} }),
		of("statements lang none", statement.List, func(f *st) { f.TextLang = []string{"de"} }),
		of("statements mention_person", statement.List, func(f *st) { f.MentionPerson = busy }),
		of("statements mention_organization", statement.List, func(f *st) { f.MentionOrganization = big }),
		of("statements q one word", statement.List, func(f *st) { f.Q = "policy" }),
		of("statements q none", statement.List, func(f *st) { f.Q = "zzzzqqq" }),
		of("people", person.List, func(*pe) {}),
		of("people organization big", person.List, func(f *pe) { f.Organization = big }),
		of("people organization middle", person.List, func(f *pe) { f.Organization = []int64{firstMid} }),
		of("people role frequent", person.List, func(f *pe) { f.Role = []string{"participant"} }),
		of("people role rare", person.List, func(f *pe) { f.Role = []string{"interpreter"} }),
		of("people topic", person.List, func(f *pe) { f.Topic = []int64{1} }),
		of("people round_table", person.List, func(f *pe) { f.RoundTable = []int64{1} }),
		of("people q", person.List, func(f *pe) { f.Q = "aliyev" }),
		of("people q none", person.List, func(f *pe) { f.Q = "zzzzqqq" }),
		of("organizations kind", organization.List, func(f *organization.Filter) { f.Kind = []string{"ngo"} }),
		of("organizations q", organization.List, func(f *organization.Filter) { f.Q = "institute" }),
		of("documents kind", document.List, func(f *document.Filter) { f.Kind = []string{"report"} }),
		of("documents relation", document.List, func(f *document.Filter) { f.Relation = []string{"source"} }),
		of("documents person", document.List, func(f *document.Filter) { f.Person = busy }),
		of("recommendations status", recommendation.List, func(f *recommendation.Filter) { f.Status = []string{"accepted"} }),
		of("recommendations addressee", recommendation.List, func(f *recommendation.Filter) { f.Addressee = big }),
		of("recommendations person", recommendation.List, func(f *recommendation.Filter) { f.Person = busy }),
		of("recommendations topic", recommendation.List, func(f *recommendation.Filter) { f.Topic = []int64{1} }),
	}
}

// showPlans prints the time of every query for an editor and for a public caller, and the plans of queries that take longer
// than limit.
func showPlans(ctx context.Context, databaseURL string, sc scale, limit time.Duration, w io.Writer) error {
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return err
	}
	var plans strings.Builder
	config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { plans.WriteString(n.Message + "\n") }
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	explain := func(least string) error {
		_, err := conn.Exec(ctx, "SET auto_explain.log_min_duration = "+least)
		return err
	}
	for _, setting := range []string{
		// As in a service after many requests: statements have generic plans unless they request custom ones.
		"SET plan_cache_mode = force_generic_plan", "LOAD 'auto_explain'", "SET jit = off", "SET statement_timeout = '60s'",
		"SET auto_explain.log_level = notice", "SET auto_explain.log_analyze = on", "SET auto_explain.log_timing = off", "SET auto_explain.log_buffers = on",
	} {
		if _, err := conn.Exec(ctx, setting); err != nil {
			return err
		}
	}
	editor := actor.With(ctx, actor.System("bench"))
	var slow strings.Builder
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s\teditor ms\tpublic ms\t\n", sc.Name)
	for _, q := range queries(sc) {
		var took [2]time.Duration
		for i, who := range []context.Context{editor, ctx} {
			for range 3 { // the first runs read from disk and prepare the statements
				began := time.Now()
				if err := q.ask(who, conn); err != nil {
					return fmt.Errorf("%s: %w", q.name, err)
				}
				took[i] = time.Since(began)
			}
			if took[i] > limit {
				plans.Reset()
				if err := errors.Join(explain("'1ms'"), q.ask(who, conn), explain("-1")); err != nil {
					return fmt.Errorf("%s: %w", q.name, err)
				}
				fmt.Fprintf(&slow, "\n%s, %s, %s:\n%s\n", sc.Name, q.name, []string{"editor", "public"}[i], plans.String())
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", q.name, ms(took[0]), ms(took[1]))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err = io.WriteString(w, slow.String())
	return err
}
