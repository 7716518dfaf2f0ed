package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/ruleset"
)

func newRuleset() *cobra.Command {
	return group("ruleset", "What the rules of a policy are, and which of them a request meets", newRulesetExplain(), newRulesetTrace())
}

// askedPolicy adds flags for the parts of a policy that one can ask about on the command line.
func askedPolicy(cmd *cobra.Command) func() (sekisho.Policy, error) {
	policy := sekisho.DefaultPolicy()
	var custom string
	cmd.Flags().IntVar(&policy.ParanoiaLevel, "paranoia-level", policy.ParanoiaLevel, "1 (few false positives) to 4")
	cmd.Flags().StringVar(&custom, "custom-rules", "", "file with SecLang, loaded behind the Core Rule Set")
	return func() (sekisho.Policy, error) {
		if custom == "" {
			return policy, nil
		}
		text, err := os.ReadFile(custom)
		if err != nil {
			return policy, sekisho.Invalid(fmt.Sprintf("read custom rules: %v", err))
		}
		policy.CustomRules = string(text)
		return policy, nil
	}
}

func newRulesetExplain() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Whether requests can be proven clean under a policy, and what each rule has to do with it",
		Args:  exactArgs(),
	}
	policyOf := askedPolicy(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		policy, err := policyOf()
		if err != nil {
			return err
		}
		explanation, err := ruleset.Explain(policy)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), explanation)
		}
		return printExplanation(cmd.OutOrStdout(), explanation)
	}
	return cmd
}

func printExplanation(w io.Writer, e ruleset.Explanation) error {
	for _, lane := range []struct {
		what, reason string
	}{{"requests", e.SlowReason}, {"responses", e.SlowResponseReason}, {"forms in parts", cmp.Or(e.SlowReason, e.SlowPartsReason)}} {
		sentence := "can be proven clean"
		if lane.reason != "" {
			sentence = "always meet every rule: " + printable(lane.reason)
		}
		if _, err := fmt.Fprintf(w, "%s %s\n", lane.what, sentence); err != nil {
			return err
		}
	}
	t := newTable(w, "RULE", "PHASE", "STANDING", "REASON")
	for _, rule := range e.Rules {
		t.row(strconv.Itoa(rule.ID), strconv.Itoa(rule.Phase), string(rule.Standing), rule.Reason)
	}
	return t.flush()
}

func newRulesetTrace() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace [FILE]",
		Short: "Which lane a recorded request takes, and which rule asks for the slow one",
		Long:  "Reads one raw HTTP/1.1 request from FILE, or from standard input, and shows it to the rules of a policy.",
		Args:  cobra.MaximumNArgs(1),
	}
	policyOf := askedPolicy(cmd)
	asJSON := cmd.Flags().Bool("json", false, "print one JSON object")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		policy, err := policyOf()
		if err != nil {
			return err
		}
		in := cmd.InOrStdin()
		if len(args) == 1 {
			file, err := os.Open(args[0])
			if err != nil {
				return sekisho.Invalid(fmt.Sprintf("open the request: %v", err))
			}
			defer func() { _ = file.Close() }()
			in = file
		}
		x, err := readExchange(in, policy.BodyLimit)
		if err != nil {
			return err
		}
		route, err := ruleset.RouteOf(cmd.Context(), policy, x)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(cmd.OutOrStdout(), route)
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "lane %s %s\nattack %v, score %d, rules %v\n", route.Lane, printable(route.Reason), route.Attack, route.Score, route.Matched)
		return err
	}
	return cmd
}

// readExchange reads one request as the proxy would hand it over.
func readExchange(in io.Reader, limit int64) (*sekisho.Exchange, error) {
	r, err := http.ReadRequest(bufio.NewReader(in))
	if err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("this is not an HTTP request: %v", err))
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("the body of the request is broken: %v", err))
	}
	x := &sekisho.Exchange{
		ID: sekisho.NewEventID(time.Now()), Client: netip.MustParseAddrPort("192.0.2.1:50000"), Server: netip.MustParseAddrPort("192.0.2.2:443"),
		Method: r.Method, Target: r.RequestURI, Protocol: r.Proto, Host: strings.ToLower(r.Host),
		Header: []sekisho.Field{{Name: "Host", Value: r.Host}},
	}
	if int64(len(body)) > limit {
		body, x.BodyCut = body[:limit], true
	}
	x.Body = body
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.Header[name] {
			x.Header = append(x.Header, sekisho.Field{Name: name, Value: value})
		}
	}
	return x, nil
}
