package proof

import (
	"regexp"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// A processor is a rule that chooses how a body is read, by the request's Content-Type.
type processor struct {
	steps   []string
	matches *regexp.Regexp
	name    string
}

// processorRule recognises such a rule: one link, one expression, one effect.
func (c *compiler) processorRule(rule *seclang.Rule) (processor, bool) {
	link := &rule.Links[0]
	if rule.Phase != 1 || len(rule.Links) != 1 || len(link.Ctls) != 1 || link.Ctls[0].Name != "requestBodyProcessor" ||
		len(link.SetVars)+len(link.Others) > 0 || rule.Skip > 0 || rule.SkipAfter != "" || c.consequence(rule) != "" {
		return processor{}, false
	}
	op := link.Operator
	if len(link.Variables) != 1 || link.Variables[0].Name != "REQUEST_HEADERS" || link.Variables[0].Key != "content-type" ||
		link.Variables[0].Count || link.MultiMatch || op.Name != "rx" || op.Negated {
		return processor{}, false
	}
	pattern := goPattern(op.Argument)
	if pattern == nil {
		return processor{}, false
	}
	return processor{link.Transformations, pattern, strings.ToUpper(link.Ctls[0].Value)}, true
}

// bodyProcessor returns how the body of a request with a Content-Type is read: as Coraza chooses, then as the rules say.
func (p *Proof) bodyProcessor(contentType string) string {
	name := ""
	kind := strings.TrimSpace(strings.ToLower(contentType))
	if strings.HasPrefix(kind, "application/x-www-form-urlencoded") {
		name = urlencoded
	} else if strings.HasPrefix(kind, "multipart/form-data") {
		name = multipart
	}
	for _, rule := range p.processors {
		if value, ok := applyAll(rule.steps, contentType); ok && rule.matches.MatchString(value) {
			name = rule.name
		}
	}
	return name
}

const (
	urlencoded = "URLENCODED"
	jsonBody   = "JSON"
	multipart  = "MULTIPART"
)
