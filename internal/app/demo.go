package app

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/demo"
	"github.com/sekisho-waf/sekisho/internal/handover"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// The cast of the demo: a builder with a protected site and a copy of it that is only watched, and a dentist who has
// just begun.
const (
	demoTenant    sekisho.TenantID = "yamada"
	demoNewcomer  sekisho.TenantID = "minato"
	demoBlockHost                  = "yamada.localhost"
	demoWatchHost                  = "preview.yamada.localhost"
	demoOwner                      = "owner@yamada.example"
	demoOperator                   = "operator@sekisho.example"
)

// DemoConfig is what `sekisho demo` can be told.
type DemoConfig struct {
	HTTP, HTTPS, Portal string
	DataDir             string // empty: a temporary directory, removed at the end
	Traffic             bool   // visitors and attackers from the start
}

// Demo runs a whole house on this machine: a sample origin, everything that [Serve] runs, and traffic that a line on
// input switches off and on. It writes what to try to out.
func Demo(ctx context.Context, cfg DemoConfig, log *slog.Logger, input io.Reader, out io.Writer) error {
	if cfg.DataDir == "" {
		dir, err := os.MkdirTemp("", "sekisho-demo-")
		if err != nil {
			return fmt.Errorf("make the demo's data directory: %w", err)
		}
		defer func() {
			if err := os.RemoveAll(dir); err != nil {
				log.Warn("demo data not removed", obs.Err(err))
			}
		}()
		cfg.DataDir = dir
	}
	origin, err := demo.Listen("127.0.0.1:0", log)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return origin.Run(ctx) })
	group.Go(func() error {
		return Serve(ctx, demoServe(cfg), handover.Inherited{Sockets: &handover.Sockets{}}, log, func(ctx context.Context, running Running) {
			group.Go(func() error {
				if err := demoSettle(ctx, running.Control, origin.URL()); err != nil {
					return err
				}
				return demoShow(ctx, cfg, running, log, input, out)
			})
		})
	})
	return group.Wait()
}

// demoServe is the configuration of the demo's house.
func demoServe(cfg DemoConfig) config.Config {
	serve := config.Default()
	serve.DataDir, serve.HTTP, serve.HTTPS, serve.Portal = cfg.DataDir, cfg.HTTP, cfg.HTTPS, cfg.Portal
	serve.AccessLog = filepath.Join(cfg.DataDir, "access.log")
	return serve
}

// demoSettle adds the cast by the same commands that an operator would use.
func demoSettle(ctx context.Context, service control.Service, originURL string) error {
	for _, tenant := range []sekisho.Tenant{{ID: demoTenant, Name: "やまだ工務店"}, {ID: demoNewcomer, Name: "みなと歯科"}} {
		if _, err := service.AddTenant(ctx, tenant); err != nil && sekisho.KindOf(err) != sekisho.KindConflict {
			return err
		}
	}
	tenant := demoTenant
	for host, mode := range map[string]sekisho.Mode{demoBlockHost: sekisho.ModeBlock, demoWatchHost: sekisho.ModeDetect} {
		if _, err := service.PutSite(ctx, control.PutSite{Host: host, Trust: true, VouchOrigin: true, Tenant: &tenant, Origin: &originURL, Mode: &mode}); err != nil {
			return err
		}
	}
	return nil
}

// demoShow prints the way in and keeps the traffic going until ctx ends.
func demoShow(ctx context.Context, cfg DemoConfig, running Running, log *slog.Logger, input io.Reader, out io.Writer) error {
	operator, err := running.Control.LoginLink(ctx, control.AskLoginLink{Email: demoOperator, Operator: true})
	if err != nil {
		return err
	}
	owner, err := running.Control.LoginLink(ctx, control.AskLoginLink{Email: demoOwner, Tenant: demoTenant})
	if err != nil {
		return err
	}
	traffic, err := demoTraffic(running, log)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(running.HTTPS.String())
	if err != nil {
		return fmt.Errorf("read the demo's own address: %w", err)
	}
	curl := func(host, path string) string {
		return fmt.Sprintf("curl --cacert %s --resolve %s:%s:127.0.0.1 'https://%s:%s%s'", running.CAFile, host, port, host, port, path)
	}
	_, _ = fmt.Fprintf(out, `Sekisho demo: やまだ工務店 behind the checkpoint

  the site, protected       https://%[1]s:%[2]s/   (block mode)
  the site, only watched    https://%[3]s:%[2]s/   (detect mode)
  the portal, as the owner  %[4]s
  the portal, as operator   %[5]s
    (each link works once, until %[6]s; a new one: sekisho login-link --data-dir %[7]s --user %[8]s)

Try, in another shell:
  an ordinary request       %[9]s
  an attack, stopped        %[10]s
  the same, only recorded   %[11]s
  what happened             sekisho incidents --data-dir %[7]s
  the kill switch           sekisho site set %[1]s --mode off --data-dir %[7]s

Visitors and attackers are simulated. Enter t to switch them off or on, Ctrl-C to stop.
`,
		demoBlockHost, port, demoWatchHost, owner.URL, operator.URL, operator.Expires.Local().Format("15:04"), cfg.DataDir, demoOperator,
		curl(demoBlockHost, "/"), curl(demoBlockHost, "/search?q=1%27%20OR%20%271%27=%271"), curl(demoWatchHost, "/search?q=1%27%20OR%20%271%27=%271"))

	for _, t := range traffic {
		t.SetEnabled(cfg.Traffic)
	}
	go demoSwitch(input, out, traffic) // ends with input; a terminal's ends with the process
	group, ctx := errgroup.WithContext(ctx)
	for _, t := range traffic {
		group.Go(func() error { return t.Run(ctx) })
	}
	return group.Wait()
}

func demoTraffic(running Running, log *slog.Logger) ([]*demo.Traffic, error) {
	pem, err := os.ReadFile(running.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the demo's authority: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	var traffic []*demo.Traffic
	for i, host := range []string{demoBlockHost, demoWatchHost} {
		cfg := demo.DefaultTraffic()
		cfg.Address, cfg.Host, cfg.RootCAs, cfg.Spread = running.HTTPS.String(), host, roots, true
		cfg.Seed = uint64(time.Now().UnixNano()) + uint64(i)
		if host == demoWatchHost { // a copy that few people know
			cfg.VisitRate, cfg.AttackRate = cfg.VisitRate/4, cfg.AttackRate/4
		}
		t, err := demo.NewTraffic(cfg, log)
		if err != nil {
			return nil, err
		}
		traffic = append(traffic, t)
	}
	return traffic, nil
}

func demoSwitch(input io.Reader, out io.Writer, traffic []*demo.Traffic) {
	lines := bufio.NewScanner(input)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) != "t" {
			continue
		}
		enabled := !traffic[0].Enabled()
		for _, t := range traffic {
			t.SetEnabled(enabled)
		}
		word := "off"
		if enabled {
			word = "on"
		}
		_, _ = fmt.Fprintln(out, "visitors and attackers are "+word)
	}
}
