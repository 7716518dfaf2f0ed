package ruleset

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/corazawaf/coraza/v3/experimental/plugins"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"

	"github.com/sekisho-waf/sekisho"
)

type panickingOperator struct{}

func (panickingOperator) Evaluate(plugintypes.TransactionState, string) bool { panic("operator broke") }

func init() {
	plugins.RegisterOperator("testPanics", func(plugintypes.OperatorOptions) (plugintypes.Operator, error) {
		return panickingOperator{}, nil
	})
}

func TestRequest_returnsAPanicOfTheEngineAsAnError(t *testing.T) {
	policy := sekisho.DefaultPolicy()
	policy.CustomRules = `SecRule REQUEST_FILENAME "@testPanics" "id:1000,phase:2,deny"`
	bothModes(t, policy, func(t *testing.T, e *Engine) {
		i := e.Begin(exchange("GET", "/"))
		defer i.Close()
		v, err := i.Request(context.Background())
		if err == nil || !strings.Contains(err.Error(), "operator broke") {
			t.Fatalf("got error %v, want the panic in it", err)
		}
		if v.Attack || v.Matches != nil {
			t.Errorf("got %+v beside the error, want the zero verdict", v)
		}
		if _, again := i.Response(context.Background()); !errors.Is(again, err) {
			t.Errorf("Response after the failure: got %v, want %v", again, err)
		}
	})
}

func TestRequest_doesNotStartForACancelledCaller(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	i := engine(t, sekisho.DefaultPolicy(), sekisho.ModeBlock).Begin(exchange("GET", "/"))
	defer i.Close()
	if _, err := i.Request(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestRequest_isAskedOnce(t *testing.T) {
	i := engine(t, sekisho.DefaultPolicy(), sekisho.ModeBlock).Begin(exchange("GET", "/"))
	defer i.Close()
	if _, err := i.Request(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := i.Request(context.Background()); err == nil {
		t.Error("the second Request gave no error")
	}
	i.Close()
	i.Close()
}

func TestBegin_letsNothingOfOneSiteIntoAnother(t *testing.T) {
	const canary = "canary9f3e"
	e := slowLane(engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect))
	loud := post(form, "p="+canary+"'+UNION+SELECT+1,2--+-&token="+canary)
	loud.Target = "/a?x=" + canary + "%27%20or%201=1--"
	withHeader(withHeader(loud, "Cookie", "a="+canary+"' or 1=1--"), "X-A", canary)
	answer(loud, 500, "text/html", "You have an error in your SQL syntax; "+canary)
	for range 50 { // the pool behind an engine hands transactions out again
		i := e.Begin(loud)
		if v, err := i.Request(context.Background()); err != nil || !v.Attack {
			t.Fatalf("got %+v, %v, want an attack", v, err)
		}
		if v, err := i.Response(context.Background()); err != nil || !v.Leak {
			t.Fatalf("got %+v, %v, want a leak", v, err)
		}
		i.Close()

		quiet := e.Begin(answer(exchange("GET", "/b"), 200, "text/html", "<p>ok</p>"))
		v, err := quiet.Request(context.Background())
		if err != nil || v.Attack || v.Score != 0 || len(v.Matches) != 0 {
			t.Fatalf("request of another site: got %+v, %v, want a clean verdict", v, err)
		}
		vars, err := variablesOf(quiet.tx)
		if err != nil {
			t.Fatal(err)
		}
		for _, values := range [][]string{vars.ArgsGet().Get("x"), vars.ArgsPost().Get("p"), vars.RequestCookies().Get("a"), vars.RequestHeaders().Get("x-a")} {
			if len(values) != 0 {
				t.Fatalf("another site's transaction holds %q", values)
			}
		}
		if v, err := quiet.Response(context.Background()); err != nil || v.Attack || v.Leak || v.Score != 0 || len(v.Matches) != 0 {
			t.Fatalf("response of another site: got %+v, %v, want a clean verdict", v, err)
		}
		quiet.Close()
	}
}

func TestBegin_servesManyAtOnce(t *testing.T) {
	e := engine(t, sekisho.DefaultPolicy(), sekisho.ModeBlock)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for range 10 {
				x, attack := exchange("GET", "/about"), worker%2 == 0
				if attack {
					x = post("application/json", `{"q":"1' UNION SELECT a FROM b-- -"}`)
				}
				i := e.Begin(x)
				if v, err := i.Request(context.Background()); err != nil || v.Attack != attack {
					t.Errorf("got attack %v, %v, want %v", v.Attack, err, attack)
				}
				i.Close()
			}
		})
	}
	group.Wait()
}

func TestFill_showsWhatTheOriginGets(t *testing.T) {
	x := exchange("GET", "/a/b.php?q=%E3%81%82&q=2")
	x.Client = netip.MustParseAddrPort("[::ffff:203.0.113.7]:1234")
	x.Server = netip.AddrPort{}
	withHeader(withHeader(x, "X-Two", "1"), "X-Two", "2")
	i := slowLane(engine(t, sekisho.DefaultPolicy(), sekisho.ModeBlock)).Begin(x)
	defer i.Close()
	if _, err := i.Request(context.Background()); err != nil {
		t.Fatal(err)
	}
	vars, err := variablesOf(i.tx)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"client", vars.RemoteAddr().Get(), "203.0.113.7"},
		{"client port", vars.RemotePort().Get(), "1234"},
		{"unknown server", vars.ServerAddr().Get(), ""},
		{"server name", vars.ServerName().Get(), "www.example.co.jp"},
		{"target", vars.RequestURIRaw().Get(), x.Target},
		{"method", vars.RequestMethod().Get(), "GET"},
		{"protocol", vars.RequestProtocol().Get(), "HTTP/1.1"},
		{"path", vars.RequestFilename().Get(), "/a/b.php"},
		{"host", strings.Join(vars.RequestHeaders().Get("host"), "|"), "www.example.co.jp"},
		{"header twice", strings.Join(vars.RequestHeaders().Get("x-two"), "|"), "1|2"},
		{"argument twice", strings.Join(vars.ArgsGet().Get("q"), "|"), "あ|2"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	for addr, want := range map[string]string{"2001:db8::1": "2001:db8::1", "fe80::1%eth0": "fe80::1", "::ffff:192.0.2.1": "192.0.2.1"} {
		if got := address(netip.MustParseAddr(addr)); got != want {
			t.Errorf("address(%s) = %q, want %q", addr, got, want)
		}
	}
}

func TestSeams_hold(t *testing.T) {
	x := exchange("GET", "/?q=1%27%20UNION%20SELECT%20a%20FROM%20b--%20-")
	detect := engine(t, sekisho.DefaultPolicy(), sekisho.ModeDetect).Begin(x)
	defer detect.Close()
	if _, err := detect.Request(context.Background()); err != nil {
		t.Fatal(err)
	}
	if detect.tx.Interruption() != nil {
		t.Error("a detecting engine interrupted")
	}
	if would := wouldBe(detect.tx); would == nil || would.RuleID != 949110 || would.Status != 403 {
		t.Errorf("wouldBe: got %+v, want rule 949110 with 403", would)
	}
	if got := score(detect.tx, "blocking_inbound_anomaly_score"); got < 5 {
		t.Errorf("score: got %d, want at least 5", got)
	}
	if got := score(detect.tx, "no_such_variable"); got != 0 {
		t.Errorf("score of nothing: got %d, want 0", got)
	}
	seen := map[int]disruption{}
	for _, m := range detect.tx.MatchedRules() {
		seen[m.Rule().ID()] = disruptionOf(m)
	}
	if got := seen[949110]; got != disruptDeny {
		t.Errorf("disruption of 949110: got %d, want %d", got, disruptDeny)
	}
	if got := seen[942100]; got.stops() {
		t.Errorf("disruption of 942100: got %d, want one that does not stop", got)
	}
	vars, err := variablesOf(detect.tx)
	if err != nil {
		t.Fatal(err)
	}
	if err := set(vars.InboundDataError(), "1"); err != nil || vars.InboundDataError().Get() != "1" {
		t.Errorf("set: got %v and %q, want the variable to be 1", err, vars.InboundDataError().Get())
	}
}
