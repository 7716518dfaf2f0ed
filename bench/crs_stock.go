package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset"
)

// A stock is plain Coraza in this process: the yardstick for what a proxy finds. It is shown the same bytes, read by
// net/http and reduced to what an origin may be told. The proxy's own reading is not used on purpose: a yardstick that
// shares code with what it measures has the same faults.
type stock struct {
	pool    *ruleset.Pool
	engines map[engineName]*ruleset.Engine
}

type engineName struct {
	policy string
	mode   sekisho.Mode
}

func newStock() *stock {
	return &stock{ruleset.NewStockPool(slog.New(slog.DiscardHandler)), map[engineName]*ruleset.Engine{}}
}

// prepare compiles a policy, so that judge only reads.
func (s *stock) prepare(policy sekisho.Policy, mode sekisho.Mode) error {
	name := engineName{policy.Hash(), mode}
	if s.engines[name] != nil {
		return nil
	}
	engine, err := s.pool.Acquire(policy, mode)
	if err != nil {
		return fmt.Errorf("compile for plain Coraza: %w", err)
	}
	s.engines[name] = engine
	return nil
}

func (s *stock) close() {
	for _, engine := range s.engines {
		engine.Release()
	}
}

// stockJudgement is what plain Coraza says about an exchange.
type stockJudgement struct {
	attack  bool
	score   int
	matches []sekisho.Match // as an event would have them
	rules   []int           // of matches
	all     []int           // every rule that matched, however many
}

// judge runs the exchange through an engine that prepare has compiled. In block mode a request that is stopped has no
// response.
func (s *stock) judge(ctx context.Context, policy sekisho.Policy, mode sekisho.Mode, x *sekisho.Exchange) (stockJudgement, error) {
	inspection := s.engines[engineName{policy.Hash(), mode}].Begin(x)
	defer inspection.Close()
	request, err := inspection.Request(ctx)
	if err != nil {
		return stockJudgement{}, err
	}
	whole := request
	if x.Status != 0 && !(request.Attack && mode == sekisho.ModeBlock) {
		response, err := inspection.Response(ctx)
		if err != nil {
			return stockJudgement{}, err
		}
		whole = together(request, response)
	}
	judgement := stockJudgement{attack: whole.Attack, score: whole.Score, matches: whole.Matches, all: inspection.Trace().Rules}
	for _, match := range whole.Matches {
		judgement.rules = append(judgement.rules, match.RuleID)
	}
	return judgement, nil
}

// together is what one event says of a request and its response.
func together(request, response sekisho.Verdict) sekisho.Verdict {
	whole := response
	if request.Attack {
		whole = request
		whole.Score = max(request.Score, response.Score)
	}
	whole.Matches = slices.Clone(request.Matches)
	for _, match := range response.Matches {
		if !slices.Contains(whole.Matches, match) {
			whole.Matches = append(whole.Matches, match)
		}
	}
	return whole
}

// exchangeOf reads the request that was sent and the answer that came back as an inspector behind a proxy sees them.
func exchangeOf(raw []byte, answer *rawAnswer, policy sekisho.Policy) (*sekisho.Exchange, error) {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request's body: %w", err)
	}
	host, err := sekisho.CanonicalHost(request.Host)
	if err != nil {
		return nil, err
	}
	dropUntold(request.Header)
	if request.ContentLength != 0 {
		request.Header.Del("Expect") // the proxy reads the body ahead, and has kept what it asks for
	}
	x := &sekisho.Exchange{
		ID: "bench", Client: addrPortOf(answer.client), Server: addrPortOf(answer.proxy),
		Method: request.Method, Target: targetOf(request), Protocol: request.Proto, Host: host,
		Header: append([]sekisho.Field{{Name: "Host", Value: host + portOf(request.Host)}}, fieldsOf(request.Header)...),
		Status: answer.status, ResponseHeader: fieldsOf(inspectedHeader(answer.header)),
	}
	for _, coding := range request.TransferEncoding {
		x.Header = append(x.Header, sekisho.Field{Name: "Transfer-Encoding", Value: coding})
	}
	x.Body, x.BodyCut = within(body, policy.BodyLimit)
	if policy.ResponseBodyLimit > 0 && len(answer.body) > 0 && isReadable(answer.header) {
		x.ResponseBody, x.ResponseBodyCut = within(answer.body, policy.ResponseBodyLimit)
	}
	return x, nil
}

func within(body []byte, limit int64) (head []byte, cut bool) {
	if int64(len(body)) > limit {
		return body[:limit], true
	}
	return body, false
}

// claimed are the fields by which a visitor could pose as a proxy; no origin is told them, so no rule sees them.
var claimed = []string{
	"Forwarded", "True-Client-Ip", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Forwarded-For",
	"X-Original-Url", "X-Rewrite-Url", "X-Envoy-External-Address", "X-Envoy-Original-Path", "Cf-Connecting-Ip",
	"Cf-Connecting-Ipv6", "Fastly-Client-Ip", "Fly-Client-Ip", "Do-Connecting-Ip", "X-Appengine-User-Ip",
	"X-Azure-Clientip", "X-Azure-Socketip", "X-Request-Id", "Trailer",
}

// dropUntold drops the fields that no origin is told.
func dropUntold(header http.Header) {
	for _, value := range header["Connection"] {
		for name := range strings.SplitSeq(value, ",") { // what it names ends at the proxy
			name = http.CanonicalHeaderKey(strings.TrimSpace(name))
			if !slices.Contains([]string{"Connection", "Upgrade", "Te", "Content-Length"}, name) {
				delete(header, name)
			}
		}
	}
	for name := range header {
		if slices.Contains(claimed, name) || strings.HasPrefix(name, "X-Forwarded-") || strings.Contains(name, "_") {
			delete(header, name)
		}
	}
	if upgrade := header["Upgrade"]; upgrade != nil && !(len(upgrade) == 1 && strings.EqualFold(upgrade[0], "websocket")) {
		delete(header, "Upgrade")
	}
}

// targetOf is the target that the origin gets: as it was sent, without the host of an absolute one.
func targetOf(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") && !strings.HasPrefix(r.RequestURI, "//") {
		return r.RequestURI
	}
	return r.URL.RequestURI()
}

// inspectedHeader leaves out what belongs to the connection between proxy and visitor.
func inspectedHeader(header http.Header) http.Header {
	header = header.Clone()
	for _, name := range []string{"Connection", "Keep-Alive", "Transfer-Encoding"} {
		header.Del(name)
	}
	return header
}

func isReadable(header http.Header) bool {
	kind, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	switch kind {
	case "text/html", "text/plain", "text/xml", "application/json":
		coding := strings.ToLower(strings.TrimSpace(header.Get("Content-Encoding")))
		return coding == "" || coding == "identity"
	}
	return false
}

func fieldsOf(header http.Header) []sekisho.Field {
	var fields []sekisho.Field
	for _, name := range slices.Sorted(maps.Keys(header)) {
		for _, value := range header[name] {
			fields = append(fields, sekisho.Field{Name: name, Value: value})
		}
	}
	return fields
}

func portOf(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon < 0 || colon < strings.LastIndexByte(host, ']') || colon == len(host)-1 {
		return ""
	}
	return host[colon:]
}

func addrPortOf(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		port := tcp.AddrPort()
		return netip.AddrPortFrom(port.Addr().Unmap(), port.Port())
	}
	return netip.AddrPort{}
}
