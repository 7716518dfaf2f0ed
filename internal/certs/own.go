package certs

import "crypto/tls"

// Own returns a GetCertificate for a listener of ours, such as the portal's: it answers every handshake, with the leaf
// of the host that was asked for where it is among hosts, and with the first host's otherwise. Sites are not served by
// it, and hosts are not served by [Authority.GetCertificate].
func (a *Authority) Own(hosts ...string) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	names := make(map[string]*name, len(hosts))
	for _, host := range hosts {
		names[host] = &name{host: host, leaf: &leaf{}}
	}
	return func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		n := names[hello.ServerName]
		if n == nil {
			n = names[hosts[0]]
		}
		return a.leafOf(n)
	}
}
