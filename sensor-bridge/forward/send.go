package forward

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
)

const (
	batchSize   = 512
	dialTimeout = 15 * time.Second
)

// item is a record on its way: framed, and not yet answered for.
type item struct {
	number uint64
	framed []byte
}

// way is what is between the buffer and the bridge. Its one goroutine is [Forwarder.deliver].
type way struct {
	batches chan []item
	open    []item // without an answer, oldest first
}

// send brings what is in the buffer to the bridge until ctx ends.
func (f *Forwarder) send(ctx context.Context) error {
	w := &way{batches: make(chan []item)}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.pull(ctx, w.batches) })
	group.Go(func() error { return f.deliver(ctx, w) })
	if err := group.Wait(); ctx.Err() == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// pull reads the buffer. What it has handed over is never asked for again in this run: deliver keeps it.
func (f *Forwarder) pull(ctx context.Context, to chan<- []item) error {
	stream := f.buffer.Stream()
	for {
		texts, last, err := f.buffer.NextText(ctx, batchSize)
		if err != nil {
			return err
		}
		batch := make([]item, 0, len(texts))
		for i, text := range texts {
			number := last - uint64(len(texts)-1-i)
			var r record
			if err := json.Unmarshal([]byte(text), &r); err != nil { // the checksum was right, so another program wrote it
				return fmt.Errorf("reading record %d of the buffer: %w", number, err)
			}
			framed := frame.AppendForwarded(nil, frame.Forwarded{Stream: stream, Number: number, Received: r.At, From: r.From, Message: r.message()})
			batch = append(batch, item{number, framed})
		}
		select {
		case to <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// deliver keeps one connection to the bridge.
func (f *Forwarder) deliver(ctx context.Context, w *way) error {
	pause := f.cfg.RetryMin
	for ctx.Err() == nil {
		before := f.answered.Load()
		err := f.connect(ctx, w)
		if ctx.Err() != nil {
			break
		}
		if f.answered.Load() > before {
			pause = f.cfg.RetryMin
		}
		f.log.WarnContext(ctx, "the bridge is not reached; records wait in the buffer", obs.Addr(f.cfg.To), obs.Err(err))
		sleep(ctx, pause/2+rand.N(pause/2+1)) // not all offices in the same second
		pause = min(2*pause, f.cfg.RetryMax)
	}
	return ctx.Err()
}

func (f *Forwarder) connect(ctx context.Context, w *way) error {
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout}, Config: f.cfg.TLS}
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := dialer.DialContext(dialing, "tcp", f.cfg.To)
	cancel()
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	answers := &answers{came: make(chan struct{}, 1), ended: make(chan error, 1)}
	go answers.read(conn) // ends with the connection
	f.log.InfoContext(ctx, "connected to the bridge", obs.Addr(f.cfg.To), obs.Count(len(w.open)))

	out := bufio.NewWriterSize(conn, 64<<10)
	write := func(items []item) error {
		_ = conn.SetWriteDeadline(time.Now().Add(f.cfg.AnswerTime))
		for _, i := range items {
			if _, err := out.Write(i.framed); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	if err := write(w.open); err != nil { // the bridge passes over what it has
		return err
	}
	overdue := time.NewTimer(f.cfg.AnswerTime)
	defer overdue.Stop()
	for {
		batches := w.batches
		if len(w.open) >= f.cfg.Window {
			batches = nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case batch := <-batches:
			if len(w.open) == 0 {
				overdue.Reset(f.cfg.AnswerTime)
			}
			w.open = append(w.open, batch...)
			if err := write(batch); err != nil {
				return err
			}
		case <-answers.came:
			overdue.Reset(f.cfg.AnswerTime)
			if err := f.forget(w, answers.number.Load()); err != nil {
				return err
			}
		case err := <-answers.ended:
			return errors.Join(err, f.forget(w, answers.number.Load()))
		case <-overdue.C:
			if len(w.open) > 0 {
				return fmt.Errorf("no answer for %s", f.cfg.AnswerTime)
			}
		}
	}
}

// forget lets go of what the bridge has stored.
func (f *Forwarder) forget(w *way, number uint64) error {
	n := 0
	for n < len(w.open) && w.open[n].number <= number {
		n++
	}
	if n == 0 {
		return nil
	}
	last := w.open[n-1].number
	clear(w.open[:n])
	w.open = w.open[n:]
	f.answered.Add(uint64(n))
	return f.buffer.Done(last)
}

// answers are what the bridge says on a connection: the number up to which records are stored, a line each.
type answers struct {
	number atomic.Uint64
	came   chan struct{}
	ended  chan error
}

func (a *answers) read(conn net.Conn) {
	lines := bufio.NewReaderSize(conn, 64)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			a.ended <- err
			return
		}
		number, err := strconv.ParseUint(strings.TrimSpace(string(line)), 10, 64)
		if err != nil {
			a.ended <- fmt.Errorf("the bridge answered %q: it is no bridge of Sekisho", line)
			return
		}
		a.number.Store(number)
		select {
		case a.came <- struct{}{}:
		default:
		}
	}
}
