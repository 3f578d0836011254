package apperr_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"roundtables.kz/registry/internal/apperr"
)

func TestTheKindOfAnErrorIsFoundInItsChain(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	e := apperr.New(apperr.Conflict, "in_use", "type", "topics")
	e.Err = cause
	err := fmt.Errorf("delete topic: %w", e)
	if !apperr.IsKind(err, apperr.Conflict) || apperr.IsKind(err, apperr.NotFound) || apperr.IsKind(cause, apperr.Conflict) || apperr.IsKind(nil, apperr.Conflict) {
		t.Error("the kind is wrong")
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
	if e.Args["type"] != "topics" {
		t.Errorf("%v", e.Args)
	}
}

func TestTheTextOfAnErrorForTheLogNamesItsCodesAndItsCause(t *testing.T) {
	t.Parallel()
	err := apperr.Validation([]apperr.Field{apperr.At("/name", "required"), apperr.In("limit", "too_large", "max", "5")})
	var e *apperr.Error
	if !errors.As(err, &e) || e.Kind != apperr.Invalid {
		t.Fatal(err)
	}
	e.Err = errors.New("the cause")
	for _, part := range []string{e.Code, "/name:required", "too_large", "the cause"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %s", err, part)
		}
	}
}

func TestNoFieldErrorsAreNoError(t *testing.T) {
	t.Parallel()
	if err := apperr.Validation(nil); err != nil {
		t.Error(err)
	}
	if err := apperr.BadQuery(nil); err != nil {
		t.Error(err)
	}
	if err := apperr.BadQuery([]apperr.Field{apperr.In("limit", "wrong_type")}); err == nil {
		t.Error("an error of a parameter is lost")
	}
}

func TestAValueOutsideOfAListIsReportedWithTheList(t *testing.T) {
	t.Parallel()
	f := apperr.NotOneOf("/kind", []string{"one", "two"})
	if f.Pointer != "/kind" || f.Code != "not_allowed" || len(f.Allowed) != 2 {
		t.Errorf("%+v", f)
	}
	if message := apperr.Message(f.Code, "en", f.Args); !strings.Contains(message, "one, two") {
		t.Errorf("%q", message)
	}
}
