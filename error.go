package sekisho

import (
	"errors"
	"strings"
)

// Kind sorts errors for programs. The zero Kind is KindInternal: an error that nobody classified is ours.
type Kind uint8

const (
	// KindInternal is a fault of ours: a bug, or a part of the house that broke.
	KindInternal Kind = iota
	// KindInvalid is input that can never succeed as it stands; the message says what fits.
	KindInvalid
	// KindNotFound is also what a stranger gets for somebody else's record.
	KindNotFound
	// KindConflict is input that clashes with what is already there.
	KindConflict
	// KindForbidden is a known user without the right.
	KindForbidden
	// KindUnauthenticated is nobody we know.
	KindUnauthenticated
	// KindUnavailable is a part that is away for now; trying again later can succeed.
	KindUnavailable
)

var kindNames = [...]string{"internal", "invalid", "not found", "conflict", "forbidden", "unauthenticated", "unavailable"}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Error tells what we were doing (Op), what a person may be told (Msg), and why it stopped (Err).
// Only Msg may reach a browser; Op and Err are for the log.
type Error struct {
	Kind Kind
	Op   string // what we were doing, to what: "show site shop.example"
	Msg  string // for people: names the thing and the way out
	Err  error  // the cause, or nil
}

// Error joins the parts that are there, for logs and the command line.
func (e *Error) Error() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{e.Op, e.Msg} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if len(parts) == 0 {
		return e.Kind.String()
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Invalid returns a KindInvalid error with a message for people.
func Invalid(msg string) error { return &Error{Kind: KindInvalid, Msg: msg} }

// NotFound returns a KindNotFound error that names what was looked for.
func NotFound(what string) error { return &Error{Kind: KindNotFound, Msg: what + " not found"} }

// KindOf returns the Kind of the first [Error] in err's chain, and KindInternal for any other error.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// MessageOf returns what a person may be told about err: the first non-empty Msg in its chain, or "" if there is none.
func MessageOf(err error) string {
	for err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			return ""
		}
		if e.Msg != "" {
			return e.Msg
		}
		err = e.Err
	}
	return ""
}
