package upstream

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/safedial"
)

// Config is what holds for the servers of all sites.
type Config struct {
	Rules        *safedial.Rules // for servers that a customer has named
	VouchedRules *safedial.Rules // for those of whoever runs this installation
	Resolver     *net.Resolver   // nil: the machine's own
	Connect      time.Duration   // of sites that set none
	Answer       time.Duration
	Stall        time.Duration // without a byte of a request getting through
}

func (c *Config) rules(vouched bool) *safedial.Rules {
	if vouched {
		return c.VouchedRules
	}
	return c.Rules
}

// Book holds the servers of all sites, their connections and their health.
type Book struct {
	config Config
	log    *slog.Logger

	mu      sync.Mutex // guards what follows
	servers map[serverKey]*server
	pools   []*Pool
}

// NewBook returns an empty book.
func NewBook(config Config, log *slog.Logger) *Book {
	return &Book{config: config, log: log}
}

// Round puts together the pools of a list of sites; servers that the round before had are taken over as they are.
type Round struct {
	book    *Book
	servers map[serverKey]*server
	pools   []*Pool
}

// Begin starts a round. One at a time.
func (b *Book) Begin() *Round {
	return &Round{book: b, servers: map[serverKey]*server{}}
}

// Pool returns the servers of a valid site. KindInvalid: one of its files cannot be used.
func (r *Round) Pool(site *sekisho.Site) (*Pool, error) {
	origins := &site.Origins
	files, err := readCredentials(origins)
	if err != nil {
		return nil, err
	}
	pool := &Pool{site: site.ID, host: site.Host, log: r.book.log, secret: files.secret, SecretHeader: secretHeader(origins)}
	if err := r.add(pool, site, site.Origin, max(origins.Weight, 1), files); err != nil {
		return nil, err
	}
	for _, other := range origins.Others {
		if err := r.add(pool, site, other.URL, other.Weight, files); err != nil {
			return nil, err
		}
	}
	r.pools = append(r.pools, pool)
	return pool, nil
}

// Keep goes on with the pool of an earlier round as it was, for a site whose new settings cannot be used.
func (r *Round) Keep(pool *Pool) {
	for _, server := range pool.servers {
		r.servers[server.serverKey] = server
	}
	r.pools = append(r.pools, pool)
}

func (r *Round) add(pool *Pool, site *sekisho.Site, origin string, weight int, files credentials) error {
	o := &site.Origins
	files.secret = "" // goes with each request
	key := serverKey{
		tenant: site.Tenant, origin: origin, vouched: o.Vouched, protocol: o.Protocol, serverName: o.ServerName, skipVerify: o.SkipVerify,
		connect: cmpOr(o.ConnectTimeout, r.book.config.Connect), answer: cmpOr(o.AnswerTimeout, r.book.config.Answer), credentials: files,
	}
	if o.CheckPath != "" {
		key.checkHost, key.checkPath, key.checkEvery = site.Host, o.CheckPath, cmpOr(o.CheckEvery, defaultCheckEvery)
	}
	known := r.servers[key]
	if known == nil {
		r.book.mu.Lock()
		known = r.book.servers[key]
		r.book.mu.Unlock()
	}
	if known == nil {
		var err error
		if known, err = newServer(key, &r.book.config); err != nil {
			return err
		}
	}
	r.servers[key] = known
	pool.add(known, weight)
	return nil
}

func cmpOr(own, usual time.Duration) time.Duration {
	if own != 0 {
		return own
	}
	return usual
}

// End takes the round's servers into force and closes the idle connections of those that nobody wants any more; requests
// that use them end in their own time.
func (r *Round) End() {
	r.book.mu.Lock()
	defer r.book.mu.Unlock()
	for key, old := range r.book.servers {
		if r.servers[key] == nil {
			old.transport.CloseIdleConnections()
		}
	}
	r.book.servers, r.book.pools = r.servers, r.pools
}

// Check refuses a site with a file that cannot be used, or with a server whose URL is an address that it may not lead to
// (KindInvalid).
func (b *Book) Check(site *sekisho.Site) error {
	pool, err := b.Begin().Pool(site)
	if err != nil {
		return err
	}
	for _, server := range pool.servers {
		if err := server.allowed(b.config.rules(site.Origins.Vouched)); err != nil {
			return err
		}
	}
	return nil
}

// Close closes all idle connections.
func (b *Book) Close() { b.Begin().End() }

// State is how one server of a site is doing, as requests and checks have seen it.
type State struct {
	Origin string `json:"origin"`
	Weight int    `json:"weight"`
	Away   bool   `json:"away"` // left alone for the moment
	Why    string `json:"why,omitempty"`
}

// States returns how the servers of each site are doing.
func (b *Book) States() map[sekisho.SiteID][]State {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[sekisho.SiteID][]State, len(b.pools))
	for _, pool := range b.pools {
		for i, server := range pool.servers {
			state := State{Origin: server.origin, Weight: pool.weights[i], Away: !server.circuit.closed() || server.sick.Load()}
			if why := server.why.Load(); state.Away && why != nil {
				state.Why = *why
			}
			all[pool.site] = append(all[pool.site], state)
		}
	}
	return all
}

// Run checks servers until ctx ends.
func (b *Book) Run(ctx context.Context) error { return b.check(ctx) }
