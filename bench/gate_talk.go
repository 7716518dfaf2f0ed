package bench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A gateOutcome is what became of the bytes of one case.
type gateOutcome struct {
	answers []int // statuses, in order, without the one of the request behind the case
	goesOn  bool  // the request behind the case was answered
	upgrade bool  // the connection became something else
	seen    []seenRequest
}

// How long a server may be silent, before its first answer and behind it. Only bytes that leave it waiting for more, which
// never come, take as long.
const (
	gatePatience = 8 * time.Second
	gatePause    = 2 * time.Second
)

// talk sends a case, and a request behind it that asks for the connection to be closed, and reads all answers.
func talk(ctx context.Context, address, host, raw string, w *witness) (gateOutcome, error) {
	w.take()
	dialer := net.Dialer{Timeout: rawPatience}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return gateOutcome{}, fmt.Errorf("connect to %s: %w", address, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	sent := make(chan struct{})
	go func() { // a refusal may come before the last byte
		defer close(sent)
		_ = conn.SetWriteDeadline(time.Now().Add(rawPatience))
		_, _ = conn.Write([]byte(raw + "GET " + endTarget + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: Mozilla/5.0 sekisho-bench\r\nAccept: */*\r\nConnection: close\r\n\r\n"))
	}()
	var out gateOutcome
	reader := bufio.NewReader(conn)
	for patience := gatePatience; ; patience = gatePause {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		response, err := http.ReadResponse(reader, &http.Request{Method: methodOf([]byte(raw))})
		if err != nil {
			break
		}
		if response.StatusCode == http.StatusSwitchingProtocols {
			out.upgrade = true
			break
		}
		if response.StatusCode < 200 {
			continue
		}
		out.answers = append(out.answers, response.StatusCode)
		if err := drainAnswer(conn, response); err != nil || response.Close {
			break
		}
	}
	_ = conn.Close()
	<-sent
	out.seen = w.take()
	isEnd := func(r seenRequest) bool { return r.Target == endTarget } // a server may pass on two requests at once
	if out.goesOn = slices.ContainsFunc(out.seen, isEnd); out.goesOn {
		out.seen = slices.DeleteFunc(out.seen, isEnd)
		if len(out.answers) > 0 {
			out.answers = out.answers[:len(out.answers)-1]
		}
	}
	return out, ctx.Err()
}

func drainAnswer(conn net.Conn, response *http.Response) error {
	defer func() { _ = response.Body.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(gatePatience))
		if _, err := response.Body.Read(buffer); err != nil {
			if err.Error() == "EOF" {
				return nil
			}
			return err
		}
	}
}

// String says it in words.
func (o gateOutcome) String() string {
	var words []string
	for _, status := range o.answers {
		words = append(words, fmt.Sprint(status))
	}
	if o.upgrade {
		words = append(words, "101")
	}
	if len(words) == 0 {
		words = append(words, "no answer")
	}
	switch n := len(o.seen); {
	case n == 1:
		words = append(words, "reached the origin")
	case n > 1:
		words = append(words, fmt.Sprintf("reached the origin as %d requests", n))
	case !o.goesOn && !o.upgrade:
		words = append(words, "closed")
	}
	return strings.Join(words, ", ")
}
