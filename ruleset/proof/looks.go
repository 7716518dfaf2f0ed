package proof

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// A look is one link of one rule at one source.
type look struct {
	source   source
	key      string         // the one name that it looks at, in lower case, or ""
	keys     *regexp.Regexp // the names that it looks at, or nil
	except   []string       // names that it leaves out, in lower case
	exceptRx []*regexp.Regexp
	chain    transform.Chain
	test     *test

	rule   int
	bit    uint32
	follow *follow
	count  bool
	late   bool // to be asked when everything else has been
	target int  // the place of the variable in the link
}

// sees reports whether a look is at values of a name, as far as that is decided by the name alone.
func (l *look) sees(key string) bool {
	return (l.key == "" || l.key == key) && !slices.Contains(l.except, key)
}

// linkLooks returns the looks that together show whether a link may match. never means that nothing it looks at exists;
// ok is false where the proof does not know what it looks at or what it asks.
func (c *compiler) linkLooks(rule *seclang.Rule, link *seclang.Link) (looks []look, never, ok bool) {
	if link.Operator == nil {
		return nil, false, false
	}
	t := c.test(link.Operator)
	if t == nil {
		return nil, false, false
	}
	if t.word != "" {
		if whole := squeezed(link, t.word); whole != nil {
			t.matches = whole
			plain := *link
			plain.Transformations, link = nil, &plain
		}
	}
	for n, v := range link.Variables {
		known, exists := variables[v.Name]
		if !exists {
			return nil, false, false
		}
		if known.parts {
			c.refuseParts(rule, "it reads "+v.Name)
		}
		if len(known.sources) == 0 {
			value, counted := "", v.Count
			switch {
			case known.constant != nil && !counted:
				value = *known.constant
			case known.constant != nil:
				value = "1"
			case counted:
				value = "0"
			default:
				continue // an empty collection
			}
			value, understood := applyAll(link.Transformations, value)
			if !understood || link.MultiMatch || t.fires(value) {
				return nil, false, false
			}
			continue
		}
		found, understood := c.variableLooks(rule, link, v, known, t)
		if !understood {
			return nil, false, false
		}
		for i := range found {
			found[i].target = n
		}
		looks = append(looks, found...)
	}
	return looks, len(looks) == 0, true
}

func (c *compiler) variableLooks(rule *seclang.Rule, link *seclang.Link, v seclang.Variable, known variable, t *test) ([]look, bool) {
	keyed := known.sources[0].keyed()
	switch early := known.late && rule.Phase%2 == 1; {
	case known.sources[0].fromResponse() != (rule.Phase > 2):
		return nil, false // seen at another time
	case early && (v.Count || !keyed):
		return nil, false // another value at that time
	case v.Count && (!keyed || v.IsPattern || len(link.Transformations) > 0 || link.MultiMatch || t.matches == nil):
		return nil, false
	case v.Count && v.Key != "" && strings.HasSuffix(v.Name, "_NAMES"):
		return nil, false
	}
	pattern := look{
		key: strings.ToLower(v.Key), test: t, count: v.Count,
		chain: transform.Chain{Steps: link.Transformations, MultiMatch: link.MultiMatch},
	}
	if v.IsPattern {
		var err error
		if pattern.keys, err = regexp.Compile(v.Pattern); err != nil {
			return nil, false
		}
	}
	for _, except := range v.Except {
		if !except.IsPattern {
			if except.Key != "" {
				pattern.except = append(pattern.except, strings.ToLower(except.Key))
			} else if v.Count {
				return nil, false
			}
			continue
		}
		expression, err := regexp.Compile(except.Pattern)
		if err != nil || v.Count {
			return nil, false
		}
		pattern.exceptRx = append(pattern.exceptRx, expression)
	}
	if v.Count && v.Key != "" && known.sources[0] == partHeaders && (t.fires("0") || !t.fires("1") || !t.fires("2")) {
		c.refuseParts(rule, "it counts parts of one name") // Coraza and we may count differently by letter case
	}
	looks := make([]look, 0, len(known.sources))
	for _, from := range known.sources {
		pattern.source = from
		looks = append(looks, pattern)
	}
	return looks, true
}
