package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Records are the stored things that commands read and write.
type Records interface {
	TenantRecords
	SiteRecords
	ExclusionRecords
	SensorRecords
	ExportRecords
	RolloutRecords
	FindingRecords
	CaseRecords
	UserRecords
}

// TenantRecords keeps the tenants.
type TenantRecords interface {
	CreateTenant(context.Context, sekisho.Tenant) error
	SetStorage(ctx context.Context, tenant sekisho.TenantID, s sekisho.Storage) error
	FindTenant(context.Context, sekisho.TenantID) (sekisho.Tenant, error)
	ListTenants(context.Context) ([]sekisho.Tenant, error)
	DeleteTenant(context.Context, sekisho.TenantID) (rows map[string]int64, err error)
}

// SiteRecords keeps the sites.
type SiteRecords interface {
	AllSites(context.Context) ([]sekisho.Site, error)
	FindSiteByHost(ctx context.Context, host string) (sekisho.Site, error)
	FindSite(context.Context, sekisho.TenantID, sekisho.SiteID) (sekisho.Site, error)
	PutSite(context.Context, sekisho.TenantID, sekisho.Site) error
	RemoveSite(context.Context, sekisho.TenantID, sekisho.SiteID) error
}

// FindingRecords keeps what happened.
type FindingRecords interface {
	ListEvents(context.Context, sekisho.TenantID, sekisho.EventFilter) ([]sekisho.Event, string, error)
	FindEvent(context.Context, sekisho.TenantID, sekisho.EventID) (sekisho.Event, error)
	ListIncidents(context.Context, sekisho.TenantID, sekisho.IncidentFilter) ([]sekisho.Incident, string, error)
	FindIncident(context.Context, sekisho.TenantID, sekisho.IncidentID) (sekisho.Incident, error)
}

// CaseRecords keeps who answers for it.
type CaseRecords interface {
	Desk(ctx context.Context, tenant sekisho.TenantID, cases []sekisho.CaseID, now time.Time) (sekisho.Desk, error)
	FindCase(context.Context, sekisho.TenantID, sekisho.CaseID) (sekisho.Case, error)
	ListChanges(context.Context, sekisho.TenantID, sekisho.ChangeFilter) ([]sekisho.Change, string, error)
	ChangeCase(context.Context, sekisho.TenantID, sekisho.Case, sekisho.Change, *sekisho.Suppression) error
}

// UserRecords keeps the people and their login tokens.
type UserRecords interface {
	PutUser(context.Context, sekisho.User) error
	FindUserByEmail(ctx context.Context, email string) (sekisho.User, error)
	PutLoginToken(ctx context.Context, hash [32]byte, user sekisho.UserID, expires time.Time) error
}

// Modes is where overrides live: it answers also while the records are away.
type Modes interface {
	SetOverride(ctx context.Context, site sekisho.SiteID, mode *sekisho.Mode) error
	// Overrides returns the override for every site, or nil, and those of single sites.
	Overrides(ctx context.Context) (all *sekisho.Mode, sites map[sekisho.SiteID]sekisho.Mode, err error)
}

// Ownership finds out whether a name is its owner's.
type Ownership interface {
	// ToPublish makes a token where there is none, and says what is to be published.
	ToPublish(host, token string) (newToken, value, txt, url string)
	// Prove looks for what is to be published. Without a proof, missing says what was found instead.
	Prove(ctx context.Context, host, token string) (proof sekisho.Proof, missing []sekisho.Text)
}

// Certificates keeps what sites are served with.
type Certificates interface {
	Of(host string) CertificateView
	Upload(ctx context.Context, host string, chain, key []byte) error
	Discard(ctx context.Context, host string) error
	Retry(ctx context.Context, host string)
}

// Plane is the part of a running process that acts on sites; the zero value is a process that serves nobody.
type Plane struct {
	// Apply brings the stored sites and overrides into force, or says why not. Nil when nothing is served.
	Apply func(context.Context) error
	// Switch brings the overrides alone into force, without asking the records. Nil when nothing is served.
	Switch func(context.Context) error
	// Overrides returns the overrides in force here, forced ones too. Nil when nothing is served.
	Overrides func() (all *sekisho.Mode, sites map[sekisho.SiteID]sekisho.Mode)
	// Force sets a mode in this process alone, of one site or of every site with "", until it is forced to nil or the
	// process ends; the next Switch or Apply sees it. Nil when nothing is served.
	Force func(site sekisho.SiteID, mode *sekisho.Mode)
	// Served returns the sites that are served now, also while the records are away. Nil when nothing is served.
	Served func() []sekisho.Site
	// Compile refuses a policy that has no working engine, and otherwise keeps that engine until release is called.
	Compile func(sekisho.Policy, sekisho.Mode) (release func(), err error)
	// Rules loads a set of rules, so that policies can be compiled with it. Shadow tells what shadowing has shown; nil when
	// nothing is served.
	Rules  func(pack []byte) (sekisho.RuleVersion, error)
	Shadow func() ShadowReport
	// Exclusion refuses an exclusion that cannot do under a policy what it says. Nil asks [sekisho.Exclusion.Validate] alone.
	Exclusion func(sekisho.Policy, sekisho.Exclusion) error
	// Certificate refuses a site whose certificate files cannot be served. Nil accepts all.
	Certificate func(sekisho.Site) error
	// Origins refuses a site whose servers can never be reached: a file that cannot be used, an address that customers may
	// not lead us to. Nil accepts all.
	Origins func(sekisho.Site) error
	// Probe asks a site's servers as a stranger, and as we do. Nil when nothing is served.
	Probe func(context.Context, sekisho.Site) ([]ServerProbe, error)
	// ServerStates returns how the servers of sites are doing. Nil when nothing is served.
	ServerStates func() map[sekisho.SiteID][]ServerState
	// Listen brings the stored sensors into force, or says why not. Nil when nothing is served.
	Listen func(context.Context) error
	// SensorStates returns what is known of sensors now. Nil when nothing is served: the records say what was.
	SensorStates func() map[sekisho.SensorID]sekisho.SensorState
	// Certificates are those of the sites that are served. Nil when nothing is kept.
	Certificates Certificates
	// Forget removes what is kept outside of the records for a deleted tenant and its hosts, and returns how many events
	// that was. Nil when there is nothing.
	Forget func(ctx context.Context, tenant sekisho.TenantID, hosts []string) (events int, err error)
	// Restart starts the program anew and returns the new process once it is prepared. Nil when nothing is served.
	Restart func(context.Context) (pid int, err error)
	// WayPast returns the addresses at which a site's origin answers its visitors by itself, as seen a moment ago. None
	// comes with the reason. Nil when nobody can tell, or no name server of ours could lead anybody there.
	WayPast func(ctx context.Context, site sekisho.Site) (addrs []netip.Addr, why sekisho.Text)
	// Status fills in what only the running process knows.
	Status func(*Status)
}

// Local carries the commands out in this process.
type Local struct {
	Records Records
	Modes   Modes
	Plane   Plane
	Explain func(sekisho.Incident) sekisho.Explanation
	// Changed is called when a tenant's cases have changed; nil when nobody listens.
	Changed func(sekisho.TenantID)
	Owners  Ownership
	// Watched says that the running process watches where names lead, and takes sites live by that. Otherwise nobody can
	// tell, and a site counts as live from the moment that it can be served.
	Watched bool
	// IssueClient signs a client certificate for a sensor with the authority of the data directory.
	IssueClient func(name string) (ClientCertificate, error)
	// KnownFormat refuses the name of a format that nothing can read. Nil accepts all.
	KnownFormat func(string) error
	// Given are the hosts of a tenant that the configuration names, and that each start brings back. Nil names none.
	Given func(sekisho.TenantID) []string
	// Exports hands records to other systems.
	Exports Exporting
	// PortalURL returns the address that login links begin with.
	PortalURL func() string
	Log       *slog.Logger
}

var _ Service = (*Local)(nil)

// AddTenant stores a new tenant; an id that is taken is KindConflict.
func (l *Local) AddTenant(ctx context.Context, tenant sekisho.Tenant) (sekisho.Tenant, error) {
	id, err := sekisho.ParseTenantID(string(tenant.ID))
	if err != nil {
		return sekisho.Tenant{}, err
	}
	if tenant.Name = strings.TrimSpace(tenant.Name); tenant.Name == "" {
		tenant.Name = string(id)
	}
	tenant.Created = time.Now().UTC()
	if err := l.Records.CreateTenant(ctx, tenant); err != nil {
		return sekisho.Tenant{}, fmt.Errorf("add tenant %s: %w", id, err)
	}
	return tenant, nil
}

// Tenants lists every tenant.
func (l *Local) Tenants(ctx context.Context) ([]sekisho.Tenant, error) {
	return l.Records.ListTenants(ctx)
}

// Status answers also while the records are away.
// Restart implements [Service].
func (l *Local) Restart(ctx context.Context) (Restarting, error) {
	if l.Plane.Restart == nil {
		return Restarting{}, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "sekisho serve is not running on this data directory; start it"}
	}
	pid, err := l.Plane.Restart(ctx)
	return Restarting{PID: pid}, err
}

func (l *Local) Status(ctx context.Context) (Status, error) {
	status := Status{Degraded: []sekisho.Text{}}
	all, _, modesErr := l.overrides(ctx)
	status.Override = all
	sites, recordsErr := l.Records.AllSites(ctx)
	status.Sites = len(sites)
	if recordsErr == nil && modesErr == nil {
		status.Named, modesErr = l.view(ctx, sites)
	}
	if l.Plane.Status != nil {
		l.Plane.Status(&status)
		return status, nil
	}
	return status, errors.Join(modesErr, recordsErr)
}

func (l *Local) apply(ctx context.Context) error {
	if l.Plane.Apply == nil {
		return nil
	}
	return l.Plane.Apply(ctx)
}
