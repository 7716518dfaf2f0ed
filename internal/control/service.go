// Package control is what an operator can tell Sekisho to do: one [Service], carried out by [Local] in the process that
// owns the data directory, or sent there by [Client] over a Unix socket when `sekisho serve` is running on it.
//
// It owns the commands and the wire between the two; records and hot state are asked for through small interfaces.
// Start with [Service], then [Local].
package control

import (
	"context"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Service is every command of the command line that reads or writes records. Lists are paged: an empty next cursor ends them.
type Service interface {
	AddTenant(ctx context.Context, tenant sekisho.Tenant) (sekisho.Tenant, error)
	Tenants(ctx context.Context) ([]sekisho.Tenant, error)
	// SetTenant changes how long a tenant's records are kept and how much room its events may take; nil leaves one as it is.
	SetTenant(ctx context.Context, set SetTenant) (sekisho.Tenant, error)
	// DeleteTenant deletes a tenant with everything that is its own, and says what that was.
	DeleteTenant(ctx context.Context, ask DeleteTenant) (TenantDeleted, error)

	// PutSite adds the site, or changes the one with the same host. Its tenant must exist.
	PutSite(ctx context.Context, put PutSite) (SiteView, error)
	// PutSites does so for a list: every site is checked before the first is stored, and all come into force together.
	PutSites(ctx context.Context, puts []PutSite) ([]SiteView, error)
	// SetMode is the kill switch. It is in force in the running process when it returns, also while the database is away;
	// Stored in the answer tells whether the database has it too.
	SetMode(ctx context.Context, set SetMode) (ModeSet, error)
	Sites(ctx context.Context) ([]SiteView, error)
	RemoveSite(ctx context.Context, host string) error
	// VerifySite shows what the owner of a name has to publish, looks for it, and takes a draft on when it is there.
	VerifySite(ctx context.Context, verify VerifySite) (Verification, error)
	// Bypass lets a site's visitors through uninspected, or leads them past us by our own name server. Resume undoes
	// either, and takes a paused site back. Pause takes a site out of service.
	Bypass(ctx context.Context, bypass Bypass) (SiteView, error)
	Resume(ctx context.Context, host string) (SiteView, error)
	Pause(ctx context.Context, host string) (SiteView, error)
	// ProbeSite looks whether a site's servers can be reached around us.
	ProbeSite(ctx context.Context, host string) (SiteProbe, error)
	// Certificate shows a site's certificate, after changing it where that is asked for.
	Certificate(ctx context.Context, ask AskCertificate) (CertificateView, error)

	// AddExclusion makes one rule leave out one parameter on one path of a site, until it expires.
	AddExclusion(ctx context.Context, ask AddExclusion) (ExclusionView, error)
	// Exclusions lists those of a host, or of every site when host is empty; expired ones are among them.
	Exclusions(ctx context.Context, host string) ([]ExclusionView, error)
	RemoveExclusion(ctx context.Context, ask RemoveExclusion) error

	// AddSensor says whose records are taken from now on. Its token and the key of its certificate are in the answer and
	// nowhere else.
	AddSensor(ctx context.Context, ask AddSensor) (SensorAdded, error)
	// Sensors lists the sensors of every tenant with what is known of each.
	Sensors(ctx context.Context) ([]SensorView, error)
	RemoveSensor(ctx context.Context, ask RemoveSensor) error
	// AddExport hands a tenant's records to another system from now on.
	AddExport(ctx context.Context, ask AddExport) (sekisho.Export, error)
	// ListExports lists the exports of every tenant with how far each has come.
	ListExports(ctx context.Context) ([]ExportView, error)
	RemoveExport(ctx context.Context, ask NameExport) error
	// TestExport delivers one record that says that it is a test.
	TestExport(ctx context.Context, ask NameExport) error
	// ExportPage writes what the records hold, in the form in which another system takes it.
	ExportPage(ctx context.Context, ask AskExportPage) (ExportPage, error)
	// ChangeRollout moves an update of the rules on, or takes it back. It is in force when it returns.
	ChangeRollout(ctx context.Context, change ChangeRollout) (PolicyStatus, error)
	PolicyStatus(ctx context.Context) (PolicyStatus, error)

	LoginLink(ctx context.Context, ask AskLoginLink) (LoginLink, error)

	Incidents(ctx context.Context, ask AskIncidents) (IncidentPage, error)
	Events(ctx context.Context, ask AskEvents) (EventPage, error)
	Event(ctx context.Context, id sekisho.EventID) (sekisho.Event, error)

	// ActOnCase does what a person decided about the case of an incident, and says where it stands now.
	ActOnCase(ctx context.Context, act ActOnCase) (sekisho.Case, error)
	// Changes lists who did what when with a tenant's cases, or with one.
	Changes(ctx context.Context, ask AskChanges) (ChangePage, error)

	// Restart starts the program anew, as it lies on the disk now and with the settings as they are now, and returns once
	// the new process is prepared to take over, which it does at once. An error leaves everything as it is.
	Restart(ctx context.Context) (Restarting, error)

	Status(ctx context.Context) (Status, error)
}

// Restarting answers Restart: Status shows this PID once the new process serves.
type Restarting struct {
	PID int `json:"pid"`
}

// PutSite adds or changes the site of Host. Nil fields keep what is there, or the default for a new site.
type PutSite struct {
	Host        string               `json:"host"`
	New         bool                 `json:"new"`   // refuse a host that is already there
	Known       bool                 `json:"known"` // refuse a host that is not there yet
	Trust       bool                 `json:"trust"` // the operator vouches for the name: no proof is asked for
	Tenant      *sekisho.TenantID    `json:"tenant,omitempty"`
	Origin      *string              `json:"origin,omitempty"`
	Mode        *sekisho.Mode        `json:"mode,omitempty"`
	FailMode    *sekisho.FailMode    `json:"fail_mode,omitempty"`
	BeyondLimit *sekisho.BeyondLimit `json:"beyond_limit,omitempty"`
	Policy      *sekisho.Policy      `json:"policy,omitempty"`
	Limits      *sekisho.Limits      `json:"limits,omitempty"`
	CertFile    *string              `json:"cert_file,omitempty"`
	KeyFile     *string              `json:"key_file,omitempty"`
	Hardening   *sekisho.Hardening   `json:"hardening,omitempty"`
	// Origins are taken without their Vouched: VouchOrigin says that the operator stands for the servers that are in force
	// afterwards, private networks or not. Other servers than before are a customer's word again.
	Origins     *sekisho.Origins     `json:"origins,omitempty"`
	VouchOrigin bool                 `json:"vouch_origin,omitempty"`
	Maintenance *sekisho.Maintenance `json:"maintenance,omitempty"`
}

// SetMode sets the mode of one host, or with an empty Host an override for every site. A nil Mode removes the override
// for every site, so that each is in its own mode again.
type SetMode struct {
	Host string        `json:"host,omitempty"`
	Mode *sekisho.Mode `json:"mode"`
}

// ModeSet answers [SetMode].
type ModeSet struct {
	Stored bool   `json:"stored"`           // the database has it
	Notice string `json:"notice,omitempty"` // when not: what that means

	Forced *sekisho.Mode `json:"forced,omitempty"` // the mode that every site is forced to instead, for now
}

// SiteView is a site, the mode that is in force on it now, and the state that follows.
type SiteView struct {
	sekisho.Site
	EffectiveMode sekisho.Mode      `json:"effective_mode"` // differs from mode while an override holds
	State         sekisho.SiteState `json:"state"`
	Certificate   *CertificateView  `json:"certificate,omitempty"` // as the running process shows it
	Servers       []ServerState     `json:"servers,omitempty"`     // likewise
}

// Bypass names a site that visitors are to reach uninspected; with DNS, at the origin's own addresses.
type Bypass struct {
	Host string `json:"host"`
	DNS  bool   `json:"dns,omitempty"`
}

// AskCertificate asks for a site's certificate. Chain and Key, in PEM, take its place; Discard forgets what was uploaded,
// so that one is ordered; Retry orders now what rests after a failure.
type AskCertificate struct {
	Host    string `json:"host"`
	Chain   []byte `json:"chain,omitempty"`
	Key     []byte `json:"key,omitempty"`
	Discard bool   `json:"discard,omitempty"`
	Retry   bool   `json:"retry,omitempty"`
}

// CertificateView is a certificate in words.
type CertificateView struct {
	Issuer     string       `json:"issuer,omitempty"` // acme, upload, file or local; empty: there is none
	Expires    time.Time    `json:"expires,omitzero"`
	Text       sekisho.Text `json:"text"`
	Trouble    bool         `json:"trouble"`              // somebody should look
	Delegation string       `json:"delegation,omitempty"` // where _acme-challenge may lead, for a certificate before the switch
	Next       time.Time    `json:"next,omitzero"`        // when a failed order is tried again
}

// VerifySite asks for the proof that a site's name is its owner's. With Trust the operator vouches instead.
type VerifySite struct {
	Host  string `json:"host"`
	Trust bool   `json:"trust,omitempty"`
}

// Verification answers [VerifySite]. Value is the text that is to stand in the TXT record or in the file at URL.
type Verification struct {
	Site    SiteView       `json:"site"`
	Value   string         `json:"value"`
	TXT     string         `json:"txt"`
	URL     string         `json:"url"`
	Missing []sekisho.Text `json:"missing,omitempty"` // what was found instead of a proof
}

// AddExclusion adds an exclusion to the site of Host; its id and time of creation are set by the service.
type AddExclusion struct {
	Host      string            `json:"host"`
	Exclusion sekisho.Exclusion `json:"exclusion"`
}

// ExclusionView is an exclusion, whose it is, and whether it has ended by itself.
type ExclusionView struct {
	sekisho.Exclusion
	Host    string `json:"host"`
	Expired bool   `json:"expired"`
}

// RemoveExclusion names the exclusion to end.
type RemoveExclusion struct {
	Host string              `json:"host"`
	ID   sekisho.ExclusionID `json:"id"`
}

// AddSensor adds a sensor; its id, hashes and time of creation are set by the service.
type AddSensor struct {
	Sensor      sekisho.Sensor `json:"sensor"`
	Site        string         `json:"site,omitempty"` // host of the site whose access log it is
	Token       bool           `json:"token"`          // make a token for HTTPS pushes
	Certificate bool           `json:"certificate"`    // issue a client certificate for syslog over TLS
}

// SensorAdded answers [AddSensor].
type SensorAdded struct {
	Sensor       sekisho.Sensor `json:"sensor"`
	Token        string         `json:"token,omitempty"` // to be shown once
	Certificate  []byte         `json:"certificate,omitempty"`
	Key          []byte         `json:"key,omitempty"` // to be shown once
	CA           []byte         `json:"ca,omitempty"`  // whom the sensor has to trust
	SensorsTLS   string         `json:"sensors_tls,omitempty"`
	SensorsHTTPS string         `json:"sensors_https,omitempty"`
}

// SensorView is a sensor and what is known of it.
type SensorView struct {
	sekisho.Sensor
	State sekisho.SensorState `json:"state"`
}

// RemoveSensor names the sensor that is no longer heard.
type RemoveSensor struct {
	Tenant sekisho.TenantID `json:"tenant"`
	Name   string           `json:"name"`
}

// AddExport adds an export; its id and time of creation are set by the service, and its secrets are sealed by it.
type AddExport struct {
	Export  sekisho.Export `json:"export"`
	Signing string         `json:"signing,omitempty"` // that a webhook's requests are signed with
	Key     string         `json:"key,omitempty"`     // of Export.Certificate, in PEM
}

// ExportView is an export and how far it has come.
type ExportView struct {
	sekisho.Export
	State   sekisho.ExportState `json:"state"`
	Waiting uint64              `json:"waiting"` // records that are committed and not delivered
}

// NameExport names an export.
type NameExport struct {
	Tenant sekisho.TenantID `json:"tenant"`
	Name   string           `json:"name"`
}

// AskExportPage asks for a page of what a tenant's records hold, oldest first.
type AskExportPage struct {
	Tenant sekisho.TenantID     `json:"tenant"`
	Since  time.Time            `json:"since"`
	Format sekisho.ExportFormat `json:"format"`
	Lang   string               `json:"lang"`
	Cursor string               `json:"cursor,omitempty"`
}

// ExportPage is one page; an empty next cursor ends them.
type ExportPage struct {
	Lines []string `json:"lines"`
	Next  string   `json:"next,omitempty"`
}

// AskLoginLink asks for a one-time link for the user with this e-mail address. A user who is not there yet is created
// when Operator is set or Tenant is not empty, and is KindNotFound otherwise.
type AskLoginLink struct {
	Email    string           `json:"email"`
	Operator bool             `json:"operator,omitempty"`
	Tenant   sekisho.TenantID `json:"tenant,omitempty"`
}

// LoginLink is good once, until Expires.
type LoginLink struct {
	URL     string       `json:"url"`
	User    sekisho.User `json:"user"`
	Expires time.Time    `json:"expires"`
}

// AskIncidents asks for a page of one tenant's incidents.
type AskIncidents struct {
	Tenant sekisho.TenantID       `json:"tenant"`
	Filter sekisho.IncidentFilter `json:"filter"`
}

// IncidentView is an incident with its words.
type IncidentView struct {
	sekisho.Incident
	Explanation sekisho.Explanation `json:"words"`
	Answers     *sekisho.Case       `json:"answers,omitempty"` // the case it belongs to
}

// IncidentPage is one page, newest first.
type IncidentPage struct {
	Incidents []IncidentView `json:"incidents"`
	Next      string         `json:"next,omitempty"`
}

// ActOnCase names a case, by itself or by one of its incidents, and what to do with it.
type ActOnCase struct {
	Tenant sekisho.TenantID   `json:"tenant,omitempty"` // empty: whosever it is
	ID     string             `json:"id"`
	Action sekisho.CaseAction `json:"action"`
}

// AskChanges asks for a page of what happened to cases: of the tenant, or of the one case or incident with this id.
type AskChanges struct {
	Tenant sekisho.TenantID     `json:"tenant,omitempty"`
	ID     string               `json:"id,omitempty"`
	Filter sekisho.ChangeFilter `json:"filter"`
}

// ChangePage is one page, newest first.
type ChangePage struct {
	Changes []sekisho.Change `json:"changes"`
	Next    string           `json:"next,omitempty"`
}

// AskEvents asks for a page of one tenant's events, of one host when Host is set.
type AskEvents struct {
	Tenant sekisho.TenantID    `json:"tenant"`
	Host   string              `json:"host,omitempty"`
	Filter sekisho.EventFilter `json:"filter"`
}

// EventPage is one page, newest first.
type EventPage struct {
	Events []sekisho.Event `json:"events"`
	Next   string          `json:"next,omitempty"`
}

// Status is how the installation is doing.
type Status struct {
	Running  bool          `json:"running"` // false when the command line opened the data directory itself
	PID      int           `json:"pid,omitempty"`
	Leaving  bool          `json:"leaving,omitempty"` // another process is about to take over
	Version  string        `json:"version"`
	Schema   int           `json:"schema"` // of the database, which is that of the running program
	Since    time.Time     `json:"since,omitzero"`
	HTTP     string        `json:"http,omitempty"`
	HTTPS    string        `json:"https,omitempty"`
	Portal   string        `json:"portal,omitempty"`
	State    string        `json:"state"` // "in process" or "redis"
	Sites    int           `json:"sites"`
	Engines  int           `json:"engines"`
	Spooled  int           `json:"spooled"`   // events recorded and not yet in the database
	Lost     int64         `json:"lost"`      // events that could not be recorded since the start
	SetAside uint64        `json:"set_aside"` // events that the database refuses for good, kept in DIR/aside
	Named    []SiteView    `json:"named"`     // every site with its state and certificate
	Override *sekisho.Mode `json:"override"`  // the mode forced on every site, or null

	Sensors      int    `json:"sensors"`
	SensorsTLS   string `json:"sensors_tls,omitempty"` // where syslog over TLS is taken
	SensorsHTTPS string `json:"sensors_https,omitempty"`
	Received     uint64 `json:"sensors_received"` // records of all sensors; parsed, unparsed and rejected make it up
	Parsed       uint64 `json:"sensors_parsed"`
	Unparsed     uint64 `json:"sensors_unparsed"`
	Rejected     uint64 `json:"sensors_rejected"`
	Silent       int    `json:"sensors_silent"` // sensors that have fallen silent

	// TurnedAway counts, since the start, whom a site's limits turned away, or in detect mode would have, and for whom there
	// was no room, by reason.
	TurnedAway map[sekisho.SiteID]map[sekisho.Reason]int64 `json:"turned_away,omitempty"`

	Degraded []sekisho.Text `json:"degraded"` // what does not work now, in words; empty when all is well

	Refused      map[string]int64 `json:"refused"`       // requests and connections turned away since the start, by reason
	NotInspected []sekisho.Gap    `json:"not_inspected"` // what nobody looks at, as the sites run now

	Inspection *Inspection `json:"inspection,omitempty"` // nil while nothing serves
	Load       *Load       `json:"load,omitempty"`

	UnderAttack []UnderAttack `json:"under_attack,omitempty"` // sites that are treated as under attack now
}

// UnderAttack is a site that is treated as under attack: found out since a time, or put so by a person.
type UnderAttack struct {
	Host   string    `json:"host"`
	Since  time.Time `json:"since,omitzero"`
	Why    string    `json:"why,omitempty"`
	Capped bool      `json:"capped,omitempty"` // all visitors together are limited, too
}

// Load is what this node holds now and what it could.
type Load struct {
	Running     int64 `json:"running"`      // requests being served
	Room        int64 `json:"room"`         // how many may be now
	MostRoom    int64 `json:"most_room"`    // how many may be while memory is not short
	Held        int64 `json:"held"`         // bytes of request bodies held for inspection
	HeldRoom    int64 `json:"held_room"`    // how many may be now
	Memory      int64 `json:"memory"`       // bytes in use that are no garbage
	MemoryLimit int64 `json:"memory_limit"` // 0: none
}

// Inspection says how exchanges were inspected since the start, and what the rules' share of the processor is used for.
type Inspection struct {
	// Clean requests were proven clean; Slow ones were shown to the rules, or should have been. The same of responses.
	Clean          uint64 `json:"clean"`
	Slow           uint64 `json:"slow"`
	CleanResponses uint64 `json:"clean_responses"`
	SlowResponses  uint64 `json:"slow_responses"`

	Workers      int         `json:"workers"` // how many the rules look at at once
	Running      int         `json:"running"`
	Waiting      int         `json:"waiting"`
	LongestQueue int         `json:"longest_queue"`
	UsedMS       int64       `json:"used_ms"`      // processor time of the rules
	PredictedMS  int64       `json:"predicted_ms"` // what had been predicted of it
	LastShortage time.Time   `json:"last_shortage,omitzero"`
	Short        []ShortSite `json:"short"` // sites with requests that could not be inspected, most of them first
}

// ShortSite is a site with requests that could not be inspected.
type ShortSite struct {
	Host      string                      `json:"host"`
	Waiting   int                         `json:"waiting"`
	Inspected uint64                      `json:"inspected"` // by the rules
	Shortages map[sekisho.Shortage]uint64 `json:"shortages"`
}
