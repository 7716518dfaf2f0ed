package knownbad

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

var (
	noon  = time.Date(2026, 4, 6, 12, 0, 0, 0, time.UTC)
	known = func(c sekisho.Class) bool { return c == sekisho.ClassC2 || c == sekisho.ClassRansomware }
)

const sha256 = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"

func parse(t testing.TB, text string) *List {
	t.Helper()
	l, err := Parse("list.txt", []byte(text), known)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestList_findsWhatItHolds(t *testing.T) {
	l := parse(t, `# a comment
203.0.113.7
198.51.100.0/24, source=JPCERT, first=2026-01-02, last=2026-03-01 # with a remark
2001:db8:5::/48
::ffff:192.0.2.0/120

bad.example, class=c2
日本語.example
#! source=ours, expires=2026-06-01
d41d8cd98f00b204e9800998ecf8427e, class=ransomware
`+strings.ToLower(sha256)+`
old.example, expires=2026-01-01
`)
	find := map[string]func(string) (Hit, bool){
		"address": func(s string) (Hit, bool) { return l.Address(netip.MustParseAddr(s), noon) },
		"domain":  func(s string) (Hit, bool) { return l.Domain(s, noon) },
		"hash":    func(s string) (Hit, bool) { return l.Hash(s, noon) },
	}
	tests := []struct {
		kind, value string
		source      string // empty: not found
		class       sekisho.Class
	}{
		{"address", "203.0.113.7", "list.txt", ""},
		{"address", "::ffff:203.0.113.7", "list.txt", ""},
		{"address", "203.0.113.8", "", ""},
		{"address", "198.51.100.200", "JPCERT", ""},
		{"address", "198.51.101.1", "", ""},
		{"address", "2001:db8:5:ffff::1", "list.txt", ""},
		{"address", "2001:db8:6::1", "", ""},
		{"address", "192.0.2.9", "list.txt", ""},
		{"domain", "bad.example", "list.txt", "c2"},
		{"domain", "WWW.Bad.Example.", "list.txt", "c2"},
		{"domain", "notbad.example", "", ""},
		{"domain", "example", "", ""},
		{"domain", "xn--wgv71a119e.example", "list.txt", ""},
		{"domain", "www.日本語.example", "list.txt", ""},
		{"domain", "old.example", "", ""},
		{"domain", "", "", ""},
		{"hash", "D41D8CD98F00B204E9800998ECF8427E", "ours", "ransomware"},
		{"hash", sha256, "ours", ""},
		{"hash", "00", "", ""},
		{"hash", strings.Repeat("z", 32), "", ""},
	}
	for _, test := range tests {
		hit, ok := find[test.kind](test.value)
		if ok != (test.source != "") || hit.Source != test.source || hit.Class != test.class || ok && string(hit.Kind) != test.kind {
			t.Errorf("%s %q: got %+v, %v, want source %q and class %q", test.kind, test.value, hit, ok, test.source, test.class)
		}
	}
	if hit, _ := l.Address(netip.MustParseAddr("198.51.100.1"), noon); hit.First.Format(time.DateOnly) != "2026-01-02" || hit.Last.Format(time.DateOnly) != "2026-03-01" || !hit.Expires.IsZero() {
		t.Errorf("got %+v, want the times of its line", hit)
	}
	if _, ok := l.Hash(sha256, noon.AddDate(0, 3, 0)); ok {
		t.Error("an entry was found after it expired")
	}
	if l.Len() != 9 {
		t.Errorf("%d entries, want 9", l.Len())
	}
}

func TestParse_refusesTheWholeListAndNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7\nhttp://bad.example/x":     "line 2: ",
		"com":                                   "line 1: ",
		"203.0.113.0/33":                        "line 1: ",
		"0.0.0.0/0":                             "too wide",
		"::/0":                                  "too wide",
		"::ffff:0.0.0.0/96":                     "too wide",
		"bad.example, expires=tomorrow":         "use a date",
		"bad.example, expires=":                 "use a date",
		"bad.example, until=2027-01-01":         `"until=2027-01-01"`,
		"bad.example, class=telepathy":          "no class",
		"bad.example, source=":                  "give a value",
		"#! expires":                            "line 1: ",
		"\n\n" + strings.Repeat("a", maxLine+1): "line 3: ",
		"bad..example":                          "line 1: ",
		"\x00\x01.example":                      "line 1: ",
		"fe80::1%eth0":                          "line 1: ",
	} {
		l, err := Parse("list.txt", []byte(text), known)
		if l != nil || sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want KindInvalid with %q", text, err, want)
		}
	}
}

func TestParse_joinsWhatStandsTwice(t *testing.T) {
	l := parse(t, "bad.example, first=2026-02-01, last=2026-02-02, expires=2026-05-01\nbad.example, first=2026-01-01, last=2026-01-02, expires=2026-04-30\n")
	hit, ok := l.Domain("bad.example", noon)
	if l.Len() != 1 || !ok || hit.First.Format(time.DateOnly) != "2026-01-01" || hit.Last.Format(time.DateOnly) != "2026-02-02" || hit.Expires.Format(time.DateOnly) != "2026-05-01" {
		t.Errorf("got %+v, %v of %d entries, want the widest time of both", hit, ok, l.Len())
	}
}

// many is a list of n entries, half of them addresses, the rest domains and hashes.
func many(n int) []byte {
	var b strings.Builder
	for i := range n {
		switch i % 4 {
		case 0, 1:
			fmt.Fprintf(&b, "%d.%d.%d.%d\n", 1+i>>24, byte(i>>16), byte(i>>8), byte(i))
		case 2:
			fmt.Fprintf(&b, "host%d.bad%d.example, last=2026-03-01\n", i, i%1000)
		default:
			fmt.Fprintf(&b, "%032x\n", i)
		}
	}
	return []byte(b.String())
}

func TestList_takesLittleMemory(t *testing.T) {
	const n = 100_000
	content := many(n)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := parse(t, string(content))
	runtime.GC()
	runtime.ReadMemStats(&after)
	perEntry := float64(after.HeapAlloc-before.HeapAlloc) / n
	if l.Len() != n || perEntry > 64 {
		t.Errorf("%d entries take %.0f bytes each, want %d at up to 64", l.Len(), perEntry, n)
	}
	runtime.KeepAlive(content)
}

// How long does a lookup take among a million entries, and what do they take in memory?
func BenchmarkList(b *testing.B) {
	content := many(1_000_000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	l := parse(b, string(content))
	parsed := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.Run("address", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			l.Address(netip.AddrFrom4([4]byte{1, byte(i >> 16), byte(i >> 8), byte(i)}), noon)
		}
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
		b.ReportMetric(parsed.Seconds(), "s-to-parse")
	})
	b.Run("domain", func(b *testing.B) {
		for b.Loop() {
			l.Domain("www.host77.bad77.example", noon)
		}
	})
	runtime.KeepAlive(content)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("203.0.113.0/24, source=x\n#! class=c2\nbad.example\nd41d8cd98f00b204e9800998ecf8427e"))
	f.Fuzz(func(t *testing.T, content []byte) {
		l, err := Parse("list", content, known)
		if (l == nil) == (err == nil) {
			t.Fatalf("got %v and %v", l, err)
		}
		if err != nil {
			return
		}
		for line := range strings.Lines(string(content)) { // whatever stands there is found
			value, _, _ := strings.Cut(line, "#")
			value, _, _ = strings.Cut(value, ",")
			value = strings.TrimSpace(value)
			if _, ok := domainName(value); ok && !strings.Contains(string(content), "expires") {
				if _, isHash := hashKey(value); isHash {
					continue
				}
				if _, err := netip.ParseAddr(value); err == nil {
					continue
				}
				if _, found := l.Domain(value, noon); !found {
					t.Errorf("%q is not found", value)
				}
			}
		}
	})
}
