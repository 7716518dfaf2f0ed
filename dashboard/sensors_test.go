package dashboard

import (
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestSensors_sumUpAndPutTheSilentFirst(t *testing.T) {
	p := openPortal(t, newFake())
	page := p.get(t, p.as(t, "owner"), "/t/yamada/sensors").body
	last := -1
	for _, name := range []string{"edr-honsha", "fw-shiten", "web-log", "fw-honsha"} { // silent, not known, waiting, heard
		at := strings.Index(page, ">"+name+"</h2>")
		if at < last || at < 0 {
			t.Errorf("%s stands at %d, want it behind %d", name, at, last)
		}
		last = at
	}
	for _, want := range []string{">41,210<", ">41,190<", ">15<", ">5<", "途絶えています", "11月22日 06:42から届いていません。", "2時間", "状況を、いま読み出せません"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestSensors_showUnreadRecordsToOperatorsAlone(t *testing.T) {
	p := openPortal(t, newFake())
	for user, want := range map[sekisho.UserID]bool{"owner": false, "operator": true} {
		if got := strings.Contains(p.get(t, p.as(t, user), "/t/yamada/sensors").body, "something new"); got != want {
			t.Errorf("%s sees the sample: %v, want %v", user, got, want)
		}
	}
}

func TestCare_isNeverCountedWithAttacks(t *testing.T) {
	p := openPortal(t, newFake())
	owner := p.as(t, "owner")
	row := `href="/t/yamada/incidents/` + string(incidentCare) + `"`
	for path, want := range map[string]bool{"/t/yamada/care": true, "/t/yamada/incidents": false, "/t/yamada": false} {
		if got := strings.Contains(p.get(t, owner, path).body, row); got != want {
			t.Errorf("%s lists care: %v, want %v", path, got, want)
		}
	}
	if page := p.get(t, owner, "/t/yamada/care").body; strings.Contains(page, string(incidentSQL)) || !strings.Contains(page, "USBメモリー") {
		t.Error("the page of care lists an attack, or not its own line")
	}
}

func TestSites_sayWhatIsInForce(t *testing.T) {
	f := newFake()
	p := openPortal(t, f)
	page := p.get(t, p.as(t, "owner"), "/t/yamada/sites").body
	for _, want := range []string{
		"公開中。攻撃を止めています。", "証明書は2027-02-21まで有効です。", "1つの送信元から1分に300回まで", "/contact は1つの送信元から1分に10回まで",
		"10分に10回攻撃した送信元は、1時間断ります", "攻撃をくり返した送信元 <strong>1,204</strong>", "検査から外している設定が1件あります", "お客様の文章が止まるため",
		"soc@sekisho.example", "2026年11月20日 10:42に終了しました", "2027年1月23日 10:42まで",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	f.broken["ListExclusions"] = errDisk
	if page := p.get(t, p.as(t, "owner"), "/t/yamada/sites").body; !strings.Contains(page, "検査から外している設定を、いま読み出せません") || strings.Contains(page, "検査から外している設定はありません") {
		t.Error("exclusions that cannot be read must not be shown as none")
	}
}

func TestSites_sayWhenVisitorsGoPastUs(t *testing.T) {
	f := newFake()
	f.sitesV[0].BypassTo = append(f.sitesV[0].BypassTo, f.eventV[0].SrcIP)
	p := openPortal(t, f)
	page := p.get(t, p.as(t, "owner"), "/t/yamada/sites").body
	if !strings.Contains(page, "サイトへ直接届いています") || !strings.Contains(page, "何も検査していません") {
		t.Error("a site that visitors reach past us must say that nothing is inspected")
	}
}
