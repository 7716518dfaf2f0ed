package export

import (
	"context"
	"log/slog"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// courier is one export at work: it reads the next records, carries them, and notes how far it has come, in this order, so
// that a record counts as delivered only once the receiver has it. What fails is tried again, and nothing passes it.
type courier struct {
	export  sekisho.Export
	state   sekisho.ExportState
	carrier Carrier
	secrets error         // why there is no carrier
	most    int           // records at once; fewer after a receiver had too much
	after   time.Duration // how long the receiver asked to be left alone

	*Exporter
}

// run delivers until ctx ends, or until the export is no more, or another process delivers it.
func (c *courier) run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := c.cfg.Poll
		some, err := c.step(ctx)
		switch kind := sekisho.KindOf(err); {
		case ctx.Err() != nil:
			return
		case err == nil && some:
			wait = 0
		case kind == sekisho.KindConflict || kind == sekisho.KindNotFound:
			return // the exporter looks again who delivers what
		case err != nil:
			c.log.WarnContext(ctx, "export records not read or noted", obs.Tenant(c.export.Tenant), slog.String("export", c.export.Name), obs.Err(err))
			wait = c.cfg.RetryMin
		case !c.state.Failing.IsZero():
			wait = c.pause()
		}
		if !sleep(ctx, wait) {
			return
		}
	}
}

// step delivers one batch. some tells whether there may be more at once; a receiver's trouble is in the state, err is ours.
func (c *courier) step(ctx context.Context) (some bool, err error) {
	b, err := c.next(ctx)
	if err != nil || b.empty() {
		return false, err
	}
	if failed := c.carry(ctx, b); failed != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		c.fail(failed)
		return false, c.note(ctx)
	}
	c.state.Position, c.state.Backfill = b.position, b.backfill
	c.state.Delivered += uint64(len(b.records))
	c.state.Skipped += b.skipped
	if len(b.records) > 0 {
		c.state.Last = c.cfg.Now().UTC()
	}
	c.state.Failing, c.state.Tries, c.state.Error, c.state.Detail = time.Time{}, 0, sekisho.Text{}, ""
	c.most = min(c.cfg.Batch, c.most*2)
	return true, c.note(ctx)
}

func (c *courier) carry(ctx context.Context, b batch) *Trouble {
	if len(b.records) == 0 { // nothing of it is for this receiver
		return nil
	}
	if c.secrets != nil {
		return trouble(c.secrets, "このエクスポートの鍵を開けません。削除して追加し直してください。", "The secrets of this export cannot be opened. Remove it and add it again.")
	}
	messages := make([]Message, 0, len(b.records))
	for _, r := range b.records {
		content, err := Encode(c.export.Format, r, c.deps.Words, c.deps.Version, c.cfg.Lang)
		if err != nil {
			return trouble(err, "記録を変換できません。", "A record cannot be converted.")
		}
		messages = append(messages, Message{UID: r.UID(), Time: r.Time(), Severity: r.Severity(), Content: content})
	}
	err := c.carrier.Carry(ctx, messages)
	if err == nil {
		return nil
	}
	return explain(err)
}

func (c *courier) fail(t *Trouble) {
	if c.state.Failing.IsZero() {
		c.state.Failing = c.cfg.Now().UTC()
	}
	c.state.Tries++
	c.state.Error, c.state.Detail = t.Text, clip(t.Error(), 500)
	c.after = t.After
	if t.Large {
		c.most = max(1, c.most/2)
	}
	c.log.Warn("export not delivered", obs.Tenant(c.export.Tenant), slog.String("export", c.export.Name), slog.Int("tries", c.state.Tries), obs.Err(t))
}

func (c *courier) note(ctx context.Context) error {
	c.state.Revision++
	return c.deps.Records.PutExportState(ctx, c.export.Tenant, c.state)
}

// pause is how long to leave a failing receiver alone: twice as long each time, or as long as it asks for.
func (c *courier) pause() time.Duration {
	wait := c.cfg.RetryMin
	for i := 1; i < c.state.Tries && wait < c.cfg.RetryMax; i++ {
		wait *= 2
	}
	return max(min(wait, c.cfg.RetryMax), c.after)
}

// sleep waits, and tells whether ctx is still there.
func sleep(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
