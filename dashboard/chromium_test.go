package dashboard

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/auth"
)

func TestPortal_inChromium(t *testing.T) {
	b := openBrowser(t)
	p := openPortal(t, newFake())
	pages := []struct{ name, path string }{
		{"home", "/t/yamada?"},
		{"home-30d", "/t/yamada?range=30d&"},
		{"home-setup", "/t/minato?"},
		{"incidents", "/t/yamada/incidents?"},
		{"incident", "/t/yamada/incidents/" + string(incidentSQL) + "?"},
		{"case", "/t/yamada/incidents/" + string(incidentPC) + "?"},
		{"care", "/t/yamada/care?"},
		{"sensors", "/t/yamada/sensors?"},
		{"event-utm", "/t/yamada/events/" + string(eventUTM) + "?"},
		{"event", "/t/yamada/events/" + string(eventSQL) + "?"},
		{"sites", "/t/yamada/sites?"},
		{"site-off", "/t/yamada/sites/" + string(siteShop) + "/off?"},
		{"tenants", "/tenants?"},
		{"login", "/login?token=x&"},
		{"login-ask", "/login?"},
	}
	b.signIn(p, "operator")
	for _, size := range []struct {
		name  string
		width int64
		theme string
	}{{"360-light", 360, "light"}, {"360-dark", 360, "dark"}, {"1280-light", 1280, "light"}, {"1280-dark", 1280, "dark"}} {
		b.look(size.width, size.theme)
		for _, lang := range []string{"ja", "en"} {
			for _, at := range pages {
				where := at.name + "-" + lang + "-" + size.name
				b.open(p.URL+at.path+"lang="+lang, "main h1")
				b.measure(where, lang, size.width == 360)
				b.keep(where)
				b.unfold()
				b.measure(where+" unfolded", lang, size.width == 360)
				if at.name == "incident" || at.name == "event" || at.name == "case" || at.name == "sites" {
					b.keep(where + "-open")
				}
				b.quiet(where)
			}
		}
	}
}

func TestPortal_signsInAndSwitchesInChromium(t *testing.T) {
	b := openBrowser(t)
	p := openPortal(t, newFake())
	token, hash := auth.NewToken()
	p.records.tokens[hash] = fakeSecret{"owner", now.Add(auth.LoginLinkLife)}
	b.look(360, "light")
	b.open(auth.LoginURL(p.URL, token), "main h1")
	b.press("main button", "#verdict h1")
	if at := b.location(); !strings.HasSuffix(at, "/t/yamada") {
		t.Fatalf("after signing in at %s, want the owner's home", at)
	}
	// The language switch keeps the page, filter included.
	b.open(p.URL+"/t/yamada/incidents?rank=medium", ".chips")
	before := ask[string](b, "document.documentElement.lang")
	other := map[string]chromedp.CSS{"ja": "html[lang=en] .chips", "en": "html[lang=ja] .chips"}[before]
	b.press(".language button", other)
	if at := b.location(); !strings.HasSuffix(at, "/t/yamada/incidents?rank=medium") {
		t.Errorf("the language switch led to %s", at)
	}
	// Everything by keyboard: the first stop is the way past the navigation, and focus can be seen.
	b.open(p.URL+"/t/yamada", "#verdict")
	b.do(chromedp.KeyEvent(kb.Tab))
	focus := ask[struct {
		Class   string  `json:"class"`
		Outline string  `json:"outline"`
		Top     float64 `json:"top"`
	}](b, `(() => { const e = document.activeElement; return {class: e.className, outline: getComputedStyle(e).outlineStyle, top: e.getBoundingClientRect().top}; })()`)
	if focus.Class != "skip" || focus.Outline == "none" || focus.Top < 0 {
		t.Errorf("first stop of the keyboard %+v, want a visible skip link", focus)
	}
	b.do(chromedp.KeyEvent(kb.Enter))
	if at := ask[string](b, "document.activeElement.id"); at != "main" {
		t.Errorf("the skip link leads to %q, want main", at)
	}
	// Off asks first.
	b.open(p.URL+"/t/yamada/sites", ".site")
	b.press(".quiet-danger", ".danger")
	if mode := p.records.mode(siteShop); mode != sekisho.ModeBlock {
		t.Fatalf("asking already switched the site to %s", mode)
	}
	b.press(".danger", ".notice")
	if mode := p.records.mode(siteShop); mode != sekisho.ModeOff {
		t.Errorf("mode %s after confirming, want off", mode)
	}
	b.keep("sites-off-notice")
	b.open(p.URL+"/t/yamada", ".verdict-attention")
	b.keep("home-attention")
	b.quiet("signed in")
}

func TestPortal_refreshesOpenPagesInChromium(t *testing.T) {
	b := openBrowser(t)
	p := openPortal(t, newFake())
	b.signIn(p, "owner")
	b.look(360, "light")
	b.open(p.URL+"/t/yamada?lang=ja", ".verdict-ok")
	ask[bool](b, `window.stayed = document.querySelector("#chart details").open = true`)
	p.records.mu.Lock()
	leak := p.records.incidentV[0]
	leak.ID, leak.Severity, leak.Last = incidentLeak, sekisho.SeverityHigh, now
	p.records.incidentV = append(p.records.incidentV, leak)
	p.records.mu.Unlock()
	p.changed <- minato // somebody else's: tells this page nothing
	p.changed <- yamada
	b.do(chromedp.WaitVisible(chromedp.CSS(".verdict-attention")))
	if !ask[bool](b, `window.stayed === true && document.querySelector("#chart details").open`) {
		t.Error("the page was loaded anew or folded what was open")
	}
	b.quiet("live")
}

func TestPortal_showsHostileTextAsTextInChromium(t *testing.T) {
	b := openBrowser(t)
	p := openPortal(t, hostileRecords())
	b.signIn(p, "operator")
	b.look(360, "light")
	for _, path := range []string{
		"/tenants?", "/t/yamada?", "/t/yamada/incidents?", "/t/yamada/incidents/" + string(incidentSQL) + "?",
		"/t/yamada/incidents/" + string(incidentPC) + "?", "/t/yamada/events/" + string(eventUTM) + "?", "/t/yamada/events/" + string(eventEDR) + "?",
		"/t/yamada/sensors?", "/t/yamada/care?",
		"/t/yamada/events/" + string(eventSQL) + "?", "/t/yamada/sites?", "/find?number=" + url.QueryEscape(strings.Join(hostile, " ")) + "&",
	} {
		b.open(p.URL+path+"lang=ja", "main h1")
		b.unfold()
		b.measure(path, "ja", false)
		if injected := ask[int](b, `document.querySelectorAll("img, iframe, object, embed, base, script:not([src^='/assets/']), [onerror], [onload], [onclick], style").length`); injected > 0 {
			t.Errorf("%s: %d elements that no template wrote", path, injected)
		}
		for _, what := range b.notes() {
			if !strings.Contains(what, "status of 404") { // /find says so itself
				t.Errorf("%s: %s", path, what)
			}
		}
	}
	b.open(p.URL+"/t/yamada/events/"+string(eventSQL)+"?lang=ja", "main h1")
	b.unfold()
	b.keep("hostile")
}
