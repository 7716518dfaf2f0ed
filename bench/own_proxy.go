package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// A watchedProxy is a proxy whose events can be read: one that we started, or one that runs already and whose data
// directory is known. Both are asked by the command line alone.
type watchedProxy struct {
	binary  string
	address string // of the HTTP listener
	dataDir string // empty: its events cannot be read
	sites   map[string]siteNow

	dir      string // ours, removed at the end
	children []*child
}

// siteNow is a site as the proxy has it.
type siteNow struct {
	Host   string         `json:"host"`
	Policy sekisho.Policy `json:"policy"`
	Mode   sekisho.Mode   `json:"effective_mode"`
}

// ownSite is what the sites of a proxy that we start have in common. The zero policy settings are the defaults.
type ownSite struct {
	mode     sekisho.Mode
	profile  sekisho.Profile
	paranoia int // 0: the default policy's
	rules    string
}

// startProxy starts a reflecting origin and `serve` in front of it, for every host of hosts.
func startProxy(ctx context.Context, binary string, hosts []string, site ownSite) (_ *watchedProxy, err error) {
	p := &watchedProxy{binary: binary}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	if p.dir, err = os.MkdirTemp("", "sekisho-bench-"); err != nil {
		return nil, fmt.Errorf("make a directory for the run: %w", err)
	}
	var addrs [4]string // origin, http, https, portal
	for i := range addrs {
		if addrs[i], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	if err := p.start(ctx, "origin", addrs[0], hosts[0], "bench", "reflect", "--addr", addrs[0]); err != nil {
		return nil, err
	}
	config, err := site.write(p.dir, "http://"+addrs[0], hosts)
	if err != nil {
		return nil, err
	}
	p.address, p.dataDir = addrs[1], filepath.Join(p.dir, "data")
	err = p.start(ctx, "sekisho serve", p.address, hosts[0], "serve", "--config", config, "--data-dir", p.dataDir,
		"--http", addrs[1], "--https", addrs[2], "--portal", addrs[3], "--access-log", "off")
	if err != nil {
		return nil, err
	}
	return p, p.readSites(ctx)
}

func (p *watchedProxy) start(ctx context.Context, name, address, host string, args ...string) error {
	c, err := startChild(name, p.binary, nil, args...)
	if err != nil {
		return err
	}
	p.children = append(p.children, c)
	return c.await(ctx, target{address: address, host: host}, "/", 200)
}

// write makes the configuration file that a proxy of ours is started with.
func (s ownSite) write(dir, origin string, hosts []string) (string, error) {
	var b strings.Builder
	b.WriteString("sites:\n")
	rules := filepath.Join(dir, "bench.rules")
	if s.rules != "" {
		if err := os.WriteFile(rules, []byte(s.rules), 0o600); err != nil {
			return "", fmt.Errorf("write the rules of the run: %w", err)
		}
	}
	for _, host := range hosts {
		fmt.Fprintf(&b, "- host: %q\n  origin: %q\n  mode: %s\n  profile: %s\n", host, origin, s.mode, s.profile)
		if s.paranoia > 0 {
			fmt.Fprintf(&b, "  paranoia_level: %d\n", s.paranoia)
		}
		if s.rules != "" {
			fmt.Fprintf(&b, "  custom_rules_file: %q\n", rules)
		}
	}
	path := filepath.Join(dir, "sekisho.yaml")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		return "", fmt.Errorf("write the configuration of the run: %w", err)
	}
	return path, nil
}

// watchProxy looks at a proxy that runs already. Without a data directory only its answers can be seen.
func watchProxy(ctx context.Context, binary string, t target, dataDir string) (*watchedProxy, error) {
	p := &watchedProxy{binary: binary, address: t.address, dataDir: dataDir}
	if t.tls {
		return nil, sekisho.Invalid("url: raw requests are sent over plain HTTP; give the http address")
	}
	if dataDir == "" {
		return p, nil
	}
	return p, p.readSites(ctx)
}

func (p *watchedProxy) readSites(ctx context.Context) error {
	out, err := p.ask(ctx, "site", "list", "--json", "--data-dir", p.dataDir)
	if err != nil {
		return err
	}
	var sites []siteNow
	if err := json.Unmarshal(out, &sites); err != nil {
		return fmt.Errorf("read the sites of the proxy: %w", err)
	}
	p.sites = map[string]siteNow{}
	for _, site := range sites {
		p.sites[site.Host] = site
	}
	return nil
}

const (
	askTimeout = 2 * time.Minute
	// eventsPatience is how long an event may take from the answer to the record store, once nothing new arrives.
	eventsPatience = 30 * time.Second
	eventsPause    = 250 * time.Millisecond
)

func (p *watchedProxy) ask(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env = ownEnvironment()
	var complaint tail
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run `sekisho %s`: %w: %s", strings.Join(args, " "), err, complaint.String())
	}
	return out, nil
}

// events returns the events of the wanted numbers. Events reach the record store some time after the answer: while
// wanted ones are missing and others keep arriving, it asks again. What never arrives is not in the map.
func (p *watchedProxy) events(ctx context.Context, wanted map[string]bool) (map[string]sekisho.Event, error) {
	found := map[string]sekisho.Event{}
	if p.dataDir == "" || len(wanted) == 0 {
		return found, nil
	}
	news := time.Now()
	for {
		before, began := len(found), time.Now()
		out, err := p.ask(ctx, "events", "--json", "--data-dir", p.dataDir)
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(out))
		for {
			var event sekisho.Event
			if err := decoder.Decode(&event); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("read the events of the proxy: %w", err)
			}
			if wanted[string(event.ID)] {
				found[string(event.ID)] = event
			}
		}
		if len(found) > before {
			news = time.Now()
		}
		if len(found) == len(wanted) || time.Since(news) > eventsPatience {
			return found, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(max(eventsPause, time.Since(began))): // half of the time is the proxy's own
		}
	}
}

// stop ends what was started and removes what it wrote.
func (p *watchedProxy) stop() {
	for i := len(p.children) - 1; i >= 0; i-- {
		p.children[i].stop()
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir) // a temporary directory; the system's own cleaning is the second chance
	}
}
