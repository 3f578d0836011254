package text

import (
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
)

// OtherName is a name beside the preferred one.
//
//	@Description	A name beside the preferred one.
type OtherName struct {
	Text string  `json:"text" validate:"required,max=500" example:"T. Kaliyev"`                                                                                                                  // The name as it is written.
	Lang *string `json:"lang" validate:"omitnil,language" example:"en"`                                                                                                                          // The language it is written in, where that is known.
	Kind string  `json:"kind" validate:"required,oneof=alias transliteration former abbreviated misspelling" enums:"alias,transliteration,former,abbreviated,misspelling" example:"abbreviated"` // How it differs from the preferred name.
} //	@name	OtherName

// MaxOtherNames is how many a record may have, as the tags of people and organizations say.
const MaxOtherNames = 100

// CheckOtherNames gives the mistakes that no tag can say: names of blanks.
func CheckOtherNames(pointer string, others []OtherName) (fields []apperr.Field) {
	for i, o := range others {
		if o.Text != "" && strings.TrimSpace(o.Text) == "" {
			fields = append(fields, apperr.At(pointer+"/"+strconv.Itoa(i)+"/text", "blank"))
		}
	}
	return fields
}
