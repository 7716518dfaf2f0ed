package nameserver

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

const (
	// A packet without EDNS holds 512 bytes (RFC 1035, 4.2.1); with it we send no more than fits every path.
	plainSize = 512
	ednsSize  = 1232
)

// answer returns the packet that answers another, or nil where silence is better: to what is no question at all, so that
// two servers never talk to each other for ever. tcp says that the asker has shown who they are.
func (s *Server) answer(packet []byte, from netip.Addr, tcp bool) []byte {
	var question dns.Msg
	if err := question.Unpack(packet); err != nil || question.Response {
		return nil
	}
	reply := new(dns.Msg)
	reply.SetReply(&question)
	reply.RecursionAvailable = false
	size := plainSize
	if edns := question.IsEdns0(); edns != nil {
		size = min(max(int(edns.UDPSize()), plainSize), ednsSize)
		reply.SetEdns0(ednsSize, false)
	}
	switch {
	case !tcp && !s.rates.allow(from):
		if !s.rates.slip() {
			return nil
		}
		reply.Truncated = true // who really asks comes back by TCP
	case question.Opcode != dns.OpcodeQuery:
		reply.Rcode = dns.RcodeNotImplemented
	case len(question.Question) != 1:
		reply.Rcode = dns.RcodeFormatError
		reply.Question = nil
	default:
		s.resolve(reply, question.Question[0])
	}
	if tcp {
		size = dns.MaxMsgSize
	}
	reply.Truncate(size)
	out, err := reply.Pack()
	if err != nil {
		return nil
	}
	return out
}

// resolve fills in what stands at the asked name. Outside our zone, for anything but the internet, and for "everything you
// have" (RFC 8482) we refuse; a name of ours that does not exist is said not to exist, since resolvers walk down to the
// name they want and give a server up that refuses on the way (RFC 9156).
func (s *Server) resolve(reply *dns.Msg, asked dns.Question) {
	name := strings.ToLower(asked.Name)
	label, inside := strings.CutSuffix(name, s.origin)
	if label != "" {
		label, inside = strings.CutSuffix(label, ".")
	}
	if !inside || !strings.HasSuffix(name, s.origin) || asked.Qclass != dns.ClassINET || asked.Qtype == dns.TypeANY || asked.Qtype == dns.TypeAXFR || asked.Qtype == dns.TypeIXFR {
		reply.Rcode = dns.RcodeRefused
		return
	}
	reply.Authoritative = true
	answer, exists := s.records(asked.Name, label, asked.Qtype)
	reply.Answer = answer
	if !exists {
		reply.Rcode = dns.RcodeNameError
	}
	if len(answer) == 0 {
		reply.Ns = []dns.RR{s.soa()} // how long the nothing may be remembered (RFC 2308)
	}
}
