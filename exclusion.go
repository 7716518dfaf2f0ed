package sekisho

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Exclusion takes one target away from one rule on one path of one site: "rule 942100 does not look at ARGS:body on
// /contact". It is how a false positive is mended without letting anything else pass, and it ends by itself.
type Exclusion struct {
	ID ExclusionID `json:"id"`
	// Rule is the id of the rule that is excluded.
	Rule int `json:"rule"`
	// Path is compared with the decoded path of the request: "/contact" is that one, "/admin/*" is all below it.
	Path string `json:"path"`
	// Parameter is the target, as the evidence of an event names it: "ARGS:body", "REQUEST_COOKIES:cart",
	// "REQUEST_FILENAME". A * in the name stands for a number, so that "ARGS:json.items.*.name" covers a list. Of a rule
	// that only counts, such as one against a missing header, it is what is counted: "&REQUEST_HEADERS:Accept".
	Parameter string    `json:"parameter"`
	Reason    string    `json:"reason"`
	Author    string    `json:"author"`
	Created   time.Time `json:"created"`
	Expires   time.Time `json:"expires"`
}

// MaxExclusions is how many exclusions a site may have. A site that needs more needs another policy.
const MaxExclusions = 200

var exclusionTarget = regexp.MustCompile(`^&?[A-Z][A-Z_]{1,30}(?::.{1,200})?$`)

// Validate reports the first part that cannot work, with what fits (KindInvalid). Whether the rule exists and looks at the
// parameter only the rules know.
func (e Exclusion) Validate() error {
	switch {
	case e.Rule < 1:
		return Invalid(fmt.Sprintf("rule %d: use the number of a rule, such as 942100; events name it", e.Rule))
	case len(e.Path) > 500 || hasControl(e.Path) || !strings.HasPrefix(e.Path, "/"):
		return Invalid(fmt.Sprintf("path %q: use a path such as /contact, or /admin/* for all below it", e.Path))
	case strings.Contains(strings.TrimSuffix(e.Path, "/*"), "*"):
		return Invalid(fmt.Sprintf("path %q: a * can only stand at the end, as in /admin/*", e.Path))
	case !exclusionTarget.MatchString(e.Parameter) || hasControl(e.Parameter):
		return Invalid(fmt.Sprintf("parameter %q: use it as an event shows it, such as ARGS:body or REQUEST_COOKIES:cart", e.Parameter))
	case strings.TrimSpace(e.Reason) == "" || len(e.Reason) > 500 || hasControl(e.Reason):
		return Invalid("reason: say in one line, of at most 500 bytes, why this is no attack; somebody will ask")
	case strings.TrimSpace(e.Author) == "" || len(e.Author) > 200 || hasControl(e.Author):
		return Invalid("author: name the person who answers for it")
	case !e.Expires.After(e.Created):
		return Invalid("expires: use a time in the future, such as 30d")
	case e.Expires.Sub(e.Created) > 2*366*24*time.Hour:
		return Invalid("expires: use at most two years; an exclusion that nobody looks at again is a hole")
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// ExpiredAt reports whether the exclusion has ended by itself at a moment.
func (e Exclusion) ExpiredAt(now time.Time) bool { return !now.Before(e.Expires) }

// CoversPath reports whether a request target, as it was received, is one that the exclusion is about. A target that an
// origin could read as another path than we do (dot segments, doubled slashes, encoded separators) is covered by none.
func (e Exclusion) CoversPath(target string) bool {
	path, ok := plainPath(target)
	if !ok {
		return false
	}
	if below, ok := strings.CutSuffix(e.Path, "*"); ok {
		return strings.HasPrefix(path, below)
	}
	return path == e.Path
}

// plainPath returns the decoded path of a request target, if there is but one way to read it.
func plainPath(target string) (string, bool) {
	raw, _, _ := strings.Cut(target, "?")
	if !strings.HasPrefix(raw, "/") || strings.ContainsAny(raw, "\\;#") {
		return "", false
	}
	path, err := url.PathUnescape(raw)
	if err != nil || strings.Count(path, "/") != strings.Count(raw, "/") || strings.ContainsAny(path, "\\;%?#") || hasControl(path) {
		return "", false
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "." || segment == ".." {
			return "", false
		}
	}
	return path, !strings.Contains(path, "//")
}
