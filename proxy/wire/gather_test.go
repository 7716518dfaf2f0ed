package wire

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// writes keeps each write apart. It fails from the given write on.
type writes struct {
	net.Conn
	got      []string
	failFrom int
}

var errGone = errors.New("gone")

func (p *writes) Write(b []byte) (int, error) {
	if p.failFrom > 0 && len(p.got)+1 >= p.failFrom {
		return 0, errGone
	}
	p.got = append(p.got, string(b))
	return len(b), nil
}

func TestGather_sendsSmallPiecesTogetherAndNothingTwice(t *testing.T) {
	out := &writes{}
	c := NewConn(out, DefaultLimits(64<<10), time.Second)
	write := func(s string) {
		t.Helper()
		if n, err := io.WriteString(c, s); n != len(s) || err != nil {
			t.Fatalf("got %d, %v, want %d", n, err, len(s))
		}
	}
	write("at once")
	c.Gather()
	write("head ")
	write("and body")
	if len(out.got) != 1 {
		t.Fatalf("got %q sent before Send", out.got[1:])
	}
	if err := c.Send(); err != nil {
		t.Fatal(err)
	}
	write("at once again")
	c.Gather()
	write("little")
	large := strings.Repeat("x", gatherSize)
	write(large) // with what is kept, in order
	write("end")
	if err := c.Send(); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(); err != nil { // nothing is left
		t.Fatal(err)
	}
	want := "at once" + "head and body" + "at once again" + "little" + large + "end"
	if got := strings.Join(out.got, ""); got != want {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
	if out.got[1] != "head and body" {
		t.Errorf("got %q in one piece, want head and body", out.got[1])
	}
}

func TestGather_letsNothingFollowWhatWasLost(t *testing.T) {
	out := &writes{failFrom: 2}
	c := NewConn(out, DefaultLimits(64<<10), time.Second)
	c.Gather()
	if _, err := io.WriteString(c, "first"); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(); err != nil {
		t.Fatal(err)
	}
	c.Gather()
	if _, err := io.WriteString(c, "lost"); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(); !errors.Is(err, errGone) {
		t.Errorf("got %v, want the connection's error", err)
	}
	out.failFrom = 0
	if _, err := io.WriteString(c, "the answer after"); !errors.Is(err, errGone) {
		t.Errorf("got %v, want the same error for good", err)
	}
	if len(out.got) != 1 {
		t.Errorf("got %q behind what was lost", out.got[1:])
	}
}
