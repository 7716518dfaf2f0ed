package proof

import "testing"

func TestParts_takesFormsAsBrowsersWriteThemAndNoOthers(t *testing.T) {
	const kind = "multipart/form-data; boundary=bb"
	field := func(head, content string) string { return "--bb\r\n" + head + "\r\n\r\n" + content + "\r\n--bb--\r\n" }
	const name = `Content-Disposition: form-data; name="a"`
	for _, tt := range []struct {
		name, kind, body string
		want             bool
	}{
		{"a field", kind, field(name, "b"), true},
		{"an empty field", kind, field(name, ""), true},
		{"a file", kind, field(name+`; filename="写真.jpg"`+"\r\nContent-Type: image/jpeg", "\x00\r\n\x01"), true},
		{"no file chosen", kind, field(name+`; filename=""`+"\r\nContent-Type: application/octet-stream", ""), true},
		{"no line end behind it", kind, "--bb\r\n" + name + "\r\n\r\nb\r\n--bb--", true},
		{"two fields", kind, "--bb\r\n" + name + "\r\n\r\nb\r\n--bb\r\n" + name + "\r\n\r\nc\r\n--bb--\r\n", true},
		{"another parameter", kind + "; charset=utf-8", field(name, "b"), false},
		{"a boundary in quotes", `multipart/form-data; boundary="bb"`, field(name, "b"), false},
		{"text before", kind, "x\r\n" + field(name, "b"), false},
		{"text behind", kind, field(name, "b") + "x", false},
		{"not closed", kind, "--bb\r\n" + name + "\r\n\r\nb\r\n", false},
		{"lines that end in LF", kind, "--bb\n" + name + "\n\nb\n--bb--\n", false},
		{"a longer boundary line", kind, "--bb\r\n" + name + "\r\n\r\nb\r\n--bbb\r\n--bb--\r\n", false},
		{"white space behind a boundary", kind, "--bb\r\n" + name + "\r\n\r\nb\r\n--bb \r\n" + name + "\r\n\r\nb\r\n--bb--\r\n", false},
		{"content that begins as a boundary", kind, field(name, "--bb"), false},
		{"an escape in a name", kind, field(`Content-Disposition: form-data; name="a\"b"`, "b"), false},
		{"a name without quotes", kind, field(`Content-Disposition: form-data; name=a`, "b"), false},
		{"an extended name", kind, field(name+`; filename*=utf-8''a.php`, "b"), false},
		{"two names", kind, field(name+`; filename="a"; filename="b"`, "b"), false},
		{"another field in the head", kind, field(name+"\r\nContent-Transfer-Encoding: base64", "b"), false},
		{"a third field in the head", kind, field(name+"\r\nContent-Type: text/plain\r\nX: y", "b"), false},
		{"a folded field", kind, field(name+";\r\n filename=\"a\"", "b"), false},
		{"a media type with parameters", kind, field(name+"\r\nContent-Type: text/plain; charset=utf-7", "b"), false},
		{"a name that is no UTF-8", kind, field("Content-Disposition: form-data; name=\"\xff\"", "b"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScan()
			s.begin(&side{}, 0)
			if got := s.parts(tt.kind, tt.body, 20); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	s := newScan()
	s.begin(&side{}, 0)
	if s.parts(kind, "--bb\r\n"+name+"\r\n\r\nb\r\n--bb\r\n"+name+"\r\n\r\nc\r\n--bb--\r\n", 1) {
		t.Error("got two fields with a limit of one")
	}
}
