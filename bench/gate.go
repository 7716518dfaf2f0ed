package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/sekisho-waf/sekisho"
)

// GateConfig says what [Gate] tests.
type GateConfig struct {
	Profile sekisho.Profile // of the sites under test
	Binary  string          // the program that is started; empty means the running one
	Command string          // how the run was asked for, for the report
	Seed    uint64          // equal seeds generate equal requests
	// Strangers are the names of nobody's that ask for a handshake, with a certificate authority that is there for them; 0
	// leaves certificates out.
	Strangers int
	Garden    int // generated requests that each server behind us must read as we do; 0 for none
}

// MaxGarden bounds GateConfig.Garden, which bounds a run.
const MaxGarden = 100_000

// DefaultGate is what `sekisho bench gate` runs: a minute or two.
func DefaultGate() GateConfig {
	return GateConfig{Profile: sekisho.ProfileSmallBusiness, Seed: 1, Strangers: 24, Garden: 2000}
}

// GateRow is one line of the table.
type GateRow struct {
	Case  string `json:"case"`  // "B12", or the suite's name
	What  string `json:"what"`  // in words
	Stock string `json:"stock"` // what the parts do by themselves
	Ours  string `json:"ours"`
	OK    bool   `json:"ok"`   // ours is as it must be
	Open  bool   `json:"open"` // and the parts' is not
}

// GateReport is what [Gate] found.
type GateReport struct {
	Rows    []GateRow `json:"rows"`
	Failed  int       `json:"failed"`  // rows that are not as they must be
	Open    int       `json:"open"`    // holes of the parts that are closed here
	Missing []string  `json:"missing"` // what could not be tested, with the reason
	Profile string    `json:"profile"`
	Commit  string    `json:"commit"`
	Command string    `json:"command"`
}

// A gateSuite is one part of the gate. It adds its rows to the report; an error ends the run. A new kind of scenario is a
// function here and a line in gateSuites.
type gateSuite func(context.Context, *gateRun) error

var gateSuites = []gateSuite{runGateCases, runACME, runGarden}

// Gate sends requests that lie to a proxy that it starts, and to the parts by themselves, and says what became of them.
// Loopback only.
func Gate(ctx context.Context, cfg GateConfig) (GateReport, error) {
	run := &gateRun{cfg: cfg, report: GateReport{Profile: cfg.Profile.String(), Command: cfg.Command, Missing: []string{}}}
	defer run.stop()
	if err := run.start(ctx); err != nil {
		return GateReport{}, err
	}
	run.report.Commit = commit()
	for _, suite := range gateSuites {
		if err := suite(ctx, run); err != nil {
			return GateReport{}, err
		}
	}
	for _, row := range run.report.Rows {
		if !row.OK {
			run.report.Failed++
		}
		if row.Open {
			run.report.Open++
		}
	}
	return run.report, nil
}

// gateRun is what suites share.
type gateRun struct {
	cfg    GateConfig
	binary string
	report GateReport
	dir    string

	origin   *witness // behind us
	parts    *witness // behind the parts
	servers  []*gateServer
	stock    string // address
	ours     string
	children []*child
	closers  []func()
}

const (
	gateHost   = "gate.bench.example"
	gardenHost = "garden.gate.bench.example"
	// gateRule answers a visitor whose address it knows, on request, with a status that nobody else uses.
	gateRule       = "SecRule REQUEST_HEADERS:X-Gate \"@streq address\" \"id:1000,phase:1,deny,status:418,chain\"\nSecRule REMOTE_ADDR \"@ipMatch ::1\"\n"
	gateRuleStatus = 418
)

func (r *gateRun) start(ctx context.Context) (err error) {
	if r.binary = r.cfg.Binary; r.binary == "" {
		if r.binary, err = os.Executable(); err != nil {
			return fmt.Errorf("find the running program: %w", err)
		}
	}
	if r.dir, err = os.MkdirTemp("", "sekisho-gate-"); err != nil {
		return fmt.Errorf("make a folder for the run: %w", err)
	}
	if r.origin, err = newWitness(); err != nil {
		return err
	}
	if r.parts, err = newWitness(); err != nil {
		return err
	}
	if r.cfg.Garden > 0 {
		if err := r.startGarden(ctx); err != nil {
			return err
		}
	}
	return r.startProxies(ctx)
}

// startProxies starts the parts and ourselves, both on IPv6 (B10) and without a temporary folder (B9).
func (r *gateRun) startProxies(ctx context.Context) error {
	loopback := "[::1]"
	if _, err := freeAddressOn(loopback); err != nil {
		loopback = "127.0.0.1"
		r.report.Missing = append(r.report.Missing, "B10: this machine has no IPv6")
	}
	var addresses [4]string
	for i := range addresses {
		address, err := freeAddressOn(loopback)
		if err != nil {
			return err
		}
		addresses[i] = address
	}
	rules := filepath.Join(r.dir, "gate.rules")
	if err := os.WriteFile(rules, []byte(gateRule), 0o600); err != nil {
		return fmt.Errorf("write the rules of the run: %w", err)
	}
	r.stock, r.ours = addresses[0], addresses[1]
	temporary := filepath.Join(r.dir, "temporary") // Coraza looks for it once, at the start
	if err := os.Mkdir(temporary, 0o700); err != nil {
		return fmt.Errorf("make a folder for the run: %w", err)
	}
	defer func() { _ = os.Remove(temporary) }()
	environment := []string{"TMPDIR=" + temporary}
	if err := r.startChild(ctx, "plain Coraza", environment, r.stock, "bench", "stock", "--addr", r.stock, "--origin", r.parts.url(), "--rules", rules); err != nil {
		return err
	}
	var config strings.Builder
	config.WriteString("sites:\n")
	site := func(host, origin string, mode sekisho.Mode) {
		fmt.Fprintf(&config, "- host: %q\n  origin: %q\n  mode: %s\n  profile: %s\n  custom_rules_file: %q\n", host, origin, mode, r.cfg.Profile, rules)
	}
	site(gateHost, r.origin.url(), sekisho.ModeBlock)
	site(gardenHost, r.origin.url(), sekisho.ModeDetect) // what framing lets through shall reach the servers
	for _, server := range r.servers {
		site(server.host(), "http://"+server.address, sekisho.ModeDetect)
	}
	file := filepath.Join(r.dir, "sekisho.yaml")
	if err := os.WriteFile(file, []byte(config.String()), 0o600); err != nil {
		return fmt.Errorf("write the configuration of the run: %w", err)
	}
	// What is asked is what the rules say: a busy machine may take its time for that.
	return r.startChild(ctx, "sekisho serve", environment, r.ours, "serve", "--config", file, "--data-dir", filepath.Join(r.dir, "data"),
		"--inspection-budget", "20s", "--inspection-wait", "30s", "--http", r.ours, "--https", addresses[2], "--portal", addresses[3], "--access-log", "off")
}

func (r *gateRun) startChild(ctx context.Context, name string, environment []string, address string, args ...string) error {
	c, err := startChildWith(environment, name, r.binary, nil, args...)
	if err != nil {
		return err
	}
	r.children = append(r.children, c)
	return c.await(ctx, target{address: address, host: gateHost}, "/", 200)
}

func (r *gateRun) stop() {
	for i := len(r.children) - 1; i >= 0; i-- {
		r.children[i].stop()
	}
	for _, server := range r.servers {
		server.witness.close()
	}
	for _, closeIt := range r.closers {
		closeIt()
	}
	for _, w := range []*witness{r.origin, r.parts} {
		if w != nil {
			w.close()
		}
	}
	if r.dir != "" {
		_ = os.RemoveAll(r.dir) // a temporary folder; the system's own cleaning is the second chance
	}
}

// runGateCases sends the list of holes to both.
func runGateCases(ctx context.Context, r *gateRun) error {
	for _, c := range gateCases() {
		if c.number == "B10" && !strings.HasPrefix(r.ours, "[") {
			continue
		}
		stock, stockOK, err := r.send(ctx, r.stock, c, r.parts)
		if err != nil {
			return err
		}
		ours, ok, err := r.send(ctx, r.ours, c, r.origin)
		if err != nil {
			return err
		}
		r.report.Rows = append(r.report.Rows, GateRow{Case: c.number, What: c.name, Stock: stock, Ours: ours, OK: ok, Open: !stockOK})
	}
	return nil
}

// send sends a case as often as it wants, and returns what became of it; where it was not always the same, how often.
func (r *gateRun) send(ctx context.Context, address string, c gateCase, w *witness) (words string, ok bool, err error) {
	times := max(c.repeat, 1)
	counts := map[string]int{}
	good := 0
	for range times {
		out, err := talk(ctx, address, gateHost, c.bytes(gateHost), w)
		if err != nil {
			return "", false, err
		}
		words = out.String()
		counts[words]++
		if c.wanted(out) {
			good++
		}
	}
	if times > 1 {
		words = fmt.Sprintf("%d of %d as it must be", good, times)
	}
	return words, good == times, nil
}

// WriteTable prints the report for people.
func (r GateReport) WriteTable(w io.Writer) error {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "CASE\tWHAT\tTHE PARTS ALONE\tSEKISHO\t")
	for _, row := range r.Rows {
		mark := ""
		if !row.OK {
			mark = "FAILED"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.Case, row.What, row.Stock, row.Ours, mark)
	}
	_ = table.Flush() // into memory
	_, _ = fmt.Fprintf(&out, "\n%d rows, %d not as they must be; %d holes of the parts are closed here\n", len(r.Rows), r.Failed, r.Open)
	for _, missing := range r.Missing {
		_, _ = fmt.Fprintf(&out, "NOT TESTED  %s\n", missing)
	}
	_, _ = fmt.Fprintf(&out, "profile     %s\ncommit      %s\ncommand     %s\n", r.Profile, r.Commit, r.Command)
	_, err := io.WriteString(w, out.String())
	return err
}
