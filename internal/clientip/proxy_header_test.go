package clientip

import (
	"bufio"
	"bytes"
	"io"
	"net/netip"
	"strings"
	"testing"
)

// v2 writes a binary header.
func v2(command, family byte, length int, content string) string {
	return signatureV2 + string([]byte{command, family, byte(length >> 8), byte(length)}) + content
}

const (
	four = "\xc6\x33\x64\x07\xcb\x00\x71\x01\x12\x67\x01\xbb" // 198.51.100.7:4711 to 203.0.113.1:443
	six  = "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07" + "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01" + "\x12\x67\x01\xbb"
)

func TestReadProxyHeader_tellsWhoAsks(t *testing.T) {
	tests := []struct {
		name, header, source string // empty source: the balancer itself
	}{
		{"version 1", "PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\n", "198.51.100.7:4711"},
		{"version 1 with IPv6", "PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n", "[2001:db8::7]:4711"},
		{"version 1 with a mapped address", "PROXY TCP6 ::ffff:198.51.100.7 2001:db8::1 4711 443\r\n", "198.51.100.7:4711"},
		{"version 1 of the balancer's own", "PROXY UNKNOWN\r\n", ""},
		{"version 1 of the balancer's own, with addresses", "PROXY UNKNOWN ::1 ::1 1 2\r\n", ""},
		{"version 2", v2(0x21, 0x11, 12, four), "198.51.100.7:4711"},
		{"version 2 with additions", v2(0x21, 0x11, 17, four+"\x04\x00\x02ab"), "198.51.100.7:4711"},
		{"version 2 with IPv6", v2(0x21, 0x21, 36, six), "[2001:db8::7]:4711"},
		{"version 2 of the balancer's own", v2(0x20, 0x00, 0, ""), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const behind = "GET / HTTP/1.1\r\n"
			reader := bufio.NewReaderSize(strings.NewReader(test.header+behind), MaxProxyHeader)
			got, err := ReadProxyHeader(reader)
			if err != nil {
				t.Fatal(err)
			}
			var want netip.AddrPort
			if test.source != "" {
				want = netip.MustParseAddrPort(test.source)
			}
			if got.Source != want || got.Destination.IsValid() != want.IsValid() {
				t.Errorf("%+v, want the source %s", got, want)
			}
			if rest, _ := io.ReadAll(reader); string(rest) != behind {
				t.Errorf("%q is left behind the header, want %q", rest, behind)
			}
		})
	}
}

func TestReadProxyHeader_guessesNothing(t *testing.T) {
	for name, header := range map[string]string{
		"nothing":                          "",
		"a request":                        "GET / HTTP/1.1\r\n\r\n",
		"a request whose method begins so": "PATCH / HTTP/1.1\r\n\r\n",
		"a header that breaks off":         "PROXY TCP4 198.51.100.7",
		"a bare line feed":                 "PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\n",
		"two spaces":                       "PROXY TCP4  198.51.100.7 203.0.113.1 4711 443\r\n",
		"small letters":                    "proxy TCP4 198.51.100.7 203.0.113.1 4711 443\r\n",
		"no address":                       "PROXY TCP4 here 203.0.113.1 4711 443\r\n",
		"an address of another family":     "PROXY TCP4 2001:db8::7 2001:db8::1 4711 443\r\n",
		"an address with a zone":           "PROXY TCP6 fe80::1%eth0 2001:db8::1 4711 443\r\n",
		"a port that is too large":         "PROXY TCP4 198.51.100.7 203.0.113.1 65536 443\r\n",
		"a port with a sign":               "PROXY TCP4 198.51.100.7 203.0.113.1 +4711 443\r\n",
		"a port with a zero before it":     "PROXY TCP4 198.51.100.7 203.0.113.1 04711 443\r\n",
		"a missing port":                   "PROXY TCP4 198.51.100.7 203.0.113.1 4711\r\n",
		"a line without an end":            "PROXY TCP4 " + strings.Repeat("1", 200),
		"UDP":                              v2(0x21, 0x12, 12, four),
		"a Unix socket":                    v2(0x21, 0x31, 216, strings.Repeat("x", 216)),
		"another version":                  v2(0x31, 0x11, 12, four),
		"another command":                  v2(0x22, 0x11, 12, four),
		"addresses that are too short":     v2(0x21, 0x11, 8, four[:8]),
		"a signature that is none":         strings.Replace(v2(0x21, 0x11, 12, four), "QUIT", "QUIX", 1),
		"more than is read":                v2(0x21, 0x11, MaxProxyHeader, strings.Repeat("x", MaxProxyHeader)),
		"less than it says":                v2(0x21, 0x11, 12, four[:11]),
	} {
		got, err := ReadProxyHeader(bufio.NewReaderSize(strings.NewReader(header), MaxProxyHeader))
		if err == nil {
			t.Errorf("%s: %+v, want an error", name, got)
		}
	}
}

// Whatever stands there, reading ends, takes no more than a header can be, and gives plain addresses or none.
func FuzzReadProxyHeader(f *testing.F) {
	f.Add([]byte("PROXY TCP4 198.51.100.7 203.0.113.1 4711 443\r\nGET"))
	f.Add([]byte("PROXY UNKNOWN\r\n"))
	f.Add([]byte(v2(0x21, 0x11, 12, four)))
	f.Add([]byte(v2(0x21, 0x21, 36, six)))
	f.Fuzz(func(t *testing.T, b []byte) {
		source := bytes.NewReader(b)
		reader := bufio.NewReaderSize(source, MaxProxyHeader)
		header, err := ReadProxyHeader(reader)
		if taken := len(b) - source.Len() - reader.Buffered(); taken > MaxProxyHeader {
			t.Errorf("%d bytes were taken", taken)
		}
		for _, addr := range []netip.AddrPort{header.Source, header.Destination} {
			if err != nil && addr.IsValid() {
				t.Errorf("%s beside %v", addr, err)
			}
			if addr != Plain(addr) {
				t.Errorf("%s is not plain", addr)
			}
		}
	})
}
