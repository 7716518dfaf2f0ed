package dashboard

import (
	"io"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestSites_sayWhatVisitorsMeetNow(t *testing.T) {
	f := newFake()
	f.sitesV = []sekisho.Site{{
		ID: "SITE9", Tenant: yamada, Host: "shop.example", Stage: sekisho.StageLive, Policy: sekisho.DefaultPolicy(),
		Maintenance: sekisho.Maintenance{On: true}, Limits: sekisho.Limits{UnderAttack: sekisho.AlertOn},
	}}
	p := openPortal(t, f)
	for path, wants := range map[string][]string{
		"/sites": {"サイトは開けません。", "攻撃中の扱いです。"},
		"":       {"「メンテナンス中」の表示です"},
	} {
		response, err := p.as(t, "owner").Get(p.URL + "/t/" + string(yamada) + path)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(page), want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
}

func TestSites_sayWhereEachSiteStands(t *testing.T) {
	f := newFake()
	f.sitesV = nil
	for stage, host := range map[sekisho.Stage]string{
		sekisho.StageDraft: "draft.example", sekisho.StageVerified: "verified.example", sekisho.StageReady: "ready.example",
		sekisho.StageMoved: "moved.example", sekisho.StagePaused: "paused.example", sekisho.StageLive: "trouble.example",
	} {
		f.sitesV = append(f.sitesV, sekisho.Site{ID: sekisho.SiteID(host), Tenant: yamada, Host: host, Stage: stage, Policy: sekisho.DefaultPolicy()})
	}
	p := openPortal(t, f)
	response, err := p.as(t, "operator").Get(p.URL + "/t/" + string(yamada) + "/sites")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"サイトの名前の確認をお待ちしています。", "証明書を準備しています。", "向き先の変更をお待ちしています。", "向き先がここから外れています。",
		"公開を一時停止しています。", "攻撃を記録しています。", "証明書は2027-02-21まで有効です。",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if got := strings.Count(string(page), "ご確認ください。</strong>"); got != 1 {
		t.Errorf("%d certificates are marked, want the one in trouble", got)
	}
}
