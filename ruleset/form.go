package ruleset

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
)

// Coraza's own reader of forms collects values by name and then writes name by name into a collection that does not tell
// upper from lower case: of `a=attack&A=ok` only one survives, and which one is up to the order of a Go map. An attack
// beside a namesake was missed 12 times of 100. This reader keeps every pair, in order.

func init() {
	plugins.RegisterBodyProcessor("urlencoded", func() plugintypes.BodyProcessor { return formReader{} })
}

type formReader struct{}

// ProcessRequest reads a form into ARGS_POST and keeps the text as REQUEST_BODY. No form is malformed.
func (formReader) ProcessRequest(r io.Reader, vars plugintypes.TransactionVariables, options plugintypes.BodyProcessorOptions) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	body := string(content)
	whole := addPairs(vars.ArgsPost(), body, options.ArgumentLimit)
	if !whole {
		if err := set(vars.ArgumentsLimitReached(), "1"); err != nil {
			return err
		}
	}
	if err := set(vars.RequestBody(), body); err != nil {
		return err
	}
	return set(vars.RequestBodyLength(), strconv.Itoa(len(body)))
}

// ProcessResponse does nothing: nobody answers with a form.
func (formReader) ProcessResponse(io.Reader, plugintypes.TransactionVariables, plugintypes.BodyProcessorOptions) error {
	return nil
}

// addPairs adds the pairs of a form to values, at most limit of them (0: all), and reports whether that was all.
func addPairs(values collection.Map, text string, limit int) bool {
	count := 0
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		if limit > 0 && count == limit {
			return false
		}
		count++
		name, value, _ := strings.Cut(pair, "=")
		values.Add(ownName(unescape(name)), unescape(value))
	}
	return true
}

// unescape decodes %XX and + and leaves what is no escape as it stands, as applications do.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			out.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0:
			out.WriteByte(byte(hex(s[i+1])<<4 | hex(s[i+2])))
			i += 2
		default:
			out.WriteByte(s[i])
		}
	}
	return out.String()
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
