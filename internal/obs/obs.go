// Package obs owns how Sekisho is observed: the set-up of slog and the one list of attribute keys. A pure leaf: every
// role may import it. Messages are constant, facts are attributes, and attacker-controlled text is only ever a value.
package obs

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/sekisho-waf/sekisho"
)

// NewLogger returns a logger that writes lines to w: format "text" or "json", level "debug", "info", "warn" or "error".
// Both formats quote control characters, so that a hostile value cannot forge a line (ASVS V16.4.1).
func NewLogger(w io.Writer, format, level string) (*slog.Logger, error) {
	var lowest slog.Level
	if err := lowest.UnmarshalText([]byte(level)); err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("log.level %q: use debug, info, warn or error", level))
	}
	options := &slog.HandlerOptions{Level: lowest}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, sekisho.Invalid(fmt.Sprintf("log.format %q: use text or json", format))
}
