package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// PutSensor stores a sensor of a tenant, new or changed.
//
// KindInvalid: it cannot work (see [sekisho.Sensor.Validate]). KindNotFound: no such tenant. KindConflict: another sensor of
// the tenant has its name.
func (db *DB) PutSensor(ctx context.Context, tenant sekisho.TenantID, s sekisho.Sensor) error {
	op := fmt.Sprintf("storing sensor %s of %s", s.Name, tenant)
	if err := s.Validate(); err != nil {
		return db.failed(op, err)
	}
	s.Tenant, s.Created = tenant, s.Created.UTC()
	data, err := json.Marshal(s)
	if err != nil {
		return db.failed(op, err)
	}
	return db.update(ctx, op, func(tx *tx) error {
		_, err := tx.exec(ctx, `INSERT INTO sensors (tenant, id, name, data) VALUES (?, ?, ?, ?)
			ON CONFLICT (tenant, id) DO UPDATE SET name = excluded.name, data = excluded.data`, tenant, s.ID, s.Name, string(data))
		return db.refused(err, conflict(fmt.Sprintf("sensor %s exists already; remove it first, or choose another name", s.Name)), unknownTenant(tenant))
	})
}

// ListSensors returns a tenant's sensors, by name.
func (db *DB) ListSensors(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.Sensor, error) {
	rows, err := db.query(ctx, `SELECT data FROM sensors WHERE tenant = ? ORDER BY name`, tenant)
	list, err := collect(rows, err, scanRecord[sekisho.Sensor])
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the sensors of %s", tenant), err)
	}
	return list, nil
}

// RemoveSensor forgets a tenant's sensor and its state, or returns KindNotFound. Its events stay.
func (db *DB) RemoveSensor(ctx context.Context, tenant sekisho.TenantID, id sekisho.SensorID) error {
	return db.update(ctx, fmt.Sprintf("removing sensor %s of %s", id, tenant), func(tx *tx) error {
		rows, err := tx.exec(ctx, `DELETE FROM sensors WHERE tenant = ? AND id = ?`, tenant, id)
		if err == nil && rows == 0 {
			return sekisho.NotFound(fmt.Sprintf("sensor %s", id))
		}
		return err
	})
}

// AllSensors returns the sensors of every tenant. It is the sensor bridge's.
func (db *DB) AllSensors(ctx context.Context) ([]sekisho.Sensor, error) {
	rows, err := db.query(ctx, `SELECT data FROM sensors ORDER BY tenant, name`)
	list, err := collect(rows, err, scanRecord[sekisho.Sensor])
	if err != nil {
		return nil, db.failed("listing all sensors", err)
	}
	return list, nil
}

// PutSensorStates stores what is known of sensors; those of sensors that are no more are left out.
func (db *DB) PutSensorStates(ctx context.Context, states []sekisho.SensorState) error {
	const op = "storing the state of sensors"
	return db.update(ctx, op, func(tx *tx) error {
		if err := tx.alone(ctx, "sensor states"); err != nil { // or two processes could each wait for the other's rows
			return err
		}
		for _, s := range states {
			data, err := json.Marshal(s)
			if err != nil {
				return err
			}
			_, err = tx.exec(ctx, `INSERT INTO sensor_states (tenant, sensor, data)
				SELECT tenant, id, ? FROM sensors WHERE tenant = ? AND id = ?
				ON CONFLICT (tenant, sensor) DO UPDATE SET data = excluded.data`, string(data), s.Tenant, s.Sensor)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AllSensorStates returns what is known of the sensors of every tenant. It is the sensor bridge's.
func (db *DB) AllSensorStates(ctx context.Context) ([]sekisho.SensorState, error) {
	rows, err := db.query(ctx, `SELECT data FROM sensor_states ORDER BY tenant, sensor`)
	list, err := collect(rows, err, scanRecord[sekisho.SensorState])
	if err != nil {
		return nil, db.failed("listing the state of sensors", err)
	}
	return list, nil
}
