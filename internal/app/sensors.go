package app

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/certs"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/internal/spool"
	sensorbridge "github.com/sekisho-waf/sekisho/sensor-bridge"
)

// openSensors makes the sensor bridge. What the portal's page is to people, these listeners are to devices: they show a
// certificate of the local authority for this machine's name and those that the operator gave.
func (h *house) openSensors(ctx context.Context) (err error) {
	names := []string{"localhost"}
	if name, err := os.Hostname(); err == nil && name != "" {
		names = append([]string{strings.ToLower(name)}, names...)
	}
	if len(h.cfg.SensorsNames) > 0 {
		names = append(append([]string{}, h.cfg.SensorsNames...), names...)
	}
	cfg := sensorbridge.DefaultConfig()
	cfg.TLS, cfg.HTTPS = h.cfg.SensorsTLS, h.cfg.SensorsHTTPS
	h.bridge, err = sensorbridge.New(ctx, cfg, sensorbridge.Deps{
		Sink: sensorSink{h.spool, h.cfg.SpoolBytes}, States: h.records,
		Certificate: h.authority.Own(names...), Clients: h.authority.ClientCAs(),
		Listen: h.sockets.Listen, ListenPacket: h.sockets.ListenPacket,
	}, h.log)
	if err != nil {
		return err
	}
	h.onClose(h.bridge.Close)
	if err := h.listenSensors(ctx); err != nil { // one sensor's port must not keep the sites down
		h.log.ErrorContext(ctx, "some sensors are not heard", obs.Err(err))
	}
	return nil
}

// listenSensors brings the stored sensors into force.
func (h *house) listenSensors(ctx context.Context) error {
	sensors, err := h.records.AllSensors(ctx)
	if err != nil {
		return err
	}
	err = h.bridge.SetSensors(sensors)
	h.unheard.Store(err != nil)
	return err
}

// sensorSink hands the bridge's events to the spool, and keeps half of the spool for what the proxy records: a firewall in
// trouble must not take the room of attacks on sites.
type sensorSink struct {
	spool *spool.Spool
	most  int64
}

func (s sensorSink) Append(e sekisho.Event) error {
	if err := s.spool.Append(e); !errors.Is(err, spool.ErrDelayed) { // that one is on its way
		return err
	}
	return nil
}

func (s sensorSink) Full() bool {
	health := s.spool.Health()
	return health.Bytes > s.most/2 || health.Backlog > 0
}

func (h *house) sensorStatus(s *control.Status) {
	if at := h.bridge.TLSAddr(); at != nil {
		s.SensorsTLS = at.String()
	}
	if at := h.bridge.HTTPSAddr(); at != nil {
		s.SensorsHTTPS = at.String()
	}
	for _, state := range h.bridge.States() {
		s.Sensors++
		s.Received += state.Received
		s.Parsed += state.Parsed
		s.Unparsed += state.Unparsed
		s.Rejected += state.Rejected
		if !state.Silent.IsZero() {
			s.Silent++
		}
	}
}

// clientIssuer signs certificates of sensors for the control commands.
func clientIssuer(dataDir string) func(string) (control.ClientCertificate, error) {
	return func(name string) (control.ClientCertificate, error) {
		issued, err := certs.IssueClient(dataDir, name)
		return control.ClientCertificate(issued), err
	}
}

func knownFormat(name string) error {
	_, err := sensorbridge.Find(name)
	return err
}
