package frame

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

func records(t testing.TB, r io.Reader) (got []string, columns []string) {
	t.Helper()
	d, err := NewDocument(r)
	if err != nil {
		t.Fatal(err)
	}
	for {
		record, err := d.Next()
		if errors.Is(err, io.EOF) {
			return got, d.Columns()
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(record))
	}
}

func TestDocument_findsRecords(t *testing.T) {
	const audit = "--5f3e2a1b-A--\n[15/Apr/2025] x\n--5f3e2a1b-B--\nGET / HTTP/1.1\n{\n--5f3e2a1b-Z--"
	tests := []struct {
		name, input string
		want        []string
	}{
		{"lines", "a\n\nb\r\nc", []string{"a", "b", "c"}},
		{"NUL", "a\x00b\x00c", []string{"a", "b", "c"}},
		{"JSON a line", "{\"a\":1}\n{\"a\":\"}\"}\n", []string{`{"a":1}`, `{"a":"}"}`}},
		{"JSON side by side", `{"a":1}{"a":2} {"a":3}`, []string{`{"a":1}`, `{"a":2}`, `{"a":3}`}},
		{"JSON over lines", "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\n \"c\": 2\n}\n", []string{"{\n  \"a\": {\n    \"b\": 1\n  }\n}", "{\n \"c\": 2\n}"}},
		{"JSON cut", "{\"a\":1,\"b\":\n{\"a\":2}\n", []string{`{"a":1,"b":`, `{"a":2}`}},
		{"JSON cut within a string", "{\"a\":\"x\nb=1\n", []string{`{"a":"x`, "b=1"}},
		{"array", `[{"a":1},{"a":[2,3]}]`, []string{`{"a":1}`, `{"a":[2,3]}`}},
		{"array over lines", "[\n  {\n    \"a\": 1\n  },\n  {\n\"a\": 2}\n]\nb\n", []string{"{\n    \"a\": 1\n  }", "{\n\"a\": 2}", "b"}},
		{"empty array", "[]\na", []string{"a"}},
		{"brackets that are no array", "[INSPECT] LAN2[out]\n[Sun Mar] x", []string{"[INSPECT] LAN2[out]", "[Sun Mar] x"}},
		{"envelope", `{"Records":[{"a":1},{"a":2}]}`, []string{`{"a":1}`, `{"a":2}`}},
		{"envelope with a page", `{"@odata.context":"x","value":[{"a":1}],"count":1}`, []string{`{"a":1}`}},
		{"no envelope", `{"id":1,"events":[{"a":1}]}`, []string{`{"id":1,"events":[{"a":1}]}`}},
		{"XML", "<Event>\n<a>1</a>\n</Event>\n<Event><a>2</a></Event><Event><a>3</a></Event>", []string{"<Event>\n<a>1</a>\n</Event>", "<Event><a>2</a></Event>", "<Event><a>3</a></Event>"}},
		{"list in XML", "<?xml version=\"1.0\"?>\n<Events><Event><a>1</a></Event>\n<Event><a>2</a></Event></Events>", []string{"<Event><a>1</a></Event>", "<Event><a>2</a></Event>"}},
		{"audit log", audit + "\n\n" + audit, []string{audit, audit}},
		{"words with commas", "a,b,c,d", []string{"a,b,c,d"}},
		{"words with commas before another line", "a,b,c,d\nx\n", []string{"a,b,c,d", "x"}},
		{"PRI", "<134>Apr 15 a\n<134>b", []string{"<134>Apr 15 a", "<134>b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := records(t, strings.NewReader(tt.input)); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got, _ := records(t, iotest.OneByteReader(strings.NewReader(tt.input))); !slices.Equal(got, tt.want) {
				t.Errorf("byte by byte: got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDocument_readsTheNamesOfColumns(t *testing.T) {
	got, columns := records(t, strings.NewReader("#Software: IIS\n#Fields: date time c-ip\n2025-04-15 10:12:13 1.2.3.4\n"))
	if !slices.Equal(got, []string{"2025-04-15 10:12:13 1.2.3.4"}) || !slices.Equal(columns, []string{"date", "time", "c-ip"}) {
		t.Errorf("got %q with columns %q", got, columns)
	}
	got, columns = records(t, iotest.OneByteReader(strings.NewReader("日時,端末名,\"Threat Name\",Action\n2025-04-15,PC1,EICAR,隔離\n")))
	if len(got) != 1 || !slices.Equal(columns, []string{"日時", "端末名", "Threat Name", "Action"}) {
		t.Errorf("got %q with columns %q", got, columns)
	}
}

func TestDocument_unpacks(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("a\nb\n"))
	_ = w.Close()
	if got, _ := records(t, &packed); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("gzip: got %q", got)
	}
	if got, _ := records(t, strings.NewReader("\xff\xfea\x00\r\x00\n\x00b\x00")); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("UTF-16: got %q", got)
	}
}

func TestSyslog_readsEveryFraming(t *testing.T) {
	const a, b = "<13>Apr 15 10:12:13 h a: one\ntwo", "<13>1 - h a - - - three"
	counted := func(s string) string { return strconv.Itoa(len(s)) + " " + s }
	long := "<13>" + strings.Repeat("x", 64<<10)
	tests := []struct {
		name, input string
		want        []string
	}{
		{"LF", b + "\n" + b + "\n", []string{b, b}},
		{"CR LF", b + "\r\n" + b, []string{b, b}},
		{"NUL", b + "\x00" + b + "\x00", []string{b, b}},
		{"octet count", counted(a) + counted(b), []string{a, b}},
		{"octet count and LF", counted(a) + "\n" + counted(b) + "\n", []string{a, b}},
		{"mixed", b + "\n" + counted(a) + b + "\n", []string{b, a, b}},
		{"64 KiB", long + "\n" + counted(long), []string{long, long}},
		{"a number that counts nothing", "12 monkeys\n" + b + "\n", []string{"12 monkeys", b}},
		{"unfinished", counted(b)[:10], []string{counted(b)[3:10]}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole": strings.NewReader(tt.input), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.input)),
			} {
				s := NewSyslog(r)
				var got []string
				for {
					message, err := s.Next()
					if message != nil {
						got = append(got, string(message))
					}
					if err != nil {
						break
					}
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s: got %.200q, want %.200q", name, got, tt.want)
				}
			}
		})
	}
}

func TestSyslog_cutsWhatIsTooLong(t *testing.T) {
	huge := "<13>" + strings.Repeat("x", line.MaxLength*2)
	for _, input := range []string{huge + "\n<13>next\n", strconv.Itoa(len(huge)) + " " + huge + "<13>next\n"} {
		s := NewSyslog(strings.NewReader(input))
		first, err := s.Next()
		if err != nil || len(first) != line.MaxLength+1 {
			t.Fatalf("got %d bytes, %v, want %d", len(first), err, line.MaxLength+1)
		}
		if next, err := s.Next(); err != nil || string(next) != "<13>next" {
			t.Errorf("got %q, %v, want the next message", next, err)
		}
	}
}

func FuzzDocument(f *testing.F) {
	for _, seed := range []string{"a\nb", `[{"a":1},2]`, `{"value":[{"a":1}]}`, "<Events><Event>x</Event>", "--12345678-A--\nx\n--12345678-Z--", "a,b,c,d\n1,2,3,4", "{\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		d, err := NewDocument(bytes.NewReader(input))
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			if _, err := d.Next(); err != nil {
				return
			}
			if n > 4*len(input)+4 {
				t.Fatalf("%q never ends", input)
			}
		}
	})
}

func FuzzSyslog(f *testing.F) {
	f.Add([]byte("5 <1>ab<1>c\n"))
	f.Fuzz(func(t *testing.T, input []byte) {
		s := NewSyslog(bytes.NewReader(input))
		for n := 0; ; n++ {
			if _, err := s.Next(); err != nil {
				return
			}
			if n > len(input) {
				t.Fatalf("%q never ends", input)
			}
		}
	})
}
