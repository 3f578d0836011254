package text

import (
	"strconv"
	"strings"

	"roundtables.kz/registry/internal/apperr"
)

// OtherName is a name besides the preferred one.
//
//	@Description	A name besides the preferred one, such as an alias, a former name or another spelling.
type OtherName struct {
	// The name.
	Text string `json:"text" validate:"required,max=500" example:"T. Kaliyev"`
	// Language of the name (BCP 47). Null if unknown.
	Lang *string `json:"lang" validate:"omitnil,language" example:"en"`
	// How the name differs from the preferred one.
	Kind string `json:"kind" validate:"required,oneof=alias transliteration former abbreviated misspelling" enums:"alias,transliteration,former,abbreviated,misspelling" example:"abbreviated"`
} //	@name	OtherName

// MaxOtherNames is the largest number of other names of a record, as the tags of people and organizations state it.
const MaxOtherNames = 100

// CheckOtherNames returns the mistakes that tags cannot express: blank names.
func CheckOtherNames(pointer string, others []OtherName) (fields []apperr.Field) {
	for i, o := range others {
		if o.Text != "" && strings.TrimSpace(o.Text) == "" {
			fields = append(fields, apperr.At(pointer+"/"+strconv.Itoa(i)+"/text", "blank"))
		}
	}
	return fields
}
