package store

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

const (
	defaultPage = 100
	largestPage = 1000
)

// pageSize is what a filter's limit means: 0 asks for the default, and one page never holds more than 1,000 records,
// so that no request can ask for a month at once; the cursor goes on from there.
func pageSize(limit int) (int, error) {
	switch {
	case limit < 0:
		return 0, sekisho.Invalid("limit: use 0 (a page of 100) or more")
	case limit == 0:
		return defaultPage, nil
	}
	return min(limit, largestPage), nil
}

// place is where a page ended: the order is by time, then id, both falling. A cursor names the record, not a number of
// rows, so that rows which arrive meanwhile neither repeat nor hide others. It carries no right: the tenant stands in the
// query, always.
type place struct {
	micros int64
	id     string
}

const cursorVersion = 1

func (p place) cursor() string {
	raw := append([]byte{cursorVersion}, binary.AppendVarint(nil, p.micros)...)
	return base64.RawURLEncoding.EncodeToString(append(raw, p.id...))
}

// parseCursor reads what cursor wrote; anything else is KindInvalid.
func parseCursor(s string) (place, error) {
	bad := sekisho.Invalid("cursor: use the one from the page before, or none for the first page")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) == 0 || raw[0] != cursorVersion || strings.ContainsAny(s, "\r\n") {
		return place{}, bad
	}
	micros, n := binary.Varint(raw[1:])
	if n <= 0 || n+1 == len(raw) {
		return place{}, bad
	}
	return place{micros: micros, id: string(raw[1+n:])}, nil
}

// where gathers the conditions of a list and their arguments in step.
type where struct {
	conditions []string
	args       []any
}

func (w *where) and(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

func (w *where) String() string { return strings.Join(w.conditions, " AND ") }
