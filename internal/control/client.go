package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const (
	callTimeout    = 30 * time.Second
	restartTimeout = 150 * time.Second
)

// Client sends the commands to a running process.
type Client struct{ http *http.Client }

var _ Service = (*Client)(nil)

// Dial connects to the process that serves dataDir; KindUnavailable when none does.
func Dial(ctx context.Context, dataDir string) (*Client, error) {
	path := filepath.Join(dataDir, SocketName)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "unix", path)
	}
	probe, err := dial(ctx, "", "")
	if err != nil {
		return nil, &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "connect to " + path, Err: err}
	}
	_ = probe.Close()
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial}, Timeout: callTimeout}}, nil
}

func call[Answer any](ctx context.Context, c *Client, name string, ask any) (answer Answer, err error) {
	question, err := json.Marshal(ask)
	if err != nil {
		return answer, fmt.Errorf("write command %s: %w", name, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://sekisho/"+name, bytes.NewReader(question))
	if err != nil {
		return answer, fmt.Errorf("write command %s: %w", name, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer, &sekisho.Error{Kind: sekisho.KindUnavailable, Op: "send command " + name, Err: err}
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
		var failed wireError
		if json.Unmarshal(text, &failed) != nil || failed.Text == "" {
			return answer, &sekisho.Error{Msg: fmt.Sprintf("command %s: the running process is of another version (%s); restart it", name, response.Status)}
		}
		return answer, &sekisho.Error{Kind: failed.Kind, Msg: failed.Text}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return answer, fmt.Errorf("read the answer to %s: %w", name, err)
	}
	return answer, nil
}

// patient waits longer than for most commands.
func (c *Client) patient(timeout time.Duration) *Client {
	return &Client{&http.Client{Transport: c.http.Transport, Timeout: timeout}}
}

// AddTenant implements [Service].
func (c *Client) AddTenant(ctx context.Context, tenant sekisho.Tenant) (sekisho.Tenant, error) {
	return call[sekisho.Tenant](ctx, c, "tenant-add", tenant)
}

// Tenants implements [Service].
func (c *Client) Tenants(ctx context.Context) ([]sekisho.Tenant, error) {
	return call[[]sekisho.Tenant](ctx, c, "tenants", none{})
}

// PutSite implements [Service].
func (c *Client) PutSite(ctx context.Context, put PutSite) (SiteView, error) {
	return call[SiteView](ctx, c, "site-put", put)
}

// PutSites implements [Service].
func (c *Client) PutSites(ctx context.Context, puts []PutSite) ([]SiteView, error) {
	return call[[]SiteView](ctx, c, "sites-put", puts)
}

// SetMode implements [Service].
func (c *Client) SetMode(ctx context.Context, set SetMode) (ModeSet, error) {
	return call[ModeSet](ctx, c, "mode-set", set)
}

// Sites implements [Service].
func (c *Client) Sites(ctx context.Context) ([]SiteView, error) {
	return call[[]SiteView](ctx, c, "sites", none{})
}

// RemoveSite implements [Service].
func (c *Client) RemoveSite(ctx context.Context, host string) error {
	_, err := call[none](ctx, c, "site-remove", host)
	return err
}

// VerifySite implements [Service].
func (c *Client) VerifySite(ctx context.Context, verify VerifySite) (Verification, error) {
	return call[Verification](ctx, c, "site-verify", verify)
}

// AddExclusion implements [Service].
func (c *Client) AddExclusion(ctx context.Context, ask AddExclusion) (ExclusionView, error) {
	return call[ExclusionView](ctx, c, "exclusion-add", ask)
}

// Exclusions implements [Service].
func (c *Client) Exclusions(ctx context.Context, host string) ([]ExclusionView, error) {
	return call[[]ExclusionView](ctx, c, "exclusions", host)
}

// RemoveExclusion implements [Service].
func (c *Client) RemoveExclusion(ctx context.Context, ask RemoveExclusion) error {
	_, err := call[none](ctx, c, "exclusion-remove", ask)
	return err
}

// AddSensor implements [Service].
func (c *Client) AddSensor(ctx context.Context, ask AddSensor) (SensorAdded, error) {
	return call[SensorAdded](ctx, c, "sensor-add", ask)
}

// Sensors implements [Service].
func (c *Client) Sensors(ctx context.Context) ([]SensorView, error) {
	return call[[]SensorView](ctx, c, "sensors", none{})
}

// RemoveSensor implements [Service].
func (c *Client) RemoveSensor(ctx context.Context, ask RemoveSensor) error {
	_, err := call[none](ctx, c, "sensor-remove", ask)
	return err
}

// AddExport implements [Service].
func (c *Client) AddExport(ctx context.Context, ask AddExport) (sekisho.Export, error) {
	return call[sekisho.Export](ctx, c, "export-add", ask)
}

// ListExports implements [Service].
func (c *Client) ListExports(ctx context.Context) ([]ExportView, error) {
	return call[[]ExportView](ctx, c, "exports", none{})
}

// RemoveExport implements [Service].
func (c *Client) RemoveExport(ctx context.Context, ask NameExport) error {
	_, err := call[none](ctx, c, "export-remove", ask)
	return err
}

// TestExport implements [Service].
func (c *Client) TestExport(ctx context.Context, ask NameExport) error {
	_, err := call[none](ctx, c, "export-test", ask)
	return err
}

// ExportPage implements [Service].
func (c *Client) ExportPage(ctx context.Context, ask AskExportPage) (ExportPage, error) {
	return call[ExportPage](ctx, c, "export-page", ask)
}

// ChangeRollout implements [Service].
func (c *Client) ChangeRollout(ctx context.Context, change ChangeRollout) (PolicyStatus, error) {
	return call[PolicyStatus](ctx, c, "rollout-change", change)
}

// PolicyStatus implements [Service].
func (c *Client) PolicyStatus(ctx context.Context) (PolicyStatus, error) {
	return call[PolicyStatus](ctx, c, "policy-status", none{})
}

// ProbeSite implements [Service].
func (c *Client) ProbeSite(ctx context.Context, host string) (SiteProbe, error) {
	return call[SiteProbe](ctx, c, "site-probe", host)
}

// Bypass implements [Service].
func (c *Client) Bypass(ctx context.Context, bypass Bypass) (SiteView, error) {
	return call[SiteView](ctx, c, "site-bypass", bypass)
}

// Resume implements [Service].
func (c *Client) Resume(ctx context.Context, host string) (SiteView, error) {
	return call[SiteView](ctx, c, "site-resume", host)
}

// Pause implements [Service].
func (c *Client) Pause(ctx context.Context, host string) (SiteView, error) {
	return call[SiteView](ctx, c, "site-pause", host)
}

// Certificate implements [Service].
func (c *Client) Certificate(ctx context.Context, ask AskCertificate) (CertificateView, error) {
	return call[CertificateView](ctx, c, "site-certificate", ask)
}

// LoginLink implements [Service].
func (c *Client) LoginLink(ctx context.Context, ask AskLoginLink) (LoginLink, error) {
	return call[LoginLink](ctx, c, "login-link", ask)
}

// Incidents implements [Service].
func (c *Client) Incidents(ctx context.Context, ask AskIncidents) (IncidentPage, error) {
	return call[IncidentPage](ctx, c, "incidents", ask)
}

// Events implements [Service].
func (c *Client) Events(ctx context.Context, ask AskEvents) (EventPage, error) {
	return call[EventPage](ctx, c, "events", ask)
}

// Event implements [Service].
func (c *Client) Event(ctx context.Context, id sekisho.EventID) (sekisho.Event, error) {
	return call[sekisho.Event](ctx, c, "event", id)
}

// ActOnCase implements [Service].
func (c *Client) ActOnCase(ctx context.Context, act ActOnCase) (sekisho.Case, error) {
	return call[sekisho.Case](ctx, c, "case-act", act)
}

// Changes implements [Service].
func (c *Client) Changes(ctx context.Context, ask AskChanges) (ChangePage, error) {
	return call[ChangePage](ctx, c, "changes", ask)
}

// Restart implements [Service]. A new process compiles rules before it is prepared, which may take long on a busy machine.
func (c *Client) Restart(ctx context.Context) (Restarting, error) {
	return call[Restarting](ctx, c.patient(restartTimeout), "restart", none{})
}

// Status implements [Service].
func (c *Client) Status(ctx context.Context) (Status, error) {
	return call[Status](ctx, c, "status", none{})
}
