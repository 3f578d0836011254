package api

import (
	"roundtables.kz/registry/internal/topic"

	"github.com/labstack/echo/v4"
)

// TopicPage is a page of topics.
type TopicPage = Page[topic.Topic] //	@name	TopicPage

// listTopics answers a page of topics.
//
//	@ID			listTopics
//	@Summary	List topics
//	@Tags		Topics
//	@x-sort		["label", "updated_at"]
//	@Param		filter	query		topic.Filter	false	"-"
//	@Success	200		{object}	TopicPage		"A page of topics."
//	@Router		/v1/topics [get]
func (s *server) listTopics(c echo.Context) error { return listOf(s, c, topic.List) }

// getTopic answers one topic.
//
//	@ID			getTopic
//	@Summary	Get a topic
//	@Tags		Topics
//	@Param		id		path		int			true	"The topic."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	topic.Topic	"The topic."
//	@Router		/v1/topics/{id} [get]
func (s *server) getTopic(c echo.Context) error { return itemOf(s, c, topic.Get) }

// createTopic makes a topic.
//
//	@ID			createTopic
//	@Summary	Create a topic
//	@Tags		Topics
//	@Param		params	query		writeParams	false	"-"
//	@Param		topic	body		topic.Input	true	"The topic."
//	@Success	201		{object}	topic.Topic	"The new topic."
//	@Router		/v1/topics [post]
func (s *server) createTopic(c echo.Context) error { return createOf(s, c, topic.Create, topic.Get) }

// patchTopic changes a topic.
//
//	@ID			patchTopic
//	@Summary	Change a topic
//	@Tags		Topics
//	@Param		id		path		int			true	"The topic."
//	@Param		params	query		writeParams	false	"-"
//	@Param		patch	body		topic.Input	true	"What changes."
//	@Success	200		{object}	topic.Topic	"The topic as it is now."
//	@Router		/v1/topics/{id} [patch]
func (s *server) patchTopic(c echo.Context) error {
	return patchOf(s, c, topic.Table, topic.Type, topic.Get, func(t *topic.Topic) *topic.Input { return &t.Input }, topic.Update)
}

// deleteTopic deletes a topic.
//
//	@ID				deleteTopic
//	@Summary		Delete a topic
//	@Description	Refused with 409 while other records refer to the topic.
//	@Tags			Topics
//	@Param			id		path	int			true	"The topic."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The topic is gone, or would be after a dry run."
//	@Router			/v1/topics/{id} [delete]
func (s *server) deleteTopic(c echo.Context) error {
	return deleteOf(s, c, topic.Table, topic.Type, topic.Get)
}
