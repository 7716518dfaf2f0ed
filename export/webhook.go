package export

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// webhook posts messages, one a line, and counts them as delivered when the receiver answers 2xx. It follows no redirect:
// records go where the operator said and nowhere else.
type webhook struct {
	url     string
	kind    string // of the body
	signing string
	client  *http.Client
	now     func() time.Time
}

// Headers of a request. The signature is "t=SECONDS,v1=HEX": HMAC-SHA256 over the seconds, a dot and the body.
const (
	SignatureHeader = "Sekisho-Signature"
	DeliveryHeader  = "Sekisho-Delivery" // the first and the last record of the body
)

func newWebhook(e sekisho.Export, signing string, config *tls.Config, dial Dial, timeout time.Duration) *webhook {
	kind := "application/x-ndjson"
	if e.Format == sekisho.FormatCEF {
		kind = "text/plain; charset=utf-8"
	}
	return &webhook{url: e.Webhook, kind: kind, signing: signing, now: time.Now, client: &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dial, TLSClientConfig: config, TLSHandshakeTimeout: timeout, ForceAttemptHTTP2: true,
			MaxIdleConns: 1, MaxConnsPerHost: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10,
		},
	}}
}

// Carry implements [Carrier].
func (w *webhook) Carry(ctx context.Context, messages []Message) error {
	var body bytes.Buffer
	for _, m := range messages {
		body.Write(m.Content)
		body.WriteByte('\n')
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body.Bytes()))
	if err != nil {
		return explain(err)
	}
	request.Header.Set("Content-Type", w.kind)
	request.Header.Set("User-Agent", "Sekisho")
	request.Header.Set(DeliveryHeader, messages[0].UID+" "+messages[len(messages)-1].UID)
	if w.signing != "" {
		request.Header.Set(SignatureHeader, Sign(w.signing, w.now(), body.Bytes()))
	}
	response, err := w.client.Do(request)
	if err != nil {
		return explain(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // for the connection's next use
	_ = response.Body.Close()
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return nil
	}
	return answered(response.StatusCode, retryAfter(response.Header.Get("Retry-After"), w.now()))
}

// Sign returns the signature of a body that is sent at a moment. A receiver computes it anew with the time in it, and
// refuses one that is minutes old, so that a recorded request cannot be sent again.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return fmt.Sprintf("t=%s,v1=%s", seconds, hex.EncodeToString(mac.Sum(nil)))
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3); 0 for none.
func retryAfter(s string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(s); err == nil && seconds > 0 {
		return time.Duration(min(seconds, 3600)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil && at.After(now) {
		return min(at.Sub(now), time.Hour)
	}
	return 0
}
