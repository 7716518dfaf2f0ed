package export

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// syslog sends RFC 5424 messages over TLS with octet counts (RFC 5425).
//
// Syslog has no answer: what was written to a connection may have been lost in it. But whoever gets our close_notify has
// read all that went before it, and must answer with one of its own (RFC 5425, 4.4). So a batch has a connection of its
// own, and counts as delivered when the receiver has answered the end of it. Sessions are resumed, which keeps that cheap.
//
// A receiver that leaves by itself says the same word, and may have read without keeping. So ours waits a moment: an end
// that comes before it is no answer. What a receiver has read and then loses by itself, nobody can know.
type syslog struct {
	address  string
	hostname string
	config   *tls.Config
	dial     Dial
	timeout  time.Duration
	grace    time.Duration // how long a receiver may take to show that it is leaving
}

// facility 13 is "log audit" (RFC 5424, table 1).
const facility = 13

// Carry implements [Carrier].
func (s *syslog) Carry(ctx context.Context, messages []Message) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	raw, err := s.dial(ctx, "tcp", s.address)
	if err != nil {
		return explain(err)
	}
	defer func() { _ = raw.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	conn := tls.Client(raw, s.config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return explain(err)
	}
	// A receiver that ends the connection by itself does so before it has read everything.
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, conn) // it has nothing to say but the end
		ended <- err
	}()
	var frames bytes.Buffer
	for _, m := range messages {
		s.frame(&frames, m)
	}
	if _, err = conn.Write(frames.Bytes()); err != nil {
		return explain(err)
	}
	leaving := time.NewTimer(s.grace)
	defer leaving.Stop()
	select {
	case early := <-ended:
		return explain(errors.Join(early, errEarly))
	case <-leaving.C:
	}
	if err := conn.CloseWrite(); err != nil {
		return explain(err)
	}
	if err := <-ended; err != nil && !errors.Is(err, io.ErrUnexpectedEOF) { // some end the connection without the word for it
		return explain(err)
	}
	if left, err := unconfirmed(raw); err == nil && left > 0 {
		return explain(fmt.Errorf("%d bytes were not taken: %w", left, errEarly))
	}
	return nil
}

var errEarly = fmt.Errorf("the connection ended early: %w", io.ErrUnexpectedEOF)

// frame writes one message behind its length in octets.
func (s *syslog) frame(b *bytes.Buffer, m Message) {
	head := fmt.Sprintf("<%d>1 %s %s sekisho - %s - ", facility*8+level(m.Severity), m.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), s.hostname, messageID(m.UID))
	b.WriteString(strconv.Itoa(len(head) + len(m.Content)))
	b.WriteByte(' ')
	b.WriteString(head)
	b.Write(m.Content)
}

// level is a severity on syslog's scale (RFC 5424, table 2), where less is worse.
func level(s sekisho.Severity) int {
	switch s {
	case sekisho.SeverityHigh:
		return 2 // critical
	case sekisho.SeverityMedium:
		return 4 // warning
	case sekisho.SeverityLow:
		return 5 // notice
	}
	return 6 // informational
}

// messageID is printable ASCII of at most 32 characters, or the nil value.
func messageID(uid string) string { return token(uid, 32) }

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "-"
	}
	return token(name, 255)
}

func token(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}
