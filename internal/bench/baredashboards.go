package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// The bare handler of dashboards: one plain query for each chart, as someone would write it who needs only this chart. It gives
// the numbers without axes, labels, links and what is in no group, and counts nothing in advance.

const (
	monthFormatSQL = `SELECT json_agg(json_build_object('key', month, 'key2', format, 'count', n) ORDER BY month, total DESC, format) FROM (
		SELECT to_char(starts_on, 'YYYY-MM') AS month, format, count(*) AS n, sum(count(*)) OVER (PARTITION BY format) AS total FROM round_tables
		WHERE date_precision IN ('day', 'month') AND starts_on >= $1::date AND starts_on < $2::date GROUP BY 1, 2) x`
	topicYearSQL = `SELECT json_agg(json_build_object('key', topic_id::text, 'key2', year::text, 'count', n) ORDER BY total DESC, topic_id, year) FROM (
		SELECT *, dense_rank() OVER (ORDER BY total DESC, topic_id) AS place FROM (
			SELECT topic_id, year, n, total FROM (
				SELECT l.topic_id, l.starts_key / 10000 AS year, count(*) AS n, sum(count(*)) OVER (PARTITION BY l.topic_id) AS total
				FROM round_table_topics l GROUP BY 1, 2) y) z) x WHERE place <= 20 AND year > 0`
	topSpeakersSQL = `SELECT json_agg(json_build_object('key', person_key::text, 'count', n) ORDER BY n DESC, person_key) FROM (
		SELECT person_key, count(*) AS n FROM statements WHERE person_key > 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) x`
	topOrganizersSQL = `SELECT json_agg(json_build_object('key', o.organization_id::text, 'count', o.n, 'people', o.people) ORDER BY o.n DESC, o.organization_id) FROM (
		SELECT t.organization_id, t.n, (SELECT count(DISTINCT p.person_id) FROM (
			SELECT a.person_id FROM organizers l JOIN attendees a ON a.round_table_id = l.round_table_id WHERE l.organization_id = t.organization_id
			UNION ALL SELECT s.quoted_person_id FROM organizers l JOIN statements s ON s.round_table_id = l.round_table_id
				WHERE l.organization_id = t.organization_id AND s.quoted_person_id IS NOT NULL) p) AS people
		FROM (SELECT organization_id, count(DISTINCT round_table_id) AS n FROM organizers GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) t) o`
	facetSQL = `SELECT json_build_object(
		'format', (SELECT json_object_agg(format, n) FROM (SELECT e.format, count(*) AS n FROM round_tables e WHERE e.id IN (SELECT round_table_id FROM own) GROUP BY 1) x),
		'year', (SELECT json_object_agg(year, n) FROM (SELECT e.starts_key / 10000 AS year, count(*) AS n FROM round_tables e WHERE e.id IN (SELECT round_table_id FROM own) GROUP BY 1) x),
		'topic', (SELECT json_object_agg(topic_id, n) FROM (SELECT l.topic_id, count(*) AS n FROM round_table_topics l WHERE l.round_table_id IN (SELECT round_table_id FROM own)
			GROUP BY 1 ORDER BY 2 DESC LIMIT 10) x),
		'organizer', (SELECT json_object_agg(organization_id, n) FROM (SELECT l.organization_id, count(*) AS n FROM organizers l GROUP BY 1 ORDER BY 2 DESC LIMIT 10) x))`
	overviewSQL = `WITH e AS MATERIALIZED (SELECT id, starts_on, format, date_precision FROM round_tables WHERE $1 = 0 OR id IN (SELECT round_table_id FROM round_table_topics WHERE topic_id = $1))
		SELECT json_build_object(
		'counts', json_build_object('round_tables', (SELECT count(*) FROM e),
			'people', (SELECT count(*) FROM (SELECT a.person_id FROM attendees a JOIN e ON e.id = a.round_table_id WHERE a.person_id IS NOT NULL
				UNION SELECT s.quoted_person_id FROM statements s JOIN e ON e.id = s.round_table_id WHERE s.quoted_person_id IS NOT NULL) x),
			'organizations', (SELECT count(*) FROM (SELECT o.organization_id FROM organizers o JOIN e ON e.id = o.round_table_id
				UNION SELECT a.organization_id FROM attendees a JOIN e ON e.id = a.round_table_id WHERE a.organization_id IS NOT NULL
				UNION SELECT a.organization_id FROM attendee_affiliations a JOIN e ON e.id = a.round_table_id WHERE a.organization_id IS NOT NULL) x),
			'statements', (SELECT count(*) FROM statements s JOIN e ON e.id = s.round_table_id),
			'recommendations', (SELECT count(*) FROM recommendations s JOIN e ON e.id = s.round_table_id),
			'topics', (SELECT count(DISTINCT topic_id) FROM round_table_topics s JOIN e ON e.id = s.round_table_id)),
		'first_on', (SELECT min(starts_on) FROM e), 'last_on', (SELECT max(starts_on) FROM e),
		'months', (SELECT json_object_agg(month, n) FROM (SELECT to_char(starts_on, 'YYYY-MM') AS month, count(*) AS n FROM e WHERE date_precision IN ('day', 'month') GROUP BY 1) x),
		'formats', (SELECT json_object_agg(format, n) FROM (SELECT format, count(*) AS n FROM e GROUP BY 1) x),
		'topics', (SELECT json_object_agg(topic_id, n) FROM (SELECT topic_id, count(*) AS n FROM round_table_topics l JOIN e ON e.id = l.round_table_id GROUP BY 1 ORDER BY 2 DESC LIMIT 10) x),
		'organizers', (SELECT json_object_agg(organization_id, n) FROM (SELECT organization_id, count(*) AS n FROM organizers l JOIN e ON e.id = l.round_table_id GROUP BY 1 ORDER BY 2 DESC LIMIT 10) x))`
	networkSQL = `WITH m AS MATERIALIZED (SELECT DISTINCT a.round_table_id AS event, a.person_id AS node FROM round_table_topics t JOIN attendees a ON a.round_table_id = t.round_table_id
			WHERE t.topic_id = $1 AND a.person_id IS NOT NULL AND a.attendance NOT IN ('invited', 'absent')),
		top AS MATERIALIZED (SELECT node, count(*) AS n FROM m GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50),
		kept AS MATERIALIZED (SELECT m.* FROM m JOIN top USING (node)),
		links AS (SELECT a.node AS source, b.node AS target, count(*) AS weight FROM kept a JOIN kept b ON b.event = a.event AND b.node > a.node GROUP BY 1, 2)
		SELECT json_build_object('nodes', (SELECT json_agg(json_build_object('id', p.id, 'label', p.name, 'count', top.n) ORDER BY top.n DESC, p.id) FROM top JOIN people p ON p.id = top.node),
			'links', (SELECT json_agg(json_build_object('source', source, 'target', target, 'weight', weight) ORDER BY weight DESC, source, target) FROM links))`
	companionsSQL = `SELECT coalesce(json_agg(json_build_object('id', n.id, 'name', n.name, 'round_tables', x.n, 'latest',
			json_build_object('id', r.id, 'name', r.title, 'starts_on', r.starts_on, 'date_precision', r.date_precision, 'format', r.format)) ORDER BY x.n DESC, x.id), '[]') FROM (
		SELECT b.person_id AS id, count(*) AS n, (array_agg(r.id ORDER BY r.starts_key DESC, r.id DESC))[1] AS latest FROM attendees a JOIN round_tables r ON r.id = a.round_table_id
		JOIN attendees b ON b.round_table_id = a.round_table_id AND b.person_id <> a.person_id
		WHERE a.person_id = $1 AND a.attendance NOT IN ('invited', 'absent') AND b.attendance NOT IN ('invited', 'absent')
		GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20) x JOIN people n ON n.id = x.id JOIN round_tables r ON r.id = x.latest`
	profileChartsSQL = `SELECT json_build_object(
		'years', (SELECT json_object_agg(year, n) FROM (SELECT starts_key / 10000 AS year, count(*) AS n FROM attendees WHERE person_id = $1 GROUP BY 1) x),
		'roles', (SELECT json_object_agg(role, n) FROM (SELECT h.role, count(*) AS n FROM attendees a JOIN attendee_roles h ON h.attendee_id = a.id WHERE a.person_id = $1 GROUP BY 1) x),
		'topics', (SELECT json_object_agg(topic_id, n) FROM (SELECT t.topic_id, count(*) AS n FROM attendees a JOIN round_table_topics t ON t.round_table_id = a.round_table_id
			WHERE a.person_id = $1 GROUP BY 1 ORDER BY 2 DESC LIMIT 20) x),
		'positions', (SELECT json_agg(json_build_object('organization_id', f.organization_id, 'title', f.title)) FROM affiliations f WHERE f.person_id = $1),
		'spellings', (SELECT json_object_agg(name_as_listed, n) FROM (SELECT a.name_as_listed, count(*) AS n FROM attendees a
			WHERE a.person_id = $1 AND a.name_as_listed IS NOT NULL GROUP BY 1) x),
		'record', (SELECT json_build_object('id', p.id, 'name', p.name) FROM people p WHERE p.id = $1))`
	searchSQL = `SELECT json_agg(json_build_object('type', 'round-tables', 'id', r.id, 'label', r.title)) FROM (
		SELECT * FROM (SELECT x.id, x.starts_key FROM search_texts x WHERE x.type = 'round-tables' AND x.vector @@ to_tsquery('simple', $1) LIMIT 501) y
		ORDER BY starts_key DESC LIMIT 20) x JOIN round_tables r ON r.id = x.id`
	searchStatementsSQL = `SELECT json_agg(json_build_object('type', 'statements', 'id', t.statement_id, 'text', t.text)) FROM (
		SELECT * FROM (SELECT x.id, x.starts_key FROM search_texts x WHERE x.type = 'statements' AND x.vector @@ to_tsquery('simple', $1) LIMIT 501) y
		ORDER BY starts_key DESC LIMIT 20) x JOIN statement_texts t ON t.statement_id = x.id`
)

func (b bare) dashboards(e *echo.Echo) {
	e.GET("/v1/round-tables/aggregate", func(c echo.Context) error {
		switch c.QueryParam("group_by") {
		case "month,format":
			return b.chart(c, monthFormatSQL, cmp.Or(c.QueryParam("starts_from"), "0001-01-01"), cmp.Or(c.QueryParam("starts_to"), "9999-12-31"))
		case "topic,year":
			return b.chart(c, topicYearSQL)
		}
		return b.chart(c, topOrganizersSQL)
	})
	e.GET("/v1/statements/aggregate", func(c echo.Context) error { return b.chart(c, topSpeakersSQL) })
	e.GET("/v1/stats/overview", func(c echo.Context) error {
		topic, _ := number("0" + c.QueryParam("topic"))
		return b.whole(c, overviewSQL, topic)
	})
	e.GET("/v1/stats/network", func(c echo.Context) error {
		topic, err := number(c.QueryParam("topic"))
		if err != nil {
			return c.NoContent(http.StatusBadRequest)
		}
		return b.whole(c, networkSQL, topic)
	})
	e.GET("/v1/people/:id/profile", b.profile)
	e.GET("/v1/search", b.search)
}

// chart sends the rows that a query returns as one JSON value.
func (b bare) chart(c echo.Context, sql string, args ...any) error {
	var rows json.RawMessage
	if err := b.db.QueryRow(c.Request().Context(), sql, args...).Scan(&rows); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"data": rows})
}

// whole sends the JSON value that a query returns.
func (b bare) whole(c echo.Context, sql string, args ...any) error {
	var body json.RawMessage
	if err := b.db.QueryRow(c.Request().Context(), sql, args...).Scan(&body); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, body)
}

// facets sends a page of the round tables of an organizer, and counts all of them.
func (b bare) facets(c echo.Context) error {
	id, err := number(c.QueryParam("organizer"))
	if err != nil {
		return c.NoContent(http.StatusBadRequest)
	}
	var out struct {
		Data   []bareEvent     `json:"data"`
		Facets json.RawMessage `json:"facets"`
	}
	var batch pgx.Batch
	batch.Queue(eventsOfOrganizerSQL, id).Query(collect(&out.Data))
	batch.Queue("WITH own AS MATERIALIZED (SELECT round_table_id FROM organizers WHERE organization_id = $1) "+facetSQL, id).
		QueryRow(func(row pgx.Row) error { return row.Scan(&out.Facets) })
	if err := b.db.SendBatch(c.Request().Context(), &batch).Close(); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func (b bare) profile(c echo.Context) error {
	id, err := number(c.Param("id"))
	if err != nil {
		return c.NoContent(http.StatusNotFound)
	}
	var out struct {
		Charts     json.RawMessage `json:"charts"`
		Companions json.RawMessage `json:"appeared_with"`
		Statements []bareStatement `json:"newest_statements"`
	}
	var batch pgx.Batch
	batch.Queue(profileChartsSQL, id).QueryRow(func(row pgx.Row) error { return row.Scan(&out.Charts) })
	batch.Queue(companionsSQL, id).QueryRow(func(row pgx.Row) error { return row.Scan(&out.Companions) })
	batch.Queue(strings.Replace(statementsOfPersonSQL, "LIMIT 50", "LIMIT 10", 1), id).Query(collect(&out.Statements))
	if err := b.db.SendBatch(c.Request().Context(), &batch).Close(); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// search looks for words as written, the last one by its beginning.
func (b bare) search(c echo.Context) error {
	words := strings.Fields(strings.ToLower(c.QueryParam("q")))
	query := strings.Join(words, " & ") + ":*"
	var found [2]json.RawMessage
	var batch pgx.Batch
	for i, sql := range []string{searchSQL, searchStatementsSQL} {
		batch.Queue(sql, folded.Replace(query)).QueryRow(func(row pgx.Row) error { return row.Scan(&found[i]) })
	}
	if err := b.db.SendBatch(c.Request().Context(), &batch).Close(); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	data := []json.RawMessage{}
	for _, list := range found {
		var records []json.RawMessage
		if len(list) > 0 {
			if err := json.Unmarshal(list, &records); err != nil {
				return err
			}
		}
		data = append(data, records...)
	}
	return c.JSON(http.StatusOK, map[string]any{"data": data})
}

var folded = strings.NewReplacer("ә", "а", "ғ", "г", "қ", "к", "ң", "н", "ө", "о", "ұ", "у", "ү", "у", "һ", "х", "і", "и", "ё", "е")
