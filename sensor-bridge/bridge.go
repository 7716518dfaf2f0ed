package sensorbridge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Config says where the bridge listens beside the ports of single sensors, and what it keeps.
type Config struct {
	TLS   string // address for syslog over TLS (RFC 5425) with client certificates; empty: none
	HTTPS string // address for pushes with a token; empty: none

	MaxConnections int           // open at once, per listener
	MaxBody        int64         // bytes of one push, unpacked
	IdleTimeout    time.Duration // a connection without a record for so long is closed
	StateEvery     time.Duration // how often counts and positions are stored
	Queue          int           // datagrams of one port that wait to be decoded
	QuietAtLeast   time.Duration // no sensor counts as silent before that
}

// DefaultConfig listens nowhere but on the ports of sensors.
func DefaultConfig() Config {
	return Config{
		MaxConnections: 1000, MaxBody: 64 << 20, IdleTimeout: 24 * time.Hour, StateEvery: 2 * time.Second, Queue: 8192,
		QuietAtLeast: 30 * time.Second,
	}
}

// Sink takes events durably: what it has taken without an error survives the process. Full reports that it is about to
// refuse; whoever can wait then waits, so that nothing is lost and there is room left for others.
type Sink interface {
	Append(sekisho.Event) error
	Full() bool
}

// States keeps what is known of sensors.
type States interface {
	AllSensorStates(context.Context) ([]sekisho.SensorState, error)
	PutSensorStates(context.Context, []sekisho.SensorState) error
}

// Deps are what the bridge needs of others. The certificate functions are needed with Config.TLS and Config.HTTPS alone.
type Deps struct {
	Sink        Sink
	States      States
	Certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error) // the bridge's own
	Clients     *x509.CertPool                                       // who signs the certificates of sensors

	// Listen and ListenPacket open the address of a listener or of a sensor's own port, by its name; nil: in the usual way.
	Listen       func(name, addr string) (net.Listener, error)
	ListenPacket func(name, addr string) (net.PacketConn, error)
}

// Bridge takes in the records of sensors. Run once; the other methods are safe for concurrent use.
type Bridge struct {
	cfg   Config
	deps  Deps
	log   *slog.Logger
	now   func() time.Time
	tls   net.Listener
	https net.Listener
	since atomic.Int64 // when Run began to listen, in nanoseconds since 1970; 0 before

	mu      sync.Mutex // guards what follows
	running context.Context
	group   *errgroup.Group
	intakes map[sekisho.SensorID]*intake
	byToken map[string]*intake
	byCert  map[string]*intake
	stored  map[sekisho.SensorID]sekisho.SensorState // from before the start, until their sensor is set
}

// New binds the shared listeners. An address that cannot be had is KindInvalid.
func New(ctx context.Context, cfg Config, deps Deps, log *slog.Logger) (_ *Bridge, err error) {
	b := &Bridge{
		cfg: cfg, deps: deps, log: log, now: func() time.Time { return time.Now().UTC() }, intakes: map[sekisho.SensorID]*intake{},
		byToken: map[string]*intake{}, byCert: map[string]*intake{}, stored: map[sekisho.SensorID]sekisho.SensorState{},
	}
	if deps.Listen == nil {
		b.deps.Listen = func(_, addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	}
	if deps.ListenPacket == nil {
		b.deps.ListenPacket = func(_, addr string) (net.PacketConn, error) { return net.ListenPacket("udp", addr) }
	}
	states, err := deps.States.AllSensorStates(ctx)
	if err != nil {
		return nil, err
	}
	for _, state := range states {
		b.stored[state.Sensor] = state
	}
	if cfg.TLS != "" {
		if b.tls, err = b.listen("sensors_tls", cfg.TLS); err != nil {
			return nil, err
		}
	}
	if cfg.HTTPS != "" {
		if b.https, err = b.listen("sensors_https", cfg.HTTPS); err != nil {
			return nil, errors.Join(err, b.Close())
		}
	}
	return b, nil
}

func (b *Bridge) listen(key, addr string) (net.Listener, error) {
	listener, err := b.deps.Listen(key, addr)
	if err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("%s %s: cannot listen there; give a free address, such as :6514", key, addr)}
	}
	return listener, nil
}

// Close closes the shared listeners; Run does so too.
func (b *Bridge) Close() error {
	var errs []error
	for _, listener := range []net.Listener{b.tls, b.https} {
		if listener != nil {
			if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// TLSAddr and HTTPSAddr are where the shared listeners are; nil without them.
func (b *Bridge) TLSAddr() net.Addr { return addrOf(b.tls) }

// HTTPSAddr is where pushes are taken; nil when they are not.
func (b *Bridge) HTTPSAddr() net.Addr { return addrOf(b.https) }

func addrOf(listener net.Listener) net.Addr {
	if listener == nil {
		return nil
	}
	return listener.Addr()
}

// Run takes records in until ctx ends, and returns once what was received is stored.
func (b *Bridge) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	b.since.Store(b.now().UnixNano())
	b.mu.Lock()
	b.running, b.group = ctx, group
	for _, in := range b.intakes {
		b.start(in)
	}
	b.mu.Unlock()
	if b.tls != nil {
		group.Go(func() error { return b.serveTLS(ctx) })
	}
	if b.https != nil {
		group.Go(func() error { return b.serveHTTPS(ctx) })
	}
	group.Go(func() error { return b.watch(ctx) })
	err := group.Wait()
	b.mu.Lock()
	b.running = nil
	b.mu.Unlock()
	b.keep(context.WithoutCancel(ctx))
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// SetSensors says whose records are taken from now on. A sensor that is no more is no longer heard, and its connections are
// closed. A port that cannot be had is an error that names the sensor; the others are set all the same.
func (b *Bridge) SetSensors(sensors []sekisho.Sensor) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := make(map[sekisho.SensorID]*intake, len(sensors))
	b.byToken, b.byCert = map[string]*intake{}, map[string]*intake{}
	var added []*intake
	for _, sensor := range sensors {
		in := b.intakes[sensor.ID]
		if in == nil || !in.same(sensor) {
			state, known := b.stored[sensor.ID]
			if in != nil {
				state, known = in.snapshot(), true
			}
			if !known {
				state = sekisho.SensorState{Sensor: sensor.ID, Tenant: sensor.Tenant}
			}
			in = newIntake(b, sensor, state)
			added = append(added, in)
		}
		next[sensor.ID] = in
		if sensor.TokenHash != "" {
			b.byToken[sensor.TokenHash] = in
		}
		if sensor.Certificate != "" {
			b.byCert[sensor.Certificate] = in
		}
	}
	for id, in := range b.intakes {
		if next[id] != in {
			in.close()
		}
	}
	b.intakes = next
	var errs []error
	for _, in := range added {
		if err := in.listen(); err != nil {
			errs = append(errs, err)
		}
		if b.running != nil {
			b.start(in)
		}
	}
	return errors.Join(errs...)
}

// start starts what an intake reads. The caller holds mu.
func (b *Bridge) start(in *intake) {
	ctx, cancel := context.WithCancel(b.running)
	in.cancel = cancel
	for _, read := range in.readers() {
		b.group.Go(func() error {
			if err := read(ctx); err != nil && ctx.Err() == nil {
				b.log.ErrorContext(ctx, "sensor no longer read", slog.String("sensor", in.sensor.Name), obs.Tenant(in.sensor.Tenant), obs.Err(err))
			}
			return nil // one sensor's trouble is nobody else's
		})
	}
}

// States returns what is known of every sensor now.
func (b *Bridge) States() map[sekisho.SensorID]sekisho.SensorState {
	b.mu.Lock()
	defer b.mu.Unlock()
	states := make(map[sekisho.SensorID]sekisho.SensorState, len(b.intakes))
	for id, in := range b.intakes {
		states[id] = in.snapshot()
	}
	return states
}

func (b *Bridge) byTokenHash(hash string) *intake {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byToken[hash]
}

func (b *Bridge) byFingerprint(sum string) *intake {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.byCert[sum]
}

// listeningSince is when Run began to listen.
func (b *Bridge) listeningSince() time.Time { return time.Unix(0, b.since.Load()) }

// watch stores states and looks for sensors that have fallen silent.
func (b *Bridge) watch(ctx context.Context) error {
	tick := time.NewTicker(b.cfg.StateEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			b.bookDrops()
			b.lookForSilence(b.listeningSince(), b.now())
			b.keep(ctx)
		}
	}
}

func (b *Bridge) bookDrops() {
	drops := socketDrops()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, in := range b.intakes {
		in.bookDrops(drops)
	}
}

// keep stores the states that have changed.
func (b *Bridge) keep(ctx context.Context) {
	b.mu.Lock()
	var changed []sekisho.SensorState
	var from []*intake
	for _, in := range b.intakes {
		if state, dirty := in.takeChanged(); dirty {
			changed, from = append(changed, state), append(from, in)
		}
	}
	b.mu.Unlock()
	if len(changed) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := b.deps.States.PutSensorStates(ctx, changed); err != nil {
		b.log.WarnContext(ctx, "state of sensors not stored", obs.Err(err))
		for _, in := range from {
			in.markChanged()
		}
	}
}
