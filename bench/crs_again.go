package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An event holds the first matches of an exchange. At paranoia level 4 some attacks match more rules than that, and the
// one that a case is about may be behind the end of the list. Such a case is sent again, to a proxy whose policy has no
// other family of detecting rules than that one: fewer rules match, and the list is whole.

// crsFamilies are the first ids of the families that detect; what others set up (901, 949) stays.
var crsFamilies = []int{911, 913, 920, 921, 922, 930, 931, 932, 933, 934, 941, 942, 943, 944, 950, 951, 952, 953, 954, 955, 956}

// askAgain sends the cases that could not be judged once more, family by family.
func (r *crsRun) askAgain(ctx context.Context, tried []*crsTry) error {
	if r.cfg.URL != "" {
		return nil // whose policy is not ours to change
	}
	families := map[int][]*crsTry{}
	for _, t := range tried {
		if t.skip != "" || !t.seen.inspected {
			continue
		}
		if _, unsure := t.output().met(t.seen); unsure {
			families[t.c.rule/1000] = append(families[t.c.rule/1000], t)
		}
	}
	for _, family := range slices.Sorted(maps.Keys(families)) {
		if err := r.askFamily(ctx, family, families[family]); err != nil {
			return fmt.Errorf("ask again for the rules %d: %w", family, err)
		}
	}
	return nil
}

func (r *crsRun) askFamily(ctx context.Context, family int, tried []*crsTry) error {
	again := make([]*crsTry, len(tried))
	for i, t := range tried {
		again[i] = &crsTry{c: t.c, stage: t.stage, raw: t.raw}
	}
	site := crsSite(r.cfg.Policy)
	site.rules += withoutOthers(family)
	proxy, err := startProxy(ctx, r.cfg.Binary, hostsOf(again), site)
	if err != nil {
		return err
	}
	defer proxy.stop()
	if err := r.send(ctx, proxy, again); err != nil {
		return err
	}
	if err := r.readEvents(ctx, proxy, again); err != nil {
		return err
	}
	if err := r.compare(ctx, proxy, again); err != nil {
		return err
	}
	for i, t := range tried {
		t.again, t.stockAgain, t.differs = &again[i].seen, again[i].stock.rules, t.differs || again[i].differs
	}
	return nil
}

// withoutOthers removes every family of detecting rules but one.
func withoutOthers(family int) string {
	var b strings.Builder
	for _, other := range crsFamilies {
		if other != family {
			fmt.Fprintf(&b, "SecRuleRemoveById %d000-%d999\n", other, other)
		}
	}
	return b.String()
}

// met reports whether what the case asks of this request came about through the proxy, and what was seen of it.
func (t *crsTry) met() bool {
	met, unsure := t.output().met(t.seen)
	if unsure && t.again != nil {
		met, _ = t.output().met(*t.again)
	}
	return met
}

// metByStock reports whether it came about in plain Coraza under the stock policy. Where no inspector saw the request,
// the answer that came back is all there is to judge.
func (t *crsTry) metByStock() bool {
	if !t.compared {
		return t.met()
	}
	met, _ := t.output().met(t.underStock)
	return met
}

// rules are all rules that were seen to match.
func (t *crsTry) rules() []int {
	rules := slices.Clone(t.seen.rules)
	if t.again != nil {
		rules = append(rules, t.again.rules...)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}
