package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// A rawAnswer is what came back for bytes that were sent as they are.
type rawAnswer struct {
	status        int
	header        http.Header
	body          []byte
	client, proxy net.Addr
}

const (
	// rawPatience bounds one request: connect, send, answer.
	rawPatience = 30 * time.Second
	maxAnswer   = 4 << 20
)

// sendRaw sends bytes over a connection of their own and returns the first final answer; nil where the connection ended
// without one. An error means that the proxy cannot be reached, or ctx has ended.
func sendRaw(ctx context.Context, address string, raw []byte) (*rawAnswer, error) {
	dialer := net.Dialer{Timeout: rawPatience}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(rawPatience)); err != nil {
		return nil, fmt.Errorf("set a deadline: %w", err)
	}
	// Sent beside the reading, since a refusal may come before the last byte. Where it comes so early that the rest
	// cannot be sent, it is still the answer.
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		_, _ = conn.Write(raw)
		if tcp, ok := conn.(*net.TCPConn); ok && !isWhole(raw) {
			_ = tcp.CloseWrite() // the server need not wait for what will never come
		}
	}()
	answer := readAnswer(bufio.NewReader(conn), methodOf(raw))
	if answer != nil {
		answer.client, answer.proxy = conn.LocalAddr(), conn.RemoteAddr()
	}
	_ = conn.Close()
	<-sent
	return answer, ctx.Err()
}

func readAnswer(r *bufio.Reader, method string) *rawAnswer {
	for {
		response, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			return nil
		}
		if response.StatusCode < 200 && response.StatusCode != http.StatusSwitchingProtocols {
			continue // 100 Continue and its kin: the answer follows
		}
		body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
		_ = response.Body.Close()
		if err != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil // an answer that breaks off is none
		}
		return &rawAnswer{status: response.StatusCode, header: response.Header, body: body}
	}
}

// isWhole reports whether a server that reads these bytes has its request, or its reason to refuse it, and does not
// wait for more.
func isWhole(raw []byte) bool {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return err != io.EOF && err != io.ErrUnexpectedEOF
	}
	_, err = io.Copy(io.Discard, request.Body)
	return err != io.ErrUnexpectedEOF
}

func methodOf(raw []byte) string {
	method, _, _ := bytes.Cut(raw, []byte(" "))
	return string(method)
}

// hostOf is the host that the request asks for; empty where there is none, or no request.
func hostOf(raw []byte) string {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return ""
	}
	return request.Host
}
