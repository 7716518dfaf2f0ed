package frame

import (
	"bytes"
	"testing"
	"time"
)

func TestForwarded_comesBackAsItWasThroughAConnection(t *testing.T) {
	f := Forwarded{
		Stream: "ABC123", Number: 1<<32 + 7, Received: time.Date(2026, 3, 4, 1, 2, 3, 456789000, time.UTC), From: "192.168.1.1",
		Message: []byte("<13>two\nlines, a NUL \x00, Shift_JIS \x83\x65 and a \"] of its own"),
	}
	messages := NewSyslog(bytes.NewReader(AppendForwarded(AppendForwarded(nil, f), f)))
	for range 2 {
		raw, err := messages.Next()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := ReadForwarded(raw)
		if !ok || got.Stream != f.Stream || got.Number != f.Number || !got.Received.Equal(f.Received) || got.From != f.From || !bytes.Equal(got.Message, f.Message) {
			t.Errorf("got %+v, want %+v", got, f)
		}
	}
}

func TestReadForwarded_leavesOthersAlone(t *testing.T) {
	const stamp = "<14>1 2026-03-04T01:02:03.000000Z"
	for name, raw := range map[string]string{
		"plain":         "<13>Mar  4 10:00:00 host text",
		"other program": stamp + " host app - - - text",
		"number 0":      stamp + ` - sekisho-forwarder - - [sekisho@32473 stream="A" n="0" from="::1"] x`,
		"no stream":     stamp + ` - sekisho-forwarder - - [sekisho@32473 stream="" n="1" from="::1"] x`,
		"odd stream":    stamp + ` - sekisho-forwarder - - [sekisho@32473 stream="a b" n="1" from="::1"] x`,
		"no end":        stamp + ` - sekisho-forwarder - - [sekisho@32473 stream="A" n="1" from="::1"`,
		"wrong time":    `<14>1 2026-13-04T01:02:03.000000Z - sekisho-forwarder - - [sekisho@32473 stream="A" n="1" from="::1"] x`,
	} {
		if f, ok := ReadForwarded([]byte(raw)); ok {
			t.Errorf("%s: got %+v, want it not recognised", name, f)
		}
	}
}

func FuzzReadForwarded(f *testing.F) {
	f.Add(AppendForwarded(nil, Forwarded{Stream: "A", Number: 1, Message: []byte("x")})[3:])
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := ReadForwarded(raw)
		if !ok {
			return
		}
		again, err := NewSyslog(bytes.NewReader(AppendForwarded(nil, got))).Next()
		if err != nil {
			t.Fatal(err)
		}
		if same, ok := ReadForwarded(again); !ok || same.Number != got.Number || same.Stream != got.Stream || !bytes.Equal(same.Message, got.Message) {
			t.Errorf("got %+v, want %+v", same, got)
		}
	})
}
