package sensorbridge

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/redact"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

const (
	maxSamples = 5 // unparsed records that are kept to look at
	maxFormats = 8
	fullPause  = 50 * time.Millisecond // how long to wait for room
)

// intake is one sensor: how its records come in, and what is known of it.
type intake struct {
	bridge *Bridge
	sensor sekisho.Sensor
	zone   *time.Location
	decode func(*line.Record) sekisho.Event // nil: every format
	cancel context.CancelFunc               // guarded by Bridge.mu
	udp    net.PacketConn
	tcp    net.Listener

	forwarding sync.Mutex // held for one record of a forwarder: its old and its new connection may both be at work

	dropped uint64 // datagrams that the system dropped and that are booked; watch's alone

	mu     sync.Mutex // guards what follows
	state  sekisho.SensorState
	dirty  bool
	closed bool
	open   map[net.Conn]struct{} // connections
}

func newIntake(b *Bridge, sensor sekisho.Sensor, state sekisho.SensorState) *intake {
	in := &intake{bridge: b, sensor: sensor, zone: sensor.Location(), state: state.Clone(), open: map[net.Conn]struct{}{}}
	if sensor.Format != "" {
		if decode, err := Find(sensor.Format); err == nil { // a format of another version is found out instead
			in.decode = decode
		}
	}
	return in
}

func (in *intake) same(sensor sekisho.Sensor) bool { return reflect.DeepEqual(in.sensor, sensor) }

// listen binds the sensor's own ports.
func (in *intake) listen() (err error) {
	if in.sensor.UDP != "" {
		if in.udp, err = in.listenUDP(); err != nil {
			return portTaken(in.sensor, "udp", in.sensor.UDP, err)
		}
	}
	if in.sensor.TCP != "" {
		if in.tcp, err = in.bridge.deps.Listen("sensor "+string(in.sensor.ID), in.sensor.TCP); err != nil {
			return portTaken(in.sensor, "tcp", in.sensor.TCP, err)
		}
	}
	return nil
}

func portTaken(s sekisho.Sensor, network, addr string, err error) error {
	return &sekisho.Error{
		Kind: sekisho.KindInvalid, Op: "listen for sensor " + s.Name, Err: err,
		Msg: network + " " + addr + ": cannot listen there; give the sensor a free address",
	}
}

// readers are what has to run for the sensor, apart from the shared listeners.
func (in *intake) readers() (readers []func(context.Context) error) {
	if in.udp != nil {
		readers = append(readers, in.readDatagrams)
	}
	if in.tcp != nil {
		readers = append(readers, func(ctx context.Context) error { return in.acceptFrom(ctx, in.tcp) })
	}
	if in.sensor.Path != "" {
		readers = append(readers, in.readFiles)
	}
	return readers
}

// close stops hearing the sensor. The caller holds Bridge.mu.
func (in *intake) close() {
	if in.cancel != nil {
		in.cancel()
	}
	if in.udp != nil {
		_ = in.udp.Close()
	}
	if in.tcp != nil {
		_ = in.tcp.Close()
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for conn := range in.open {
		_ = conn.Close()
	}
}

// hold remembers an open connection, so that it ends with the sensor; false when the sensor is no more.
func (in *intake) hold(conn net.Conn) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.open[conn] = struct{}{}
	return true
}

func (in *intake) release(conn net.Conn) {
	in.mu.Lock()
	defer in.mu.Unlock()
	delete(in.open, conn)
}

// mayCome reports whether the sensor's own ports may be used from an address.
func (in *intake) mayCome(from net.Addr) bool {
	if len(in.sensor.From) == 0 {
		return true
	}
	at, err := netip.ParseAddrPort(from.String())
	if err != nil {
		return false
	}
	ip := at.Addr().Unmap().WithZone("")
	return slices.ContainsFunc(in.sensor.From, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func (in *intake) stream() *Stream { return &Stream{Decode: in.decode} }

// record takes one record. With wait it waits for room; otherwise a record without room is rejected. place, if there is
// one, names the record for good, so that it is stored once however often it is read.
func (in *intake) record(ctx context.Context, s *Stream, raw []byte, columns []string, place string, wait bool) error {
	return in.recordFrom(ctx, s, raw, columns, arrival{at: in.bridge.now(), place: place}, wait)
}

// arrival is how a record came to us.
type arrival struct {
	at     time.Time
	device string // its sender, for a record that does not name its device
	place  string // see record

	stream string // of a forwarder; empty without one
	number uint64
}

func (in *intake) recordFrom(ctx context.Context, s *Stream, raw []byte, columns []string, from arrival, wait bool) error {
	e := s.Event(raw, columns, line.Origin{Received: from.at, Zone: in.zone})
	e.Tenant, e.Sensor = in.sensor.Tenant, in.sensor.Name
	e.SiteID, e.Site = in.sensor.SiteID, in.sensor.Site
	if e.Device == "" {
		e.Device = from.device
	}
	if e.ID = sekisho.NewEventID(e.Time); from.place != "" {
		e.ID = sekisho.EventIDOf(e.Time, binary.LittleEndian.AppendUint64([]byte(from.place), uint64(len(raw))))
	}
	err := in.store(ctx, e, wait)
	in.count(&e, from, err == nil)
	return err
}

var errFull = &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "there is no room for further records now; send them again later"}

// store hands an event over.
func (in *intake) store(ctx context.Context, e sekisho.Event, wait bool) error {
	switch {
	case wait:
		if err := in.waitForRoom(ctx); err != nil {
			return err
		}
	case in.bridge.deps.Sink.Full():
		return errFull
	}
	return in.bridge.deps.Sink.Append(e)
}

func (in *intake) waitForRoom(ctx context.Context) error {
	for in.bridge.deps.Sink.Full() {
		timer := time.NewTimer(fullPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
	return nil
}

// count books a record that was received.
func (in *intake) count(e *sekisho.Event, from arrival, stored bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.heard(in.bridge.now())
	if from.stream != "" && stored {
		in.forwarded(from.stream, from.number)
	}
	in.state.Received++
	switch {
	case !stored:
		in.state.Rejected++
	case e.Format == FormatUnknown:
		in.state.Unparsed++
		in.state.Samples = append(in.state.Samples, redact.Clip(e.Raw, 1024))
		if extra := len(in.state.Samples) - maxSamples; extra > 0 {
			in.state.Samples = slices.Clone(in.state.Samples[extra:])
		}
	default:
		in.state.Parsed++
		if len(in.state.Formats) < maxFormats && !slices.Contains(in.state.Formats, e.Format) {
			in.state.Formats = append(in.state.Formats, e.Format)
		}
	}
}

// reject books records that were received and not looked at.
func (in *intake) reject(n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.state.Received += uint64(n)
	in.state.Rejected += uint64(n)
	in.dirty = true
}

func (in *intake) snapshot() sekisho.SensorState {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.state.Clone()
}

// takeChanged returns the state if it has changed since the last call.
func (in *intake) takeChanged() (sekisho.SensorState, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.dirty {
		return sekisho.SensorState{}, false
	}
	in.dirty = false
	return in.state.Clone(), true
}

func (in *intake) markChanged() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.dirty = true
}

// ended tells errors that only say that somebody closed something.
func ended(err error) bool { return errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) }
