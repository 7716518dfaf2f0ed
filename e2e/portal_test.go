package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// browse starts headless Chromium with a phone's screen and fails the test on a console error.
func browse(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(testenv.Chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("ignore-certificate-errors", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stopAllocator)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	chromedp.ListenTarget(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *cdpruntime.EventConsoleAPICalled:
			if ev.Type == cdpruntime.APITypeError {
				t.Errorf("console error: %v", ev.Args)
			}
		case *cdpruntime.EventExceptionThrown:
			t.Errorf("exception in the page: %v", ev.ExceptionDetails)
		}
	})
	if err := chromedp.Run(ctx, emulation.SetDeviceMetricsOverride(360, 780, 2, true)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// visit opens a page and returns its visible text. The page must not be wider than the screen. When
// SEKISHO_TEST_SCREENSHOTS names a directory, a picture is kept there.
func visit(t *testing.T, ctx context.Context, name string, actions ...chromedp.Action) string {
	t.Helper()
	var text string
	var overflow bool
	var picture []byte
	actions = append(actions,
		chromedp.WaitReady("main"),
		chromedp.Text("body", &text, chromedp.ByQuery),
		chromedp.Evaluate(`document.documentElement.scrollWidth > document.documentElement.clientWidth`, &overflow),
		chromedp.FullScreenshot(&picture, 90))
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if overflow {
		t.Errorf("%s scrolls sideways at 360 px", name)
	}
	if dir := os.Getenv("SEKISHO_TEST_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return text
}

func TestPortal_showsTheIncidentInBothLanguages(t *testing.T) {
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "shop.example="+origin, "--mode", "block")
	hostile := getAttack(`/search?q=1'%20UNION%20SELECT%20'<script>alert(1)</script>'--%20-`)
	number := numberOnPage.FindString(do(t, p.client(), hostile("shop.example")).body)
	eventually(t, "the incident", func() bool { return len(incidents(t, dir)) > 0 })
	incident := incidents(t, dir)[0]
	english := incidents(t, dir, "--lang", "en")[0]
	link := strings.TrimSpace(must(t, "login-link", "--user", "owner@shop.example", "--tenant", "default", "--data-dir", dir))

	ctx := browse(t)
	visit(t, ctx, "login", chromedp.Navigate(link))
	home := visit(t, ctx, "home-ja", chromedp.Click("main form button", chromedp.ByQuery), chromedp.WaitNotPresent("form[action^='/login']"))
	if !strings.Contains(home, "保護は") && !strings.Contains(home, "確認が必要です") {
		t.Errorf("home has no verdict sentence:\n%s", home)
	}
	base := strings.TrimSuffix(p.portal, "/")
	path := findLink(t, ctx, base, string(incident.ID))
	detail := visit(t, ctx, "incident-ja", chromedp.Navigate(base+path))
	if !strings.Contains(detail, incident.Title) || !strings.Contains(detail, incident.Explanation) {
		t.Errorf("the page lacks %q or %q:\n%s", incident.Title, incident.Explanation, detail)
	}
	open := visit(t, ctx, "incident-open-ja", chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
	if !strings.Contains(strings.ReplaceAll(open, "-", ""), strings.ReplaceAll(number, "-", "")) {
		t.Errorf("the event %s does not stand on the page:\n%s", number, open)
	}
	detail = visit(t, ctx, "incident-en", chromedp.Navigate(base+path+"?lang=en"))
	if !strings.Contains(detail, english.Title) || !strings.Contains(detail, english.Explanation) {
		t.Errorf("the page lacks %q or %q:\n%s", english.Title, english.Explanation, detail)
	}
}

// findLink returns the path of the page that the incident list links for an id.
func findLink(t *testing.T, ctx context.Context, base, id string) string {
	t.Helper()
	var path string
	var ok bool
	var pages []string
	if err := chromedp.Run(ctx, chromedp.Evaluate(`Array.from(document.querySelectorAll("a")).map(a => a.getAttribute("href"))`, &pages)); err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "") {
		if strings.Contains(page, id) {
			return page
		}
	}
	for _, page := range pages {
		if !strings.Contains(page, "incident") {
			continue
		}
		visit(t, ctx, "incidents-ja", chromedp.Navigate(base+page))
		if err := chromedp.Run(ctx, chromedp.AttributeValue(`a[href*="`+id+`"]`, "href", &path, &ok, chromedp.ByQuery)); err == nil && ok {
			return path
		}
	}
	t.Fatalf("no link to incident %s among %v", id, pages)
	return ""
}
