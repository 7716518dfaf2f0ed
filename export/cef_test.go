package export

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
)

func TestEncode_escapesCEF(t *testing.T) {
	e := &sekisho.Event{ID: "E1", Time: noon, Tenant: yamada, Class: "a|b", Family: `x=y\z`, Signature: "one|two\\three\nfour", Path: "/a=b|c\r\nCEF:0|fake|\x1b[31m\u2028\x7f", Outcome: sekisho.OutcomePrevented}
	line, err := Encode(sekisho.FormatCEF, Record{Event: e}, nil, "1|2", "en")
	must(t, err)
	want := `CEF:0|Sekisho|Sekisho|1\|2|a\|b|one\|two\\three four|1|rt=1775044800123 externalId=E1 cat=x\=y\\z outcome=prevented cnt=1 ` +
		`request=/a\=b|c\nCEF:0|fake| [31m   cs1=yamada cs1Label=tenant cs3=one|two\\three\nfour cs3Label=signature`
	if string(line) != want {
		t.Errorf("got  %s\nwant %s", line, want)
	}
}

func TestEncode_writesAddressesOfBothKindsInCEF(t *testing.T) {
	line, err := Encode(sekisho.FormatCEF, Record{Event: richEvent(), Incident: richIncident()}, words, "1", "en")
	must(t, err)
	for _, want := range []string{
		"|waf_attack|An attack was stopped|5|", " src=203.0.113.7 spt=40000 c6a3=2001:db8::1 c6a3Label=Destination IPv6 Address dpt=443 ", " cs5=942100 ",
	} {
		if !strings.Contains(string(line), want) {
			t.Errorf("got %s, want %q in it", line, want)
		}
	}
	line, err = Encode(sekisho.FormatCEF, richChange(sekisho.ChangeClosed), words, "1", "ja")
	must(t, err)
	if want := `reason=known\=ours | yes`; !strings.Contains(string(line), want) {
		t.Errorf("got %s, want %q in it", line, want)
	}
}

// FuzzEncode_CEF holds that whatever an attacker writes stays one line in its own field.
func FuzzEncode_CEF(f *testing.F) {
	f.Add("a|b", "c=d", "e\nf")
	f.Add("\\", "\\=", "\xff\u0085")
	f.Fuzz(func(t *testing.T, signature, path, agent string) {
		e := &sekisho.Event{ID: "E1", Time: noon, Tenant: yamada, Class: sekisho.ClassWAFAttack, Signature: signature, Path: path, UserAgent: agent}
		line, err := Encode(sekisho.FormatCEF, Record{Event: e}, nil, "1", "en")
		must(t, err)
		s := string(line)
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n\x00\u2028\u2029\u0085") {
			t.Fatalf("got %q, want one line of text", s)
		}
		bars, begins := 0, 0
		for i := 0; i < len(s); i++ {
			switch {
			case s[i] == '\\':
				i++
			case s[i] == '|' && bars < 7:
				bars, begins = bars+1, i+1
			case s[i] == '=' && bars == 7:
				key := s[max(begins, strings.LastIndexByte(s[:i], ' ')+1):i]
				if !slices.Contains([]string{"rt", "externalId", "cnt", "request", "requestClientApplication", "cs1", "cs1Label", "cs3", "cs3Label"}, key) {
					t.Fatalf("got the key %q in %q", key, s)
				}
			}
		}
		if bars != 7 {
			t.Fatalf("got %d bars in %q", bars, s)
		}
	})
}
