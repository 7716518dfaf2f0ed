package export

import (
	"cmp"
	"net/netip"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// encodeCEF writes Common Event Format, version 0: a header of seven fields between bars, then key=value pairs. The keys are
// those of the format's dictionary, so that a receiver knows them; what has none is a custom string with its label.
func encodeCEF(r Record, words Words, version, lang string) []byte {
	title, why := r.sentences(words, lang)
	var b strings.Builder
	b.WriteString("CEF:0|Sekisho|Sekisho|")
	b.WriteString(cefHeader(version))
	class, family := r.kind()
	for _, field := range []string{name(class), title, cefSeverity(r)} {
		b.WriteByte('|')
		b.WriteString(cefHeader(field))
	}
	b.WriteByte('|')
	pairs := cefPairs{b: &b}
	pairs.add("rt", strconv.FormatInt(r.Time().UnixMilli(), 10))
	pairs.add("externalId", r.UID())
	pairs.add("cat", family)
	pairs.add("msg", why)
	if r.Event != nil {
		pairs.event(r.Event)
	} else {
		pairs.change(r)
	}
	return []byte(b.String())
}

// kind is the class and the family of a record.
func (r Record) kind() (class, family string) {
	switch {
	case r.Event != nil:
		return string(r.Event.Class), r.Event.Family
	case r.Case != nil:
		return string(r.Case.Class), r.Case.Family
	case r.Incident != nil:
		return string(r.Incident.Class), r.Incident.Family
	}
	return "", ""
}

// cefSeverity is 0 to 10: 0-3 low, 4-6 medium, 7-8 high, 9-10 very high. Our High asks for a human today, and is 8.
func cefSeverity(r Record) string {
	switch r.Severity() {
	case sekisho.SeverityHigh:
		return "8"
	case sekisho.SeverityMedium:
		return "5"
	case sekisho.SeverityLow:
		return "3"
	}
	return "1"
}

type cefPairs struct {
	b    *strings.Builder
	some bool
}

func (p *cefPairs) add(key, value string) {
	if value == "" {
		return
	}
	if p.some {
		p.b.WriteByte(' ')
	}
	p.some = true
	p.b.WriteString(key)
	p.b.WriteByte('=')
	p.b.WriteString(cefValue(value))
}

func (p *cefPairs) number(key string, n int) {
	if n != 0 {
		p.add(key, strconv.Itoa(n))
	}
}

func (p *cefPairs) address(v4, v6 string, addr netip.Addr) {
	if !addr.IsValid() {
		return
	}
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		p.add(v4, addr.String())
		return
	}
	p.add(v6, addr.String()) // src and dst hold IPv4 only
	label := "Source IPv6 Address"
	if v4 == "dst" {
		label = "Destination IPv6 Address"
	}
	p.add(v6+"Label", label)
}

// custom adds a custom string with its label.
func (p *cefPairs) custom(number, label, value string) {
	if value != "" {
		p.add("cs"+number, value)
		p.add("cs"+number+"Label", label)
	}
}

func (p *cefPairs) event(e *sekisho.Event) {
	p.add("act", cmp.Or(e.Verb, string(e.Action)))
	p.add("outcome", string(e.Outcome))
	p.number("cnt", max(1, e.Count))
	p.address("src", "c6a2", e.SrcIP)
	p.number("spt", int(e.SrcPort))
	p.address("dst", "c6a3", e.DstIP)
	p.number("dpt", int(e.DstPort))
	p.add("proto", e.Protocol)
	switch e.Direction {
	case sekisho.DirectionInbound:
		p.add("deviceDirection", "0")
	case sekisho.DirectionOutbound:
		p.add("deviceDirection", "1")
	}
	p.add("suser", e.User)
	p.add("dhost", cmp.Or(e.Host, e.Site))
	p.add("requestMethod", e.Method)
	p.add("request", cmp.Or(e.URL, e.Path))
	p.add("requestClientApplication", e.UserAgent)
	p.add("dproc", e.Process)
	p.add("fname", e.File)
	p.add("fileHash", e.Hash)
	p.add("dvchost", e.Device)
	p.add("deviceExternalId", e.Sensor)
	p.custom("1", "tenant", string(e.Tenant))
	p.custom("2", "incident", string(e.Incident))
	p.custom("3", "signature", e.Signature)
	p.custom("4", "source", string(e.Source))
	p.custom("5", "rules", numbers(e.RuleIDs))
	p.custom("6", "product", strings.TrimSpace(e.Vendor+" "+e.Product))
}

func (p *cefPairs) change(r Record) {
	c := r.Change
	p.add("act", string(c.Kind))
	p.add("outcome", string(c.Outcome))
	p.add("reason", c.Reason)
	p.add("suser", c.By)
	if r.Incident != nil {
		p.number("cnt", max(1, r.Incident.Count))
		p.add("dhost", r.Incident.Site)
	}
	p.custom("1", "tenant", string(c.Tenant))
	p.custom("2", "incident", string(c.Incident))
	p.custom("3", "case", string(c.Case))
	p.custom("4", "state", c.State.String())
	p.custom("5", "verdict", string(c.Verdict))
}

func numbers(ids []int) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Itoa(id)
	}
	return strings.Join(texts, ",")
}

// In the header a bar and a backslash are escaped, and a line cannot end. In a value an equals sign and a backslash are, and
// a line's end is written out (ArcSight CEF implementation standard, "Character encoding"). Other control characters would
// reach a terminal or a parser from an attacker's request: they become spaces.
var (
	cefHeaderEscapes = strings.NewReplacer(`\`, `\\`, `|`, `\|`, "\r\n", " ", "\n", " ", "\r", " ")
	cefValueEscapes  = strings.NewReplacer(`\`, `\\`, `=`, `\=`, "\r\n", `\n`, "\n", `\n`, "\r", `\r`)
)

func cefHeader(s string) string { return printable(cefHeaderEscapes.Replace(s)) }

func cefValue(s string) string { return printable(cefValueEscapes.Replace(s)) }

// printable is valid UTF-8 without control characters, the line ends of Unicode included.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r <= 0x9f || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
