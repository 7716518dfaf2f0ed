package sekisho

import (
	"errors"
	"fmt"
	"testing"
)

func TestError_onlyTheMessageIsForPeople(t *testing.T) {
	secret := errors.New("dial 10.0.0.3: password wrong")
	err := fmt.Errorf("show site: %w", &Error{Kind: KindUnavailable, Op: "read sites", Msg: "the database is away", Err: secret})
	if got := MessageOf(err); got != "the database is away" {
		t.Errorf("got message %q", got)
	}
	if got := KindOf(err); got != KindUnavailable {
		t.Errorf("got kind %s", got)
	}
	if !errors.Is(err, secret) {
		t.Error("the cause is lost")
	}
	if KindOf(secret) != KindInternal || MessageOf(secret) != "" {
		t.Error("an unclassified error must be internal and silent")
	}
}

func TestMessageOf_looksBehindAnErrorWithoutMessage(t *testing.T) {
	err := &Error{Op: "add site", Err: Invalid("host: empty")}
	if got := MessageOf(err); got != "host: empty" {
		t.Errorf("got %q", got)
	}
}
