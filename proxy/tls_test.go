package proxy

import (
	"crypto/tls"
	"net/http"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// oneSession hands the last session out for every name, as an attacker's client would.
type oneSession struct{ last *tls.ClientSessionState }

func (o *oneSession) Get(string) (*tls.ClientSessionState, bool)    { return o.last, o.last != nil }
func (o *oneSession) Put(_ string, session *tls.ClientSessionState) { o.last = session }

// resume shakes hands as name and reports whether the session was resumed; err when refused.
func (c *checkpoint) resume(name string, version uint16, sessions *oneSession) (bool, error) {
	conn, err := tls.Dial("tcp", c.HTTPSAddr().String(), &tls.Config{
		ServerName: name, InsecureSkipVerify: true, ClientSessionCache: sessions, MinVersion: version, MaxVersion: version, NextProtos: []string{"http/1.1"},
	})
	if err != nil {
		return false, err
	}
	defer conn.Close()
	request, err := http.NewRequest(http.MethodGet, "https://"+name+"/", nil)
	if err != nil {
		return false, err
	}
	if err := request.Write(conn); err != nil {
		return false, err
	}
	_, err = conn.Read(make([]byte, 1)) // a ticket of TLS 1.3 comes before the answer
	return conn.ConnectionState().DidResume, err
}

func TestTickets_areBoundToTheirSite(t *testing.T) {
	upstream := origin(t, func(http.ResponseWriter, *http.Request) {})
	one, two := testSite(upstream.URL, sekisho.ModeDetect), testSite(upstream.URL, sekisho.ModeDetect)
	two.ID, two.Tenant, two.Host = "SITE2", "minato", "other.example"
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			c := start(t, one, two)
			tickets := version == tls.VersionTLS13 // older ones are not given any
			steps := []struct {
				name string
				do   func()
				host string
				want bool
			}{
				{"the first time", func() {}, one.Host, false},
				{"again", func() {}, one.Host, tickets},
				{"with the ticket of another site", func() {}, two.Host, false},
				{"the other site's own", func() {}, two.Host, tickets},
				{"after the site has changed hands", func() {
					taken := two
					taken.ID, taken.Tenant = "SITE3", "suzuki"
					if err := c.Apply([]sekisho.Site{one, taken}, nil, nil); err != nil {
						t.Fatal(err)
					}
				}, two.Host, false},
			}
			sessions := &oneSession{}
			for _, step := range steps {
				step.do()
				if got, err := c.resume(step.host, version, sessions); err != nil || got != step.want {
					t.Errorf("%s: resumed %v, %v, want %v", step.name, got, err, step.want)
				}
			}
			if err := c.Apply([]sekisho.Site{two}, nil, nil); err != nil {
				t.Fatal(err)
			}
			if err := c.authority.SetSites([]sekisho.Site{two}); err != nil {
				t.Fatal(err)
			}
			if _, err := c.resume(two.Host, version, sessions); err != nil {
				t.Error(err)
			}
			if resumed, err := c.resume(one.Host, version, sessions); err == nil {
				t.Errorf("a removed site is served again, resumed %v", resumed)
			}
		})
	}
}

func TestTLS_speaksAuthenticatedEncryptionOnly(t *testing.T) {
	c := start(t, testSite(origin(t, func(http.ResponseWriter, *http.Request) {}).URL, sekisho.ModeDetect))
	dial := func(config *tls.Config) error {
		config.ServerName, config.InsecureSkipVerify = testHost, true
		conn, err := tls.Dial("tcp", c.HTTPSAddr().String(), config)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	if err := dial(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	weak := []uint16{
		tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
		tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA,
	}
	if err := dial(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: weak}); err == nil {
		t.Error("a cipher without authenticated encryption or forward secrecy is spoken")
	}
	for _, suite := range c.tlsConfig().CipherSuites[:1] {
		if err := dial(&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}}); err != nil {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
	}
}
