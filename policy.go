package sekisho

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// Policy says how strictly the OWASP Core Rule Set judges a site. Sites with equal policies share one engine, so a
// policy holds nothing that differs from site to site.
type Policy struct {
	Version           string  `json:"version,omitempty"` // of the rules, see [RuleVersion]; "" follows the installation's, see [Rollout]
	Profile           Profile `json:"profile"`
	ParanoiaLevel     int     `json:"paranoia_level"`     // 1 (few false positives) to 4
	InboundThreshold  int     `json:"inbound_threshold"`  // anomaly score from which a request counts as an attack
	OutboundThreshold int     `json:"outbound_threshold"` // the same for a response
	BodyLimit         int64   `json:"body_limit"`         // bytes of a request body that are inspected
	ResponseBodyLimit int64   `json:"response_body_limit"`
	CustomRules       string  `json:"custom_rules,omitempty"` // SecLang, loaded behind the Core Rule Set
}

// DefaultPolicy is the Core Rule Set in the small-business profile, at its own default: paranoia level 1, thresholds 5 and 4.
func DefaultPolicy() Policy {
	return Policy{
		Profile:           ProfileSmallBusiness,
		ParanoiaLevel:     1,
		InboundThreshold:  5,
		OutboundThreshold: 4,
		BodyLimit:         128 << 10,
		ResponseBodyLimit: 64 << 10,
	}
}

// maxInspected bounds both body limits: one exchange may hold this much in memory per direction.
const maxInspected = 16 << 20

// Validate reports the first value out of range by its key (KindInvalid). It does not compile CustomRules.
func (p Policy) Validate() error {
	switch {
	case int(p.Profile) >= len(profileNames):
		return Invalid(fmt.Sprintf("profile %s: use %s", p.Profile, strings.Join(profileNames, ", ")))
	case p.ParanoiaLevel < 1 || p.ParanoiaLevel > 4:
		return Invalid(fmt.Sprintf("paranoia_level %d: use 1 to 4", p.ParanoiaLevel))
	case p.InboundThreshold < 1 || p.InboundThreshold > 10000:
		return Invalid(fmt.Sprintf("inbound_threshold %d: use 1 to 10000", p.InboundThreshold))
	case p.OutboundThreshold < 1 || p.OutboundThreshold > 10000:
		return Invalid(fmt.Sprintf("outbound_threshold %d: use 1 to 10000", p.OutboundThreshold))
	case p.BodyLimit < 1 || p.BodyLimit > maxInspected:
		return Invalid(fmt.Sprintf("body_limit %d: use 1 to %d bytes", p.BodyLimit, int64(maxInspected)))
	case p.ResponseBodyLimit < 0 || p.ResponseBodyLimit > maxInspected:
		return Invalid(fmt.Sprintf("response_body_limit %d: use 0 (off) to %d bytes", p.ResponseBodyLimit, int64(maxInspected)))
	}
	return nil
}

// Hash names the policy by its content: equal policies have equal hashes. 32 hexadecimal digits of SHA-256.
func (p Policy) Hash() string {
	content, err := json.Marshal(p)
	if err != nil {
		panic("sekisho: a Policy is plain data: " + err.Error())
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:16])
}
