package certs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/sekisho-waf/sekisho"
)

// preventedByCAA is what the owner's DNS forbids (RFC 8659).
type preventedByCAA struct{ at, want string }

func (e *preventedByCAA) Error() string {
	return fmt.Sprintf("the CAA record of %s does not allow %s", e.at, e.want)
}

// leadsElsewhere is a name that no authority would find us by.
type leadsElsewhere struct {
	addrs      []netip.Addr
	delegation string
}

func (e *leadsElsewhere) Error() string {
	return fmt.Sprintf("the name leads to %s, not here", joined(e.addrs))
}

func joined(addrs []netip.Addr) string {
	if len(addrs) == 0 {
		return "no address"
	}
	words := make([]string, len(addrs))
	for i, addr := range addrs {
		words[i] = addr.String()
	}
	return strings.Join(words, ", ")
}

// explain says in words why a host has no new certificate and what would help. retryAfter is when the authority wants to
// be asked again; zero: it did not say.
func explain(host string, err error) (problem sekisho.Text, retryAfter time.Duration) {
	if caa, ok := errors.AsType[*preventedByCAA](err); ok {
		return sekisho.Text{
			JA: fmt.Sprintf("%s のCAAレコードが、証明書の発行元を限っています。DNSに「%s CAA 0 issue \"%s\"」を加えてください。", caa.at, caa.at, caa.want),
			EN: fmt.Sprintf("The CAA record of %s limits who may issue certificates. Add to DNS: %s CAA 0 issue \"%s\"", caa.at, caa.at, caa.want),
		}, 0
	}
	if elsewhere, ok := errors.AsType[*leadsElsewhere](err); ok {
		return elsewhere.text(host), 0
	}
	var refused *acme.Error
	if authorization, ok := errors.AsType[*acme.AuthorizationError](err); ok {
		for _, one := range authorization.Errors {
			if found, ok := errors.AsType[*acme.Error](one); ok {
				refused = found
			}
		}
	}
	if refused == nil {
		refused, _ = errors.AsType[*acme.Error](err)
	}
	if refused != nil {
		if rest, limited := acme.RateLimit(refused); limited || kindOfProblem(refused) == "rateLimited" {
			return sekisho.Text{
				JA: "認証局の発行回数の上限に達しました。時間をおいて自動でやり直します。",
				EN: "The authority's limit is reached. It is tried again later by itself.",
			}, max(rest, time.Hour)
		}
		return refusedText(host, refused), 0
	}
	if unreachable(err) {
		return sekisho.Text{
			JA: "認証局に接続できません。自動でやり直します。",
			EN: "The certificate authority cannot be reached. It is tried again by itself.",
		}, 0
	}
	if message := sekisho.MessageOf(err); message != "" {
		return sekisho.Text{JA: "証明書を用意できません: " + message, EN: "The certificate cannot be made ready: " + message}, 0
	}
	return sekisho.Text{
		JA: fmt.Sprintf("証明書の発行が途中で止まりました(%v)。自動でやり直します。", err),
		EN: fmt.Sprintf("The order stopped on its way: %v. It is tried again by itself.", err),
	}, 0
}

func (e *leadsElsewhere) text(host string) sekisho.Text {
	text := sekisho.Text{
		JA: fmt.Sprintf("%s は、まだこちらを向いていません(現在: %s)。", host, joined(e.addrs)),
		EN: fmt.Sprintf("%s does not lead here yet (now: %s).", host, joined(e.addrs)),
	}
	if e.delegation != "" {
		text.JA += fmt.Sprintf("切替の前に証明書を用意するには、DNSに「_acme-challenge.%s CNAME %s」を加えてください。", host, e.delegation)
		text.EN += fmt.Sprintf(" To have a certificate before the switch, add to DNS: _acme-challenge.%s CNAME %s", host, e.delegation)
	}
	return text
}

// kindOfProblem is the last word of an ACME problem's type (RFC 8555, 6.7).
func kindOfProblem(problem *acme.Error) string {
	return problem.ProblemType[strings.LastIndexByte(problem.ProblemType, ':')+1:]
}

// refusedText sorts an authority's reasons by who can do something about them.
func refusedText(host string, problem *acme.Error) sekisho.Text {
	switch kindOfProblem(problem) {
	case "caa":
		return sekisho.Text{
			JA: fmt.Sprintf("%s のCAAレコードが、この認証局による発行を許していません。", host),
			EN: fmt.Sprintf("The CAA record of %s does not allow this authority.", host),
		}
	case "dns":
		return sekisho.Text{
			JA: fmt.Sprintf("認証局が %s のDNSを引けませんでした。DNSの設定をご確認ください。", host),
			EN: fmt.Sprintf("The authority could not look %s up in DNS. Please check the records.", host),
		}
	case "connection", "tls":
		return sekisho.Text{
			JA: fmt.Sprintf("認証局から %s に接続できませんでした。Aレコード(AAAAレコード)の向き先をご確認ください。", host),
			EN: fmt.Sprintf("The authority could not connect to %s. Please check where its A and AAAA records lead.", host),
		}
	case "unauthorized", "incorrectResponse":
		return sekisho.Text{
			JA: fmt.Sprintf("認証局が %s で別のサーバーの応答を受け取りました。A・AAAAレコードが古い向き先のままでないかご確認ください。", host),
			EN: fmt.Sprintf("The authority got another server's answer at %s. Please check for A or AAAA records that still lead elsewhere.", host),
		}
	case "rejectedIdentifier":
		return sekisho.Text{
			JA: fmt.Sprintf("認証局は %s の証明書を発行しません。別の認証局か、証明書の持ち込みをご検討ください。", host),
			EN: fmt.Sprintf("The authority does not issue for %s. Please use another authority or upload a certificate.", host),
		}
	case "externalAccountRequired", "userActionRequired", "accountDoesNotExist":
		return sekisho.Text{
			JA: "認証局の利用登録に手続きが必要です。運営者にご連絡ください。",
			EN: "The account with the authority needs attention. Please tell the operator.",
		}
	case "serverInternal":
		return sekisho.Text{JA: "認証局側の不具合です。自動でやり直します。", EN: "The authority has a fault. It is tried again by itself."}
	}
	return sekisho.Text{
		JA: fmt.Sprintf("認証局が発行を断りました(%s)。", problem.Detail),
		EN: fmt.Sprintf("The authority refused: %s", problem.Detail),
	}
}

func unreachable(err error) bool {
	var failed *url.Error
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &failed) || errors.As(err, &network)
}
