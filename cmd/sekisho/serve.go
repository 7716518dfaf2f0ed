package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/handover"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve --data-dir DIR --http ADDR --https ADDR --portal ADDR --site HOST=ORIGIN_URL ...",
		Short: "Protect sites: proxy, incident engine and portal in one process",
		Long: "Protect sites: proxy, incident engine and portal in one process.\n\n" +
			"Settings come from --config FILE, then SEKISHO_* variables, then flags. A --site is added, or brought to\n" +
			"these values when it is already there; a new one begins in detect mode unless --mode says otherwise.",
		Args: exactArgs(),
	}
	settings := addSettings(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		in, err := handover.Inherit()
		if err != nil {
			return err
		}
		defer func() {
			if err != nil && in.From != nil { // a setting: the running process must hear of it
				in.From.Fail(err)
			}
		}()
		cfg, err := settings.load()
		if err != nil {
			return err
		}
		log, err := newLogger(cmd, cfg)
		if err != nil {
			return err
		}
		return app.Serve(cmd.Context(), cfg, in, log, func(_ context.Context, running app.Running) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "sekisho is serving: http %s, https %s, portal %s\n", running.HTTP, running.HTTPS, running.PortalURL)
		})
	}
	return cmd
}

func newLogger(cmd *cobra.Command, cfg config.Config) (*slog.Logger, error) {
	return obs.NewLogger(cmd.ErrOrStderr(), cfg.LogFormat, cfg.LogLevel)
}

// settings are the flags of a command that takes a whole configuration.
type settings struct {
	file  string
	sites siteFlag
	given []givenFlag
}

type givenFlag struct{ key, value string }

func addSettings(cmd *cobra.Command) *settings {
	s := &settings{}
	flags := cmd.Flags()
	flags.StringVar(&s.file, "config", "", "YAML file with settings and sites")
	flags.Var(&s.sites, "site", "protect HOST by forwarding to ORIGIN_URL, such as www.example.co.jp=http://127.0.0.1:8080 (repeat for more)")
	defaults := config.Default()
	for _, setting := range defaults.Settings() {
		help := setting.Help
		if value := setting.Value(); value != "" {
			help += fmt.Sprintf(" (default %q)", value)
		}
		flags.Var(&settingFlag{into: s, setting: setting}, setting.Flag(), help)
		if setting.Secret {
			flags.Var(&settingFlag{into: s, setting: setting, fromFile: true}, setting.Flag()+"-file", "file that holds --"+setting.Flag())
		}
	}
	return s
}

// load reads file, environment and flags, in rising order, and checks the whole.
func (s *settings) load() (config.Config, error) {
	cfg := config.Default()
	if s.file != "" {
		if err := cfg.ReadFile(s.file); err != nil {
			return cfg, err
		}
	}
	if err := cfg.ReadEnvironment(environ()); err != nil {
		return cfg, err
	}
	for _, flag := range s.given {
		if err := cfg.Set(flag.key, flag.value); err != nil {
			return cfg, err
		}
	}
	for _, site := range s.sites {
		cfg.PutSite(site)
	}
	return cfg, cfg.Validate()
}

// settingFlag collects the value of a setting's flag; it is checked at once, on a scratch configuration, so that the
// error names the flag.
type settingFlag struct {
	into     *settings
	setting  config.Setting
	fromFile bool
}

func (f *settingFlag) String() string { return "" }
func (f *settingFlag) Type() string   { return "VALUE" }
func (f *settingFlag) Set(value string) error {
	key := f.setting.Key
	if f.fromFile {
		key += "_file"
	}
	scratch := config.Default()
	if err := scratch.Set(key, value); err != nil {
		return err
	}
	f.into.given = append(f.into.given, givenFlag{key, value})
	return nil
}

// siteFlag collects --site HOST=ORIGIN_URL.
type siteFlag []config.Site

var _ pflag.Value = (*siteFlag)(nil)

func (f *siteFlag) String() string { return "" }
func (f *siteFlag) Type() string   { return "HOST=ORIGIN_URL" }
func (f *siteFlag) Set(value string) error {
	name, origin, ok := strings.Cut(value, "=")
	if !ok {
		return sekisho.Invalid(fmt.Sprintf("%q: use HOST=ORIGIN_URL, such as www.example.co.jp=http://127.0.0.1:8080", value))
	}
	host, err := control.ParseHost(name)
	if err != nil {
		return err
	}
	if _, err := sekisho.ParseOrigin(origin); err != nil {
		return err
	}
	for _, site := range *f {
		if site.Host == host {
			return &sekisho.Error{Kind: sekisho.KindConflict, Msg: fmt.Sprintf("host %s is given twice; one host has one origin", host)}
		}
	}
	*f = append(*f, config.Site{Host: host, Origin: origin, Tenant: sekisho.DefaultTenant})
	return nil
}
