package proxy

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestTappedBody_isJudgedBeforeItsLastByteIsGivenOut(t *testing.T) {
	tests := []struct {
		name  string
		body  string
		limit int
		want  int64
		head  string
		cut   bool
	}{
		{"length announced", "0123456789", 100, 10, "0123456789", false},
		{"length unknown", "0123456789", 100, -1, "0123456789", false},
		{"longer than the limit", "0123456789", 4, 10, "0123", true},
		{"exactly the limit", "0123456789", 10, 10, "0123456789", false},
		{"broken off", "01234", 100, 10, "01234", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			given, judged := 0, -1
			tap := &tappedBody{
				src: io.NopCloser(iotest.OneByteReader(strings.NewReader(test.body))), limit: test.limit, want: test.want,
				judge: func(head []byte, cut bool) error {
					if judged >= 0 {
						t.Error("judged twice")
					}
					judged = given
					if string(head) != test.head || cut != test.cut {
						t.Errorf("judged %q, cut %v; want %q, %v", head, cut, test.head, test.cut)
					}
					return nil
				},
			}
			for p := make([]byte, 8); ; {
				n, err := tap.Read(p)
				given += n
				if err != nil {
					break
				}
			}
			_ = tap.Close()
			if given != len(test.body) {
				t.Errorf("%d bytes passed, want %d", given, len(test.body))
			}
			if test.want > 0 && judged >= len(test.head) && test.name != "broken off" {
				t.Errorf("judged when %d bytes were out, want fewer than %d", judged, len(test.head))
			}
		})
	}
}

func TestTappedBody_isJudgedWhenNobodyReadsOn(t *testing.T) {
	judged := ""
	tap := &tappedBody{src: io.NopCloser(strings.NewReader("0123456789")), limit: 100, want: -1, judge: func(head []byte, cut bool) error {
		judged = string(head)
		return nil
	}}
	_, _ = tap.Read(make([]byte, 3))
	_ = tap.Close()
	if judged != "012" {
		t.Errorf("judged %q, want what has passed", judged)
	}
}

func TestHeldBody_givesEveryByteHoweverLongItWasHeld(t *testing.T) {
	const body = "0123456789"
	for limit := 1; limit <= len(body)+1; limit++ {
		for _, wait := range []bool{true, false} {
			held := hold(io.NopCloser(iotest.OneByteReader(strings.NewReader(body))), limit, -1)
			if wait && !held.wait(holdTime*100) {
				t.Fatal("a body that is all there was not held")
			}
			if !wait {
				held.wait(0)
			}
			got, err := io.ReadAll(iotest.HalfReader(held))
			if string(got) != body || err != nil {
				t.Errorf("limit %d: %q, %v", limit, got, err)
			}
			if err := held.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestHeldBody_closeWakesAReadThatNeverEnds(t *testing.T) {
	reader, writer := io.Pipe()
	held := hold(reader, 10, -1)
	if held.wait(0) {
		t.Error("nothing came, and that was enough")
	}
	_ = held.Close() // returns only when the goroutine has ended
	_ = writer.Close()
}
