package ruleset

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// Forms in parts are read by a reader of our own where they are as browsers write them. What it calls clean must be so
// for Coraza's reader too, also when somebody has put in what readers disagree about.
func TestProof_agreesWithThePlainEngineOnForms(t *testing.T) {
	source := rand.New(rand.NewPCG(17, 4))
	var requests []*sekisho.Exchange
	for n := range 3000 / sampled(1) {
		x := partsRequest(source)
		if n%2 > 0 {
			x.Body = []byte(disturb(string(x.Body), source))
		}
		if n%9 == 0 {
			x = mutate(x, source)
		}
		requests = append(requests, x)
	}
	for _, profile := range []sekisho.Profile{sekisho.ProfileStock, sekisho.ProfileSmallBusiness} {
		for _, level := range []int{1, 2} {
			policy := policyAt(level)
			policy.Profile = profile
			got := newOracle(t, policy).compare(t, proofOf(t, policy, nil), requests)
			checkTally(t, level, profile.String()+", forms in parts", got)
			if level == 1 && got.clean*20 < got.asked {
				t.Errorf("%s: %d of %d were proven clean: the test proves less than it should", profile, got.clean, got.asked)
			}
		}
	}
}

func TestProof_followsCustomRulesAboutParts(t *testing.T) {
	upload := func(name string) *sekisho.Exchange {
		return post("multipart/form-data; boundary=bb", "--bb\r\nContent-Disposition: form-data; name=\"f\"; filename=\""+name+
			"\"\r\nContent-Type: image/jpeg\r\n\r\nxx\r\n--bb--\r\n")
	}
	for _, tt := range []struct {
		name, rule  string
		slow, stops bool // all forms in parts; a.exe
	}{
		{"none", "", false, false},
		{"about names of files", `SecRule FILES "@endsWith .exe" "id:1000,phase:2,deny,t:lowercase"`, false, true},
		{"about fields of the head", `SecRule MULTIPART_PART_HEADERS "@contains a.exe" "id:1000,phase:2,deny,t:lowercase"`, false, true},
		{"about sizes", `SecRule FILES_SIZES "@gt 100000" "id:1000,phase:2,deny"`, true, false},
		{"that counts parts of a name", `SecRule &MULTIPART_PART_HEADERS:Avatar "@eq 0" "id:1000,phase:2,deny"`, true, false},
		{"that reads the number of parts", `SecRule TX:multipart_headers_content_counter "@gt 3" "id:1000,phase:2,deny"`, false, false},
		{"that reads what was kept of them", `SecRule TX:/^multipart_headers_content_types/ "@contains exe" "id:1000,phase:2,deny,t:lowercase"`, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			policy := sekisho.DefaultPolicy()
			policy.CustomRules = tt.rule
			p, o := proofOf(t, policy, nil), newOracle(t, policy)
			if got := p.SlowParts() != ""; got != tt.slow {
				t.Errorf("got %q, want slow %v", p.SlowParts(), tt.slow)
			}
			for _, name := range []string{"a.jpg", "a.exe"} {
				x := upload(name)
				switch objection := o.objection(t.Context(), x, false); {
				case !p.Request(x).Clean:
				case objection != "":
					t.Errorf("%s is called clean: %s", name, objection)
				case tt.slow || tt.stops && name == "a.exe":
					t.Errorf("%s is called clean, want the rules to run", name)
				}
			}
		})
	}
}

func partsRequest(source *rand.Rand) *sekisho.Exchange {
	pick := func(words ...string) string { return words[source.IntN(len(words))] }
	boundary := pick("bb", "----WebKitFormBoundaryq1W2e3R4t5Y6u7I8", "-----------------------------41184676334")
	var b strings.Builder
	for range 1 + source.IntN(4) {
		fmt.Fprintf(&b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, pick("name", "message", "wpforms[fields][1]", "file", "添付", "_charset_", "_wpnonce"))
		switch source.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "; filename=\"%s\"\r\nContent-Type: %s", pick("photo.jpg", "履歴書 山田.pdf", "a.php", "", "x;y.png", "a.PHTML"), pick("image/jpeg", "application/pdf",
				"text/plain", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "/", "a/b/c", "image"))
		case 1:
			fmt.Fprintf(&b, "\r\nContent-Type: %s", pick("text/plain", "text/html", "application/json"))
		}
		fmt.Fprintf(&b, "\r\n\r\n%s\r\n", pick("", "山田 太郎", sentences(source, 10), "1", "02", "a b c", "お願いします", "東京都", "x", "\x89PNG\r\n\x1a\n\x00", "a\r\n\r\nb", "--"+boundary, "<script>alert(1)</script>", "\r\n--b"))
	}
	b.WriteString("--" + boundary + "--" + pick("\r\n", "", "\r\n\r\n"))
	return post("multipart/form-data; boundary="+boundary, b.String())
}

// disturb puts something into a body that readers of MIME care about.
func disturb(body string, source *rand.Rand) string {
	pieces := []string{
		"\r\n", "\n", "\r", " ", "\t", "\"", "\\", ";", "'", "--", "--bb", "\r\n--bb\r\n", "\r\n--bb--", "name=", "filename=", "filename*=utf-8''a.php", "; filename=\"b.php\"",
		"Content-Type: text/html", "Content-Disposition: form-data; name=\"z\"", "Content-Transfer-Encoding: base64", "\x00", "\xff", "%22", "=", ":", "charset=utf-7", "\r\n\r\n",
	}
	at := source.IntN(len(body) + 1)
	if source.IntN(3) > 0 { // near a header
		if head := strings.Index(body[at:], "form-data"); head >= 0 {
			at = min(len(body), at+head+source.IntN(40))
		}
	}
	if source.IntN(4) == 0 && at < len(body) {
		return body[:at] + body[at+1:]
	}
	return body[:at] + pieces[source.IntN(len(pieces))] + body[at:]
}
