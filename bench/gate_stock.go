package bench

import (
	"context"
	"net/http/httputil"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// ServeStock is `sekisho bench stock`: what the parts do without us, until ctx ends. net/http's ReverseProxy with plain
// Coraza in front of it, as their manuals put them together. rules, in SecLang, are loaded behind the rule set.
func ServeStock(ctx context.Context, addr, origin, rules string) error {
	target, err := sekisho.ParseOrigin(origin)
	if err != nil {
		return err
	}
	handler, err := ruleset.NewStockHandler(httputil.NewSingleHostReverseProxy(target), rules)
	if err != nil {
		return err
	}
	return serve(ctx, addr, handler, nil)
}
