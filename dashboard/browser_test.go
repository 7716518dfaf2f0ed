package dashboard

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/auth"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// browser is a headless Chromium that writes down what must not happen: dialogs, console errors (a violation of the
// content policy is one), and requests to anybody else.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu      sync.Mutex // guards trouble
	trouble []string
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(testenv.Chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("hide-scrollbars", true))
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stopAllocator)
	tab, stopTab := chromedp.NewContext(allocator)
	t.Cleanup(stopTab)
	if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil { // starts the browser, without a time limit
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tab, 4*time.Minute)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatal(err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, cdplog.Enable, cdp.Empty{})
	return b
}

// hear runs while the browser waits, so it only takes notes.
func (b *browser) hear(event any) {
	switch event := event.(type) {
	case *page.EventJavascriptDialogOpening:
		b.note("dialog: " + event.Message)
		go func() { // the page stands still until somebody answers
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	case *cdpruntime.EventExceptionThrown:
		details := event.ExceptionDetails
		text := details.Text
		if details.Exception != nil {
			text += " " + details.Exception.Description
		}
		b.note(fmt.Sprintf("exception: %s at %s:%d", text, details.URL, details.LineNumber+1))
	case *cdpruntime.EventConsoleAPICalled:
		if event.Type == cdpruntime.ConsoleAPICalledTypeError {
			b.note(fmt.Sprintf("console: %v", event.Args))
		}
	case *cdplog.EventEntryAdded:
		if event.Entry.Level == cdplog.EntryLevelError || event.Entry.Level == cdplog.EntryLevelWarning {
			b.note("log: " + event.Entry.Text + " " + event.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(event.Request.URL); err == nil && u.Scheme != "data" && u.Hostname() != "127.0.0.1" {
			b.note("request to another host: " + event.Request.URL)
		}
	}
}

func (b *browser) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trouble = append(b.trouble, what)
}

// notes returns what was written down, and begins anew.
func (b *browser) notes() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	notes := b.trouble
	b.trouble = nil
	return notes
}

// quiet fails when anything was written down.
func (b *browser) quiet(where string) {
	b.t.Helper()
	for _, what := range b.notes() {
		b.t.Errorf("%s: %s", where, what)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open goes to an address and waits for an element.
func (b *browser) open(address string, until chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Navigate(address), chromedp.WaitReady(until))
}

// press clicks and waits for an element of the next page.
func (b *browser) press(what, until chromedp.CSS) {
	b.t.Helper()
	b.do(chromedp.Click(what), chromedp.WaitVisible(until))
}

func (b *browser) unfold() {
	b.t.Helper()
	ask[int](b, `document.querySelectorAll("details").forEach((d) => { d.open = true; }), 0`)
}

func (b *browser) location() string {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

// ask evaluates an expression in the page.
func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

func call[P, R any](b *browser, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(err)
	}
}

// look sets the size of the window and the theme.
func (b *browser) look(width int64, theme string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 800))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	})
}

// keep writes a screenshot to $SEKISHO_TEST_SCREENSHOTS, for people to look at; without it nothing is written.
func (b *browser) keep(name string) {
	b.t.Helper()
	folder := os.Getenv("SEKISHO_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// signIn puts a session of the user into the browser.
func (b *browser) signIn(p *portal, user sekisho.UserID) {
	b.t.Helper()
	session := auth.NewSession(now)
	p.records.mu.Lock()
	p.records.sessions[session.Hash] = fakeSecret{user, session.Expires(now)}
	p.records.mu.Unlock()
	call(b, network.ClearBrowserCookies, cdp.Empty{})
	call(b, network.SetCookie, network.SetCookieParams{Name: auth.CookieName(false), Value: session.Value, URL: p.URL})
}

// measures is what must hold on every page: nothing wider than the window, and nothing to press smaller than a thumb.
const measures = `(() => {
	const small = [];
	for (const e of document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")) {
		const box = e.getBoundingClientRect();
		if (box.width === 0 || e.closest("details:not([open]) > :not(summary)") || e.matches(".skip")) continue;
		if (box.height < 43.5 || box.width < 43.5) small.push(e.outerHTML.slice(0, 90) + " " + Math.round(box.width) + "x" + Math.round(box.height));
	}
	const wide = [];
	for (const e of document.querySelectorAll("body *")) {
		if (e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll")) wide.push(e.tagName + "." + e.className + " " + e.textContent.slice(0, 40));
	}
	const unlabelled = [...document.querySelectorAll("select, textarea, input:not([type=hidden])")].filter((e) => !e.labels || !e.labels.length).length;
	return {
		overflow: document.documentElement.scrollWidth - innerWidth, wide: wide.slice(0, 5), small, unlabelled, lang: document.documentElement.lang,
		headings: document.querySelectorAll("h1").length, mains: document.querySelectorAll("main").length,
	};
})()`

type measured struct {
	Overflow   int      `json:"overflow"`
	Wide       []string `json:"wide"`
	Small      []string `json:"small"`
	Unlabelled int      `json:"unlabelled"`
	Lang       string   `json:"lang"`
	Headings   int      `json:"headings"`
	Mains      int      `json:"mains"`
}

func (b *browser) measure(where, lang string, phone bool) {
	t := b.t
	t.Helper()
	got := ask[measured](b, measures)
	if got.Overflow > 0 || len(got.Wide) > 0 {
		t.Errorf("%s: %d px wider than the window: %s", where, got.Overflow, strings.Join(got.Wide, "; "))
	}
	if phone && len(got.Small) > 0 {
		t.Errorf("%s: too small to press: %s", where, strings.Join(got.Small, "; "))
	}
	if got.Unlabelled > 0 || got.Headings != 1 || got.Mains != 1 || got.Lang != lang {
		t.Errorf("%s: %d inputs without label, %d h1, %d main, lang %q; want 0, 1, 1, %q", where, got.Unlabelled, got.Headings, got.Mains, got.Lang, lang)
	}
}
