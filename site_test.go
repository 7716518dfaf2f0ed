package sekisho

import (
	"strings"
	"testing"
)

func TestCanonicalHost_hasOneFormForEverySpelling(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"upper case and port", "A.EXAMPLE:80", "a.example"},
		{"trailing dot", "a.example.", "a.example"},
		{"trailing dot and port", "a.example.:443", "a.example"},
		{"empty port", "a.example:", "a.example"},
		{"IPv4", "127.0.0.1:8443", "127.0.0.1"},
		{"IPv6", "[2001:DB8::1]:443", "[2001:db8::1]"},
		{"IPv6 long form", "[0:0:0:0:0:0:0:1]", "[::1]"},
		{"international", "xn--wgv71a119e.jp", "xn--wgv71a119e.jp"},
		{"one label", "localhost", "localhost"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := CanonicalHost(test.input)
			if err != nil || got != test.want {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestCanonicalHost_refusesWhatIsNoHost(t *testing.T) {
	for _, input := range []string{
		"", ".", "a..example", "-a.example", "a-.example", "a b.example", "a.example/x", "user@a.example", "日本語.jp",
		"a.example:port", "a.example:123456", "[::1", "[127.0.0.1]", "[fe80::1%eth0]", "::1", "a.example:80:80",
		"a\x00.example", "a\r\nb", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 130) + "a",
	} {
		if got, err := CanonicalHost(input); err == nil {
			t.Errorf("CanonicalHost(%q): got %q, want an error", input, got)
		}
	}
}

func FuzzCanonicalHost(f *testing.F) {
	for _, seed := range []string{"a.example:80", "[::1]:443", "A.EXAMPLE.", "127.0.0.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		once, err := CanonicalHost(input)
		if err != nil {
			return
		}
		if twice, err := CanonicalHost(once); err != nil || twice != once {
			t.Errorf("CanonicalHost(%q) = %q, whose canonical form is %q, %v", input, once, twice, err)
		}
	})
}

func TestParseOrigin_takesSchemeHostAndPortOnly(t *testing.T) {
	for input, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "https://origin.example/": true, "http://[::1]:80": true,
		"": false, "127.0.0.1:8080": false, "ftp://a": false, "http://": false, "http://a/path": false, "http://a?q": false,
		"http://a?": false, "http://u:p@a": false, "http://a#f": false, "http://a b": false, "http:a": false, "http://:80": false,
	} {
		if _, err := ParseOrigin(input); (err == nil) != ok {
			t.Errorf("ParseOrigin(%q): got %v, want ok=%v", input, err, ok)
		} else if err != nil && KindOf(err) != KindInvalid {
			t.Errorf("ParseOrigin(%q): got kind %s, want invalid", input, KindOf(err))
		}
	}
}

func TestPolicy_equalPoliciesHaveEqualHashes(t *testing.T) {
	a, b := DefaultPolicy(), DefaultPolicy()
	if a.Hash() != b.Hash() {
		t.Errorf("got %s and %s for equal policies", a.Hash(), b.Hash())
	}
	b.CustomRules = `SecAction "id:1,nolog,pass"`
	if a.Hash() == b.Hash() {
		t.Error("got the same hash for policies with different rules")
	}
}

func TestSite_validateNamesTheKey(t *testing.T) {
	good := Site{ID: "1", Tenant: "yamada", Host: "a.example", Origin: "http://127.0.0.1", Policy: DefaultPolicy()}
	if err := good.Validate(); err != nil {
		t.Fatalf("a good site: %v", err)
	}
	tests := []struct {
		name   string
		change func(*Site)
		want   string
	}{
		{"host not canonical", func(s *Site) { s.Host = "A.example" }, `canonical form of this host is "a.example"`},
		{"tenant", func(s *Site) { s.Tenant = "" }, "tenant"},
		{"origin", func(s *Site) { s.Origin = "a" }, "origin"},
		{"key without certificate", func(s *Site) { s.KeyFile = "k" }, "cert_file and key_file go together"},
		{"paranoia", func(s *Site) { s.Policy.ParanoiaLevel = 5 }, "paranoia_level 5: use 1 to 4"},
		{"threshold", func(s *Site) { s.Policy.InboundThreshold = 0 }, "inbound_threshold"},
		{"body limit", func(s *Site) { s.Policy.BodyLimit = 1 << 40 }, "body_limit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			site := good
			test.change(&site)
			if err := site.Validate(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestMode_zeroValueOnlyLooks(t *testing.T) {
	var site Site
	if site.Mode != ModeDetect || site.FailMode != FailClosed || site.Policy.Validate() == nil {
		t.Errorf("got zero site %+v, want detect, closed and no valid policy", site)
	}
	if _, err := ParseMode("on"); err == nil || !strings.Contains(err.Error(), "use detect, block, off") {
		t.Errorf("got %v, want the words that fit", err)
	}
}

func TestInForce_offWins(t *testing.T) {
	off, block, detect := ModeOff, ModeBlock, ModeDetect
	tests := []struct {
		name        string
		own         Mode
		single, all *Mode
		want        Mode
	}{
		{"own", ModeBlock, nil, nil, ModeBlock},
		{"single over own", ModeBlock, &detect, nil, ModeDetect},
		{"all over own", ModeDetect, nil, &block, ModeBlock},
		{"all over single", ModeDetect, &block, &detect, ModeDetect},
		{"all off", ModeBlock, &block, &off, ModeOff},
		{"own off under all", ModeOff, nil, &block, ModeOff},
		{"single off under all", ModeBlock, &off, &block, ModeOff},
		{"single on over own off, under all", ModeOff, &detect, &block, ModeBlock},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := InForce(test.own, test.single, test.all); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}
