package assets

import (
	"fmt"
	"math"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestHandler_servesByContentAndForGood(t *testing.T) {
	for _, name := range []string{"style.css", "live.js", "icon.svg"} {
		response := httptest.NewRecorder()
		Handler().ServeHTTP(response, httptest.NewRequest("GET", URL(name), nil))
		if response.Code != 200 || response.Body.String() != string(Content(name)) || !strings.Contains(response.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, Cache-Control %q", name, response.Code, response.Header().Get("Cache-Control"))
		}
	}
	for _, path := range []string{"/assets/style.css", "/assets/style.0000000000000000.css", "/assets/", "/assets/../assets.go", ""} {
		request := httptest.NewRequest("GET", "/", nil)
		request.URL.Path = path
		response := httptest.NewRecorder()
		Handler().ServeHTTP(response, request)
		if response.Code != 404 {
			t.Errorf("%q: status %d, want 404", path, response.Code)
		}
	}
	if URL("missing.css") != "" {
		t.Error("a missing file has an address")
	}
}

// A script that does not parse shows nothing but pages that stand still, so the least is checked here; the browser tests
// run it.
func TestAssets_areWhatTheirNamesSay(t *testing.T) {
	for name, word := range map[string]string{"live.js": `new EventSource("/live")`, "style.css": ":root {", "icon.svg": "<svg "} {
		if !strings.Contains(string(Content(name)), word) {
			t.Errorf("%s has no %q", name, word)
		}
	}
}

func TestAssets_loadNothingFromElsewhere(t *testing.T) {
	for _, name := range []string{"style.css", "live.js"} {
		for _, word := range []string{"http:", "https:", "url(", "@import", "innerHTML", "eval("} {
			content := string(Content(name))
			if name == "live.js" { // its comment names what it avoids
				content = regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAllString(content, "")
			}
			if strings.Contains(content, word) {
				t.Errorf("%s contains %q", name, word)
			}
		}
	}
}

var token = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

// TestStyle_contrastsEnough checks WCAG 2.2, 1.4.3 (text 4.5:1) and 1.4.11 (controls 3:1) on the colours that the style
// sheet puts together, in both themes.
func TestStyle_contrastsEnough(t *testing.T) {
	css := string(Content("style.css"))
	light, rest, _ := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	dark, _, _ := strings.Cut(rest, "\n}\n")
	for name, block := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, match := range token.FindAllStringSubmatch(block, -1) {
			colours[match[1]] = match[2]
		}
		for _, pair := range []struct {
			front, back string
			least       float64
		}{
			{"ink", "bg", 7},
			{"ink", "surface", 7},
			{"ink", "sunken", 7},
			{"muted", "bg", 4.5},
			{"muted", "surface", 4.5},
			{"muted", "sunken", 4.5},
			{"accent", "surface", 4.5},
			{"accent", "bg", 4.5},
			{"accent-ink", "accent", 4.5},
			{"danger", "surface", 4.5},
			{"danger", "danger-bg", 4.5},
			{"danger-ink", "danger", 4.5},
			{"danger", "sunken", 4.5},
			{"warn", "warn-bg", 4.5},
			{"warn", "surface", 4.5},
			{"ok", "ok-bg", 4.5},
			{"wait", "wait-bg", 4.5},
			{"ink", "ok-bg", 7},
			{"ink", "warn-bg", 7},
			{"ink", "wait-bg", 7},
			{"wait", "surface", 3},
			{"control", "surface", 3},
			{"control", "bg", 3},
			{"focus", "surface", 3},
			{"focus", "bg", 3},
			{"focus", "ok-bg", 3},
		} {
			front, back := colours[pair.front], colours[pair.back]
			if front == "" || back == "" {
				t.Errorf("%s: no colour %s or %s", name, pair.front, pair.back)
				continue
			}
			if got := contrast(front, back); got < pair.least {
				t.Errorf("%s: %s on %s has %.2f:1, want %.1f:1", name, pair.front, pair.back, got, pair.least)
			}
		}
	}
}

func contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(colour string) float64 {
	var r, g, b int
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &r, &g, &b); err != nil {
		panic(err)
	}
	linear := func(c int) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}
