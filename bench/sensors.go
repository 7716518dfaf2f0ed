package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// SensorsConfig says how much is sent, and what decodes a line: the bridge's own code, which this package does not know.
type SensorsConfig struct {
	Lines   int // for each way in, with a kill -9 in the middle of each
	Decode  func(raw []byte) (vendor string)
	Frame   Framer // of a forwarder, for the runs with a kill: it knows by answers what is stored
	Command string
}

// DefaultSensors is large enough that memory would show a leak.
func DefaultSensors() SensorsConfig { return SensorsConfig{Lines: 200_000} }

// SensorsReport is what `sekisho bench sensors --json` prints. The first four are the worst of what follows.
type SensorsReport struct {
	DecodePerS   float64      `json:"lines_per_s_decode"`     // on one core, the slowest vendor
	EndToEndPerS float64      `json:"lines_per_s_end_to_end"` // socket to stored, scored and grouped; the slowest way in
	RSSMB        float64      `json:"rss_mb"`                 // most resident in any process
	Lost         int          `json:"lost"`                   // sent and not stored
	Doubled      int          `json:"doubled"`                // stored more than once
	Decode       []DecodeRate `json:"decode"`
	Ways         []SensorWay  `json:"ways"`
	Cores        int          `json:"cores_of_machine"`
	Load         string       `json:"load"` // of the machine before the run: the three averages
	Go           string       `json:"go"`
	CPU          string       `json:"cpu"`
	Command      string       `json:"command"`
}

// DecodeRate is how fast one vendor's lines become events, by processor time of the one thread.
type DecodeRate struct {
	Vendor   string  `json:"vendor"`
	PerS     float64 `json:"lines_per_s"`
	Fastest  float64 `json:"lines_per_s_fastest"` // of the rounds; PerS is their median
	Slowest  float64 `json:"lines_per_s_slowest"`
	LineSize int     `json:"line_bytes"`
}

// SensorWay is one way in, once undisturbed and once with kill -9 in the middle.
type SensorWay struct {
	Way     string  `json:"way"`
	Sent    int     `json:"sent"`
	PerS    float64 `json:"lines_per_s"` // wall clock, from the first line to the last one stored
	CPUPerS float64 `json:"lines_per_cpu_s"`
	RSSHalf float64 `json:"rss_mb_half_way"`
	RSSEnd  float64 `json:"rss_mb_end"`

	Killed        int `json:"sent_with_kill"`
	KilledLost    int `json:"lost_with_kill"`
	KilledDoubled int `json:"doubled_with_kill"`
	Lost          int `json:"lost"`
	Doubled       int `json:"doubled"`
}

// Sensors measures decoding in this process and the rest in `serve` processes that it starts.
func Sensors(ctx context.Context, cfg SensorsConfig) (SensorsReport, error) {
	report := SensorsReport{Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: cpuName(), Command: cfg.Command}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		report.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	for _, vendor := range []string{"WatchGuard", "Fortinet"} {
		rate, err := decodeRate(cfg.Decode, vendor)
		if err != nil {
			return report, err
		}
		report.Decode = append(report.Decode, rate)
		if report.DecodePerS == 0 || rate.PerS < report.DecodePerS {
			report.DecodePerS = rate.PerS
		}
	}
	for _, way := range sensorWays {
		w, err := measureWay(ctx, way, cfg.Lines, cfg.Frame)
		if err != nil {
			return report, fmt.Errorf("measuring %s: %w", way.name, err)
		}
		report.Ways = append(report.Ways, w)
		if report.EndToEndPerS == 0 || w.PerS < report.EndToEndPerS {
			report.EndToEndPerS = w.PerS
		}
		report.RSSMB = max(report.RSSMB, w.RSSHalf, w.RSSEnd)
		report.Lost += w.Lost + w.KilledLost
		report.Doubled += w.Doubled + w.KilledDoubled
	}
	return report, nil
}

// WriteTable prints the report for people.
func (r SensorsReport) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "decode\tlines/cpu-s\tslowest\tfastest\tbytes a line\t")
	for _, d := range r.Decode {
		_, _ = fmt.Fprintf(t, "%s\t%.0f\t%.0f\t%.0f\t%d\t\n", d.Vendor, d.PerS, d.Slowest, d.Fastest, d.LineSize)
	}
	_, _ = fmt.Fprintln(t, "way\tsent\tlines/s\tlines/cpu-s\tMB half way\tMB at the end\tlost\tdoubled\tsent, killed\tlost\tdoubled\t")
	for _, s := range r.Ways {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%d\t%d\t%d\t%d\t%d\t\n", s.Way, s.Sent, s.PerS, s.CPUPerS, s.RSSHalf, s.RSSEnd, s.Lost, s.Doubled, s.Killed, s.KilledLost, s.KilledDoubled)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%d cores, load %s, %s, %s\ncommand  %s\n", r.Cores, r.Load, r.CPU, r.Go, r.Command)
	return err
}

// sensorServer is a `serve` of ours with one sensor for each way in.
type sensorServer struct {
	binary, dir, certs string
	addrs              map[string]string // tcp, tls, https
	token              string
	child              *child
}

func newSensorServer(ctx context.Context) (_ *sensorServer, err error) {
	s := &sensorServer{addrs: map[string]string{}}
	if s.binary, err = os.Executable(); err != nil {
		return nil, fmt.Errorf("find this binary: %w", err)
	}
	if s.dir, err = os.MkdirTemp("", "sekisho-bench-"); err != nil {
		return nil, fmt.Errorf("make a directory for the run: %w", err)
	}
	s.certs = filepath.Join(s.dir, "certs")
	for _, way := range []string{"tcp", "tls", "https", "portal"} {
		if s.addrs[way], err = freeAddress(); err != nil {
			return nil, err
		}
	}
	if err := s.start(ctx); err != nil {
		s.close()
		return nil, err
	}
	for _, args := range [][]string{{"bench-tcp", "--tcp", s.addrs["tcp"]}, {"bench-tls", "--certificate", s.certs}, {"bench-https", "--token"}} {
		said, err := s.run(ctx, append([]string{"sensor", "add"}, args...)...)
		if err != nil {
			s.close()
			return nil, err
		}
		if _, token, found := strings.Cut(string(said), "shown this once: "); found {
			s.token, _, _ = strings.Cut(token, "\n")
		}
	}
	return s, nil
}

// start starts the process and returns once it hears sensors.
func (s *sensorServer) start(ctx context.Context) (err error) {
	s.child, err = startChild("sekisho serve", s.binary, nil, "serve", "--data-dir", filepath.Join(s.dir, "data"), "--http", "127.0.0.1:0", "--https", "127.0.0.1:0",
		"--portal", s.addrs["portal"], "--access-log", "off", "--sensors-tls", s.addrs["tls"], "--sensors-https", s.addrs["https"])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		if status, err := s.status(ctx); err == nil && status.Running {
			return nil
		}
		select {
		case <-s.child.ended:
			return fmt.Errorf("sekisho serve ended before it answered: %s", s.child.said)
		case <-ctx.Done():
			return fmt.Errorf("sekisho serve did not answer: %w: %s", ctx.Err(), s.child.said)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *sensorServer) kill() {
	_ = s.child.cmd.Process.Kill()
	<-s.child.ended
}

func (s *sensorServer) close() {
	if s.child != nil {
		s.child.stop()
	}
	_ = os.RemoveAll(s.dir)
}

func (s *sensorServer) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, s.binary, append(args, "--data-dir", filepath.Join(s.dir, "data"))...)
	cmd.Env = ownEnvironment()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sekisho %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return out, nil
}

// sensorStatus is the part of `sekisho status --json` that is needed here. It comes from the serving process alone.
type sensorStatus struct {
	Running  bool   `json:"running"`
	Spooled  int    `json:"spooled"`
	Received uint64 `json:"sensors_received"`
}

func (s *sensorServer) status(ctx context.Context) (sensorStatus, error) {
	var status sensorStatus
	out, err := s.run(ctx, "status", "--json")
	if err == nil {
		err = json.Unmarshal(out, &status)
	}
	return status, err
}

// resident is what a process holds in memory now, in megabytes; 0 where the system does not say.
func resident(pid int) float64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for text := range strings.Lines(string(content)) {
		if value, found := strings.CutPrefix(text, "VmRSS:"); found {
			kilobytes, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kilobytes / 1024
		}
	}
	return 0
}

// stored counts how often each line is among the records: index is the line's number.
func (s *sensorServer) stored(ctx context.Context, lines int) (distinct, doubled int, err error) {
	cmd := exec.CommandContext(ctx, s.binary, "events", "--json", "--data-dir", filepath.Join(s.dir, "data"))
	cmd.Env = ownEnvironment()
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, fmt.Errorf("reading the events: %w", err)
	}
	seen := make([]bool, lines)
	events := json.NewDecoder(out)
	for {
		var e sekisho.Event
		if err = events.Decode(&e); err != nil {
			break
		}
		number, err := strconv.Atoi(numberOf(e.Raw))
		if err != nil || number >= lines {
			continue
		}
		if seen[number] {
			doubled++
		} else {
			distinct++
		}
		seen[number] = true
	}
	if err == io.EOF {
		err = nil
	}
	if ended := cmd.Wait(); err == nil {
		err = ended
	}
	return distinct, doubled, err
}
