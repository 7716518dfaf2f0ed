package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newSensor() *cobra.Command {
	return group("sensor", "Add, list and remove the firewalls, EDR and logs whose records are taken in", newSensorAdd(), newSensorList(), newSensorRemove())
}

func newSensorAdd() *cobra.Command {
	var f recordsFlags
	var ask control.AddSensor
	var tenant, directory string
	var from []string
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Take in the records of a sensor",
		Long: "Take in the records of a sensor. Whose a record is follows from how it comes in, so give at least one of: a port of\n" +
			"its own (--udp, --tcp), a file or directory (--path), a token for pushes over HTTPS (--token), a client certificate\n" +
			"for syslog over TLS (--certificate DIR). The token and the certificate's key are shown or written once.",
		Args: exactArgs("NAME"),
	}
	f.add(cmd)
	flags := cmd.Flags()
	s := &ask.Sensor
	flags.StringVar(&tenant, "tenant", string(sekisho.DefaultTenant), "tenant that the sensor belongs to")
	flags.StringVar(&s.Format, "format", "", "format of its records (default: found out for each); sekisho sensors formats lists them")
	flags.StringVar(&s.Zone, "zone", "Asia/Tokyo", "time zone of its clock, for times that name none")
	flags.StringVar(&s.UDP, "udp", "", "address of its own to take syslog on, such as 0.0.0.0:5514")
	flags.StringVar(&s.TCP, "tcp", "", "address of its own to take syslog on, such as 0.0.0.0:5514")
	flags.StringSliceVar(&from, "from", nil, "networks that may send to these addresses, such as 203.0.113.0/24 (default: anybody)")
	flags.StringVar(&s.Path, "path", "", "file to follow, or directory of files, on the machine of sekisho serve")
	flags.StringVar(&ask.Site, "site", "", "host of the site whose access log it is")
	flags.BoolVar(&ask.Token, "token", false, "make a token for pushes over HTTPS, and show it once")
	flags.StringVar(&directory, "certificate", "", "issue a client certificate, and write it with its key into this directory")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		s.Name, s.Tenant, ask.Certificate = args[0], sekisho.TenantID(tenant), directory != ""
		for _, network := range from {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return sekisho.Invalid(fmt.Sprintf("--from %q: use a network such as 203.0.113.0/24", network))
			}
			s.From = append(s.From, prefix)
		}
		if s.Path != "" {
			if s.Path, err = filepath.Abs(s.Path); err != nil {
				return fmt.Errorf("finding %s: %w", s.Path, err)
			}
		}
		if ask.Certificate {
			if err := mustBeFree(directory, s.Name); err != nil {
				return err
			}
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			added, err := service.AddSensor(ctx, ask)
			if err != nil {
				return err
			}
			return showSensor(cmd, added, directory)
		})
	}
	return cmd
}

// certificateFiles are where a sensor's certificate, its key and who signed it are written.
func certificateFiles(directory, name string) (cert, key, ca string) {
	base := filepath.Join(directory, strings.ReplaceAll(name, " ", "-"))
	return base + ".crt", base + ".key", filepath.Join(directory, "sekisho-ca.crt")
}

// mustBeFree refuses to go on where a key would be written over another one.
func mustBeFree(directory, name string) error {
	cert, key, _ := certificateFiles(directory, name)
	for _, file := range []string{cert, key} {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return sekisho.Invalid(fmt.Sprintf("--certificate %s: %s is there already; name another directory", directory, file))
		}
	}
	return nil
}

func showSensor(cmd *cobra.Command, added control.SensorAdded, directory string) error {
	out, s := cmd.OutOrStdout(), added.Sensor
	lines := []string{fmt.Sprintf("%s is added for tenant %s", s.Name, s.Tenant)}
	if s.UDP != "" {
		lines = append(lines, "send syslog by UDP to "+s.UDP)
	}
	if s.TCP != "" {
		lines = append(lines, "send syslog by TCP to "+s.TCP)
	}
	if s.Path != "" {
		lines = append(lines, "read from "+s.Path)
	}
	if added.Token != "" {
		where := orMissing(added.SensorsHTTPS, "sensors_https")
		lines = append(lines, "token, shown this once: "+added.Token, "push records by POST to https://"+where+" with Authorization: Bearer TOKEN")
	}
	if added.Key != nil {
		cert, key, ca := certificateFiles(directory, s.Name)
		if err := os.MkdirAll(directory, 0o700); err != nil {
			return fmt.Errorf("making %s: %w", directory, err)
		}
		for file, content := range map[string][]byte{cert: added.Certificate, key: added.Key, ca: added.CA} {
			if err := os.WriteFile(file, content, 0o600); err != nil {
				return fmt.Errorf("writing the certificate of %s: %w", s.Name, err)
			}
		}
		lines = append(lines, fmt.Sprintf("certificate %s, key %s, trust %s", cert, key, ca), "send syslog over TLS to "+orMissing(added.SensorsTLS, "sensors_tls"))
	}
	for _, text := range lines {
		if _, err := fmt.Fprintln(out, printable(text)); err != nil {
			return err
		}
	}
	return nil
}

func orMissing(addr, setting string) string {
	if addr == "" {
		return "(nowhere yet: start sekisho serve with --" + strings.ReplaceAll(setting, "_", "-") + ")"
	}
	return addr
}

func newSensorList() *cobra.Command {
	var f recordsFlags
	var asJSON, samples bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List sensors and what came from each",
		Long:  "List sensors and what came from each: RECEIVED is always PARSED + UNPARSED + REJECTED.",
		Args:  exactArgs(),
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array")
	cmd.Flags().BoolVar(&samples, "samples", false, "show some of the records that nothing could read")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			list, err := service.Sensors(ctx)
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), emptyNotNull(list))
			}
			t := newTable(cmd.OutOrStdout(), "SENSOR", "TENANT", "LAST", "RECEIVED", "PARSED", "UNPARSED", "REJECTED", "FORMATS", "STATE")
			count := func(n uint64) string { return strconv.FormatUint(n, 10) }
			for _, v := range list {
				state := "heard"
				switch {
				case !v.State.Silent.IsZero():
					state = "silent since " + localTime(v.State.Silent)
				case v.State.Last.IsZero():
					state = "nothing yet"
				}
				t.row(v.Name, string(v.Tenant), localTime(v.State.Last), count(v.State.Received), count(v.State.Parsed), count(v.State.Unparsed),
					count(v.State.Rejected), strings.Join(v.State.Formats, ","), state)
				if samples {
					for _, text := range v.State.Samples {
						t.row("", "", "", "", "", "", "", "", text)
					}
				}
			}
			return t.flush()
		})
	}
	return cmd
}

func newSensorRemove() *cobra.Command {
	var f recordsFlags
	var tenant string
	cmd := &cobra.Command{Use: "remove NAME", Short: "No longer take in a sensor's records; what came stays", Args: exactArgs("NAME")}
	f.add(cmd)
	cmd.Flags().StringVar(&tenant, "tenant", string(sekisho.DefaultTenant), "tenant that the sensor belongs to")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if err := service.RemoveSensor(ctx, control.RemoveSensor{Tenant: sekisho.TenantID(tenant), Name: args[0]}); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is removed\n", printable(args[0]))
			return err
		})
	}
	return cmd
}
