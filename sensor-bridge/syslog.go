package sensorbridge

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/sekisho-waf/sekisho/internal/obs"
	"github.com/sekisho-waf/sekisho/sensor-bridge/frame"
)

const (
	maxDatagram  = 64 << 10
	socketBuffer = 8 << 20 // asked for; the system gives what it allows
	handshake    = 10 * time.Second
)

func (in *intake) listenUDP() (net.PacketConn, error) {
	conn, err := in.bridge.deps.ListenPacket("sensor "+string(in.sensor.ID), in.sensor.UDP)
	if err != nil {
		return nil, err
	}
	if udp, ok := conn.(*net.UDPConn); ok {
		_ = udp.SetReadBuffer(socketBuffer) // as much as the system allows: a burst must wait somewhere
	}
	return conn, nil
}

// readDatagrams reads the sensor's UDP port. Reading never waits for decoding: what does not fit into the queue is counted as
// rejected, instead of lost unseen in the socket.
func (in *intake) readDatagrams(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = in.udp.Close() })
	defer stop()
	queue := make(chan []byte, in.bridge.cfg.Queue)
	var decoding sync.WaitGroup
	decoding.Go(func() {
		s := in.stream()
		for datagram := range queue {
			_ = in.record(ctx, s, datagram, nil, "", false) // counted; nobody is there to be told
		}
	})
	defer decoding.Wait()
	defer close(queue)
	buffer := make([]byte, maxDatagram)
	for {
		n, from, err := in.udp.ReadFrom(buffer)
		if err != nil {
			if ended(err) {
				return nil
			}
			return err
		}
		if n == 0 {
			continue
		}
		if !in.mayCome(from) {
			in.reject(1)
			continue
		}
		select {
		case queue <- append([]byte(nil), buffer[:n]...):
		default:
			in.reject(1)
		}
	}
}

// acceptFrom takes connections to the sensor's own TCP port.
func (in *intake) acceptFrom(ctx context.Context, listener net.Listener) error {
	return in.bridge.accept(ctx, listener, func(conn net.Conn) {
		if !in.mayCome(conn.RemoteAddr()) {
			in.reject(1)
			return
		}
		in.readConnection(ctx, conn, conn)
	})
}

// accept serves each connection in a goroutine of its own, and returns when all have ended.
func (b *Bridge) accept(ctx context.Context, listener net.Listener, serve func(net.Conn)) error {
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	room := semaphore.NewWeighted(int64(b.cfg.MaxConnections))
	var open sync.WaitGroup
	defer open.Wait()
	for {
		conn, err := listener.Accept()
		if err != nil {
			if ended(err) {
				return nil
			}
			var again net.Error
			if errors.As(err, &again) && again.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
				continue
			}
			b.log.WarnContext(ctx, "connection of a sensor not accepted", obs.Err(err))
			select { // out of file descriptors, most likely: others may end
			case <-ctx.Done():
				return nil
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		if !room.TryAcquire(1) {
			_ = conn.Close()
			continue
		}
		open.Go(func() {
			defer room.Release(1)
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			serve(conn)
		})
	}
}

// readConnection reads messages until the peer ends. It waits for room, and so lets the peer wait.
func (in *intake) readConnection(ctx context.Context, conn net.Conn, raw net.Conn) {
	if !in.hold(raw) {
		return
	}
	defer in.release(raw)
	s, messages := in.stream(), frame.NewSyslog(conn)
	var done receipt
	for {
		if !messages.Buffered() {
			_ = conn.SetReadDeadline(in.bridge.now().Add(in.bridge.cfg.IdleTimeout))
		}
		message, err := messages.Next()
		if message != nil {
			err := in.recordMessage(ctx, s, message, &done)
			if err != nil && ctx.Err() == nil {
				in.bridge.log.ErrorContext(ctx, "record of a sensor not stored", slog.String("sensor", in.sensor.Name), obs.Tenant(in.sensor.Tenant), obs.Err(err))
			}
			if err != nil && done.forwarder {
				return // it is not acknowledged, and comes again
			}
		}
		if done.due(messages.Buffered() && err == nil) {
			if err := in.acknowledge(ctx, conn, &done); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// serveTLS takes syslog over TLS (RFC 5425). The client certificate says which sensor it is; one that is not on record is
// refused, whoever signed it.
func (b *Bridge) serveTLS(ctx context.Context) error {
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: b.deps.Certificate,
		ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: b.deps.Clients,
	}
	return b.accept(ctx, b.tls, func(conn net.Conn) {
		secure := tls.Server(conn, config)
		_ = secure.SetDeadline(b.now().Add(handshake))
		if err := secure.HandshakeContext(ctx); err != nil {
			b.log.InfoContext(ctx, "sensor refused", obs.Addr(conn.RemoteAddr().String()), obs.Err(err))
			return
		}
		_ = secure.SetDeadline(time.Time{})
		in := b.byFingerprint(Fingerprint(secure.ConnectionState().PeerCertificates[0].Raw))
		if in == nil {
			b.log.InfoContext(ctx, "sensor refused", obs.Addr(conn.RemoteAddr().String()), slog.String("why", "its certificate is not on record"))
			return
		}
		in.readConnection(ctx, secure, conn)
	})
}

// Fingerprint is the SHA-256 of a certificate in hexadecimal, as a sensor's record keeps it.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}
