package app

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/handover"
)

// portsFree reports the first listening address that cannot be had, before anything is written. The listeners are
// bound for good later; who comes in between gets the same error from there.
func portsFree(cfg config.Config, sockets *handover.Sockets) error {
	for _, wanted := range []struct{ key, addr string }{
		{"http", cfg.HTTP}, {"https", cfg.HTTPS}, {"portal", cfg.Portal}, {"sensors_tls", cfg.SensorsTLS}, {"sensors_https", cfg.SensorsHTTPS}, {"metrics", cfg.Metrics}, {"admin", cfg.Admin},
	} {
		if wanted.addr == "" || sockets.Has(wanted.key, "tcp", wanted.addr) {
			continue
		}
		listener, err := net.Listen("tcp", wanted.addr)
		if err != nil {
			return &sekisho.Error{
				Kind: sekisho.KindInvalid, Err: err,
				Msg: fmt.Sprintf("%s %s: cannot listen there; give a free address with --%s, such as 127.0.0.1:8080", wanted.key, wanted.addr, strings.ReplaceAll(wanted.key, "_", "-")),
			}
		}
		if err := listener.Close(); err != nil {
			return fmt.Errorf("try %s: %w", wanted.key, err)
		}
	}
	return nil
}

// ownAddresses are the doors that the proxy does not open itself: no customer's origin may lead there. A port that the
// system chooses is known too late, and only tests ask for one.
func ownAddresses(cfg config.Config) (addrs []netip.AddrPort) {
	for _, addr := range []string{cfg.Portal, cfg.SensorsTLS, cfg.SensorsHTTPS, cfg.Metrics} {
		if addr == "" {
			continue
		}
		at, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil || at.Port == 0 { // Validate has resolved it before
			continue
		}
		if at.IP == nil {
			at.IP = net.IPv6unspecified
		}
		addrs = append(addrs, at.AddrPort())
	}
	return addrs
}
