package ruleset

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/corazawaf/coraza/v3/types"

	"github.com/sekisho-waf/sekisho"
)

// fill shows a request to a transaction, before any rule has run. It is the only place that does: whoever compares two
// ways of inspection fills both with it. What stands in the exchange is what the origin gets, and all of it is shown.
func fill(tx types.Transaction, x *sekisho.Exchange, policy sekisho.Policy) error {
	vars, err := variablesOf(tx)
	if err != nil {
		return err
	}
	tx.ProcessConnection(address(x.Client.Addr()), int(x.Client.Port()), address(x.Server.Addr()), int(x.Server.Port()))
	tx.SetServerName(x.Host)
	tx.ProcessURI(x.Target, x.Method, x.Protocol)

	// net/http keeps Host apart from the other fields; rules look for it among them.
	if _, has := field(x.Header, "Host"); !has && x.Host != "" {
		tx.AddRequestHeader("Host", x.Host)
	}
	for _, f := range x.Header {
		tx.AddRequestHeader(ownName(f.Name), f.Value)
	}
	if policy.Profile == sekisho.ProfileSmallBusiness {
		addDecoded(vars.ArgsGet())
		vars.TX().Set(decodeArguments, []string{"1"})
	}
	unshare(vars.ArgsGet())
	unshare(vars.RequestCookies())

	body, cut := x.Body, x.BodyCut
	if policy.Profile == sekisho.ProfileSmallBusiness {
		plain, plainCut, readable, err := plainBody(x, policy.BodyLimit)
		if err != nil {
			return err
		}
		if body, cut = plain, plainCut; !readable {
			vars.TX().Set(unreadable, []string{"1"})
		}
	}
	if int64(len(body)) > policy.BodyLimit {
		body, cut = body[:policy.BodyLimit], true
	}
	if cut {
		contentType, _ := field(x.Header, "Content-Type")
		body = closeCut(contentType, body)
		// The body processors then forgive an end that they would otherwise call malformed.
		if err := set(vars.InboundDataError(), "1"); err != nil {
			return err
		}
	}
	if _, _, err := tx.WriteRequestBody(body); err != nil {
		return fmt.Errorf("show the request body to the rules: %w", err)
	}
	return nil
}

// fillResponse shows the response half of an exchange, before any response rule has run.
func fillResponse(tx types.Transaction, x *sekisho.Exchange, policy sekisho.Policy) error {
	vars, err := variablesOf(tx)
	if err != nil {
		return err
	}
	for _, f := range x.ResponseHeader {
		// The body is decoded by now, and rules leave a body alone whose header says that it is compressed.
		if x.ResponseBody != nil && strings.EqualFold(f.Name, "Content-Encoding") {
			continue
		}
		value := f.Value
		if strings.EqualFold(f.Name, "Content-Type") {
			value = normalMediaType(value)
		}
		tx.AddResponseHeader(ownName(f.Name), value)
	}
	body, cut := x.ResponseBody, x.ResponseBodyCut
	if int64(len(body)) > policy.ResponseBodyLimit {
		body, cut = body[:policy.ResponseBodyLimit], true
	}
	if cut {
		if err := set(vars.OutboundDataError(), "1"); err != nil {
			return err
		}
	}
	if _, _, err := tx.WriteResponseBody(body); err != nil {
		return fmt.Errorf("show the response body to the rules: %w", err)
	}
	return nil
}

// address prints an address as rules expect it: IPv4 also when it arrived mapped into IPv6, no brackets, no zone.
func address(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.Unmap().WithZone("").String()
}

// field returns the first value of a header field, which is the one that chooses the body processor.
func field(fields []sekisho.Field, name string) (string, bool) {
	for _, f := range fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value, true
		}
	}
	return "", false
}

// normalMediaType writes the media type in the spelling of [responseTypes]: Coraza compares it letter by letter.
func normalMediaType(contentType string) string {
	media, parameters, has := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	if !has {
		return media
	}
	return media + ";" + parameters
}
