package ruleset

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// A chain whose dear link is asked late must still be seen whole, whichever values its links match and in whatever order
// they come.
func TestProof_asksLateAndMissesNothing(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.CustomRules = `SecRule ARGS|REQUEST_COOKIES "@rx kita\x{306e}?mori" "id:1000,phase:2,deny,t:utf8toUnicode,t:urlDecodeUni,chain"` + "\n" +
		`SecRule ARGS|REQUEST_HEADERS:X-Place "@rx ^minami"`
	p, o := proofOf(t, policy, nil), newOracle(t, policy)
	if reason, _ := p.Slow(); reason != "" {
		t.Fatal(reason)
	}
	for _, tt := range []struct {
		name, body, cookie, place string
		clean                     bool
	}{
		{"neither", "a=b&c=d", "", "", true},
		{"the dear one alone", "a=kitamori&c=d", "", "", true},
		{"the cheap one alone", "a=minami&c=d", "", "", true},
		{"the dear one first", "a=kitamori&c=minami", "", "", false},
		{"the cheap one first", "c=minami&a=kitamori", "", "", false},
		{"both of one value", "a=minami-kitamori", "", "", false},
		{"the dear one spelled by the noise", "a=kita%EF%BD%8Dori&c=minami", "", "", false},
		{"of different places", "c=d", "a=kitamori", "minami", false},
		{"of one place each, the cheap one missing", "c=d", "a=kitamori", "nishi", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 3 { // the second time, values are remembered
				x := post(form, tt.body)
				if tt.cookie != "" {
					x = withHeader(withHeader(x, "Cookie", tt.cookie), "X-Place", tt.place)
				}
				clean, objection := p.Request(x).Clean, o.objection(t.Context(), x, false)
				if clean && objection != "" {
					t.Fatalf("called clean: %s", objection)
				}
				if clean != tt.clean {
					t.Fatalf("clean is %v, want %v (%s)", clean, tt.clean, objection)
				}
			}
		})
	}
}
