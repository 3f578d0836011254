package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"roundtables.kz/registry/internal/date"
)

// The bare handler is the smallest program that gives these responses: no keys, no validation, no log. Nested objects come
// from the database as JSON and are sent unchanged.

// bare holds the pool of the bare handler.
type bare struct{ db *pgxpool.Pool }

// barePool is the size of its pool, the service's own default.
const barePool = 8

// serveBare serves requests until ctx ends. args are the database URL and the address.
func serveBare(ctx context.Context, args []string, _ io.Writer) error {
	if len(args) != 2 {
		return errors.New("bare requires a database URL and an address")
	}
	config, err := pgxpool.ParseConfig(args[0])
	if err != nil {
		return err
	}
	config.MaxConns = barePool
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
		return nil
	}
	b := bare{}
	if b.db, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	defer b.db.Close()
	server := http.Server{Handler: b.routes(), ReadHeaderTimeout: 10 * time.Second}
	var how net.ListenConfig
	l, err := how.Listen(ctx, "tcp", args[1])
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (b bare) routes() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.GET("/readyz", func(c echo.Context) error { return c.NoContent(http.StatusOK) })
	e.GET("/v1/round-tables/:id", func(c echo.Context) error { return item[bareEvent](b, c, eventSQL+" WHERE r.id = $1", c.Param("id")) })
	e.GET("/v1/round-tables", func(c echo.Context) error {
		if c.QueryParam("facets") != "" {
			return b.facets(c)
		}
		if organizer := c.QueryParam("organizer"); organizer != "" {
			return list[bareEvent](b, c, eventsOfOrganizerSQL, organizer)
		}
		day, err := time.Parse(time.DateOnly, c.QueryParam("starts_to"))
		if err != nil {
			return c.NoContent(http.StatusBadRequest)
		}
		return list[bareEvent](b, c, eventsSQL, strconv.Itoa(date.Day{Time: day}.Key()-1))
	})
	e.GET("/v1/round-tables/:id/organizers", func(c echo.Context) error { return list[bareOrganizer](b, c, organizersOfEventSQL, c.Param("id")) })
	e.GET("/v1/round-tables/:id/attendees", func(c echo.Context) error { return list[bareAttendee](b, c, attendeesOfEventSQL, c.Param("id")) })
	e.GET("/v1/round-tables/:id/statements", func(c echo.Context) error { return list[bareStatement](b, c, statementsOfEventSQL, c.Param("id")) })
	e.GET("/v1/people", func(c echo.Context) error {
		return list[barePerson](b, c, peopleOfOrganizationSQL, c.QueryParam("organization"))
	})
	e.GET("/v1/statements", func(c echo.Context) error {
		return list[bareStatement](b, c, statementsOfPersonSQL, c.QueryParam("person"))
	})
	e.POST("/v1/statements", b.create)
	e.GET("/everything/:id", b.wholeEvent)
	b.dashboards(e)
	return e
}

// number parses the only parameter of a request.
func number(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

func item[T any](b bare, c echo.Context, sql, param string) error {
	id, err := number(param)
	if err != nil {
		return c.NoContent(http.StatusNotFound)
	}
	rows, err := b.db.Query(c.Request().Context(), sql, id)
	if err != nil {
		return err
	}
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return c.NoContent(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, row)
}

func list[T any](b bare, c echo.Context, sql, param string) error {
	id, err := number(param)
	if err != nil {
		return c.NoContent(http.StatusBadRequest)
	}
	rows, err := b.db.Query(c.Request().Context(), sql, id)
	if err != nil {
		return err
	}
	data, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"data": data})
}

// wholeEvent returns an event with all its parts: four queries in one batch.
func (b bare) wholeEvent(c echo.Context) error {
	id, err := number(c.Param("id"))
	if err != nil {
		return c.NoContent(http.StatusNotFound)
	}
	var out struct {
		Event      bareEvent       `json:"round_table"`
		Organizers []bareOrganizer `json:"organizers"`
		Attendees  []bareAttendee  `json:"attendees"`
		Statements []bareStatement `json:"statements"`
	}
	var batch pgx.Batch
	batch.Queue(eventSQL+" WHERE r.id = $1", id).Query(func(rows pgx.Rows) (err error) {
		out.Event, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[bareEvent])
		return err
	})
	batch.Queue(organizersOfEventSQL, id).Query(collect(&out.Organizers))
	batch.Queue(attendeesOfEventSQL, id).Query(collect(&out.Attendees))
	batch.Queue(statementsOfEventSQL, id).Query(collect(&out.Statements))
	if err := b.db.SendBatch(c.Request().Context(), &batch).Close(); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func collect[T any](into *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	}
}

// create inserts a statement and returns it.
func (b bare) create(c echo.Context) error {
	var in statementBody
	if err := json.NewDecoder(c.Request().Body).Decode(&in); err != nil {
		return c.NoContent(http.StatusBadRequest)
	}
	ctx := c.Request().Context()
	var made bareStatement
	err := pgx.BeginFunc(ctx, b.db, func(tx pgx.Tx) error {
		var id int64
		err := tx.QueryRow(ctx, `INSERT INTO statements (round_table_id, attendee_id, kind, act, sequence)
			VALUES ($1, $2, $3, $4, (SELECT coalesce(max(s.sequence), 0) + 1 FROM statements s WHERE s.round_table_id = $1)) RETURNING id`,
			in.RoundTableID, in.AttendeeID, in.Kind, in.Act).Scan(&id)
		if err != nil {
			return err
		}
		var batch pgx.Batch
		for i, t := range in.Texts {
			batch.Queue("INSERT INTO statement_texts (statement_id, lang, text, original, position) VALUES ($1, $2, $3, $4, $5)", id, t.Lang, t.Text, t.Original, i+1)
		}
		for i, topic := range in.TopicIDs {
			batch.Queue("INSERT INTO statement_topics (statement_id, topic_id, position) VALUES ($1, $2, $3)", id, topic, i+1)
		}
		batch.Queue(statementSQL+" WHERE s.id = $1", id).Query(func(rows pgx.Rows) (err error) {
			made, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[bareStatement])
			return err
		})
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return fmt.Errorf("create a statement: %w", err)
	}
	return c.JSON(http.StatusCreated, made)
}
