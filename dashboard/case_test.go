package dashboard

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

const casePage = "/t/yamada/incidents/" + string(incidentPC)

func TestCase_isActedOnByTheirRolesAndRemembersWho(t *testing.T) {
	p := openPortal(t, newFake())
	owner, operator := p.as(t, "owner"), p.as(t, "operator")
	before := p.get(t, owner, casePage).body
	if !strings.Contains(before, `value="acknowledged"`) || strings.Contains(before, `value="verdict"`) || strings.Contains(before, `value="suppressed"`) {
		t.Fatal("an owner must be offered to acknowledge, and nothing else")
	}
	address := "/t/yamada/cases/" + string(casePC)
	got := p.post(t, owner, address, url.Values{"do": {"acknowledged"}, "incident": {string(incidentPC)}})
	if at := got.header.Get("Location"); got.status != http.StatusSeeOther || at != casePage+"?done=acknowledged" {
		t.Fatalf("status %d to %s, want 303 back to the incident", got.status, at)
	}
	if after := p.get(t, owner, casePage+"?done=acknowledged").body; !strings.Contains(after, "記録しました:確認しました") || !strings.Contains(after, "owner@yamada.example") || strings.Contains(after, `value="acknowledged"`) {
		t.Error("the page must say what was recorded and by whom, and not ask again")
	}
	for _, form := range []url.Values{
		{"do": {"started"}},
		{"do": {"verdict"}, "verdict": {"threat"}, "rank": {"high"}, "reason": {"指令元との通信を確認した"}},
		{"do": {"suppressed"}, "days": {"7"}, "reason": {"駆除の予定あり"}},
		{"do": {"unsuppressed"}, "reason": {"予定が変わった"}},
		{"do": {"closed"}, "verdict": {"clean"}, "reason": {"社内の検査だった"}},
	} {
		if got := p.post(t, operator, address, form); got.status != http.StatusSeeOther {
			t.Fatalf("%v: status %d, want 303", form, got.status)
		}
	}
	c := p.records.findCase(casePC)
	if c.State != sekisho.CaseClosed || c.Verdict != sekisho.VerdictClean || c.Owner != "soc@sekisho.example" || c.Rank() != sekisho.SeverityHigh || !c.QuietUntil.IsZero() {
		t.Errorf("case %+v, want closed, clean, ranked high by hand, not quiet", c)
	}
	page := p.get(t, owner, casePage).body
	for _, want := range []string{"対応完了", "社内の検査だった", "指令元との通信を確認した", "soc@sekisho.example"} {
		if !strings.Contains(page, want) {
			t.Errorf("the owner's page lacks %q", want)
		}
	}
}

func TestCase_refusesWhatLacksItsReasonOrDoesNotFit(t *testing.T) {
	for name, form := range map[string]url.Values{
		"verdict without a reason": {"do": {"verdict"}, "verdict": {"threat"}},
		"verdict without a word":   {"do": {"verdict"}, "reason": {"x"}},
		"an unheard-of rank":       {"do": {"verdict"}, "verdict": {"threat"}, "rank": {"worst"}, "reason": {"x"}},
		"quiet without an end":     {"do": {"suppressed"}, "reason": {"x"}},
		"quiet for too long":       {"do": {"suppressed"}, "days": {"4000"}, "reason": {"x"}},
		"quiet until yesterday":    {"do": {"suppressed"}, "days": {"-1"}, "reason": {"x"}},
		"the engine's own words":   {"do": {"raised"}, "reason": {"x"}},
		"open what is open":        {"do": {"reopened_by_hand"}, "reason": {"x"}},
		"nothing":                  {},
	} {
		p := openPortal(t, newFake())
		if got := p.post(t, p.as(t, "operator"), "/t/yamada/cases/"+string(casePC), form); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", name, got.status)
		}
		if p.records.findCase(casePC).Revision != 1 {
			t.Errorf("%s changed the case", name)
		}
	}
}

func TestCase_claimsNothingThatWasNotDone(t *testing.T) {
	p := openPortal(t, newFake())
	for _, done := range []string{"closed", "acknowledged", "opened", "<script>"} {
		if body := p.get(t, p.as(t, "owner"), casePage+"?done="+url.QueryEscape(done)).body; strings.Contains(body, "記録しました:") {
			t.Errorf("?done=%s made the page claim something", done)
		}
	}
}

func TestHome_restsWhenAHighCaseIsClosedOrRankedLower(t *testing.T) {
	low := sekisho.SeverityLow
	for name, change := range map[string]func(*sekisho.Case){
		"closed":   func(c *sekisho.Case) { c.State = sekisho.CaseClosed },
		"override": func(c *sekisho.Case) { c.Override = &low },
		"quiet":    func(c *sekisho.Case) { c.QuietUntil = now.Add(time.Hour) },
		"seen":     func(c *sekisho.Case) { c.State = sekisho.CaseAcknowledged },
	} {
		f := newFake()
		f.incidentV[0].Severity = sekisho.SeverityHigh
		change(&f.caseV[0])
		p := openPortal(t, f)
		page := p.get(t, p.as(t, "owner"), "/t/yamada").body
		if got, want := strings.Contains(page, "verdict-attention"), name == "seen"; got != want {
			t.Errorf("%s: asks for attention %v, want %v", name, got, want)
		}
	}
}

func TestHome_doesNotRestWhenCasesCannotBeRead(t *testing.T) {
	f := newFake()
	f.incidentV[0].Severity, f.caseV[0].State = sekisho.SeverityHigh, sekisho.CaseClosed
	f.broken["Desk"] = errDisk
	p := openPortal(t, f)
	if !strings.Contains(p.get(t, p.as(t, "owner"), "/t/yamada").body, "verdict-attention") {
		t.Error("a High incident must not fall silent because its case cannot be read")
	}
}

func TestIncident_putsTheCallFirstAtHigh(t *testing.T) {
	f := newFake()
	p := openPortal(t, f)
	p.server.cfg.Desk = "0120-000-000 (平日9–17時)"
	if strings.Contains(p.get(t, p.as(t, "owner"), casePage).body, "まず、お電話ください") {
		t.Error("a Low incident asks for a call")
	}
	high := sekisho.SeverityHigh
	for i := range f.caseV {
		if f.caseV[i].ID == casePC {
			f.caseV[i].Override = &high
		}
	}
	page := p.get(t, p.as(t, "owner"), casePage).body
	call, advice := strings.Index(page, "まず、お電話ください"), strings.Index(page, "お願いしたいこと")
	if call < 0 || call > advice || !strings.Contains(page[call:advice], "0120-000-000") {
		t.Error("at High, the call with its number must stand before everything else")
	}
}

func TestIncident_tellsSensorsApartByWordOnOneTimeline(t *testing.T) {
	p := openPortal(t, newFake())
	page := p.get(t, p.as(t, "owner"), casePage).body
	_, timeline, _ := strings.Cut(page, `<ol class="timeline">`)
	timeline, _, _ = strings.Cut(timeline, "</ol>")
	edr, utm, waf := strings.Index(timeline, "パソコン (EDR)"), strings.Index(timeline, "社内ネット (UTM)"), strings.Index(timeline, "サイト (WAF)")
	if edr < 0 || utm < edr || waf < utm {
		t.Errorf("EDR at %d, UTM at %d, WAF at %d; want all three in words, newest first", edr, utm, waf)
	}
	for _, want := range []string{"UKETSUKE-PC", "192.168.1.23 → 198.51.100.7", "Botnet.Beacon", "途中で止めました"} {
		if !strings.Contains(timeline, want) {
			t.Errorf("the timeline lacks %q", want)
		}
	}
	if !strings.Contains(page, "影響90×確かさ0.6×対象1×結果0.3に、繰り返し2.25と関連2.5を足して21点です。") {
		t.Error("the terms of the score do not stand in one sentence")
	}
}

func TestEvent_showsTheRawRecordToOperatorsAlone(t *testing.T) {
	p := openPortal(t, newFake())
	for user, want := range map[sekisho.UserID]bool{"owner": false, "operator": true} {
		if got := strings.Contains(p.get(t, p.as(t, user), "/t/yamada/events/"+string(eventUTM)).body, "fw-honsha deny tcp"); got != want {
			t.Errorf("%s sees the raw record: %v, want %v", user, got, want)
		}
	}
}
