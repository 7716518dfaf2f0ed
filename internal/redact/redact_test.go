package redact

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValue_hidesWhatTheNameAnnounces(t *testing.T) {
	for _, name := range []string{
		"password", "user[password]", "Passwd2", "userPass", "pass1", "pwd", "json.user.newPassword", "PASS", "pin", "otp",
		"token", "csrf_token", "X-CSRF-Token", "authenticity_token", "Authorization", "Proxy-Authorization", "Cookie",
		"Set-Cookie", "PHPSESSID", "JSESSIONID", "sid", "session_id", "laravel_session", "X-API-Key", "api_key", "apikey",
		"client_secret", "card_number", "cardNo", "cvv", "my_number", "パスワード", "新しいパスワード（確認）", "暗証番号", "マイナンバー", "カード番号",
		"Ｐａｓｓｗｏｒｄ",
	} {
		if got := Value(name, "hunter2"); got != Mark {
			t.Errorf("Value(%q) = %q, want %q", name, got, Mark)
		}
	}
}

func TestValue_keepsWhatIsNoSecret(t *testing.T) {
	for _, name := range []string{
		"q", "name", "お名前", "message", "ご用件", "passenger", "compass", "author", "tel", "company", "side", "basin", "spin", "key",
		"User-Agent", "Referer", "Accept-Language", "product_id", "post", "",
	} {
		if got := Value(name, "見積もりの件"); got != "見積もりの件" {
			t.Errorf("Value(%q) = %q, want it unchanged", name, got)
		}
	}
}

func TestText_hidesSecrets(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"form", "user=taro&password=hunter2&x=1", "user=taro&password=[redacted]&x=1"},
		{"query of a URL", "/login?next=/&access_token=abc.def-1#top", "/login?next=/&access_token=[redacted]"},
		{"JSON", `{"user":"taro","password":"hun\"ter 2","n":1}`, `{"user":"taro","password":"[redacted]","n":1}`},
		{"JSON in JSON", `{\"password\":\"hunter2\",\"a\":1}`, `{\"password\":\"[redacted]\",\"a\":1}`},
		{"escaped JSON", `%7B%22password%22%3A%22hunter2%22%2C%22a%22%3A1%7D`, `%7B%22password%22%3A%22[redacted]%22%2C%22a%22%3A1%7D`},
		{"XML", "<user>taro</user><password>hunter2</password>", "<user>taro</user><password>[redacted]</password>"},
		{"header", "Authorization: Basic dGFybzpodW50ZXIy\nHost: a", "Authorization: [redacted]\nHost: a"},
		{"cookie header", "Cookie: a=b; PHPSESSID=123\nHost: a", "Cookie: [redacted]\nHost: a"},
		{"prose", "my password is hunter2 thanks", "my password is [redacted] thanks"},
		{"Japanese prose", "パスワードはhunter2です", "パスワードは[redacted]です"},
		{"Japanese with a colon", "暗証番号：１２３４ です", "暗証番号：[redacted] です"},
		{"Japanese in quotes", "パスワード「hunter2」でお願いします", "パスワード「[redacted]」でお願いします"},
		{"bearer", "sent Bearer abcdefgh12345678 along", "sent Bearer [redacted] along"},
		{"JSON web token", "x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", "x [redacted] y"},
		{"URL with a password", "http://taro:hunter2@example.jp/", "http://taro:[redacted]@example.jp/"},
		{"AWS key", "key AKIAIOSFODNN7EXAMPLE", "key [redacted]"},
		{"Visa", "番号は4111111111111111です", "番号は[redacted]です"},
		{"Visa in groups", "4111-1111-1111-1111", "[redacted]"},
		{"Visa in a form", "n=4111+1111+1111+1111&x=1", "n=[redacted]&x=1"},
		{"JCB with spaces", "3530 1113 3330 0000", "[redacted]"},
		{"Amex", "3782 822463 10005", "[redacted]"},
		{"card in full-width", "４１１１－１１１１－１１１１－１１１１", "[redacted]"},
		{"card behind a date", "2026-01-02 4111 1111 1111 1111", "2026-01-02 [redacted]"},
		{"My Number", "123456789018", "[redacted]"},
		{"My Number in groups", "1234-5678-9018 です", "[redacted] です"},
		{"SQL beside a secret", "1' or password='hunter2' --", "1' or password='[redacted]' --"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(tt.input); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestText_keepsOrdinaryText(t *testing.T) {
	for _, text := range []string{
		"",
		"お電話は03-1234-5678、携帯は090-1234-5678までお願いします",
		"TEL 0312345678 FAX 0312345679",
		"+819012345678", "+81 90 1234 5678",
		"〒100-0001 東京都千代田区1-1",
		"価格は4,980円（税込5,478円）です。12,345,678円",
		"2026年1月2日 15:30、2026-01-02T15:30:00+09:00、202601021530、20260102153000",
		"4901234567894", // an article code (JAN)
		"1767322800000", // milliseconds
		"注文番号 2026-0001-0002",
		"T1234567890123", // a registration number for invoices
		"パスワードを忘れました。再設定の方法を教えてください",
		"the basic information about bearer certificates",
		"1' OR '1'='1' UNION SELECT name FROM users--",
		"<script>alert(document.cookie)</script>",
		"123456789012", // wrong check digit
		"4111111111111112",
		"a: b; time: 10:30; http://example.jp:8080/path",
	} {
		if got := Text(text); got != text {
			t.Errorf("Text(%q) = %q, want it unchanged", text, got)
		}
	}
}

func TestClip_cutsNoCharacterInHalf(t *testing.T) {
	tests := []struct {
		name, input string
		limit       int
		want        string
	}{
		{"short", "あい", 10, "あい"},
		{"between characters", "あい", 3, "あ"},
		{"inside a character", "あい", 5, "あ"},
		{"nothing fits", "あ", 2, ""},
		{"zero", "a", 0, ""},
		{"invalid bytes go", "a\xffb", 10, "ab"},
		{"only continuation bytes", "\x80\x80\x80\x80\x80\x80", 5, ""},
	}
	for _, tt := range tests {
		if got := Clip(tt.input, tt.limit); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestText_isBounded(t *testing.T) {
	if got := len(Text(strings.Repeat("pw=1&", 1<<16))); got > MaxLen {
		t.Errorf("got %d bytes, want at most %d", got, MaxLen)
	}
}

func FuzzText(f *testing.F) {
	for _, seed := range []string{"password=x", `{"token":"`, "4111 1111 1111 1111", "パスワード「", "\xff\x80", "Cookie:", "a=%22", "://a:b@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !utf8.ValidString(got) || len(got) > MaxLen {
			t.Fatalf("Text(%q) = %d bytes, valid UTF-8: %v", s, len(got), utf8.ValidString(got))
		}
		if strings.Contains(Text(s+"\npassword=Zx9Qv7\n"), "Zx9Qv7") && len(s) < MaxLen-64 {
			t.Fatalf("Text keeps a password behind %q", s)
		}
		if strings.Contains(Text(s+"\n4111111111111111\n"), "4111111111111111") && len(s) < MaxLen-64 {
			t.Fatalf("Text keeps a card number behind %q", s)
		}
	})
}

func FuzzValue(f *testing.F) {
	f.Add("password", "x")
	f.Add("ぱす", "\xff")
	f.Fuzz(func(t *testing.T, name, value string) {
		if got := Value(name, value); !utf8.ValidString(got) || len(got) > MaxLen {
			t.Fatalf("Value(%q, %q) = %q", name, value, got)
		}
		if got := Value(name+"_password", "Zx9Qv7"); got != Mark {
			t.Fatalf("Value(%q) = %q, want %q", name+"_password", got, Mark)
		}
	})
}
