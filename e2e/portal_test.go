package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// browser is a headless Chromium with a phone's screen.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(testenv.Chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("accept-lang", "ja"))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stopAllocator)
	tab, stopTab := chromedp.NewContext(allocator)
	t.Cleanup(stopTab)
	if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil { // starts the browser, without a time limit
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	err := chromedp.Listen(ctx, func(event any) {
		switch event := event.(type) {
		case *cdpruntime.EventExceptionThrown:
			t.Errorf("exception in the page: %s", event.ExceptionDetails.Text)
		case *cdpruntime.EventConsoleAPICalled:
			if event.Type == cdpruntime.ConsoleAPICalledTypeError {
				t.Errorf("console error: %v", event.Args)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t, ctx}
	b.do(chromedp.EmulateViewport(360, 780))
	return b
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// look returns the visible text of the page, which must not be wider than the screen. When SEKISHO_TEST_SCREENSHOTS
// names a directory, a picture is kept there.
func (b *browser) look(name string) string {
	b.t.Helper()
	if ask[bool](b, `document.documentElement.scrollWidth > document.documentElement.clientWidth`) {
		b.t.Errorf("%s scrolls sideways at 360 px", name)
	}
	if dir := os.Getenv("SEKISHO_TEST_SCREENSHOTS"); dir != "" {
		picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "e2e-"+name+".png"), picture, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
	return ask[string](b, `document.body.innerText`)
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url), chromedp.WaitReady(chromedp.CSS("main")))
}

func TestPortal_showsTheIncidentInBothLanguages(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "shop.example="+origin, "--mode", "block")
	hostile := getAttack(`/search?q=1'%20UNION%20SELECT%20'<script>alert(1)</script>'--%20-`)
	number := numberOnPage.FindString(do(t, p.client(), hostile("shop.example")).body)
	eventually(t, "the incident", func() bool { return len(incidents(t, dir)) > 0 })
	japanese, english := incidents(t, dir)[0], incidents(t, dir, "--lang", "en")[0]
	link := strings.TrimSpace(must(t, "login-link", "--user", "owner@shop.example", "--tenant", "default", "--data-dir", dir))

	b := newBrowser(t)
	b.open(link)
	b.look("login")
	b.do(chromedp.Click(chromedp.CSS("main form button")), chromedp.WaitVisible(chromedp.CSS(".verdict")))
	if home := b.look("home"); !strings.Contains(home, "保護") {
		t.Errorf("home has no verdict sentence:\n%s", home)
	}
	portal := strings.TrimSuffix(p.portal, "/")
	b.open(portal + "/t/default/incidents")
	b.look("incidents")
	b.do(chromedp.Click(chromedp.CSS(`main a[href*="`+japanese.ID+`"]`)), chromedp.WaitVisible(chromedp.CSS("details")))
	page := b.look("incident-ja")
	b.do(chromedp.WaitReady(chromedp.CSS(`html[lang=ja]`)))
	if !strings.Contains(page, japanese.Title) || !strings.Contains(page, japanese.Explanation) {
		t.Errorf("the page lacks %q or %q:\n%s", japanese.Title, japanese.Explanation, page)
	}
	ask[int](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }), 0`)
	if open := b.look("incident-open-ja"); !strings.Contains(open, number) {
		t.Errorf("the event %s does not stand on the page:\n%s", number, open)
	}
	b.open(portal + "/t/default/incidents/" + japanese.ID + "?lang=en")
	if page := b.look("incident-en"); !strings.Contains(page, english.Title) || !strings.Contains(page, english.Explanation) {
		t.Errorf("the page lacks %q or %q:\n%s", english.Title, english.Explanation, page)
	}
}
