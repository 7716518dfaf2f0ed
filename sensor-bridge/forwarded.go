package sensorbridge

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
)

const (
	maxForwarders  = 16  // whose positions are kept, per sensor
	acknowledgeAll = 512 // records of a burst that may go without an acknowledgement
	answerTimeout  = 30 * time.Second
)

// receipt is what a connection owes its forwarder. Other senders are owed nothing: syslog knows no answer.
type receipt struct {
	forwarder bool
	number    uint64
	since     int // records since the last acknowledgement
}

// due reports whether it is time to acknowledge: at the end of a burst, and now and then within a long one.
func (r *receipt) due(more bool) bool { return r.since > 0 && (!more || r.since >= acknowledgeAll) }

// recordMessage takes one message of a connection. What a forwarder put around it is taken off: the record's time of
// arrival is the forwarder's, who had it before any outage, and its number says whether it came before.
func (in *intake) recordMessage(ctx context.Context, s *Stream, message []byte, done *receipt) error {
	f, ok := frame.ReadForwarded(message)
	if !ok {
		return in.record(ctx, s, message, nil, "", true)
	}
	done.forwarder = true
	in.forwarding.Lock()
	defer in.forwarding.Unlock()
	if f.Number > in.lastForwarded(f.Stream) {
		now := in.bridge.now()
		if f.Received.After(now) { // its clock is ahead; nothing has happened yet that will happen later
			f.Received = now
		}
		// After our own crash a number may come again that was stored but not yet booked: the same event gets the same id.
		from := arrival{
			at: f.Received, device: f.From, stream: f.Stream, number: f.Number,
			place: fmt.Sprintf("%s forwarded %s %d", in.sensor.ID, f.Stream, f.Number),
		}
		if err := in.recordFrom(ctx, s, f.Message, nil, from, true); err != nil {
			return err
		}
	}
	done.number, done.since = f.Number, done.since+1
	return nil
}

// acknowledge tells the forwarder how far it may forget. It waits while the sink has no room or its disk refuses: what
// waits in memory there would not survive.
func (in *intake) acknowledge(ctx context.Context, conn net.Conn, done *receipt) error {
	if err := in.waitForRoom(ctx); err != nil {
		return err
	}
	_ = conn.SetWriteDeadline(in.bridge.now().Add(answerTimeout))
	if _, err := conn.Write(frame.AppendAcknowledgement(nil, done.number)); err != nil {
		return err
	}
	done.since = 0
	return nil
}

func (in *intake) lastForwarded(stream string) uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, p := range in.state.Forwarded {
		if p.Stream == stream {
			return p.Number
		}
	}
	return 0
}

// forwarded notes how far a forwarder's records are stored. The caller holds mu.
func (in *intake) forwarded(stream string, number uint64) {
	all := in.state.Forwarded
	if n := len(all); n > 0 && all[n-1].Stream == stream {
		all[n-1].Number = number
		return
	}
	all = slices.DeleteFunc(all, func(p sekisho.ForwarderPosition) bool { return p.Stream == stream })
	if extra := len(all) + 1 - maxForwarders; extra > 0 {
		all = slices.Delete(all, 0, extra)
	}
	in.state.Forwarded = append(all, sekisho.ForwarderPosition{Stream: stream, Number: number})
}
