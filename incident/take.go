package incident

import (
	"context"
	"errors"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// Take is [Engine.Process] for events that come from several streams, repeated and with gaps. Each tenant's events of a
// stream count in the order of their numbers and once; one whose predecessor has not come is passed over, and so is
// what follows it. The error names the tenants whose records refused; the others' events are committed all the same.
func (e *Engine) Take(ctx context.Context, batch []sekisho.Sent) error {
	type lane struct {
		tenant sekisho.TenantID
		stream string
	}
	parts := map[lane]*part{}
	var order []lane
	for i := range batch {
		sent := &batch[i]
		l := lane{sent.Event.Tenant, sent.Stream}
		if parts[l] == nil {
			parts[l] = &part{tenant: l.tenant}
			order = append(order, l)
		}
		parts[l].events = append(parts[l].events, numbered{sent.Number, sent.After, &sent.Event})
	}
	var failed []error
	for _, l := range order {
		if err := e.commit(ctx, l.stream, parts[l]); err != nil {
			failed = append(failed, fmt.Errorf("tenant %s: %w", l.tenant, err))
		}
	}
	return errors.Join(failed...)
}

// ForgetThose is [Engine.Forget] for every tenant that which names: another process has committed for them since.
func (e *Engine) ForgetThose(which func(sekisho.TenantID) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for tenant := range e.tenants {
		if which(tenant) {
			delete(e.tenants, tenant)
		}
	}
}

// turnTo makes a memory go on with another stream, where it knows how far that one has come.
func (m *memory) turnTo(stream string) bool {
	if m.stream == stream {
		return true
	}
	if m.streams == nil {
		m.streams = map[string]uint64{}
	}
	m.streams[m.stream] = m.position
	position, known := m.streams[stream]
	if known {
		m.stream, m.position = stream, position
	}
	return known
}
