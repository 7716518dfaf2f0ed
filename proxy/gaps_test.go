package proxy

import (
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestGaps_areThoseOfTheRunningConfiguration(t *testing.T) {
	site := func(host string, mode sekisho.Mode, change func(*sekisho.Site)) sekisho.Site {
		s := testSite("http://127.0.0.1:1", mode)
		s.ID, s.Host = sekisho.SiteID(host), host
		if change != nil {
			change(&s)
		}
		return s
	}
	off := sekisho.ModeOff
	c := start(t,
		site("a.example", sekisho.ModeBlock, func(s *sekisho.Site) { s.BeyondLimit = sekisho.BeyondRefuse }),
		site("b.example", sekisho.ModeBlock, func(s *sekisho.Site) { s.Policy.ResponseBodyLimit = 0 }),
		site("c.example", sekisho.ModeDetect, func(s *sekisho.Site) { s.BeyondLimit = sekisho.BeyondRefuse }),
	)
	hostsOf := func(words string) string {
		for _, gap := range c.Gaps() {
			if strings.Contains(gap.What.EN, words) {
				return strings.Join(gap.Hosts, " ")
			}
		}
		return ""
	}
	for words, want := range map[string]string{
		"WebSocket frames":              "a.example b.example c.example",
		"behind the first 131072 bytes": "b.example c.example",
		"behind its first 65536 bytes":  "a.example c.example",
		"bodies of answers":             "a.example b.example c.example", // of other types; the first that names them
		"inspection is off":             "",
		"policy cannot be put in force": "",
	} {
		if got := hostsOf(words); got != want {
			t.Errorf("%q is said of %q, want %q", words, got, want)
		}
	}
	if err := c.Apply([]sekisho.Site{site("a.example", sekisho.ModeBlock, nil)}, &off, nil); err != nil {
		t.Fatal(err)
	}
	if gaps := c.Gaps(); len(gaps) != 1 || gaps[0].Sites != 1 || !strings.Contains(gaps[0].What.EN, "off") {
		t.Errorf("with the kill switch pulled: %+v", gaps)
	}
}
