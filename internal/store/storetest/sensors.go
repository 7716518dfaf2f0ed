package storetest

import (
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func sensor(tenant sekisho.TenantID, id sekisho.SensorID, name string) sekisho.Sensor {
	return sekisho.Sensor{ID: id, Tenant: tenant, Name: name, Zone: "Asia/Tokyo", UDP: "127.0.0.1:5514", Created: noon}
}

func testSensors(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	first, second, other := sensor(yamada, "N1", "fw"), sensor(yamada, "N2", "edr"), sensor(suzuki, "N3", "fw")
	for _, s := range []sekisho.Sensor{first, second, other} {
		must(t, db.PutSensor(ctx, s.Tenant, s))
	}
	list, err := db.ListSensors(ctx, yamada)
	must(t, err)
	wantEqual(t, "ListSensors", list, []sekisho.Sensor{second, first})
	all, err := db.AllSensors(ctx)
	must(t, err)
	wantEqual(t, "AllSensors", all, []sekisho.Sensor{other, second, first})

	state := sekisho.SensorState{Sensor: "N1", Tenant: yamada, Received: 3, Parsed: 2, Unparsed: 1, Last: noon, Gap: time.Minute, Samples: []string{"x"}}
	gone := sekisho.SensorState{Sensor: "N9", Tenant: yamada, Received: 1}
	stolen := sekisho.SensorState{Sensor: "N3", Tenant: yamada, Received: 1}
	must(t, db.PutSensorStates(ctx, []sekisho.SensorState{{Sensor: "N1", Tenant: yamada}, state, gone, stolen}))
	states, err := db.AllSensorStates(ctx)
	must(t, err)
	wantEqual(t, "AllSensorStates", states, []sekisho.SensorState{state})

	wantKind(t, db.PutSensor(ctx, yamada, sensor(yamada, "N4", "fw")), sekisho.KindConflict)
	wantKind(t, db.PutSensor(ctx, "nobody", sensor("nobody", "N5", "fw")), sekisho.KindNotFound)
	wantKind(t, db.PutSensor(ctx, yamada, sekisho.Sensor{ID: "N6", Name: "x", Zone: "UTC"}), sekisho.KindInvalid)

	must(t, db.RemoveSensor(ctx, yamada, "N1"))
	wantKind(t, db.RemoveSensor(ctx, yamada, "N1"), sekisho.KindNotFound)
	states, err = db.AllSensorStates(ctx)
	must(t, err)
	wantEqual(t, "the state of a sensor that is no more", states, nil)
}
