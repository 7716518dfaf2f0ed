package handover

import (
	"net"
	"testing"
)

// inherit gives the copies of one process's sockets to another's table.
func inherit(t *testing.T, from *Sockets) *Sockets {
	t.Helper()
	copies, err := from.copies()
	if err != nil {
		t.Fatal(err)
	}
	to := &Sockets{inherited: map[key]passed{}}
	for _, o := range copies {
		to.inherited[key{o.Name, o.Network}] = passed{o.Addr, o.FD}
	}
	t.Cleanup(func() { to.Unclaimed() })
	return to
}

func TestSockets_aConnectionWaitsWhileNobodyAccepts(t *testing.T) {
	var old Sockets
	first, err := old.Listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heir := inherit(t, &old)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	visitor, err := net.Dial("tcp", first.Addr().String())
	if err != nil {
		t.Fatalf("between two processes: %v", err)
	}
	defer visitor.Close()
	if !heir.Has("http", "tcp", "127.0.0.1:0") {
		t.Fatal("the socket is not known by its name and setting")
	}
	second, err := heir.Listen("http", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	conn, err := second.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got, want := conn.RemoteAddr().String(), visitor.LocalAddr().String(); got != want {
		t.Errorf("accepted %s, want the visitor that waited, %s", got, want)
	}
}

func TestSockets_aChangedAddressIsBoundAnew(t *testing.T) {
	var old Sockets
	first, err := old.ListenPacket("dns", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	heir := inherit(t, &old)
	if heir.Has("dns", "udp", "localhost:0") || heir.Has("dns", "tcp", "127.0.0.1:0") {
		t.Error("a socket is taken for another")
	}
	second, err := heir.ListenPacket("dns", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if second.LocalAddr().String() == first.LocalAddr().String() {
		t.Error("the old address is listened on although the setting has changed")
	}
}

func TestSockets_whatWasClosedIsNotHandedOver(t *testing.T) {
	var old Sockets
	listener, err := old.Listen("sensor 1", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if copies, err := old.copies(); err != nil || len(copies) != 0 {
		t.Errorf("got %v, %v; want nothing", copies, err)
	}
}
