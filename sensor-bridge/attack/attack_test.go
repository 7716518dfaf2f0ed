package attack

import (
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestNamed_knowsTheWordsOfOtherProducts(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"SQLi_QUERYARGUMENTS", "sqli"},
		{"Sql Signature Violation", "sqli"},
		{"CrossSiteScripting_BODY", "xss"},
		{"942100", "sqli"},
		{"932160", "rce"},
		{"Directory Traversal", "lfi"},
		{"GenericLFI_URIPATH", "lfi"},
		{"GenericRFI_BODY", "rfi"},
		{"EC2MetaDataSSRF_QUERYARGUMENTS", "ssrf"},
		{"Log4JRCE_BODY", "java"},
		{"AWS-AWSManagedRulesBotControlRuleSet", "bot"},
		{"Remote Command Execution: Unix Shell Code", "rce"},
		{"クロスサイトスクリプティング", "xss"},
		{"NoUserAgent_HEADER", "bot"},
		{"Brute Force Login", "login"},
	} {
		if got, ok := Named(test.name); got != test.want || !ok {
			t.Errorf("%s: got %q, %t, want %q", test.name, got, ok, test.want)
		}
	}
	if got, ok := Named("", "my rule 7"); ok {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestRequest_seesAttacksHoweverTheyAreSpelt(t *testing.T) {
	for _, test := range []struct{ target, agent, want string }{
		{"/?q=1%27%20UNION%20SELECT%201,2--", "", "sqli"},
		{"/?q=1+union+select+password+from+users", "", "sqli"},
		{"/?q=1%2527%2520union%2520select%25201", "", "sqli"},
		{"/?q=%3Cscript%3Ealert(1)%3C/script%3E", "", "xss"},
		{"/../../etc/passwd", "", "lfi"},
		{"/cgi-bin/%2e%2e/%2e%2e/bin/sh", "", "rce"},
		{"/?x=${jndi:ldap://a/b}", "", "java"},
		{"/", "${jndi:ldap://a/b}", "java"},
		{"/.env", "", "scanner"},
		{"/a/.git/config", "", "scanner"},
		{"/", "sqlmap/1.7", "scanner"},
		{"/c99.php", "", "web_shell"},
		{"/index.php?s=/Index/\\think\\app/invokefunction&function=call_user_func_array", "", "php"},
		{"/scripts/..%u005c../winnt", "", "lfi"},
	} {
		if got, _, ok := Request(test.target, test.agent, ""); got != test.want || !ok {
			t.Errorf("%s %s: got %q, %t, want %q", test.target, test.agent, got, ok, test.want)
		}
	}
}

func TestRequest_leavesOrdinaryVisitorsAlone(t *testing.T) {
	for _, target := range []string{
		"/", "/products?id=10&sort=price", "/search?q=select+a+union+member", "/search?q=O%27Brien", "/search?q=%E6%97%A5%E6%9C%AC",
		"/wp-content/uploads/2024/01/a.jpg", "/contact/?ref=https://www.example.com/", "/news/2024/01/union-and-select/", "/100%25off",
		"/wp-login.php", "/about/..well", "/?utm_source=mail&utm_campaign=1%3D1", "/manager/", "/article?title=What+is+XSS",
	} {
		if family, name, ok := Request(target, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)", "https://www.google.com/"); ok {
			t.Errorf("%s: got %s (%s), want nothing", target, family, name)
		}
	}
}

func TestClass_isOneOfTheHouse(t *testing.T) {
	for family, want := range map[string]sekisho.Class{"sqli": sekisho.ClassWAFAttack, "bot": sekisho.ClassScan, "web_shell": sekisho.ClassWebShell, "geo": sekisho.ClassNoise} {
		if got := Class(family); got != want {
			t.Errorf("%s: got %s, want %s", family, got, want)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("/?q=%2527%u0027", "x", "y")
	f.Fuzz(func(_ *testing.T, target, agent, referer string) {
		_, _, _ = Request(target, agent, referer)
		_, _ = Named(target)
	})
}

func BenchmarkRequest(b *testing.B) {
	for b.Loop() {
		Request("/products/list?category=%E8%8C%B6&page=3&sort=price", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "https://www.example.co.jp/")
	}
}

func TestFinder_findsWhatContainsFinds(t *testing.T) {
	for _, signs := range [][]sign{inTarget, inPath, scanners(inAgent), {{"a", "1", ""}, {"ab", "2", ""}, {"bc", "3", ""}, {"c", "4", ""}}} {
		f := newFinder(signs)
		texts := []string{"", "abc", "bc", "xc", "aabcc"}
		for i, s := range signs {
			texts = append(texts, s.text, "x"+s.text+"y", s.text[:len(s.text)-1], signs[(i+7)%len(signs)].text+s.text, s.text[1:]+s.text)
		}
		for _, text := range texts {
			want := ""
			for _, s := range signs {
				if strings.Contains(text, s.text) {
					want = s.family + s.name
					break
				}
			}
			if family, name, _ := f.find(text); family+name != want {
				t.Errorf("%q: got %q, want %q", text, family+name, want)
			}
		}
	}
}
