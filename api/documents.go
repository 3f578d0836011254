package api

import (
	"roundtables.kz/registry/internal/document"

	"github.com/labstack/echo/v4"
)

// DocumentPage is a page of documents.
type DocumentPage = Page[document.Document] //	@name	DocumentPage

// listDocuments answers a page of documents.
//
//	@ID			listDocuments
//	@Summary	List documents
//	@Tags		Documents
//	@x-sort		["title", "published_on", "updated_at"]
//	@Param		filter	query		document.Filter	false	"-"
//	@Success	200		{object}	DocumentPage		"A page of documents."
//	@Router		/v1/documents [get]
func (s *server) listDocuments(c echo.Context) error { return listOf(s, c, document.List) }

// getDocument answers one document.
//
//	@ID			getDocument
//	@Summary	Get a document
//	@Tags		Documents
//	@Param		id		path		int			true	"The document."
//	@Param		params	query		itemParams	false	"-"
//	@Success	200		{object}	document.Document	"The document."
//	@Router		/v1/documents/{id} [get]
func (s *server) getDocument(c echo.Context) error { return itemOf(s, c, document.Get) }

// createDocument makes a document.
//
//	@ID				createDocument
//	@Summary		Create a document
//	@Description	Round tables link to documents by `document_links`. A document that only unpublished round tables link to is not public.
//	@Tags			Documents
//	@Param			params	query		writeParams		false	"-"
//	@Param			document	body		document.Input	true	"The document."
//	@Success		201		{object}	document.Document	"The new document."
//	@Router			/v1/documents [post]
func (s *server) createDocument(c echo.Context) error {
	return createOf(s, c, document.Create, document.Get)
}

// patchDocument changes a document.
//
//	@ID			patchDocument
//	@Summary	Change a document
//	@Tags		Documents
//	@Param		id		path		int				true	"The document."
//	@Param		params	query		writeParams		false	"-"
//	@Param		patch	body		document.Input	true	"What changes."
//	@Success	200		{object}	document.Document	"The document as it is now."
//	@Router		/v1/documents/{id} [patch]
func (s *server) patchDocument(c echo.Context) error {
	return patchOf(s, c, document.Table, document.Type, document.Get, func(r *document.Document) *document.Input { return &r.Input }, document.Update)
}

// deleteDocument deletes a document.
//
//	@ID				deleteDocument
//	@Summary		Delete a document
//	@Description	Refused with 409 while other records refer to the document.
//	@Tags			Documents
//	@Param			id		path	int			true	"The document."
//	@Param			params	query	writeParams	false	"-"
//	@Success		204		"The document is gone, or would be after a dry run."
//	@Router			/v1/documents/{id} [delete]
func (s *server) deleteDocument(c echo.Context) error {
	return deleteOf(s, c, document.Table, document.Type, document.Get)
}
