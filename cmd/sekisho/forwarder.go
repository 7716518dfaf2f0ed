package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/sensor-bridge/forward"
)

func newForwarder() *cobra.Command {
	cfg := app.ForwarderConfig{Config: forward.DefaultConfig()}
	var from []string
	megabytes := int64(4096)
	cmd := &cobra.Command{
		Use:   "forwarder --to HOST:6514 --certificate DIR --buffer DIR --udp ADDR",
		Short: "Bring the syslog of an office to Sekisho, without loss over outages of the line",
		Long: "Bring the syslog of an office to Sekisho: every record is written to a buffer on disk with a number and the time of\n" +
			"its arrival, sent over TLS, and leaves the buffer once the other side has answered that it is stored.\n" +
			"The certificate is the directory that `sekisho sensor add NAME --certificate DIR` wrote. A buffer belongs to one\n" +
			"forwarder: never copy it to a second one.",
		Args: exactArgs(),
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.To, "to", "", "address of the setting sensors_tls, as the office reaches it")
	flags.StringVar(&cfg.Name, "name", "", "one of the setting sensors_names, where --to is an address that is none (default: the host of --to)")
	flags.StringVar(&cfg.Certificate, "certificate", "", "directory with the certificate and key of the sensor")
	flags.StringVar(&cfg.Dir, "buffer", "", "directory of its own for records that wait")
	flags.Int64Var(&megabytes, "buffer-megabytes", megabytes, "how much may wait there; beyond it records are refused and counted")
	flags.StringVar(&cfg.UDP, "udp", "", "address to take syslog on, such as 0.0.0.0:514")
	flags.StringVar(&cfg.TCP, "tcp", "", "address to take syslog on, such as 0.0.0.0:514")
	flags.StringSliceVar(&from, "from", nil, "networks that may send, such as 192.168.1.0/24 (default: anybody)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		for flag, value := range map[string]string{"to": cfg.To, "certificate": cfg.Certificate, "buffer": cfg.Dir} {
			if value == "" {
				return sekisho.Invalid("--" + flag + " is missing; use: " + cmd.UseLine())
			}
		}
		for _, network := range from {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return sekisho.Invalid(fmt.Sprintf("--from %q: use a network such as 192.168.1.0/24", network))
			}
			cfg.From = append(cfg.From, prefix)
		}
		cfg.MaxBytes = megabytes << 20
		log, err := obs.NewLogger(cmd.ErrOrStderr(), "text", slog.LevelInfo.String())
		if err != nil {
			return err
		}
		return app.Forward(cmd.Context(), cfg, log, func(udp, tcp net.Addr) {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "sekisho forwards to %s: udp %s, tcp %s\n", cfg.To, addrOrNone(udp), addrOrNone(tcp))
		})
	}
	return cmd
}

func addrOrNone(addr net.Addr) string {
	if addr == nil {
		return "none"
	}
	return addr.String()
}
