package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// RolloutRecords keeps sets of rules and which of them is in force.
type RolloutRecords interface {
	PutRuleVersion(ctx context.Context, v sekisho.RuleVersion, pack []byte) error
	RuleVersions(context.Context) ([]sekisho.RuleVersion, error)
	RulePack(ctx context.Context, name string) ([]byte, error)
	Rollout(context.Context) (sekisho.Rollout, error)
	PutRollout(context.Context, sekisho.Rollout) error
}

// ChangeRollout is one step of an update of the rules.
type ChangeRollout struct {
	Do      string  `json:"do"`                // "shadow", "canary", "promote" or "rollback"
	Version string  `json:"version,omitempty"` // "" is the next version that there is
	Pack    []byte  `json:"pack,omitempty"`    // rules that are not there yet, instead of Version
	Percent float64 `json:"percent,omitempty"` // of requests for shadow, of sites for canary
	Author  string  `json:"author"`
}

// PolicyStatus says by which rules sites are judged, and what is known of the next ones.
type PolicyStatus struct {
	sekisho.Rollout
	Versions []VersionUse  `json:"versions"`
	Shadow   *ShadowReport `json:"shadow"` // null unless this process shadows
}

// VersionUse is a set of rules and how many sites are judged by it.
type VersionUse struct {
	sekisho.RuleVersion
	Sites int `json:"sites"`
}

// ShadowReport is what showing requests to the next rules too has given, since it began in this process.
type ShadowReport struct {
	Version  string       `json:"version"`
	Compared int          `json:"compared"`
	Missed   int          `json:"missed"` // sampled, but there was no time, or the rules failed
	Stricter int          `json:"only_next_stops"`
	Laxer    int          `json:"only_current_stops"`
	Rules    []ShadowRule `json:"rules"` // those that differ, most often first
}

// ShadowRule is one rule that matched under one set of rules only, in so many requests.
type ShadowRule struct {
	Rule        int `json:"rule"`
	OnlyCurrent int `json:"only_current"`
	OnlyNext    int `json:"only_next"`
}

// ChangeRollout checks that every policy compiles with the rules it would get before any site gets them.
func (l *Local) ChangeRollout(ctx context.Context, change ChangeRollout) (PolicyStatus, error) {
	rollout, err := l.Records.Rollout(ctx)
	if err != nil {
		return PolicyStatus{}, err
	}
	if change.Do == "rollback" {
		rollout, err = rolledBack(rollout)
	} else {
		rollout, err = l.movedOn(ctx, rollout, change)
	}
	if err != nil {
		return PolicyStatus{}, fmt.Errorf("%s rules: %w", change.Do, err)
	}
	rollout.Author, rollout.Changed = change.Author, time.Now().UTC()
	if err := l.Records.PutRollout(ctx, rollout); err != nil {
		return PolicyStatus{}, err
	}
	if err := l.apply(ctx); err != nil {
		return PolicyStatus{}, fmt.Errorf("stored but not in force: %w", err)
	}
	return l.PolicyStatus(ctx)
}

// rolledBack ends an update that is under way, or returns from one that is done.
func rolledBack(r sekisho.Rollout) (sekisho.Rollout, error) {
	switch {
	case r.Stage != sekisho.RolloutNone:
		r.Next, r.Stage, r.Percent = "", sekisho.RolloutNone, 0
	case r.Previous != "":
		r.Current, r.Previous = r.Previous, r.Current
	default:
		return r, sekisho.Invalid("there is no update to take back")
	}
	return r, nil
}

func (l *Local) movedOn(ctx context.Context, r sekisho.Rollout, change ChangeRollout) (sekisho.Rollout, error) {
	next := change.Version
	if len(change.Pack) > 0 {
		v, err := l.Plane.Rules(change.Pack)
		if err != nil {
			return r, err
		}
		v.Added = time.Now().UTC()
		if err := l.Records.PutRuleVersion(ctx, v, change.Pack); err != nil {
			return r, err
		}
		next = v.Name
	}
	if next == "" {
		next = r.Next
	}
	if next == "" {
		return r, sekisho.Invalid("name the version, or give a folder with --crs-dir; sekisho policy versions lists those that are there")
	}
	if next == r.Current {
		return r, sekisho.Invalid(fmt.Sprintf("%s is what sites are judged by already", next))
	}
	if err := l.usableRules(ctx, next); err != nil {
		return r, err
	}
	switch change.Do {
	case "shadow", "canary":
		if change.Percent <= 0 || change.Percent > 100 {
			return r, sekisho.Invalid(fmt.Sprintf("percent %g: use more than 0 and at most 100", change.Percent))
		}
		r.Next, r.Stage, r.Percent = next, sekisho.RolloutShadow, change.Percent
		if change.Do == "canary" {
			r.Stage = sekisho.RolloutCanary
		}
	case "promote":
		r.Previous, r.Current = r.Current, next
		r.Next, r.Stage, r.Percent = "", sekisho.RolloutNone, 0
	default:
		return r, sekisho.Invalid(fmt.Sprintf("%q: use shadow, canary, promote or rollback", change.Do))
	}
	return r, nil
}

// usableRules refuses rules with which a policy of some site has no working engine.
func (l *Local) usableRules(ctx context.Context, name string) error {
	pack, err := l.Records.RulePack(ctx, name)
	if err != nil {
		return err
	}
	if _, err := l.Plane.Rules(pack); err != nil {
		return err
	}
	sites, err := l.Records.AllSites(ctx)
	if err != nil {
		return err
	}
	tried := map[string]bool{}
	for _, site := range sites {
		policy := site.Policy
		if policy.Version != "" || l.Plane.Compile == nil {
			continue
		}
		policy.Version = name
		if tried[policy.Hash()] {
			continue
		}
		tried[policy.Hash()] = true
		release, err := l.Plane.Compile(policy, sekisho.ModeBlock)
		if err != nil {
			return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: fmt.Sprintf("rules %s: the policy of site %s does not compile with them, so nothing has changed", name, site.Host), Err: err}
		}
		release()
	}
	return nil
}

// PolicyStatus answers for the records, and, in a running process, for what shadowing has shown.
func (l *Local) PolicyStatus(ctx context.Context) (PolicyStatus, error) {
	rollout, err := l.Records.Rollout(ctx)
	if err != nil {
		return PolicyStatus{}, err
	}
	list, err := l.Records.RuleVersions(ctx)
	if err != nil {
		return PolicyStatus{}, err
	}
	sites, err := l.Records.AllSites(ctx)
	if err != nil {
		return PolicyStatus{}, err
	}
	status := PolicyStatus{Rollout: rollout, Versions: make([]VersionUse, len(list))}
	for i, v := range list {
		status.Versions[i].RuleVersion = v
	}
	for _, site := range sites {
		name := site.Policy.Version
		if name == "" {
			name = rollout.VersionFor(site.ID)
		}
		if at := slices.IndexFunc(status.Versions, func(v VersionUse) bool { return v.Name == name }); at >= 0 {
			status.Versions[at].Sites++
		}
	}
	if l.Plane.Shadow != nil && rollout.Stage == sekisho.RolloutShadow {
		report := l.Plane.Shadow()
		status.Shadow = &report
	}
	return status, nil
}
