package knownbad

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/sekisho-waf/sekisho"
)

const (
	// MaxBytes is how large the file of a list may be.
	MaxBytes = 512 << 20

	maxEntries  = 8 << 20
	maxSources  = 1 << 16
	maxLine     = 4096
	widestIPv4  = 3 // bits; some public lists hold 224.0.0.0/3
	widestIPv6  = 16
	longestName = 253
)

// Parse reads a whole list; name is its source where the list names none. A file with one line that cannot be is refused
// as a whole: the error (KindInvalid) names the line. known reports whether a class exists.
func Parse(name string, content []byte, known func(sekisho.Class) bool) (*List, error) {
	l := newList(bytes.Count(content, []byte("\n")) + 1)
	defaults := entry{source: l.name(&l.sources, name)}
	n := 0
	for line := range bytes.Lines(content) {
		n++
		if err := l.line(line, &defaults, known); err != nil {
			return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Op: "reading the list " + name, Msg: fmt.Sprintf("line %d: %v", n, err)}
		}
	}
	return l, nil
}

func (l *List) line(line []byte, defaults *entry, known func(sekisho.Class) bool) error {
	if len(line) > maxLine {
		return fmt.Errorf("%d bytes; use at most %d", len(line), maxLine)
	}
	text := strings.TrimSpace(string(line))
	if rest, ok := strings.CutPrefix(text, "#!"); ok {
		return l.facts(strings.Split(rest, ","), defaults, known)
	}
	text, _, _ = strings.Cut(text, "#")
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	parts := strings.Split(text, ",")
	e := *defaults
	if err := l.facts(parts[1:], &e, known); err != nil {
		return err
	}
	key, err := l.keyOf(strings.TrimSpace(parts[0]))
	if err != nil {
		return err
	}
	return l.put(key, e)
}

// facts reads key=value pairs.
func (l *List) facts(pairs []string, e *entry, known func(sekisho.Class) bool) error {
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if !ok && key == "" {
			continue
		}
		var err error
		switch key {
		case "first":
			e.first, err = moment(value)
		case "last":
			e.last, err = moment(value)
		case "expires":
			e.expires, err = moment(value)
		case "source":
			e.source = l.name(&l.sources, value)
		case "class":
			if !known(sekisho.Class(value)) {
				err = fmt.Errorf("no class has this name")
			}
			e.class = l.name(&l.classes, value)
		default:
			return fmt.Errorf("%q: use first, last, expires, source or class, each with = and a value", strings.TrimSpace(pair))
		}
		if err != nil {
			return fmt.Errorf("%s %q: %w", key, value, err)
		}
		if value == "" {
			return fmt.Errorf("%s: give a value", key)
		}
	}
	if len(l.sources) >= maxSources {
		return fmt.Errorf("more than %d sources", maxSources)
	}
	return nil
}

// name numbers a word.
func (l *List) name(words *[]string, word string) uint16 {
	for i, known := range *words {
		if known == word {
			return uint16(i)
		}
	}
	*words = append(*words, word)
	return uint16(len(*words) - 1)
}

// moment reads a date, or a time with its zone, into seconds since 1970.
func moment(value string) (uint32, error) {
	for _, form := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(form, value); err == nil && t.Unix() > 0 && t.Unix() < 1<<32 {
			return uint32(t.Unix()), nil
		}
	}
	return 0, fmt.Errorf("use a date such as 2027-01-31")
}

// keyOf tells what an entry is by its form.
func (l *List) keyOf(value string) (key []byte, err error) {
	if prefix, err := netip.ParsePrefix(value); err == nil {
		return l.network(prefix)
	}
	if address, err := netip.ParseAddr(value); err == nil && address.Zone() == "" {
		return l.network(netip.PrefixFrom(address, address.BitLen()))
	}
	if sum, ok := hashKey(value); ok {
		return sum, nil
	}
	if domain, ok := domainName(value); ok {
		return domainKey(nil, domain), nil
	}
	return nil, fmt.Errorf("%q: use an address, a network, a domain or a hash", value)
}

func (l *List) network(p netip.Prefix) ([]byte, error) {
	if p.Addr().Is4In6() {
		p = netip.PrefixFrom(p.Addr().Unmap(), max(0, p.Bits()-96))
	}
	widest := widestIPv6
	if p.Addr().Is4() {
		widest = widestIPv4
	}
	if p.Bits() < widest {
		return nil, fmt.Errorf("%s: too wide; use /%d or narrower", p, widest)
	}
	l.uses(p)
	return networkKey(nil, p.Masked()), nil
}

// Keys begin with what they are, so that no two kinds meet.

func networkKey(into []byte, p netip.Prefix) []byte {
	a := p.Addr().As16()
	return append(append(into, 'n', byte(p.Addr().BitLen()), byte(p.Bits())), a[:]...)
}

func domainKey(into []byte, domain string) []byte { return append(append(into, 'd'), domain...) }

// hashKey reads an MD5, SHA-1 or SHA-256.
func hashKey(s string) (key []byte, ok bool) {
	switch len(s) {
	case 32, 40, 64:
		sum, err := hex.DecodeString(s)
		return append([]byte{'h'}, sum...), err == nil
	}
	return nil, false
}

// domainName brings a name into the form that DNS knows: lower case, without the last dot, in ASCII. A name of one label
// is none: it would stand for a whole top-level domain.
func domainName(s string) (string, bool) {
	s = strings.TrimSuffix(strings.ToLower(s), ".")
	for i := range len(s) {
		if s[i] >= 0x80 {
			ascii, err := idna.Lookup.ToASCII(s)
			if err != nil {
				return "", false
			}
			s = ascii
			break
		}
	}
	if len(s) > longestName || !strings.Contains(s, ".") || strings.Contains(s, "..") || strings.HasPrefix(s, ".") {
		return "", false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return "", false
		}
	}
	return s, true
}
