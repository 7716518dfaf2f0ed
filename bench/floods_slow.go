package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// A slowFlood opens many connections, and does on each what costs a server most for the least.
type slowFlood struct {
	name    string
	first   string // sent at once
	drip    string // sent each second; empty: nothing more
	read    bool   // whether answers are taken
	timeout bool   // whether the server must end it within the header timeout
}

var slowFloods = []slowFlood{
	{"slow headers", "GET / HTTP/1.1\r\nHost: " + brokenHost + "\r\n", "X-a: b\r\n", true, true},
	{"slow bodies", "POST /contact HTTP/1.1\r\nHost: " + brokenHost + "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8192\r\n\r\nname=a", "b", true, false},
	{"slow reads", "GET /page/64 HTTP/1.1\r\nHost: " + brokenHost + "\r\nUser-Agent: Mozilla/5.0\r\nAccept: */*\r\n\r\n", "", false, false},
}

func (f slowFlood) run(ctx context.Context, cfg FloodsConfig, r *rig, v *visitors) ([]ChaosFigure, error) {
	before := v.during(ctx, cfg.Hold/2)
	rss := memory(r.proxy.pid())
	began := time.Now()
	conns := make([]net.Conn, 0, cfg.Connections)
	defer func() {
		for _, conn := range conns {
			_ = conn.Close()
		}
	}()
	refused := 0
	dialer := net.Dialer{Timeout: 5 * time.Second}
	for range cfg.Connections {
		conn, err := dialer.DialContext(ctx, "tcp", r.addrs[1])
		if err != nil {
			refused++
			continue
		}
		if tcp, ok := conn.(*net.TCPConn); ok && !f.read {
			_ = tcp.SetReadBuffer(4 << 10)
		}
		if _, err := io.WriteString(conn, f.first); err != nil {
			refused++
		}
		conns = append(conns, conn)
	}
	if len(conns) == 0 {
		return nil, fmt.Errorf("open slow connections: none of %d was taken", cfg.Connections)
	}
	opened := round(time.Since(began).Seconds(), 2)

	var mu sync.Mutex // guards lives
	var lives []float64
	var reading, dripping sync.WaitGroup
	patience := floodHeaderTimeout + 2*time.Second
	if f.timeout {
		for _, conn := range conns {
			_ = conn.SetReadDeadline(began.Add(patience))
			reading.Go(func() {
				took := ended(conn, began, patience)
				mu.Lock()
				lives = append(lives, took)
				mu.Unlock()
			})
		}
	}
	dripped, stop := context.WithCancel(ctx)
	defer stop()
	if f.drip != "" {
		dripping.Go(func() {
			for pause(dripped, time.Second); dripped.Err() == nil; pause(dripped, time.Second) {
				for _, conn := range conns {
					_, _ = io.WriteString(conn, f.drip)
				}
			}
		})
	}
	under := v.during(ctx, cfg.Hold)
	grown := memory(r.proxy.pid()) - rss
	figures := []ChaosFigure{
		figure("slow connections", float64(len(conns))), figure("s to open them", opened), atMost("of them refused", float64(refused), 0),
		figure("MB that the process grew by", round(grown, 1)),
		atMost("KiB of memory for each", round(grown*1024/float64(len(conns)), 1), slowKiB),
	}
	if f.timeout {
		reading.Wait()
		figures = append(figures, atMost("s until the last of them was closed", round(slices.Max(lives), 1), floodHeaderTimeout.Seconds()+1))
	}
	stop()
	dripping.Wait()
	for _, conn := range conns {
		_ = conn.Close()
	}
	after := v.during(ctx, cfg.Hold/2)
	return append(worse(&before, &under, &after, slowWorse), figures...), nil
}
