package api

import (
	"context"
	"slices"

	"roundtables.kz/registry/internal/apperr"
	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/role"
	"roundtables.kz/registry/internal/text"
	"roundtables.kz/registry/internal/vocabulary"

	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
)

// Vocabularies is the response with all codes.
//
//	@Description	The codes of all vocabularies.
type Vocabularies struct {
	Data []vocabulary.Vocabulary `json:"data"` // The vocabularies, in order.
	Meta ViewMeta                `json:"meta"`
} //	@name	Vocabularies

// viewParams are the parameters of every view.
type viewParams struct {
	Lang string `query:"lang" form:"lang" validate:"omitempty,language"` // Adds `<field>_text` and `<field>_lang` to every text, in this language or, if missing, the first available of ru, en, kk.
}

// roleVocabulary is the name of the vocabulary whose codes are records.
const roleVocabulary = "role"

// listVocabularies returns all codes with their labels.
//
//	@ID				listVocabularies
//	@Summary		List the codes with their labels
//	@Description	Returns every code of every vocabulary in order, with its label in kk, ru and en: what forms, filters and legends show. `used_in`
//	@Description	names the members with these codes. The codes of roles are the records of `/v1/roles`, which operators maintain. Languages
//	@Description	(BCP 47) and countries (ISO 3166-1) are standards and are not listed.
//	@Tags			Statistics
//	@x-view			true
//	@Param			params	query		viewParams		false	"-"
//	@Success		200		{object}	Vocabularies	"All vocabularies."
//	@Router			/v1/vocabularies [get]
func (s *server) listVocabularies(c echo.Context) error {
	var p viewParams
	if err := apperr.BadQuery(input.Bind(c.QueryParams(), &p)); err != nil {
		return err
	}
	return s.sendView(c, func(ctx context.Context, tx pgx.Tx, meta ViewMeta) (any, error) {
		roles, err := role.Codes(ctx, tx)
		if err != nil {
			return nil, err
		}
		all := make([]vocabulary.Vocabulary, 0, len(vocabulary.All())+1)
		for _, v := range vocabulary.All() {
			v.Codes = slices.Clone(v.Codes) // a requested language adds to them
			all = append(all, v)
		}
		all = append(all, vocabulary.Vocabulary{Name: roleVocabulary, UsedIn: []string{"attendees.roles"}, Codes: roles})
		if p.Lang != "" {
			text.Localize(all, p.Lang)
		}
		return Vocabularies{all, meta}, nil
	})
}
