package ruleset

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

func TestCloseCut_completesWhatTheCutBroke(t *testing.T) {
	const multi = "multipart/form-data; boundary=B"
	tests := []struct{ name, contentType, input, want string }{
		{"form", form, "a=1&b=2", "a=1&b=2"},
		{"form, half an escape", form, "a=%E3%8", "a=%E3"},
		{"form, percent alone", form, "a=%", "a="},
		{"unknown type", "text/plain", "abc", "abc"},

		{"JSON string", "application/json", `{"a":"x`, `{"a":"x"}`},
		{"JSON name", "application/json", `{"a":1,"b`, `{"a":1,"b":null}`},
		{"JSON name without colon", "application/json", `{"a"`, `{"a":null}`},
		{"JSON name without value", "application/json; charset=utf-8", `{"a": `, `{"a": null}`},
		{"JSON comma", "application/json", `{"a":1, `, `{"a":1}`},
		{"JSON array", "application/vnd.api+json", `[1,[2,{"a":[`, `[1,[2,{"a":[]}]]`},
		{"JSON word", "application/json", `{"a":tru`, `{"a":null}`},
		{"JSON number", "application/json", `[12`, `[12]`},
		{"JSON half a number", "application/json", `[1,-`, `[1,null]`},
		{"JSON half an escape", "application/json", `["a\`, `["a"]`},
		{"JSON half a code point", "application/json", `["a\u30`, `["a"]`},
		{"JSON half a character", "application/json", "[\"a\xe3\x81", `["a"]`},
		{"JSON escaped quote", "application/json", `["a\"b`, `["a\"b"]`},
		{"JSON nothing yet", "application/json", "  ", "  null"},
		{"JSON whole", "application/json", `{"a":1}`, `{"a":1}`},
		{"JSON malformed before", "application/json", `{"a" 1 "b`, `{"a" 1 "b"}`},

		{"XML text", "text/xml", "<a>b", "<a>b"},
		{"XML half an entity", "application/xml", "<a>b&am", "<a>b"},
		{"XML half a character", "application/xml", "<a>\xe3\x81", "<a>"},
		{"XML tag begun", "application/xml", "<a>b<c", "<a>b"},
		{"XML end tag begun", "application/xml", "<a>b</", "<a>b"},
		{"XML attribute", "application/xml", `<a b="c<d`, `<a b="c<d">`},
		{"XML attribute without value", "application/xml", `<a b=`, `<a b="">`},
		{"XML attribute name", "application/xml", `<a b`, `<a b>`},
		{"XML CDATA", "application/soap+xml", "<a><![CDATA[b", "<a><![CDATA[b]]>"},
		{"XML comment", "application/xml", "<a>b<!-- c", "<a>b"},
		{"XML instruction", "application/xml", "<?xml ver", ""},
		{"XML greater-than in an attribute", "application/xml", `<a b="x>y">t`, `<a b="x>y">t`},

		{"multipart content", multi, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalu", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalu"},
		{"multipart header", multi, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Ty", "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"},
		{"multipart first header", multi, "--B\r\nContent-Dispo", "--B\r\n\r\n"},
		{"multipart delimiter", multi, "--B\r\nX: y\r\n\r\nv\r\n--B", "--B\r\nX: y\r\n\r\nv"},
		{"multipart half a delimiter", multi, "--B\r\nX: y\r\n\r\nv\r\n--", "--B\r\nX: y\r\n\r\nv\r\n--"},
		{"multipart without boundary", "multipart/form-data", "--B\r\nX", "--B\r\nX"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input := []byte(tt.input)
			if got := string(closeCut(tt.contentType, input)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if string(input) != tt.input {
				t.Errorf("the body itself became %q", input)
			}
		})
	}
}

func FuzzCloseJSON(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5e3,{"b":"c\"\u3042\\"},null,true],"あ":"い"}`), 20)
	f.Add([]byte(` [ "x" , [ ] , { } , -0.1 ] `), 9)
	f.Fuzz(func(t *testing.T, whole []byte, at int) {
		if !json.Valid(whole) || at < 0 || at > len(whole) {
			return
		}
		if got := closeJSON(whole[:at:at]); !json.Valid(got) {
			t.Fatalf("closeJSON(%q) = %q, which is not JSON", whole[:at], got)
		}
	})
}

func FuzzCloseXML(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0"?><a b="c" d='e'>あ&amp;い<![CDATA[<x>]]><!-- y --><z/></a>`), 50)
	f.Fuzz(func(t *testing.T, whole []byte, at int) {
		if at < 0 || at > len(whole) || xml.Unmarshal(whole, new(struct{})) != nil || readAll(whole) != nil {
			return
		}
		if err := readAll(closeXML(whole[:at:at])); err != nil {
			t.Fatalf("closeXML(%q) cannot be read: %v", whole[:at], err)
		}
	})
}

// readAll reads XML as leniently as Coraza does.
func readAll(text []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		_, err := decoder.Token()
		var syntax *xml.SyntaxError
		if errors.Is(err, io.EOF) || errors.As(err, &syntax) && syntax.Msg == "unexpected EOF" {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// longBodies are bodies far beyond the inspection limit, with and without an attack in their first kilobyte.
func longBodies(attack string) map[string]*sekisho.Exchange {
	filler := strings.Repeat("よろしくお願いいたします。", 1000)
	return map[string]*sekisho.Exchange{
		"form":      post(form, "q="+attack+"&text="+filler),
		"JSON":      post("application/json", `{"q":"`+attack+`","text":"`+filler+`"}`),
		"XML":       post("application/xml", "<a><q>"+attack+"</q><text>"+filler+"</text></a>"),
		"CDATA":     post("application/xml", "<a><q>"+attack+"</q><text><![CDATA["+filler+"]]></text></a>"),
		"multipart": multipart(formPart("q", attack), filePart("f", "a.jpg", filler)),
	}
}

func TestRequest_inspectsTheBeginningOfALongBody(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.BodyLimit = 8 << 10
	for _, tt := range []struct {
		name, value string
		attack      bool
	}{
		{"ordinary", "abc", false},
		{"attack", "1' UNION SELECT name,pass FROM users-- -", true},
	} {
		for kind, x := range longBodies(tt.value) {
			cutTo(x, int(policy.BodyLimit))
			if !x.BodyCut {
				t.Fatal("the body is too short for this test")
			}
			t.Run(tt.name+" "+kind, func(t *testing.T) {
				bothModes(t, policy, func(t *testing.T, e *Engine) {
					if v := inspect(t, e, x); v.Attack != tt.attack {
						t.Errorf("got attack %v, want %v; matches %v", v.Attack, tt.attack, v.Matches)
					}
				})
			})
		}
	}
}

func TestRequest_findsAnAttackInTheValueThatWasCut(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.BodyLimit = 300
	const attack = "1' UNION SELECT name,pass FROM users-- -"
	tail := strings.Repeat(" x", 500)
	for name, x := range map[string]*sekisho.Exchange{
		"form":      post(form, "q="+attack+tail),
		"JSON":      post("application/json", `{"a":[{"q":"`+attack+tail+`"}]}`),
		"XML text":  post("application/xml", "<a>"+attack+tail+"</a>"),
		"CDATA":     post("application/xml", "<a><![CDATA["+attack+tail+"]]></a>"),
		"multipart": multipart(formPart("q", attack+tail)),
	} {
		cutTo(x, int(policy.BodyLimit))
		t.Run(name, func(t *testing.T) {
			bothModes(t, policy, func(t *testing.T, e *Engine) {
				if v := inspect(t, e, x); !v.Attack || v.Family != "sqli" {
					t.Errorf("got %+v, want sqli", v)
				}
			})
		})
	}
}

func TestRequest_refusesNoBodyForBeingCut(t *testing.T) {
	short := sekisho.DefaultPolicy()
	short.BodyLimit = 700
	bodies := map[string]*sekisho.Exchange{
		"form":      post(form, strings.Repeat("a=%E3%81%82&", 100)),
		"JSON":      post("application/json", `{"list":[`+strings.Repeat(`{"名前":"山田\u3042","n":-12.5,"ok":true},`, 30)+`null]}`),
		"XML":       post("application/xml", `<?xml version="1.0"?><a>`+strings.Repeat(`<b c="あ" d='2'>い&amp;う<![CDATA[え]]></b><!-- x -->`, 20)+"</a>"),
		"multipart": multipart(formPart("名前", "山田"), filePart("写真", "写真.jpg", strings.Repeat("\xff\xd8", 100)), formPart("b", "2"), formPart("c", strings.Repeat("う", 100))),
	}
	e := engine(t, short, sekisho.ModeBlock)
	for name, x := range bodies {
		t.Run(name, func(t *testing.T) {
			whole := x.Body
			last := min(len(whole)-1, int(short.BodyLimit))
			step := 5
			if raceEnabled {
				step = 37
			}
			for at := 1; at <= last; at += step {
				x.Body, x.BodyCut = whole[:at:at], true
				if v := inspect(t, e, x); v.Attack || v.Score >= short.InboundThreshold {
					t.Fatalf("cut at %d (%q): got %v", at, whole[max(0, at-30):at], v.Matches)
				}
			}
		})
	}
}

func TestRequest_passesALargeUpload(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	x := multipart(formPart("title", "動画"), filePart("file", "movie.mp4", strings.Repeat("\x00\x01\xff\xfe0123456789", 20<<20/14)))
	cutTo(x, int(policy.BodyLimit))
	bothModes(t, policy, func(t *testing.T, e *Engine) {
		if v := inspect(t, e, x); v.Attack {
			t.Errorf("got %v", v.Matches)
		}
	})
}

func TestRequest_takesABodyThatJustFitsAsWhole(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.BodyLimit = 64
	x := post("application/json", `{"a":"`+strings.Repeat("x", 56)+`"}`)
	if len(x.Body) != 64 {
		t.Fatalf("the body has %d bytes", len(x.Body))
	}
	bothModes(t, policy, func(t *testing.T, e *Engine) {
		if v := inspect(t, e, x); v.Attack {
			t.Errorf("got %v", v.Matches)
		}
		broken := post("application/json", `{"a":"`+strings.Repeat("x", 57)+`"`)
		if v := inspect(t, e, broken); !v.Attack {
			t.Error("a malformed body that just fits was taken for one that was cut")
		}
	})
}

func TestRequest_stopsWhatHasMoreArgumentsThanAreInspected(t *testing.T) {
	limit := profileOf(sekisho.DefaultPolicy()).args
	many := strings.Repeat("a=1&", limit)
	for name, x := range map[string]*sekisho.Exchange{
		"query": exchange("GET", "/?"+many+"q=1%27%20UNION%20SELECT%20a%20FROM%20b--"),
		"form":  post(form, many+"q=1%27%20UNION%20SELECT%20a%20FROM%20b--"),
		"JSON":  post("application/json", "["+strings.Repeat("1,", limit)+`"1' UNION SELECT a FROM b--"]`),
	} {
		t.Run(name, func(t *testing.T) {
			policy := sekisho.DefaultPolicy()
			policy.BodyLimit = 256 << 10
			bothModes(t, policy, func(t *testing.T, e *Engine) {
				if v := inspect(t, e, x); !v.Attack || v.Status != 400 {
					t.Errorf("got attack %v, status %d, want an attack with 400", v.Attack, v.Status)
				}
			})
		})
	}
}
