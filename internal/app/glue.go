package app

import (
	"context"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/names"
	"github.com/sekisho-waf/sekisho/internal/state"
	"github.com/sekisho-waf/sekisho/proxy"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// engines hands the ruleset's engines to the proxy in the words that the proxy asks for.
type engines struct {
	pool   *ruleset.Pool
	shadow *ruleset.Shadow
}

func (e engines) Acquire(policy sekisho.Policy, mode sekisho.Mode) (proxy.Engine, error) {
	acquired, err := e.pool.Acquire(policy, mode)
	if err != nil {
		return nil, err
	}
	return engine{acquired, policy, e.shadow}, nil
}

type engine struct {
	*ruleset.Engine
	policy sekisho.Policy
	shadow *ruleset.Shadow
}

func (e engine) Begin(x *sekisho.Exchange) proxy.Inspection {
	if !e.shadow.Awake() {
		return e.Engine.Begin(x)
	}
	return &watched{e.Engine.Begin(x), e.policy, x, e.shadow}
}

// compileWith tries a policy out before a site gets it, in the mode that the site will run, so that the engine is
// compiled once. A site that is off is tried in detect mode.
func compileWith(pool *ruleset.Pool) func(sekisho.Policy, sekisho.Mode) (func(), error) {
	return func(policy sekisho.Policy, mode sekisho.Mode) (func(), error) {
		if mode == sekisho.ModeOff {
			mode = sekisho.ModeDetect
		}
		acquired, err := pool.Acquire(policy, mode)
		if err != nil {
			return nil, err
		}
		return acquired.Release, nil
	}
}

// overrides hands the hot state's mode overrides to the control commands.
type overrides struct{ state.State }

func (o overrides) Overrides(ctx context.Context) (*sekisho.Mode, map[sekisho.SiteID]sekisho.Mode, error) {
	over, err := o.State.Override(ctx)
	return over.All, over.Sites, err
}

// owners hands what is known about names to the control commands, in their words.
type owners struct{ *names.Checker }

func (owners) ToPublish(host, token string) (newToken, value, txt, address string) {
	if token == "" {
		token = names.NewToken()
	}
	publish := names.ToPublish(host, token)
	return token, publish.Value, publish.TXT, publish.URL
}

// modeSwitch lets the portal pull the same switch as the command line.
type modeSwitch struct{ control *control.Local }

func (m modeSwitch) SetMode(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID, mode sekisho.Mode) error {
	return m.control.SetSiteMode(ctx, tenant, id, mode)
}
