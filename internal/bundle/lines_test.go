package bundle

import (
	"reflect"
	"testing"

	"roundtables.kz/registry/internal/input"
	"roundtables.kz/registry/internal/person"
	"roundtables.kz/registry/internal/recommendation"
	"roundtables.kz/registry/internal/roundtable"
	"roundtables.kz/registry/internal/statement"
	"roundtables.kz/registry/internal/topic"
)

func TestABundleKeepsTheLinesOfTheTextsThatItsInputsKeep(t *testing.T) {
	t.Parallel()
	found := 0
	for part, of := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[RoundTable](): reflect.TypeFor[roundtable.Input](), reflect.TypeFor[Statement](): reflect.TypeFor[statement.Input](),
		reflect.TypeFor[Text](): reflect.TypeFor[statement.Text](), reflect.TypeFor[Recommendation](): reflect.TypeFor[recommendation.Input](),
		reflect.TypeFor[Person](): reflect.TypeFor[person.Input](), reflect.TypeFor[Topic](): reflect.TypeFor[topic.Input](),
	} {
		members := input.Members(of)
		for name, index := range input.Members(part) {
			if same, ok := members[name]; ok {
				kept := of.FieldByIndex(same).Tag.Get("lines")
				if got := part.FieldByIndex(index).Tag.Get("lines"); got != kept {
					t.Errorf("%s.%s has lines:%q, its input %q", part, name, got, kept)
				}
				if kept != "" {
					found++
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d texts with lines were found", found)
	}
}
