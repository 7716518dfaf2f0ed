package safedial

import (
	"net/http"
	"time"
)

// maxHead bounds the head of an answer.
const maxHead = 64 << 10

// Client returns an HTTP client for messages that a customer wants to have sent somewhere: a webhook, a log sink. Each
// request ends after timeout, the reading of its answer included. It follows no redirect, so that the answer is the
// target's own, and asks no proxy of the environment, which would dial in our place and ask nobody.
func (r *Rules) Client(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil,
			DialContext:            r.Dialer(timeout, nil).DialContext,
			TLSHandshakeTimeout:    timeout,
			MaxResponseHeaderBytes: maxHead,
			MaxIdleConnsPerHost:    2,
			MaxConnsPerHost:        16,
			IdleConnTimeout:        30 * time.Second,
			ForceAttemptHTTP2:      true,
		},
	}
}
