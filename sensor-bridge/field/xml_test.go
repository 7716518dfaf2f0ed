package field

import (
	"slices"
	"testing"
)

func TestElements_readsLeaves(t *testing.T) {
	tests := []struct {
		name, input string
		want        []string
	}{
		{"nested", `<?xml version="1.0"?><a><b x='1'>t &amp; u</b><c/></a>`, []string{"b", "x='1'", "t & u", "c", "", ""}},
		{"namespace", `<n:a>1</n:a>`, []string{"a", "", "1"}},
		{"data", `<d><![CDATA[<x> & y]]></d>`, []string{"d", "", "<x> & y"}},
		{"a sign in an attribute", `<d n="a>b">1</d>`, []string{"d", `n="a>b"`, "1"}},
		{"cut", `<a><b>half`, []string{"b", "", "half"}},
		{"none", `text`, nil},
		{"open", `<a`, nil},
	}
	for _, tt := range tests {
		var got []string
		for e, text := range Elements(tt.input) {
			got = append(got, e.Name, e.Attributes, text)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := (Element{Attributes: `A="x" Name='Target User'`}).Attribute("Name"); got != "Target User" {
		t.Errorf("got %q, want Target User", got)
	}
}

func TestLabelled_findsTheFieldOfALabel(t *testing.T) {
	set := Collect(Pairs(`cs1Label="Threat Name" cs1=x cn2Label=Number cn2=7`))
	if got := set.Labelled("threatname", "Number"); got != "x" {
		t.Errorf("got %q, want x", got)
	}
	if got := set.Labelled("none"); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func FuzzElements(f *testing.F) {
	f.Add(`<a b="c"><![CDATA[x]]></a>`)
	f.Fuzz(func(_ *testing.T, s string) {
		for e := range Elements(s) {
			_ = e.Attribute("Name")
		}
	})
}
