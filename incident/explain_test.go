package incident

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho"
)

// banned words never stand in a text for an owner: the trade's own, and those that sound rude or promise too much.
var banned = []string{
	"ペイロード", "シグネチャ", "C2", "IoC", "CVE", "アノマリ", "インジェクション", "エンドポイント",
	"情報が出た", "業者", "御社", "守られています",
	"payload", "signature", "anomaly", "injection", "endpoint", "C&C",
}

// polite is how a Japanese sentence to a customer ends.
var polite = []string{"ます", "ました", "ません", "でした", "です", "ください"}

func checkWords(t *testing.T, what string, words sekisho.Text) {
	t.Helper()
	if words.JA == "" || words.EN == "" {
		t.Errorf("%s: %+v, want both languages", what, words)
		return
	}
	for _, word := range banned {
		if strings.Contains(words.JA, word) || strings.Contains(strings.ToLower(words.EN), strings.ToLower(word)) {
			t.Errorf("%s: %+v holds %q", what, words, word)
		}
	}
	if strings.ContainsAny(words.JA+words.EN, "{}") || strings.Contains(words.EN, "  ") {
		t.Errorf("%s: %+v has leftover marks", what, words)
	}
	if !strings.HasSuffix(words.JA, "。") || !strings.HasSuffix(words.EN, ".") {
		t.Errorf("%s: %+v does not end its sentence", what, words)
	}
	for sentence := range strings.SplitSeq(strings.TrimSuffix(words.JA, "。"), "。") {
		if n := utf8.RuneCountInString(sentence) + 1; n > 50 {
			t.Errorf("%s: %q has %d characters, want at most 50", what, sentence, n)
		}
		if !slices.ContainsFunc(polite, func(end string) bool { return strings.HasSuffix(sentence, end) }) {
			t.Errorf("%s: %q is not polite", what, sentence)
		}
	}
	for _, r := range words.EN {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) {
			t.Errorf("%s: %q is not English", what, words.EN)
			break
		}
	}
}

func TestExplain_hasPlainWordsForEveryIncident(t *testing.T) {
	ends := []map[sekisho.Outcome]int{{}, {sekisho.OutcomePrevented: 1200000, sekisho.OutcomeUnknown: 34567}, {sekisho.OutcomePrevented: 5, sekisho.OutcomeRefused: 5}}
	for _, outcome := range allOutcomes {
		ends = append(ends, map[sekisho.Outcome]int{outcome: 1}, map[sekisho.Outcome]int{outcome: 1234567})
	}
	var terms []sekisho.Terms
	for _, guard := range []string{"", GuardQuiet, GuardOutside, GuardCapped, GuardSuccess} {
		terms = append(terms, sekisho.Terms{Guard: guard, N: 7654321, Recurrence: 50})
	}
	for _, reason := range allCorrelations {
		terms = append(terms, sekisho.Terms{Reasons: []string{string(reason)}, Correlation: 20, Impact: 60, Outcome: 1, Confidence: 1, Asset: 1})
	}
	terms = append(terms, sekisho.Terms{Impact: 60, Outcome: 1, Confidence: 1, Asset: 1})
	subjects := map[sekisho.Class][]string{"telepathy": {""}}
	for _, class := range allClasses {
		subjects[class] = []string{"", "something of a vendor"}
	}
	for _, family := range slices.Sorted(maps.Keys(known.Families)) {
		for _, class := range known.Families[family].Of {
			subjects[class] = append(subjects[class], family)
		}
	}
	seen := map[string]bool{} // the same words need to be read once
	for class, families := range subjects {
		for _, family := range families {
			for _, outcomes := range ends {
				for n, term := range terms {
					if n > 0 && n < len(terms)-1 && len(outcomes) != 2 { // the terms matter to the reason alone
						continue
					}
					for _, site := range []string{"", "shop.example"} {
						severity := sekisho.SeverityMedium
						if n%2 == 1 {
							severity = sekisho.SeverityHigh
						}
						i := sekisho.Incident{Class: class, Family: family, Site: site, Outcomes: outcomes, Terms: term, Severity: severity}
						for outcome, n := range outcomes {
							i.Count += n
							i.Outcome = outcome
						}
						got := Explain(i)
						for part, words := range map[string]sekisho.Text{"title": got.Title, "about": got.About, "why": got.Why, "effect": got.Effect, "advice": got.Advice} {
							if !seen[words.JA+words.EN] {
								seen[words.JA+words.EN] = true
								checkWords(t, fmt.Sprintf("%s of %s/%s %v %q %v", part, class, family, outcomes, site, term.Reasons), words)
							}
						}
						for part, words := range map[string]sekisho.Text{"title": got.Title, "effect": got.Effect} {
							for _, word := range []string{"0回", "1回", "すべて", "どれも", " times", "every"} {
								if i.Count <= 1 && strings.Contains(words.JA+words.EN, word) {
									t.Errorf("%s %+v of %d event(s) says %q", part, words, i.Count, word)
								}
							}
						}
						if call := known.Advice["call"]; severity == sekisho.SeverityHigh && (!strings.HasPrefix(got.Advice.JA, call.JA) || !strings.HasPrefix(got.Advice.EN, call.EN)) {
							t.Errorf("advice %+v of a High incident does not put the call first", got.Advice)
						}
						if n := strings.Count(got.Why.JA, "。"); n != 1 {
							t.Errorf("why %q has %d sentences, want one", got.Why.JA, n)
						}
						if n := strings.Count(got.Title.JA, "。"); n != 1 {
							t.Errorf("title %q has %d sentences, want one", got.Title.JA, n)
						}
					}
				}
			}
		}
	}
}

func TestKnowledge_isWrittenForEveryClassAndFamily(t *testing.T) {
	if err := complete("classes", known.Classes, allClasses); err != nil {
		t.Error(err)
	}
	// What the rule set and the decoders of sensors call things.
	for _, family := range strings.Fields(`
		sqli nosql ldap xss csrf rce lfi rfi php java ssti ssrf xxe generic session_fixation protocol scanner bot method
		multipart upload web_shell data_leak login geo reputation custom waf
		ips source_route dos ddos scan port_scan spoofing auto_block blocked_site blocked_port tor antivirus virus apt botnet
		attachment phishing spam dnswatch dns webfilter webblocker application dlp vpn_login admin_login user_login config
		rogue_access_point license update sensor_fault quota firewall`) {
		if known.Families[family].What.JA == "" {
			t.Errorf("families.%s is missing", family)
		}
	}
	if n := len(known.Families); n < 60 {
		t.Errorf("%d families, want at least 60", n)
	}
	lint := func(name string, e entry) {
		for part, words := range map[string]text{"about": e.About, "now": e.Now, "later": e.Later} {
			checkWords(t, name+"."+part, sekisho.Text(words))
		}
		for part, words := range map[string]text{"what": e.What, "risk": e.Risk} {
			if words.JA == "" || words.EN == "" || strings.ContainsAny(words.JA, "。、") || strings.HasSuffix(words.EN, ".") {
				t.Errorf("%s.%s: %+v, want a name in both languages", name, part, words)
			}
		}
		if e.Kind != "" && e.Kind != "event" {
			t.Errorf("%s.kind: %q", name, e.Kind)
		}
	}
	for class, e := range known.Classes {
		lint("classes."+string(class), e)
		if len(e.Of) > 0 {
			t.Errorf("classes.%s speaks for itself alone", class)
		}
	}
	for family, e := range known.Families {
		lint("families."+family, e)
		if len(e.Of) == 0 {
			t.Errorf("families.%s speaks for no class", family)
		}
		for _, class := range e.Of {
			if !slices.Contains(allClasses, class) {
				t.Errorf("families.%s speaks for %s, which does not exist", family, class)
			}
			if (known.Classes[class].Kind == "event") != (e.Kind == "event") {
				t.Errorf("families.%s is told like %q, its class %s is not", family, e.Kind, class)
			}
		}
	}
	for _, end := range []string{"stopped", "refused", "contained", "passed", "happened"} {
		for _, key := range []string{end, end + "_once"} {
			if known.Titles[key].JA == "" {
				t.Errorf("titles.%s is missing", key)
			}
		}
	}
	for _, reason := range allCorrelations {
		if known.Whys[string(reason)].JA == "" {
			t.Errorf("whys.%s is missing", reason)
		}
	}
}

func TestExplain_saysWhatTheRecordsShow(t *testing.T) {
	tests := []struct {
		name   string
		events []sekisho.Event
		title  sekisho.Text
		why    string
		effect string
		advice string
	}{
		{
			"blocked attacks", times(12, 1e9, sqli(noon, "203.0.113.9", sekisho.OutcomePrevented)),
			sekisho.Text{JA: "データベースを狙う攻撃を12回見つけ、すべて止めました。", EN: "We saw an attack on your database 12 times and stopped it every time."},
			"被害が出る前に止めたため、緊急度を「低」としました。", "被害が出る前に止めました。", "いま、していただくことはありません。",
		},
		{
			"many blocked attacks", times(1240, 1e9, sqli(noon, "203.0.113.9", sekisho.OutcomePrevented)),
			sekisho.Text{JA: "データベースを狙う攻撃を1,240回見つけ、すべて止めました。", EN: "We saw an attack on your database 1,240 times and stopped it every time."},
			"30日間に1,240回起きたことをふまえ、緊急度を「中」としました。", "被害が出る前に止めました。", "いま、していただくことはありません。",
		},
		{
			"one attack while only watching", times(1, 1e9, sqli(noon, "203.0.113.9", sekisho.OutcomeUnknown)),
			sekisho.Text{JA: "データベースを狙う攻撃を見つけましたが、止めていません。", EN: "We saw an attack on your database; it was not stopped."},
			"成功したかどうか分からないため、緊急度を「中」としました。", "このサイトは「見るだけ」の設定のため、通しました。", "「攻撃を止める」",
		},
		{
			"a success", times(1, 1e9, sqli(noon, "203.0.113.9", sekisho.OutcomeSucceeded)),
			sekisho.Text{JA: "データベースを狙う攻撃が成功したおそれがあります。", EN: "It looks as if an attack on your database succeeded."},
			"成功した形跡があるため、緊急度を「高」としました。", "成功した形跡があり、", "消さないよう",
		},
		{
			"two sensors on one PC",
			[]sekisho.Event{outbound(noon, sekisho.ClassC2, sekisho.OutcomePrevented, "bad.example"), edr(noon, sekisho.ClassMalware, sekisho.OutcomeContained)},
			sekisho.Text{JA: "不正プログラムを2回見つけ、途中で止めました。", EN: "We saw malware 2 times and halted it on the way."},
			"社内の同じ機器を2種類の監視機器が見つけたため、緊急度を「高」としました。", "届いた後に止めました。", "LANケーブル",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Explain(newStory(t).tell(test.events...).one())
			if got.Title != test.title || got.Why.JA != test.why {
				t.Errorf("got %+v because %q, want %+v because %q", got.Title, got.Why.JA, test.title, test.why)
			}
			if !strings.Contains(got.Effect.JA, test.effect) || !strings.Contains(got.Advice.JA, test.advice) {
				t.Errorf("got effect %q and advice %q, want %q and %q in them", got.Effect.JA, got.Advice.JA, test.effect, test.advice)
			}
		})
	}
}
