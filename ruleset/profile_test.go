package ruleset

import (
	bytesOf "encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// request makes a request of a sample of the profile's data.
func (s profileSample) request(t *testing.T) *sekisho.Exchange {
	t.Helper()
	target := s.Target
	if target == "" {
		target = "/contact"
	}
	method, body := "GET", s.Body
	contentType := s.Type
	switch {
	case s.Hex != "":
		raw, err := bytesOf.DecodeString(strings.ReplaceAll(s.Hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		method, body = "POST", string(raw)
	case s.Text != "":
		method, body, contentType = "POST", "message="+escape(s.Text), form
	case s.Body != "":
		method = "POST"
	}
	if s.Method != "" {
		method = s.Method
	}
	x := exchange(method, target)
	for name, value := range s.Headers {
		x = without0(x, name)
		withHeader(x, name, value)
	}
	if body != "" {
		if contentType != "" {
			withHeader(x, "Content-Type", contentType)
		}
		withHeader(x, "Content-Length", strconv.Itoa(len(body)))
		x.Body = []byte(body)
	}
	return x
}

// escape writes a form value byte by byte.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		b.WriteString("%" + bytesOf.EncodeToString([]byte{c}))
	}
	return b.String()
}

func without0(x *sekisho.Exchange, name string) *sekisho.Exchange {
	kept := x.Header[:0:0]
	for _, f := range x.Header {
		if !strings.EqualFold(f.Name, name) {
			kept = append(kept, f)
		}
	}
	x.Header = kept
	return x
}

// smallBusinessPolicy is the profile at the default thresholds.
func smallBusinessPolicy() sekisho.Policy {
	return sekisho.DefaultPolicy()
}

// stockPolicy is the Core Rule Set as it comes.
func stockPolicy() sekisho.Policy {
	policy := sekisho.DefaultPolicy()
	policy.Profile = sekisho.ProfileStock
	return policy
}

func TestProfile_everyLinePassesItsBenignTextAndStopsItsAttack(t *testing.T) {
	p := smallBusiness()
	ours, plain := engine(t, smallBusinessPolicy(), sekisho.ModeBlock), engine(t, stockPolicy(), sekisho.ModeBlock)
	for _, line := range p.lines {
		t.Run(line.Name, func(t *testing.T) {
			stopped := 0
			for i, sample := range line.Benign {
				if v := inspect(t, ours, sample.request(t)); v.Attack {
					t.Errorf("benign %d is stopped: %v", i+1, v.Matches)
				}
				if inspect(t, plain, sample.request(t)).Attack {
					stopped++
				}
			}
			if len(line.Benign) > 0 && stopped == 0 {
				t.Error("stock rules stop none of the benign requests: what is the line for?")
			}
			for i, sample := range line.Attack {
				if v := inspect(t, ours, sample.request(t)); !v.Attack {
					t.Errorf("attack %d passes, score %d: %v", i+1, v.Score, v.Matches)
				}
			}
		})
	}
}
