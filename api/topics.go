package api

import (
	"roundtables.kz/registry/internal/topic"

	"github.com/labstack/echo/v4"
)

func (s *server) listTopics(c echo.Context) error { return listOf(s, c, topic.List) }

func (s *server) getTopic(c echo.Context) error { return itemOf(s, c, topic.Get) }

func (s *server) createTopic(c echo.Context) error { return createOf(s, c, topic.Create, topic.Get) }

func (s *server) patchTopic(c echo.Context) error {
	return patchOf(s, c, topic.Table, topic.Type, topic.Get, func(t *topic.Topic) *topic.Input { return &t.Input }, topic.Update)
}

func (s *server) deleteTopic(c echo.Context) error {
	return deleteOf(s, c, topic.Table, topic.Type, topic.Get)
}
