package bench

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// The whole list of holes over raw sockets against the program itself, and enough generated requests through every server
// to notice a change; `sekisho bench gate` sends more.
func TestGate_closesTheHolesOfThePartsAndIsReadAlikeByEveryServer(t *testing.T) {
	testenv.Programs(t, "nginx", "apache2", "haproxy", "node", "pebble", "pebble-challtestsrv")
	cfg := DefaultGate()
	cfg.Binary, cfg.Garden, cfg.Strangers = builtProgram(t), 80, 4
	report, err := Gate(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]bool{}
	for _, row := range report.Rows {
		numbers[row.Case] = true
		if !row.OK {
			t.Errorf("%s, %s: %s", row.Case, row.What, row.Ours)
		}
	}
	for _, number := range []string{"B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12", "B13", "B14", "B15", "B16", "B17", "C1", "C2"} {
		if !numbers[number] && !strings.Contains(strings.Join(report.Missing, " "), number) {
			t.Errorf("%s is not tested", number)
		}
	}
	// The yardstick must have the holes, or it measures nothing.
	if report.Open < 25 {
		t.Errorf("%d holes of the parts are closed here, want at least 25: does the yardstick still work?", report.Open)
	}
	var table strings.Builder
	if err := report.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
	if os.Getenv("SEKISHO_TEST_REQUIRE_SERVERS") == "1" && len(report.Missing) > 0 {
		t.Errorf("not tested: %v", report.Missing)
	}
}

func TestGardener_makesEqualRequestsFromEqualSeeds(t *testing.T) {
	a, b, other := newGardener(7), newGardener(7), newGardener(8)
	differ := false
	for range 200 {
		one := a.request()("x")
		if two := b.request()("x"); one != two {
			t.Fatalf("%q and %q from one seed", one, two)
		}
		differ = differ || one != other.request()("x")
	}
	if !differ {
		t.Error("another seed makes the same requests")
	}
}

func TestDifference_seesWhatAServerReadOtherwise(t *testing.T) {
	base := func() seenRequest {
		return seenRequest{Method: "GET", Target: "/a?b", Body: "c", Header: http.Header{"X-Plain": {"1"}, "X.Odd": {"2"}}}
	}
	tests := []struct {
		name   string
		change func(*seenRequest)
		want   string // in the difference; empty for none
	}{
		{"nothing", func(*seenRequest) {}, ""},
		{"another method", func(r *seenRequest) { r.Method = "POST" }, "method"},
		{"another path", func(r *seenRequest) { r.Target = "/A?b" }, "target"},
		{"another body", func(r *seenRequest) { r.Body = "" }, "body"},
		{"another value", func(r *seenRequest) { r.Header["X-Plain"] = []string{"2"} }, "X-Plain"},
		{"a value more", func(r *seenRequest) { r.Header["X-Plain"] = []string{"1", "2"} }, "X-Plain"},
		{"a field with a value more", func(r *seenRequest) { r.Header["X-More"] = []string{"1"} }, "X-More"},
		{"a field less", func(r *seenRequest) { delete(r.Header, "X-Plain") }, "lost"},
		{"an odd field less", func(r *seenRequest) { delete(r.Header, "X.Odd") }, ""},
		{"a field of the server's own", func(r *seenRequest) { r.Header["Via"] = []string{"me"} }, ""},
	}
	server := &gateServer{}
	for _, test := range tests {
		got := base()
		test.change(&got)
		why := server.difference([]seenRequest{base()}, []seenRequest{got})
		if (why == "") != (test.want == "") || !strings.Contains(why, test.want) {
			t.Errorf("%s: %q, want %q", test.name, why, test.want)
		}
	}
	if why := server.difference([]seenRequest{base()}, []seenRequest{base(), base()}); !strings.Contains(why, "2 requests") {
		t.Errorf("one more request: %q", why)
	}
	if why := server.difference([]seenRequest{base()}, nil); why != "" {
		t.Errorf("a refusal: %q", why)
	}
}
