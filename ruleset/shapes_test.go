package ruleset

import (
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestShapes_fitTheirOwnAndNoAttack(t *testing.T) {
	e := engine(t, smallBusinessPolicy(), sekisho.ModeBlock)
	for _, s := range shapes() {
		t.Run(s.Name, func(t *testing.T) {
			if !s.fits(s.Benign) {
				t.Errorf("%q does not fit", s.Benign)
			}
			if fitting := slices.IndexFunc(shapes(), func(other shape) bool { return other.fits(s.Attack) }); fitting >= 0 {
				t.Errorf("%q fits %q", s.Attack, shapes()[fitting].Name)
			}
			if v := inspect(t, e, profileSample{Text: s.Benign}.request(t)); v.Attack {
				t.Errorf("%q is stopped: %v", s.Benign, v.Matches)
			}
			if v := inspect(t, e, profileSample{Text: s.Attack}.request(t)); !v.Attack {
				t.Errorf("%q passes, score %d: %v", s.Attack, v.Score, v.Matches)
			}
		})
	}
}

// An attack behind, in front of and inside of a value of a shape is none of the shape.
func TestShapes_holdNothingElse(t *testing.T) {
	attacks := []string{"' or 1=1-- -", ";cat /etc/passwd", "<script>alert(1)</script>", "`id`", "$(id)", "' union select 1,2-- -", "|id|", "\nid\n"}
	for _, s := range shapes() {
		for _, attack := range attacks {
			for _, value := range []string{s.Benign + attack, attack + s.Benign, s.Benign[:len(s.Benign)/2] + attack + s.Benign[len(s.Benign)/2:]} {
				if s.Name == "signals of a bot manager" && strings.HasPrefix(value, s.Benign[:20]) {
					continue // it holds signs of any kind; the rules for text look at it all the same
				}
				if s.Name == "graphql" && attack == "\nid\n" {
					continue // which is a name of its own there
				}
				if s.fits(value) {
					t.Errorf("%s: %q fits", s.Name, value)
				}
			}
		}
	}
}

func TestParseShapes_wantsReasonAndBothSides(t *testing.T) {
	for _, data := range []string{"- {name: a}", "- {name: a, reason: b, benign: c, attack: d, match: '('}", "- {nam: a}"} {
		if _, err := parseShapes([]byte(data)); err == nil {
			t.Errorf("%s: got no error", data)
		}
	}
}
