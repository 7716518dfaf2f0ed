package bench

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// EfficacyConfig says which corpus [Efficacy] sends and to what.
type EfficacyConfig struct {
	Profile sekisho.Profile // of the site that it starts
	Corpus  string          // folder with recorded requests below benign/ and attack/

	// URL, when set, sends to a proxy that runs already; loopback and plain HTTP only. Its rules are read from the events
	// in DataDir, and not shown where that is empty.
	URL     string
	Host    string // the site to send to at URL; empty means the URL's own host
	DataDir string

	Binary string // the program that is started and asked; empty means the running one
}

// efficacyTimeout bounds a whole run.
const efficacyTimeout = 60 * time.Minute

// Validate reports the first setting that cannot work, with what fits (KindInvalid).
func (c EfficacyConfig) Validate() error {
	if c.Corpus == "" {
		return sekisho.Invalid("corpus: give a folder with recorded requests in its folders benign and attack")
	}
	if c.URL != "" {
		_, err := parseTarget(c.URL, c.Host)
		return err
	}
	return nil
}

// Efficacy sends every recorded request to a site in block mode and counts what was stopped. The requests pass over TCP,
// one connection each, and what became of each is read from its answer. Everything that it started has ended when it
// returns.
func Efficacy(ctx context.Context, cfg EfficacyConfig) (EfficacyReport, error) {
	report, err := runEfficacy(ctx, cfg)
	if err != nil {
		return EfficacyReport{}, fmt.Errorf("efficacy: %w", err)
	}
	return report, nil
}

func runEfficacy(ctx context.Context, cfg EfficacyConfig) (EfficacyReport, error) {
	if err := cfg.Validate(); err != nil {
		return EfficacyReport{}, err
	}
	corpus, skipped, err := listCorpus(cfg.Corpus)
	if err != nil {
		return EfficacyReport{}, err
	}
	if cfg.Binary == "" {
		if cfg.Binary, err = os.Executable(); err != nil {
			return EfficacyReport{}, fmt.Errorf("find the running program: %w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, efficacyTimeout)
	defer cancel()
	proxy, host, err := openSite(ctx, cfg)
	if err != nil {
		return EfficacyReport{}, err
	}
	defer proxy.stop()

	sent := make([]*shot, len(corpus))
	for i := range corpus {
		sent[i] = &shot{recorded: corpus[i]}
	}
	err = sideBySide(ctx, sent, func(ctx context.Context, s *shot) error {
		raw, err := s.read(cfg.Corpus, host)
		if err != nil {
			return err
		}
		answer, err := sendRaw(ctx, proxy.address, raw)
		if err != nil {
			return err
		}
		s.note(answer, cfg.URL == "")
		return nil
	})
	if err != nil {
		return EfficacyReport{}, err
	}
	if err := findRules(ctx, proxy, sent); err != nil {
		return EfficacyReport{}, err
	}
	report := newEfficacyReport(sent)
	report.Skipped = append(report.Skipped, skipped...)
	return report, nil
}

func openSite(ctx context.Context, cfg EfficacyConfig) (*watchedProxy, string, error) {
	if cfg.URL == "" {
		proxy, err := startProxy(ctx, cfg.Binary, []string{siteHost}, ownSite{mode: sekisho.ModeBlock, profile: cfg.Profile})
		return proxy, siteHost, err
	}
	t, err := parseTarget(cfg.URL, cfg.Host)
	if err != nil {
		return nil, "", err
	}
	proxy, err := watchProxy(ctx, cfg.Binary, t, cfg.DataDir)
	if err != nil {
		return nil, "", err
	}
	// A whole corpus for a host that is nobody's would be refused, and look like perfect protection.
	answer, err := sendRaw(ctx, t.address, []byte("GET / HTTP/1.1\r\nHost: "+t.host+"\r\nUser-Agent: Mozilla/5.0 sekisho-bench\r\nAccept: */*\r\nConnection: close\r\n\r\n"))
	if err != nil {
		return nil, "", err
	}
	if answer == nil || answer.status == http.StatusMisdirectedRequest || answer.status == http.StatusBadRequest || answer.status >= 500 {
		return nil, "", sekisho.Invalid(fmt.Sprintf("url %s: an ordinary request for the host %s is not served there; give the site with --host", cfg.URL, t.host))
	}
	return proxy, t.host, nil
}

// A shot is one recorded request and what became of it.
type shot struct {
	recorded
	id      string
	status  int // 0: no answer
	stopped bool
	rules   []sekisho.Match // that an event names
	broken  bool            // neither stopped nor served: a 5xx or no answer
}

// note reads from the answer whether the request was stopped. An origin of ours marks what it answers, so all else was
// stopped; behind another one only the statuses tell: those with which Sekisho refuses. A cut connection is no answer
// and no refusal either: it counts as broken.
func (s *shot) note(answer *rawAnswer, marked bool) {
	if answer == nil {
		s.broken = true
		return
	}
	s.id, s.status = answer.id(), answer.status
	switch {
	case marked && answer.isOrigins():
	case answer.status >= 500:
		s.broken = true
	case marked:
		s.stopped = true
	default:
		s.stopped = isRefusal(answer.status)
	}
}

// isRefusal tells the statuses with which Sekisho turns a request away. An origin may use them too.
func isRefusal(status int) bool {
	switch status {
	case http.StatusForbidden, http.StatusBadRequest, http.StatusMisdirectedRequest, http.StatusRequestEntityTooLarge,
		http.StatusRequestHeaderFieldsTooLarge, http.StatusRequestTimeout:
		return true
	}
	return false
}

// findRules asks the events which rules stopped what was stopped.
func findRules(ctx context.Context, proxy *watchedProxy, sent []*shot) error {
	wanted := map[string]bool{}
	for _, s := range sent {
		// Refusals by the HTTP server itself have no number; those of the proxy may leave no event.
		if s.stopped && s.id != "" && s.status == http.StatusForbidden {
			wanted[s.id] = true
		}
	}
	events, err := proxy.events(ctx, wanted)
	if err != nil {
		return err
	}
	for _, s := range sent {
		if event, ok := events[s.id]; ok && s.stopped {
			s.rules = event.Matches
		}
	}
	return nil
}
