package sekisho

import (
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// Origins say how requests reach the servers behind a site, beyond Site.Origin. The zero Origins are one server that a
// customer has named, reached with the settings of the installation.
type Origins struct {
	// Vouched says that whoever runs this installation has named the servers, so they may stand in a private network.
	// Otherwise they are a customer's word, and lead to public addresses and to what origin_networks allows.
	Vouched bool `json:"vouched,omitempty"`

	Weight int            `json:"weight,omitempty"` // share of Site.Origin beside the others; 0 counts as 1
	Others []OriginServer `json:"others,omitempty"`

	CheckPath  string        `json:"check_path,omitempty"`  // asked for now and then, of each server; empty: only requests tell
	CheckEvery time.Duration `json:"check_every,omitempty"` // 0: 10 seconds

	ConnectTimeout time.Duration  `json:"connect_timeout,omitempty"` // TLS included; 0: the installation's
	AnswerTimeout  time.Duration  `json:"answer_timeout,omitempty"`  // until the answer begins; 0: the installation's
	Protocol       OriginProtocol `json:"protocol,omitempty"`

	// How an https server is known. Certificates are verified unless SkipVerify says otherwise.
	ServerName string `json:"server_name,omitempty"` // that its certificate must have, if not the host of its URL
	CAFile     string `json:"ca_file,omitempty"`     // PEM of who may have issued it; empty: the system's authorities
	SkipVerify bool   `json:"skip_verify,omitempty"`

	// How a server knows us, so that it can turn everybody else away.
	CertFile     string `json:"cert_file,omitempty"` // PEM of our client certificate
	KeyFile      string `json:"key_file,omitempty"`
	SecretFile   string `json:"secret_file,omitempty"`   // holds the secret, on one line
	SecretHeader string `json:"secret_header,omitempty"` // that carries it; empty: [DefaultSecretHeader]
}

// OriginServer is one more server behind a site.
type OriginServer struct {
	URL    string `json:"url"`              // see [ParseOrigin]
	Weight int    `json:"weight,omitempty"` // share of the requests; 0: stands by until all others are away
}

// DefaultSecretHeader carries the secret of a site that names no other field.
const DefaultSecretHeader = "X-Sekisho-Secret" //nolint:gosec // a name

const (
	maxServers      = 16
	maxOriginWeight = 100
)

// String returns the server's text, "http://10.0.0.6:8080=2".
func (s OriginServer) String() string { return s.URL + "=" + strconv.Itoa(s.Weight) }

// ParseOriginServer reads URL or URL=WEIGHT; a server without a weight has weight 1. KindInvalid names what is wrong.
func ParseOriginServer(text string) (OriginServer, error) {
	server := OriginServer{URL: text, Weight: 1}
	if url, weight, ok := strings.Cut(text, "="); ok {
		n, err := strconv.Atoi(weight)
		if err != nil {
			return server, Invalid(fmt.Sprintf("origin %q: the part behind = is a weight from 0 to %d, such as http://10.0.0.6:8080=2", text, maxOriginWeight))
		}
		server.URL, server.Weight = url, n
	}
	_, err := ParseOrigin(server.URL)
	return server, err
}

// OriginProtocol is what is spoken with an origin.
type OriginProtocol uint8

const (
	// OriginAuto speaks HTTP/2 with a TLS server that offers it, and HTTP/1.1 with all others.
	OriginAuto OriginProtocol = iota
	// OriginHTTP1 speaks HTTP/1.1 only.
	OriginHTTP1
	// OriginHTTP2 speaks HTTP/2 only, without TLS too: what a gRPC server wants.
	OriginHTTP2
)

var originProtocolNames = names[OriginProtocol]{"auto", "http1", "http2"}

// String returns the protocol's stored name.
func (p OriginProtocol) String() string { return originProtocolNames.text(p) }

// MarshalText writes the protocol's name.
func (p OriginProtocol) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a protocol's name; an unknown one is KindInvalid.
func (p *OriginProtocol) UnmarshalText(text []byte) error {
	return originProtocolNames.parse(p, "origin protocol", text)
}

// Validate reports the first setting that cannot work, by its key and with what fits (KindInvalid).
func (o *Origins) Validate() error {
	if o.Weight < 0 || o.Weight > maxOriginWeight {
		return Invalid(fmt.Sprintf("origin_weight %d: use 1 to %d", o.Weight, maxOriginWeight))
	}
	if len(o.Others) >= maxServers {
		return Invalid(fmt.Sprintf("origin_others: %d servers: a site has at most %d", len(o.Others)+1, maxServers))
	}
	for _, server := range o.Others {
		if _, err := ParseOrigin(server.URL); err != nil {
			return fmt.Errorf("origin_others: %w", err)
		}
		if server.Weight < 0 || server.Weight > maxOriginWeight {
			return Invalid(fmt.Sprintf("origin_others: weight %d: use 0 to %d", server.Weight, maxOriginWeight))
		}
	}
	if o.CheckPath != "" && (!strings.HasPrefix(o.CheckPath, "/") || strings.ContainsAny(o.CheckPath, " \r\n\t#")) {
		return Invalid(fmt.Sprintf("origin_check_path %q: use a path such as /healthz", o.CheckPath))
	}
	for _, d := range []struct {
		key   string
		value time.Duration
		least time.Duration
	}{
		{"origin_check_every", o.CheckEvery, time.Second},
		{"origin_connect_timeout", o.ConnectTimeout, 10 * time.Millisecond},
		{"origin_answer_timeout", o.AnswerTimeout, 10 * time.Millisecond},
	} {
		if d.value != 0 && (d.value < d.least || d.value > time.Hour) {
			return Invalid(fmt.Sprintf("%s %s: use %s to 1h, or 0 for the usual", d.key, d.value, d.least))
		}
	}
	if o.ServerName != "" {
		if host, err := CanonicalHost(o.ServerName); err != nil || host != o.ServerName {
			return Invalid(fmt.Sprintf("origin_server_name %q: use a host name in lower case, such as www.example.co.jp", o.ServerName))
		}
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return Invalid("origin_cert_file and origin_key_file go together")
	}
	if o.SkipVerify && (o.CAFile != "" || o.ServerName != "") {
		return Invalid("origin_skip_verify: a certificate that is not looked at needs no origin_ca_file and no origin_server_name")
	}
	return o.validateSecret()
}

// ownFields are written by us, or mean something to every server.
var ownFields = map[string]bool{"Host": true, "Connection": true, "Content-Length": true, "Transfer-Encoding": true, "Te": true, "Trailer": true, "Upgrade": true, "Cookie": true, "X-Forwarded-For": true, "X-Forwarded-Host": true, "X-Forwarded-Proto": true, "Cdn-Loop": true}

func (o *Origins) validateSecret() error {
	if o.SecretHeader == "" {
		return nil
	}
	if o.SecretFile == "" {
		return Invalid("origin_secret_header needs origin_secret_file, a file with the secret on one line")
	}
	for _, c := range []byte(o.SecretHeader) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return Invalid(fmt.Sprintf("origin_secret_header %q: use letters, digits and hyphens, such as %s", o.SecretHeader, DefaultSecretHeader))
		}
	}
	if ownFields[textproto.CanonicalMIMEHeaderKey(o.SecretHeader)] {
		return Invalid(fmt.Sprintf("origin_secret_header %q: this field has a meaning of its own; use one such as %s", o.SecretHeader, DefaultSecretHeader))
	}
	return nil
}
