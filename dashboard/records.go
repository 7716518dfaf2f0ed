package dashboard

import (
	"context"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Records is what the portal reads, and the sessions it writes. A tenant's method answers a stranger with KindNotFound
// or an empty page.
type Records interface {
	Tenants
	Sites
	Incidents
	Events
	Cases
	Sensors
	People
	Sessions
}

// Tenants are the operator's customers.
type Tenants interface {
	FindTenant(ctx context.Context, id sekisho.TenantID) (sekisho.Tenant, error)
	ListTenants(ctx context.Context) ([]sekisho.Tenant, error)
	AllSites(ctx context.Context) ([]sekisho.Site, error)
}

// Sites are what a tenant has us stand in front of, and the traffic that came.
type Sites interface {
	FindSite(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID) (sekisho.Site, error)
	ListSites(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.Site, error)
	ListExclusions(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID) ([]sekisho.Exclusion, error)
	ListTraffic(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID, from, to time.Time) ([]sekisho.Traffic, error)
}

// Incidents are what happened, told once.
type Incidents interface {
	FindIncident(ctx context.Context, tenant sekisho.TenantID, id sekisho.IncidentID) (sekisho.Incident, error)
	ListIncidents(ctx context.Context, tenant sekisho.TenantID, filter sekisho.IncidentFilter) ([]sekisho.Incident, string, error)
}

// Events are the single sightings behind the incidents.
type Events interface {
	FindEvent(ctx context.Context, tenant sekisho.TenantID, id sekisho.EventID) (sekisho.Event, error)
	ListEvents(ctx context.Context, tenant sekisho.TenantID, filter sekisho.EventFilter) ([]sekisho.Event, string, error)
}

// Cases are who answers for the incidents.
type Cases interface {
	FindCase(ctx context.Context, tenant sekisho.TenantID, id sekisho.CaseID) (sekisho.Case, error)
	ListCases(ctx context.Context, tenant sekisho.TenantID, filter sekisho.CaseFilter) ([]sekisho.Case, string, error)
	ListChanges(ctx context.Context, tenant sekisho.TenantID, filter sekisho.ChangeFilter) ([]sekisho.Change, string, error)
	Desk(ctx context.Context, tenant sekisho.TenantID, ids []sekisho.CaseID, now time.Time) (sekisho.Desk, error)
}

// Sensors are the devices whose records a tenant sends us.
type Sensors interface {
	ListSensors(ctx context.Context, tenant sekisho.TenantID) ([]sekisho.Sensor, error)
}

// People are who may sign in.
type People interface {
	FindUser(ctx context.Context, id sekisho.UserID) (sekisho.User, error)
	TakeLoginToken(ctx context.Context, hash [32]byte, now time.Time) (sekisho.UserID, error)
}

// Sessions are who has.
type Sessions interface {
	PutSession(ctx context.Context, hash [32]byte, user sekisho.UserID, expires time.Time) error
	FindSession(ctx context.Context, hash [32]byte, now time.Time) (sekisho.UserID, error)
	TouchSession(ctx context.Context, hash [32]byte, expires time.Time) error
	DeleteSession(ctx context.Context, hash [32]byte) error
}

// Modes switches what inspection does on a site, at once and everywhere.
type Modes interface {
	SetMode(ctx context.Context, tenant sekisho.TenantID, site sekisho.SiteID, mode sekisho.Mode) error
}

// CaseActs does what a person decided about a case, and writes down who it was.
type CaseActs interface {
	Act(ctx context.Context, tenant sekisho.TenantID, id sekisho.CaseID, action sekisho.CaseAction) (sekisho.Case, error)
}
