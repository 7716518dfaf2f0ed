package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
)

// siteFlags are the settings of a site that site add and site set share.
type siteFlags struct {
	records     recordsFlags
	tenant      string
	origin      string
	mode        string
	failMode    string
	beyondLimit string
	certFile    string
	keyFile     string
	profile     string
	paranoia    int
	threshold   int
	customRules string
	hardening   []*hardeningFlag
	trustOrigin bool
}

func (f *siteFlags) add(cmd *cobra.Command) {
	f.records.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.mode, "mode", "", "off (forward without inspecting), detect (inspect and record) or block")
	flags.StringVar(&f.failMode, "fail-mode", "", "what happens when inspection itself fails: closed (503) or open (forward)")
	flags.StringVar(&f.beyondLimit, "beyond-limit", "", "body bytes beyond the inspection limit: pass or refuse")
	flags.StringVar(&f.certFile, "cert-file", "", "PEM file with the site's certificate chain (with --key-file)")
	flags.StringVar(&f.keyFile, "key-file", "", "PEM file with the certificate's private key")
	flags.StringVar(&f.profile, "profile", "", "what surrounds the Core Rule Set: small_business (the default) or stock (nothing: it stops ordinary visitors)")
	flags.IntVar(&f.paranoia, "paranoia-level", 0, "how strict the Core Rule Set judges: 1 (few false positives) to 4")
	flags.IntVar(&f.threshold, "inbound-threshold", 0, "anomaly score from which a request counts as an attack")
	flags.StringVar(&f.customRules, "custom-rules", "", `file with rules in SecLang, loaded behind the Core Rule Set; "" removes them`)
	flags.BoolVar(&f.trustOrigin, "trust-origin", false, "vouch for the origin: it may stand in a private network, or on this machine")
	for _, setting := range config.HardeningSettings(func(bool) *sekisho.Hardening { return new(sekisho.Hardening) }) {
		flag := &hardeningFlag{setting: setting}
		f.hardening = append(f.hardening, flag)
		flags.Var(flag, setting.Flag(), setting.Help)
	}
}

// hardeningFlag keeps the value of a setting's flag; it is checked at once, so that the error names the flag.
type hardeningFlag struct {
	setting config.Setting
	value   *string
}

func (f *hardeningFlag) String() string { return "" }
func (f *hardeningFlag) Type() string   { return "VALUE" }
func (f *hardeningFlag) Set(value string) error {
	f.value = &value
	return f.setting.Set(value)
}

// harden applies the hardening flags that were given to what a site has; nil when none was.
func (f *siteFlags) harden(current sekisho.Hardening) (*sekisho.Hardening, error) {
	var changed *sekisho.Hardening
	for i, setting := range config.HardeningSettings(func(bool) *sekisho.Hardening { return &current }) {
		if value := f.hardening[i].value; value != nil {
			changed = &current
			if err := setting.Set(*value); err != nil {
				return nil, err
			}
		}
	}
	return changed, nil
}

// put turns the flags that were given into a change of host.
func (f *siteFlags) put(cmd *cobra.Command, host string) (put control.PutSite, err error) {
	put.Host = host
	given := cmd.Flags().Changed
	if given("tenant") {
		tenant, err := sekisho.ParseTenantID(f.tenant)
		if err != nil {
			return put, err
		}
		put.Tenant = &tenant
	}
	if given("origin") || f.origin != "" {
		put.Origin = &f.origin
	}
	put.VouchOrigin = f.trustOrigin
	if given("mode") {
		put.Mode = new(sekisho.Mode)
		if err := put.Mode.UnmarshalText([]byte(f.mode)); err != nil {
			return put, fmt.Errorf("--mode: %w", err)
		}
	}
	if given("fail-mode") {
		put.FailMode = new(sekisho.FailMode)
		if err := put.FailMode.UnmarshalText([]byte(f.failMode)); err != nil {
			return put, fmt.Errorf("--fail-mode: %w", err)
		}
	}
	if given("beyond-limit") {
		put.BeyondLimit = new(sekisho.BeyondLimit)
		if err := put.BeyondLimit.UnmarshalText([]byte(f.beyondLimit)); err != nil {
			return put, fmt.Errorf("--beyond-limit: %w", err)
		}
	}
	if given("cert-file") {
		put.CertFile = &f.certFile
	}
	if given("key-file") {
		put.KeyFile = &f.keyFile
	}
	return put, nil
}

// policyFlags change a site's policy.
var policyFlags = []string{"profile", "paranoia-level", "inbound-threshold", "custom-rules"}

// policy applies the policy flags that were given to a site's policy; nil when none was.
func (f *siteFlags) policy(cmd *cobra.Command, current sekisho.Policy) (*sekisho.Policy, error) {
	given := cmd.Flags().Changed
	if !slices.ContainsFunc(policyFlags, given) {
		return nil, nil //nolint:nilnil // nothing to change is an answer
	}
	if given("profile") {
		if err := current.Profile.UnmarshalText([]byte(f.profile)); err != nil {
			return nil, fmt.Errorf("--profile: %w", err)
		}
	}
	if given("paranoia-level") {
		current.ParanoiaLevel = f.paranoia
	}
	if given("inbound-threshold") {
		current.InboundThreshold = f.threshold
	}
	if given("custom-rules") {
		current.CustomRules = ""
		if f.customRules != "" {
			rules, err := config.ReadRules(f.customRules)
			if err != nil {
				return nil, fmt.Errorf("--custom-rules: %w", err)
			}
			current.CustomRules = rules
		}
	}
	return &current, nil
}
