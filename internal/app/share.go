package app

import (
	"context"

	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/proxy"
)

// shareLimits makes the nodes of one installation count together, where there are several: they meet in Redis. While it
// is away each node limits alone, which status says as "Redis is away"; here one line tells when that began.
func (h *house) shareLimits(ctx context.Context) error {
	with, many := h.hot.(proxy.Sharing)
	if !many {
		return nil
	}
	said := false
	return h.proxy.Share(ctx, with, func(err error) {
		if !said {
			said = true
			h.log.WarnContext(ctx, "limits are counted by this node alone while the shared state is away", obs.Err(err))
		}
	})
}
