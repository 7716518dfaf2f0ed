package sensorbridge

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
)

func TestBridge_answersForwardersAndTakesEachNumberOnce(t *testing.T) {
	s := named("A", "yamada")
	s.TCP = "127.0.0.1:0"
	sink := &memory{}
	b := run(t, DefaultConfig(), Deps{Sink: sink, States: sink}, s)
	b.mu.Lock()
	addr := b.intakes["A"].tcp.Addr().String()
	b.mu.Unlock()
	received := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	send := func(stream string, first, last int) string {
		t.Helper()
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		var out []byte
		for n := first; n <= last; n++ {
			out = frame.AppendForwarded(out, frame.Forwarded{Stream: stream, Number: uint64(n), Received: received, From: "192.168.1.1", Message: []byte("nobody knows this")})
		}
		if _, err := conn.Write(out); err != nil {
			t.Fatal(err)
		}
		answers := bufio.NewScanner(conn)
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		for answers.Scan() {
			if answers.Text() == fmt.Sprint(last) {
				return answers.Text()
			}
		}
		t.Fatalf("records %d to %d were not answered: %v", first, last, answers.Err())
		return ""
	}
	send("one", 1, 2000)
	send("one", 1500, 2100)
	send("two", 1, 10)
	events := sink.all()
	if len(events) != 2110 {
		t.Fatalf("got %d events, want 2110: each number of each stream once", len(events))
	}
	if e := events[0]; !e.Time.Equal(received) || e.Device != "192.168.1.1" || e.Raw != "nobody knows this" {
		t.Errorf("got time %s, device %q, raw %q; want the forwarder's time, its sender and the record alone", e.Time, e.Device, e.Raw)
	}
	if got := b.States()["A"]; got.Received != 2110 || got.Unparsed != 2110 {
		t.Errorf("got %d received, want 2110", got.Received)
	}
}

func TestBridge_answersNothingWithoutRoom(t *testing.T) {
	s := named("A", "yamada")
	s.TCP = "127.0.0.1:0"
	sink := &memory{full: true}
	b := run(t, DefaultConfig(), Deps{Sink: sink, States: sink}, s)
	b.mu.Lock()
	addr := b.intakes["A"].tcp.Addr().String()
	b.mu.Unlock()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write(frame.AppendForwarded(nil, frame.Forwarded{Stream: "A", Number: 1, Received: time.Now(), Message: []byte("x")}))
	_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := conn.Read(make([]byte, 8)); n > 0 || err == nil {
		t.Fatalf("a record without room was answered (%d bytes, %v)", n, err)
	}
	sink.setFull(false)
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	if answer, err := bufio.NewReader(conn).ReadString('\n'); answer != "1\n" || err != nil {
		t.Errorf("got %q, %v, want the answer once there is room", answer, err)
	}
}
