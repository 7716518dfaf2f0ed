package app

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// degraded says in words what does not work now; empty when all is well.
func (h *house) degraded() []sekisho.Text {
	var sentences []sekisho.Text
	say := func(ja, en string) { sentences = append(sentences, sekisho.Text{JA: ja, EN: en}) }
	if health := h.spool.Health(); health.Degraded {
		sentences = append(sentences, health.Text())
	}
	var trouble trouble
	if last := h.sites.trouble.Load(); last != nil {
		trouble = *last
	}
	if trouble.records != nil || h.commits.failing.Load() {
		say("データベースを読み書きできません。保護は直前の設定のまま続いています。",
			"The database cannot be used. Protection goes on with the last known settings.")
	}
	if trouble.hot != nil {
		say("共有の状態(Redis)に接続できません。保護は直前の設定のまま続いています。",
			"The shared state (Redis) is away. Protection goes on with the last known settings.")
	}
	if trouble.apply != nil {
		say("一部のサイトの設定を反映できません。直前の正しい設定で保護を続けています。",
			"Some site settings could not be put in force. Protection goes on with the last good ones.")
	}
	if h.unheard.Load() {
		say("一部のセンサー(UTMなど)の記録を受け取れません。受信用のポートを確認してください。",
			"The records of some sensors cannot be received. Check the ports that they send to.")
	}
	for _, file := range h.watched {
		if file.Trouble() != nil {
			say("ルールのファイルを読み込めません。直前の正しい内容で動いています。",
				"A file of incident rules cannot be used. The last good one stays in force.")
			break
		}
	}
	if since := h.lane.Stats().LastShortage; !since.IsZero() && time.Since(since) < shortageNews {
		say("検査が追いつかないため、一部のアクセスを検査せずに止めるか通しています。`sekisho status` の inspection の行をご覧ください。",
			"Inspection cannot keep up, so some requests are refused or let through uninspected. See the inspection lines of `sekisho status`.")
	}
	if shed := h.proxy.Load().LastShed; !shed.IsZero() && time.Since(shed) < shortageNews {
		say("アクセスが多すぎるため、一部の訪問者に少し待ってもらっています。`sekisho status` の load の行をご覧ください。",
			"There are more requests than this node can hold, so some visitors are asked to come again. See the load line of `sekisho status`.")
	}
	if text, some := h.serversAway(); some {
		sentences = append(sentences, text)
	}
	return sentences
}

// shortageNews is how long a request that could not be inspected counts as the state of things.
const shortageNews = time.Minute

// commitWatch notes whether what the incident engine found can be stored at the moment.
type commitWatch struct {
	*store.DB
	fence   func(sekisho.TenantID) *sekisho.Fence // nil: no other process commits
	failing atomic.Bool
}

// Commit implements the incident engine's Records.
func (w *commitWatch) Commit(ctx context.Context, tenant sekisho.TenantID, commit sekisho.Commit) error {
	if w.fence != nil {
		if commit.Fence = w.fence(tenant); commit.Fence == nil {
			return store.ErrSuperseded
		}
	}
	err := w.DB.Commit(ctx, tenant, commit)
	if sekisho.KindOf(err) == sekisho.KindNotFound {
		if deleted, ask := w.TenantDeleted(ctx, tenant); ask == nil && deleted {
			return fmt.Errorf("%w: %w", incident.ErrGone, err)
		}
	}
	w.failing.Store(err != nil && ctx.Err() == nil && sekisho.KindOf(err) != sekisho.KindInvalid && sekisho.KindOf(err) != sekisho.KindConflict && sekisho.KindOf(err) != sekisho.KindForbidden)
	return err
}

func (h *house) status(s *control.Status) {
	health := h.spool.Health()
	s.Running, s.PID, s.Leaving = true, os.Getpid(), h.leaving.Load()
	s.Version, s.Schema = Version(), store.Newest()
	s.Since = h.since
	s.HTTP, s.HTTPS, s.Portal = h.proxy.HTTPAddr().String(), h.proxy.HTTPSAddr().String(), h.portalURL
	s.State = "in process"
	if h.cfg.RedisURL != "" {
		s.State = "redis"
	}
	s.Engines = h.pool.Stats().Engines
	s.Inspection = h.inspection()
	for _, site := range h.proxy.UnderAttack() {
		s.UnderAttack = append(s.UnderAttack, control.UnderAttack{Host: site.Host, Since: site.Since, Why: site.Why, Capped: site.Capped})
	}
	load := h.proxy.Load()
	s.Load = &control.Load{
		Running: load.Running, Room: load.Room, MostRoom: load.MostRoom, Held: load.Held, HeldRoom: load.HeldRoom,
		Memory: load.Memory, MemoryLimit: load.MemoryLimit,
	}
	s.SetAside = h.engine.Stats().SetAside
	s.Spooled, s.Lost = h.spool.Pending(), int64(health.Dropped)
	s.TurnedAway = h.proxy.TurnedAway()
	h.sensorStatus(s)
	s.Degraded = append(s.Degraded, h.degraded()...)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.Degraded = append(s.Degraded, h.fullQuotas(ctx, time.Now())...)
	s.Refused, s.NotInspected = h.proxy.Refused(), h.proxy.Gaps()
}

// Version names this build: the module's version, or the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, dirty := "", ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			dirty = "-modified"
		}
	}
	if revision == "" {
		return "devel"
	}
	return fmt.Sprintf("devel-%.12s%s", revision, dirty)
}

// RulesVersion returns the versions of the Core Rule Set and of Coraza that are built in.
func RulesVersion() (rules, engine string) {
	rules, engine = "unknown", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return rules, engine
	}
	for _, dependency := range info.Deps {
		switch dependency.Path {
		case "github.com/corazawaf/coraza-coreruleset/v4":
			rules = dependency.Version
		case "github.com/corazawaf/coraza/v3":
			engine = dependency.Version
		}
	}
	return rules, engine
}
