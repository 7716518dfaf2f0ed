package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/proxy"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// pinRules keeps the rules that come with the program among the records, and on the first start says that sites are judged
// by them. A newer program brings others: they wait there until somebody rolls them out, so that an update of the program
// never changes what a site is judged by.
func pinRules(ctx context.Context, records *store.DB) error {
	v := ruleset.Bundled()
	v.Added = time.Now().UTC()
	known, err := records.RuleVersions(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(known, func(k sekisho.RuleVersion) bool { return k.Name == v.Name }) {
		pack, err := ruleset.PackBundled()
		if err != nil {
			return err
		}
		if err := records.PutRuleVersion(ctx, v, pack); err != nil {
			return err
		}
	}
	rollout, err := records.Rollout(ctx)
	if err != nil || rollout.Current != "" {
		return err
	}
	return records.PutRollout(ctx, sekisho.Rollout{Current: v.Name, Changed: v.Added})
}

// rules brings the sets of rules that sites are judged by into this process, from the records, or, when those are away,
// from the copies beside them.
type rules struct {
	records *store.DB
	dir     string // of the copies
	shadow  *ruleset.Shadow
	log     *slog.Logger
	loaded  map[string]bool
}

// apply gives each site the version that it is judged by, and points the shadow. A version that cannot be had leaves its
// sites with the last engine they had: compiling says so.
func (r *rules) apply(ctx context.Context, sites []sekisho.Site) error {
	rollout, err := r.records.Rollout(ctx)
	if err != nil {
		return err
	}
	if rollout.Stage == sekisho.RolloutShadow {
		r.need(ctx, rollout.Next)
		r.shadow.Point(rollout.Next, rollout.Percent)
	} else {
		r.shadow.Point("", 0)
	}
	for i := range sites {
		version := cmp.Or(sites[i].Policy.Version, rollout.VersionFor(sites[i].ID))
		r.need(ctx, version)
		sites[i].Policy.Version = version
		if version == ruleset.Bundled().Name {
			sites[i].Policy.Version = "" // one engine, whichever way it is called
		}
	}
	return nil
}

func (r *rules) need(ctx context.Context, name string) {
	if name == "" || r.loaded[name] || name == ruleset.Bundled().Name {
		return
	}
	pack, err := r.records.RulePack(ctx, name)
	if err == nil {
		_, err = ruleset.LoadVersion(pack)
	}
	if err != nil {
		r.log.WarnContext(ctx, "rules cannot be loaded", slog.String("version", name), obs.Err(err))
		return
	}
	r.loaded[name] = true
	if err := r.copy(name, pack); err != nil {
		r.log.WarnContext(ctx, "rules not copied for a start without records", slog.String("version", name), obs.Err(err))
	}
}

func (r *rules) copy(name string, pack []byte) error {
	if err := os.MkdirAll(r.dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(r.dir, name+".zip")
	if err := os.WriteFile(path+".new", pack, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// fromCopies loads what earlier runs have copied, for a start without records.
func (r *rules) fromCopies(ctx context.Context) {
	files, err := filepath.Glob(filepath.Join(r.dir, "*.zip"))
	if err != nil {
		return
	}
	for _, file := range files {
		pack, err := os.ReadFile(file)
		if err == nil {
			_, err = ruleset.LoadVersion(pack)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.log.WarnContext(ctx, "a copy of rules cannot be used", slog.String("file", file), obs.Err(err))
		}
	}
}

// shadowReport says what the shadow has seen, in the words of `sekisho policy status`.
func shadowReport(shadow *ruleset.Shadow) func() control.ShadowReport {
	return func() control.ShadowReport {
		counts := shadow.Counts()
		report := control.ShadowReport{
			Version: counts.Version, Compared: counts.Compared, Missed: counts.Missed,
			Stricter: counts.OnlyNext, Laxer: counts.OnlyCurrent, Rules: []control.ShadowRule{},
		}
		for rule, n := range counts.RulesOnlyOneHas {
			report.Rules = append(report.Rules, control.ShadowRule{Rule: rule, OnlyCurrent: n[0], OnlyNext: n[1]})
		}
		slices.SortFunc(report.Rules, func(a, b control.ShadowRule) int {
			return cmp.Or(cmp.Compare(b.OnlyCurrent+b.OnlyNext, a.OnlyCurrent+a.OnlyNext), cmp.Compare(a.Rule, b.Rule))
		})
		return report
	}
}

// watched is an inspection that the shadow hears of when it is over.
type watched struct {
	proxy.Inspection
	policy sekisho.Policy
	x      *sekisho.Exchange
	shadow *ruleset.Shadow
}

// Close implements the proxy's Inspection.
func (w *watched) Close() {
	if w.shadow != nil {
		w.shadow.Watch(w.policy, w.x) // while the exchange's memory may be read
		w.shadow = nil
	}
	w.Inspection.Close()
}
