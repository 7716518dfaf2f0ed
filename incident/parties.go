package incident

import (
	"hash/fnv"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// parties says who an event is about. Names of entities are "ip:", "host:", "user:" or "hash:" and what names them.
type parties struct {
	outside     bool
	named       bool     // the actor is somebody; false for an event that says nothing of whom
	actor       string   // whom recurrence counts: the attacker's address, or the inside host
	links       []string // other entities that tie the event to what is known: address of the host, user, hash
	victim      string   // the inside host that an inside host turned against
	key         string   // what joins events into one incident
	family      string
	destination uint32 // what the actor reached for, as a number to tell targets apart
}

// identify finds the parties of an event that counts as a class. bound tells which host an inside address belongs to, or "".
func identify(e *sekisho.Event, class sekisho.Class, hygiene bool, bound func(address string) string) parties {
	p := parties{outside: fromOutside(e), family: familyOf(e, class)}
	host, user, hash := name("host:", e.Host), name("user:", e.User), name("hash:", e.Hash)
	if p.outside {
		p.actor, p.named = firstOf(address(e.SrcIP, true), "ip:unknown"), e.SrcIP.IsValid()
		target := firstOf(exact("site:", string(e.SiteID)), name("site:", e.Site), host, address(e.DstIP, false), user, "tenant")
		p.key = target + "|" + p.family
		p.destination = number(target)
		// What an attacker types as a user name names nobody, until it worked.
		if e.Outcome == sekisho.OutcomeSucceeded {
			p.links = present(user)
		}
		p.links = append(p.links, present(hash)...)
		return p
	}
	ip := insideAddress(e)
	p.actor = firstOf(host, bound(ip), ip, user)
	p.named = p.actor != ""
	p.actor = firstOf(p.actor, exact("site:", string(e.SiteID)), "tenant")
	for _, link := range present(ip, user, hash) {
		if link != p.actor {
			p.links = append(p.links, link)
		}
	}
	p.key = p.actor
	if hygiene { // care of a PC is never mixed with attacks on it
		p.key += "|" + p.family
	}
	if e.Direction == sekisho.DirectionInternal && e.DstIP.IsValid() {
		victim := address(e.DstIP, false)
		p.victim = firstOf(bound(victim), victim)
	}
	p.destination = number(firstOf(urlHost(e.URL), address(e.DstIP, false), e.Site))
	return p
}

// ties names everybody who can tie this event to another one.
func (p *parties) ties() []string {
	if !p.named {
		return p.links
	}
	return append([]string{p.actor}, p.links...)
}

// fromOutside says on which side of the firm's border the actor stands. Without a direction, a visitor of a site is
// outside, whoever has a host name is inside, and otherwise the address decides.
func fromOutside(e *sekisho.Event) bool {
	switch e.Direction {
	case sekisho.DirectionInbound:
		return true
	case sekisho.DirectionOutbound, sekisho.DirectionInternal:
		return false
	}
	switch {
	case e.SiteID != "" || e.Site != "":
		return true
	case e.Host != "":
		return false
	}
	return e.SrcIP.IsValid() && !isInside(e.SrcIP)
}

var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

func isInside(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || carrierNAT.Contains(ip)
}

// insideAddress is the address of the inside host: normally the source, but a sensor that gives no direction may
// describe an answer.
func insideAddress(e *sekisho.Event) string {
	switch {
	case !e.SrcIP.IsValid() || e.Direction == "" && !isInside(e.SrcIP):
		if e.DstIP.IsValid() && isInside(e.DstIP) && e.Direction == "" {
			return address(e.DstIP, false)
		}
		return ""
	}
	return address(e.SrcIP, false)
}

// address names an address as an entity. IPv6 from outside counts by its /64: whoever has one address there has all.
func address(ip netip.Addr, outside bool) string {
	if !ip.IsValid() {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	if outside && ip.Is6() {
		prefix, _ := ip.Prefix(64)
		return "ip:" + prefix.String()
	}
	return "ip:" + ip.String()
}

// familyOf is the sensor's family, or else the class. What a list has made of an event is told by that.
func familyOf(e *sekisho.Event, class sekisho.Class) string {
	if e.Family == "" || class != e.Class {
		return string(class)
	}
	return clip(e.Family)
}

// name names an entity by a word that sensors write in any case.
func name(kind, s string) string { return exact(kind, strings.ToLower(s)) }

func exact(kind, s string) string {
	if s == "" {
		return ""
	}
	return kind + clip(s)
}

// clip keeps a name short enough to be a key: a sensor may send anything. Long names keep their identity by a hash.
func clip(s string) string {
	const longest = 96
	if len(s) <= longest {
		return s
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return strings.ToValidUTF8(s[:longest-17], "") + "~" + strconv.FormatUint(h.Sum64(), 16)
}

func urlHost(s string) string {
	if !strings.Contains(s, "://") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func number(s string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(s))
	return h.Sum32()
}

func firstOf(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

func present(names ...string) (there []string) {
	for _, n := range names {
		if n != "" {
			there = append(there, n)
		}
	}
	return there
}
