package control

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/auth"
)

// SensorRecords keeps the sensors.
type SensorRecords interface {
	PutSensor(context.Context, sekisho.TenantID, sekisho.Sensor) error
	ListSensors(context.Context, sekisho.TenantID) ([]sekisho.Sensor, error)
	RemoveSensor(context.Context, sekisho.TenantID, sekisho.SensorID) error
	AllSensors(context.Context) ([]sekisho.Sensor, error)
	AllSensorStates(context.Context) ([]sekisho.SensorState, error)
}

// ClientCertificate is a certificate for a sensor, in PEM, and the SHA-256 by which it is known.
type ClientCertificate struct {
	Certificate, Key, CA []byte
	Fingerprint          string
}

// AddSensor stores a sensor and takes its records from now on. A name that the tenant has already is KindConflict; a port that
// cannot be had is KindInvalid, and the sensor is not added.
func (l *Local) AddSensor(ctx context.Context, ask AddSensor) (SensorAdded, error) {
	s := ask.Sensor
	op := fmt.Sprintf("add sensor %s", s.Name)
	s.ID, s.Created, s.TokenHash, s.Certificate = sekisho.NewSensorID(), time.Now().UTC(), "", ""
	if _, err := l.Records.FindTenant(ctx, s.Tenant); err != nil {
		return SensorAdded{}, fmt.Errorf("%s: %w", op, err)
	}
	if ask.Site != "" {
		site, err := l.siteOf(ctx, ask.Site)
		if err != nil {
			return SensorAdded{}, fmt.Errorf("%s: %w", op, err)
		}
		if site.Tenant != s.Tenant {
			return SensorAdded{}, fmt.Errorf("%s: %w", op, sekisho.NotFound("site "+ask.Site))
		}
		s.SiteID, s.Site = site.ID, site.Host
	}
	if s.Format != "" && l.KnownFormat != nil {
		if err := l.KnownFormat(s.Format); err != nil {
			return SensorAdded{}, fmt.Errorf("%s: %w", op, err)
		}
	}
	var added SensorAdded
	if ask.Token {
		token, hash := auth.NewToken()
		added.Token, s.TokenHash = token, hex.EncodeToString(hash[:])
	}
	if ask.Certificate {
		if l.IssueClient == nil {
			return SensorAdded{}, fmt.Errorf("%s: %w", op, sekisho.Invalid("no authority to issue a certificate with"))
		}
		issued, err := l.IssueClient(s.Name)
		if err != nil {
			return SensorAdded{}, fmt.Errorf("%s: %w", op, err)
		}
		s.Certificate = issued.Fingerprint
		added.Certificate, added.Key, added.CA = issued.Certificate, issued.Key, issued.CA
	}
	if err := l.Records.PutSensor(ctx, s.Tenant, s); err != nil {
		return SensorAdded{}, err
	}
	if err := l.listen(ctx); err != nil {
		err = errors.Join(err, l.Records.RemoveSensor(ctx, s.Tenant, s.ID), l.listen(ctx))
		return SensorAdded{}, fmt.Errorf("%s: %w", op, err)
	}
	added.Sensor = s
	var status Status
	if l.Plane.Status != nil {
		l.Plane.Status(&status)
	}
	added.SensorsTLS, added.SensorsHTTPS = status.SensorsTLS, status.SensorsHTTPS
	return added, nil
}

func (l *Local) listen(ctx context.Context) error {
	if l.Plane.Listen == nil {
		return nil
	}
	return l.Plane.Listen(ctx)
}

// Sensors lists the sensors of every tenant, with their states of now or, when nothing is served, of the end.
func (l *Local) Sensors(ctx context.Context) ([]SensorView, error) {
	sensors, err := l.Records.AllSensors(ctx)
	if err != nil {
		return nil, err
	}
	states := map[sekisho.SensorID]sekisho.SensorState{}
	if l.Plane.SensorStates != nil {
		states = l.Plane.SensorStates()
	} else {
		stored, err := l.Records.AllSensorStates(ctx)
		if err != nil {
			return nil, err
		}
		for _, state := range stored {
			states[state.Sensor] = state
		}
	}
	views := make([]SensorView, len(sensors))
	for i, s := range sensors {
		views[i] = SensorView{Sensor: s, State: states[s.ID]}
	}
	return views, nil
}

// RemoveSensor ends a sensor at once; its events stay.
func (l *Local) RemoveSensor(ctx context.Context, ask RemoveSensor) error {
	sensors, err := l.Records.ListSensors(ctx, ask.Tenant)
	if err != nil {
		return fmt.Errorf("remove sensor %s: %w", ask.Name, err)
	}
	for _, s := range sensors {
		if s.Name == ask.Name {
			if err := l.Records.RemoveSensor(ctx, ask.Tenant, s.ID); err != nil {
				return err
			}
			return l.listen(ctx)
		}
	}
	return fmt.Errorf("remove a sensor of %s: %w", ask.Tenant, sekisho.NotFound("sensor "+ask.Name))
}
