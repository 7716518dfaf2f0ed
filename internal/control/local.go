package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// Records are the stored things that commands read and write.
type Records interface {
	TenantRecords
	SiteRecords
	FindingRecords
	UserRecords
}

// TenantRecords keeps the tenants.
type TenantRecords interface {
	CreateTenant(context.Context, sekisho.Tenant) error
	FindTenant(context.Context, sekisho.TenantID) (sekisho.Tenant, error)
	ListTenants(context.Context) ([]sekisho.Tenant, error)
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
	// Status fills in what only the running process knows.
	Status func(*Status)
}

// Local carries the commands out in this process.
type Local struct {
	Records  Records
	Modes    Modes
	Plane    Plane
	Explain  func(sekisho.Incident) sekisho.Explanation
	NewToken func() (token string, hash [32]byte)
	// PortalURL returns the address that login links begin with.
	PortalURL func() string
	Log       *slog.Logger
}

var _ Service = (*Local)(nil)

// LoginLinkLife is how long a one-time link waits for its click.
const LoginLinkLife = 15 * time.Minute

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

// PutSite adds or changes a site whole: a policy that does not compile or a clashing host changes nothing.
func (l *Local) PutSite(ctx context.Context, put PutSite) (SiteView, error) {
	host, err := ParseHost(put.Host)
	if err != nil {
		return SiteView{}, err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	switch {
	case err == nil && put.New:
		return SiteView{}, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s is already there; change it with: sekisho site set %s", host, host)}
	case err == nil:
	case sekisho.KindOf(err) != sekisho.KindNotFound:
		return SiteView{}, fmt.Errorf("put site %s: %w", host, err)
	case put.Known:
		return SiteView{}, sekisho.NotFound("site " + host)
	default:
		site = sekisho.Site{
			ID: sekisho.NewSiteID(), Tenant: sekisho.DefaultTenant, Host: host,
			Policy: sekisho.DefaultPolicy(), Created: time.Now().UTC(),
		}
	}
	set(&site.Origin, put.Origin)
	set(&site.Mode, put.Mode)
	set(&site.FailMode, put.FailMode)
	set(&site.BeyondLimit, put.BeyondLimit)
	set(&site.Policy, put.Policy)
	set(&site.CertFile, put.CertFile)
	set(&site.KeyFile, put.KeyFile)
	if put.Tenant != nil && *put.Tenant != site.Tenant {
		if !site.Updated.IsZero() {
			return SiteView{}, &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("site %s belongs to tenant %s; remove it there before %s adds it", host, site.Tenant, *put.Tenant)}
		}
		site.Tenant = *put.Tenant
	}
	site.Updated = time.Now().UTC()
	if err := site.Validate(); err != nil {
		return SiteView{}, err
	}
	if _, err := l.Records.FindTenant(ctx, site.Tenant); err != nil {
		return SiteView{}, fmt.Errorf("put site %s: %w; add it with: sekisho tenant add %s", host, err, site.Tenant)
	}
	if l.Plane.Compile != nil {
		release, err := l.Plane.Compile(site.Policy, site.Mode)
		if err != nil {
			return SiteView{}, fmt.Errorf("put site %s: %w", host, err)
		}
		defer release() // by then the site has it
	}
	if err := l.Records.PutSite(ctx, site.Tenant, site); err != nil {
		return SiteView{}, fmt.Errorf("put site %s: %w", host, err)
	}
	if put.Mode != nil { // an explicit mode ends an override of this site
		if err := l.Modes.SetOverride(ctx, site.ID, nil); err != nil {
			return SiteView{}, fmt.Errorf("put site %s: end its mode override: %w", host, err)
		}
	}
	if err := l.apply(ctx); err != nil {
		return SiteView{}, fmt.Errorf("site %s is stored but not in force: %w", host, err)
	}
	views, err := l.view(ctx, []sekisho.Site{site})
	if err != nil {
		return SiteView{}, err
	}
	return views[0], nil
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// SetMode puts the override in force first and writes the record second, because the kill switch is pulled exactly when
// something is broken, and that may be the database.
func (l *Local) SetMode(ctx context.Context, set SetMode) (ModeSet, error) {
	if set.Host == "" {
		lasting, err := l.override(ctx, "", set.Mode)
		if err != nil {
			return ModeSet{}, fmt.Errorf("set the mode of every site: %w", err)
		}
		return lasting, l.switchModes(ctx)
	}
	if set.Mode == nil {
		return ModeSet{}, sekisho.Invalid("mode: use off, detect or block")
	}
	host, err := ParseHost(set.Host)
	if err != nil {
		return ModeSet{}, err
	}
	site, err := l.findSite(ctx, host)
	if err != nil {
		return ModeSet{}, fmt.Errorf("set mode of %s: %w", host, err)
	}
	lasting, err := l.override(ctx, site.ID, set.Mode)
	if err != nil {
		return ModeSet{}, fmt.Errorf("set mode of %s: %w", host, err)
	}
	if err := l.switchModes(ctx); err != nil {
		return ModeSet{}, fmt.Errorf("set mode of %s: %w", host, err)
	}
	if err := l.storeMode(ctx, host, *set.Mode, lasting.Stored); err != nil {
		l.Log.WarnContext(ctx, "mode in force but not stored", obs.Site(host), obs.Err(err))
		if lasting.Stored {
			lasting.Notice = "in force now and after a restart; the database could not be written, so the site's record still shows the old mode: " + err.Error()
		}
		return ModeSet{Notice: lasting.Notice}, nil
	}
	return ModeSet{Stored: true}, nil
}

// storeMode writes the mode into the site's record and ends the override that stood in for it.
func (l *Local) storeMode(ctx context.Context, host string, mode sekisho.Mode, overridden bool) error {
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return err
	}
	site.Mode, site.Updated = mode, time.Now().UTC()
	if err := l.Records.PutSite(ctx, site.Tenant, site); err != nil {
		return err
	}
	if overridden {
		err = l.Modes.SetOverride(ctx, site.ID, nil)
	} else {
		l.Plane.Force(site.ID, nil)
	}
	return errors.Join(err, l.apply(ctx))
}

// override sets a mode over the sites' own where it outlasts this process, or else, because the kill switch must work
// on a full disk too, in this process alone.
func (l *Local) override(ctx context.Context, site sekisho.SiteID, mode *sekisho.Mode) (ModeSet, error) {
	err := l.Modes.SetOverride(ctx, site, mode)
	switch {
	case l.Plane.Force == nil:
		return ModeSet{Stored: true}, err
	case err == nil:
		l.Plane.Force(site, nil)
		return ModeSet{Stored: true}, nil
	}
	l.Plane.Force(site, mode)
	l.Log.WarnContext(ctx, "mode in force in this process alone", obs.Err(err))
	return ModeSet{Notice: "in force in this process, until it is restarted; it could not be stored: " + err.Error()}, nil
}

// findSite asks the records, and while they are away what is being served.
func (l *Local) findSite(ctx context.Context, host string) (sekisho.Site, error) {
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err == nil || sekisho.KindOf(err) == sekisho.KindNotFound {
		return site, err
	}
	if served, ok := l.served(func(s sekisho.Site) bool { return s.Host == host }); ok {
		return served, nil
	}
	return site, err
}

// SetSiteMode is the kill switch of the portal: [Local.SetMode] for a site of this tenant, KindNotFound for any other.
func (l *Local) SetSiteMode(ctx context.Context, tenant sekisho.TenantID, id sekisho.SiteID, mode sekisho.Mode) error {
	site, err := l.Records.FindSite(ctx, tenant, id)
	if err != nil && sekisho.KindOf(err) != sekisho.KindNotFound {
		if served, ok := l.served(func(s sekisho.Site) bool { return s.Tenant == tenant && s.ID == id }); ok {
			site, err = served, nil
		}
	}
	if err != nil {
		return fmt.Errorf("set mode of site %s: %w", id, err)
	}
	_, err = l.SetMode(ctx, SetMode{Host: site.Host, Mode: &mode})
	return err
}

func (l *Local) served(match func(sekisho.Site) bool) (sekisho.Site, bool) {
	if l.Plane.Served == nil {
		return sekisho.Site{}, false
	}
	sites := l.Plane.Served()
	if i := slices.IndexFunc(sites, match); i >= 0 {
		return sites[i], true
	}
	return sekisho.Site{}, false
}

// Sites lists every site with the mode in force.
func (l *Local) Sites(ctx context.Context) ([]SiteView, error) {
	sites, err := l.Records.AllSites(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	return l.view(ctx, sites)
}

func (l *Local) view(ctx context.Context, sites []sekisho.Site) ([]SiteView, error) {
	all, single, err := l.overrides(ctx)
	if err != nil {
		return nil, fmt.Errorf("read mode overrides: %w", err)
	}
	views := make([]SiteView, len(sites))
	for i, site := range sites {
		views[i] = SiteView{Site: site, EffectiveMode: site.Mode}
		if mode, ok := single[site.ID]; ok {
			views[i].EffectiveMode = mode
		}
		if all != nil {
			views[i].EffectiveMode = *all
		}
	}
	return views, nil
}

// RemoveSite takes the site out of service; its events and incidents stay.
func (l *Local) RemoveSite(ctx context.Context, host string) error {
	host, err := ParseHost(host)
	if err != nil {
		return err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return fmt.Errorf("remove site %s: %w", host, err)
	}
	if err := l.Records.RemoveSite(ctx, site.Tenant, site.ID); err != nil {
		return fmt.Errorf("remove site %s: %w", host, err)
	}
	if err := l.Modes.SetOverride(ctx, site.ID, nil); err != nil {
		return fmt.Errorf("remove site %s: %w", host, err)
	}
	return l.apply(ctx)
}

// LoginLink makes a one-time link, and the user too when the question says who that would be.
func (l *Local) LoginLink(ctx context.Context, ask AskLoginLink) (LoginLink, error) {
	address, err := mail.ParseAddress(ask.Email)
	if err != nil || address.Name != "" {
		return LoginLink{}, sekisho.Invalid(fmt.Sprintf("user %q: use an e-mail address such as owner@example.co.jp", ask.Email))
	}
	email := strings.ToLower(address.Address)
	user, err := l.Records.FindUserByEmail(ctx, email)
	if sekisho.KindOf(err) == sekisho.KindNotFound && err != nil {
		user, err = l.createUser(ctx, email, ask)
	}
	if err != nil {
		return LoginLink{}, fmt.Errorf("login link for %s: %w", email, err)
	}
	token, hash := l.NewToken()
	expires := time.Now().Add(LoginLinkLife).UTC()
	if err := l.Records.PutLoginToken(ctx, hash, user.ID, expires); err != nil {
		return LoginLink{}, fmt.Errorf("login link for %s: %w", email, err)
	}
	return LoginLink{URL: strings.TrimSuffix(l.PortalURL(), "/") + "/login?token=" + token, User: user, Expires: expires}, nil
}

func (l *Local) createUser(ctx context.Context, email string, ask AskLoginLink) (sekisho.User, error) {
	user := sekisho.User{ID: sekisho.NewUserID(), Email: email}
	switch {
	case ask.Operator && ask.Tenant != "":
		return user, sekisho.Invalid("a user is an operator or belongs to a tenant, not both")
	case ask.Operator:
		user.Role = sekisho.RoleOperator
	case ask.Tenant != "":
		if _, err := l.Records.FindTenant(ctx, ask.Tenant); err != nil {
			return user, err
		}
		user.Tenant = ask.Tenant
	default:
		return user, &sekisho.Error{Kind: sekisho.KindNotFound, Msg: fmt.Sprintf("no user %s; create it with --operator or --tenant ID", email)}
	}
	return user, l.Records.PutUser(ctx, user)
}

// Incidents returns a page of one tenant's incidents with their words.
func (l *Local) Incidents(ctx context.Context, ask AskIncidents) (IncidentPage, error) {
	incidents, next, err := l.Records.ListIncidents(ctx, ask.Tenant, ask.Filter)
	if err != nil {
		return IncidentPage{}, fmt.Errorf("list incidents: %w", err)
	}
	page := IncidentPage{Next: next, Incidents: make([]IncidentView, len(incidents))}
	for i, incident := range incidents {
		page.Incidents[i] = IncidentView{Incident: incident, Explanation: l.Explain(incident)}
	}
	return page, nil
}

// Events returns a page of one tenant's events.
func (l *Local) Events(ctx context.Context, ask AskEvents) (EventPage, error) {
	if ask.Host != "" {
		host, err := ParseHost(ask.Host)
		if err != nil {
			return EventPage{}, err
		}
		site, err := l.Records.FindSiteByHost(ctx, host)
		if err != nil {
			return EventPage{}, fmt.Errorf("list events of %s: %w", host, err)
		}
		if site.Tenant != ask.Tenant {
			return EventPage{}, nil
		}
		ask.Filter.Site = site.ID
	}
	events, next, err := l.Records.ListEvents(ctx, ask.Tenant, ask.Filter)
	if err != nil {
		return EventPage{}, fmt.Errorf("list events: %w", err)
	}
	return EventPage{Events: events, Next: next}, nil
}

// Event finds one event by its number, whosever it is.
func (l *Local) Event(ctx context.Context, id sekisho.EventID) (sekisho.Event, error) {
	tenants, err := l.Records.ListTenants(ctx)
	if err != nil {
		return sekisho.Event{}, fmt.Errorf("find event %s: %w", id, err)
	}
	for _, tenant := range tenants {
		event, err := l.Records.FindEvent(ctx, tenant.ID, id)
		if err == nil {
			return event, nil
		}
		if sekisho.KindOf(err) != sekisho.KindNotFound {
			return sekisho.Event{}, fmt.Errorf("find event %s: %w", id, err)
		}
	}
	return sekisho.Event{}, sekisho.NotFound("event " + id.Display())
}

// Status answers also while the records are away.
func (l *Local) Status(ctx context.Context) (Status, error) {
	status := Status{Degraded: []sekisho.Text{}}
	all, _, modesErr := l.overrides(ctx)
	status.Override = all
	sites, recordsErr := l.Records.AllSites(ctx)
	status.Sites = len(sites)
	if l.Plane.Status != nil {
		l.Plane.Status(&status)
		return status, nil
	}
	return status, errors.Join(modesErr, recordsErr)
}

// overrides are those in force here, or, when nothing is served, those of the hot state.
func (l *Local) overrides(ctx context.Context) (all *sekisho.Mode, sites map[sekisho.SiteID]sekisho.Mode, err error) {
	if l.Plane.Overrides != nil {
		all, sites = l.Plane.Overrides()
		return all, sites, nil
	}
	return l.Modes.Overrides(ctx)
}

func (l *Local) switchModes(ctx context.Context) error {
	if l.Plane.Switch == nil {
		return nil
	}
	return l.Plane.Switch(ctx)
}

func (l *Local) apply(ctx context.Context) error {
	if l.Plane.Apply == nil {
		return nil
	}
	return l.Plane.Apply(ctx)
}

// ParseHost reads a host as a person would type it, internationalised names too (RFC 5891), into the form that the
// site table uses.
func ParseHost(s string) (string, error) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSpace(s))
	if err != nil { // a port, an IP address, an underscore: let the strict reader say what is wrong
		ascii = s
	}
	return sekisho.CanonicalHost(ascii)
}
