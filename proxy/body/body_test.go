package body

import (
	"strings"
	"testing"
)

const form = "multipart/form-data; boundary=bb"

func part(head, content string) string { return "--bb\r\n" + head + "\r\n\r\n" + content + "\r\n" }

func TestCheck_refusesWhatReadersReadDifferently(t *testing.T) {
	field := part(`Content-Disposition: form-data; name="a"`, "1")
	tests := []struct {
		name, kind, body string
		want             Fault
	}{
		{"a form", form, field + "--bb--\r\n", none},
		{"a form with a quoted boundary", `multipart/form-data; charset=utf-8; boundary="b b"`, "--b b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b b--", none},
		{"a form that begins with a line end", form, "\r\n" + field + "--bb--\r\n", none},
		{"a form with spaces behind its boundaries", form, strings.ReplaceAll(field, "--bb\r\n", "--bb \t\r\n") + "--bb--  \r\n\r\n", none},
		{"a file with both names", form, part(`Content-Disposition: form-data; name="f"; filename="a.txt"; filename*=UTF-8''%e6%a4%9c.txt`, "x") + "--bb--\r\n", none},
		{"a file whose content looks like a name", form, part(`Content-Disposition: form-data; name="f"`, "filename*=a") + "--bb--\r\n", none},
		{"a part that holds line feeds", form, part(`Content-Disposition: form-data; name="f"; filename="a"`, "a\n-b\n--c\n") + "--bb--\r\n", none},
		{"a form without parts", form, "--bb--\r\n", none},
		{"an empty form", form, "", none},
		{"a form without an end", form, field, none},
		{"text before the first part", form, "q=1\r\n" + field + "--bb--\r\n", Preamble},
		{"a form of another boundary", form, strings.ReplaceAll(field, "bb", "cc"), Preamble},
		{"text behind the last part", form, field + "--bb--\r\nq=1", Epilogue},
		{"a part behind the last part", form, field + "--bb--\r\n" + field + "--bb--\r\n", Epilogue},
		{"boundaries that end in a bare line feed", form, strings.ReplaceAll(field, "\r\n", "\n") + "--bb--\n", PartLine},
		{"a boundary behind a bare line feed", form, "--bb\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\n--bb--\r\n", PartLine},
		{"a longer boundary", form, "--bbx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--bb--\r\n", PartLine},
		{"a file by its extended name alone", form, part(`Content-Disposition: form-data; name="q"; filename*=utf-8''x`, "1") + "--bb--\r\n", HalfFile},
		{"a second part that is such a file", form, field + part(`content-disposition: form-data; name="q"; FileName *=utf-8''x`, "1") + "--bb--\r\n", HalfFile},

		{"a document", "text/xml; charset=utf-8", "\ufeff<?xml version=\"1.0\"?>\n<!-- c --><a b='c'>検索<d/></a>\n", none},
		{"a document in Shift_JIS", "application/xml", "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a>\x8c\x9f\x8d\x5c</a>", none},
		{"CDATA", "application/soap+xml", "<a><![CDATA[<b>]]></a>", none},
		{"a document type", "text/xml", "<!DOCTYPE a><a/>", DocumentType},
		{"a document type with entities", "TEXT/XML", "<?xml version='1.0'?>\n<!doctype a [<!ENTITY e SYSTEM 'file:///x'>]><a>&e;</a>", DocumentType},
		{"tags that do not match", "text/xml", "<a><b></a>", MalformedXML},
		{"a document that breaks off", "text/xml", "<a><b>", MalformedXML},
		{"two documents", "text/xml", "<a/><b/>", MalformedXML},
		{"text before the document", "text/xml", "q=1<a/>", MalformedXML},
		{"text behind the document", "text/xml", "<a/>q=1", MalformedXML},
		{"an entity nobody declared", "text/xml", "<a>&e;</a>", MalformedXML},
		{"no document", "text/xml", "q=1", MalformedXML},
		{"bytes that are no text", "text/xml", "<a>\xff</a>", MalformedXML},
		{"a deep document", "text/xml", strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1), DeepXML},

		{"something else", "application/json", "q=1", none},
		{"nothing said", "", "<!DOCTYPE a>", none},
	}
	for _, test := range tests {
		if got := Check(test.kind, []byte(test.body), false); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestCheck_doesNotBlameABodyForBeingCut(t *testing.T) {
	for kind, body := range map[string]string{
		form:       part(`Content-Disposition: form-data; name="a"`, "1") + part(`Content-Disposition: form-data; name="f"; filename="x"`, "data") + "--bb--\r\n",
		"text/xml": "<?xml version=\"1.0\"?><a b=\"c\">text &amp; more<![CDATA[d]]><e/><!-- f --></a>",
	} {
		for n := range len(body) {
			if got := Check(kind, []byte(body[:n]), true); got != none {
				t.Errorf("%s, cut behind %q: %q", kind, body[:n], got)
			}
		}
	}
}

// Whatever a body holds, checking ends, and a body that is sound is not blamed wherever it is cut.
func FuzzCheck(f *testing.F) {
	f.Add(form, []byte("--bb\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--bb--\r\n"))
	f.Add("text/xml", []byte("<a><b>c</b></a>"))
	f.Add("text/xml", []byte("<!DOCTYPE a><a/>"))
	f.Fuzz(func(t *testing.T, kind string, b []byte) {
		if Check(kind, b, false) != none {
			return
		}
		for n := 0; n <= len(b); n += 1 + len(b)/8 {
			if got := Check(kind, b[:n], true); got != none {
				t.Errorf("%q in the first %d bytes of a sound body", got, n)
			}
		}
	})
}
