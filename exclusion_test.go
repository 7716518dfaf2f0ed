package sekisho

import (
	"strings"
	"testing"
	"time"
)

func testExclusion() Exclusion {
	now := time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)
	return Exclusion{
		ID: "E1", Rule: 942100, Path: "/contact", Parameter: "ARGS:body", Reason: "customers write SQL", Author: "hanako",
		Created: now, Expires: now.Add(30 * 24 * time.Hour),
	}
}

func TestExclusion_coversItsOwnPathOnly(t *testing.T) {
	tests := []struct {
		path, target string
		want         bool
	}{
		{"/contact", "/contact", true},
		{"/contact", "/contact?a=1", true},
		{"/contact", "/%63ontact", true},
		{"/お問い合わせ", "/%E3%81%8A%E5%95%8F%E3%81%84%E5%90%88%E3%82%8F%E3%81%9B", true},
		{"/contact", "/contact/", false},
		{"/contact", "/contact2", false},
		{"/contact", "/Contact", false},
		{"/contact", "//contact", false},
		{"/contact", "/a/../contact", false},
		{"/contact", "http://www.example/contact", false},
		{"/contact", "/contact;jsessionid=1", false},
		{"/a/b", "/a%2Fb", false},
		{"/admin/*", "/admin/", true},
		{"/admin/*", "/admin/posts/12", true},
		{"/admin/*", "/admin", false},
		{"/admin/*", "/administrator/x", false},
		{"/admin/*", "/admin/../login", false},
		{"/admin/*", "/admin/%2e%2e/login", false},
		{"/admin/*", "/admin/..%2flogin", false},
		{"/admin/*", "/admin/..;/login", false},
		{"/admin/*", `/admin/..\login`, false},
		{"/admin/*", "/admin/%252e%252e/login", false},
		{"/admin/*", "/admin//x", false},
		{"/*", "/", true},
		{"/*", "*", false},
		{"/contact", "/con%zztact", false},
	}
	for _, test := range tests {
		e := testExclusion()
		e.Path = test.path
		if got := e.CoversPath(test.target); got != test.want {
			t.Errorf("%s on %s: got %v, want %v", test.path, test.target, got, test.want)
		}
	}
}

func TestExclusion_saysWhatDoesNotFit(t *testing.T) {
	if err := testExclusion().Validate(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(*Exclusion)
		want   string
	}{
		{"no rule", func(e *Exclusion) { e.Rule = 0 }, "rule"},
		{"path without slash", func(e *Exclusion) { e.Path = "contact" }, "path"},
		{"star in the middle", func(e *Exclusion) { e.Path = "/a*/b" }, "path"},
		{"line break in the path", func(e *Exclusion) { e.Path = "/a\nb" }, "path"},
		{"no parameter", func(e *Exclusion) { e.Parameter = "" }, "parameter"},
		{"parameter without a collection", func(e *Exclusion) { e.Parameter = "body" }, "parameter"},
		{"no reason", func(e *Exclusion) { e.Reason = " " }, "reason"},
		{"no author", func(e *Exclusion) { e.Author = "" }, "author"},
		{"no end", func(e *Exclusion) { e.Expires = time.Time{} }, "expires"},
		{"an end too far away", func(e *Exclusion) { e.Expires = e.Created.AddDate(5, 0, 0) }, "expires"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := testExclusion()
			test.change(&e)
			if err := e.Validate(); KindOf(err) != KindInvalid || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want invalid and %q", err, test.want)
			}
		})
	}
}

func TestExclusion_endsByItself(t *testing.T) {
	e := testExclusion()
	if e.ExpiredAt(e.Expires.Add(-time.Nanosecond)) || !e.ExpiredAt(e.Expires) {
		t.Error("got another end than the one that was set")
	}
}
