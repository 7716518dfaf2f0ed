package incidents

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"text/tabwriter"
)

// Measured is a scenario with what it cost, as its parent saw it.
type Measured struct {
	Counts
	EventsPerS float64 `json:"events_per_s"` // events by seconds of processor time: all of the child's, start included
	CPUSeconds float64 `json:"cpu_seconds"`
	RSSMB      float64 `json:"rss_mb"` // the most that was resident
}

// Report is what `sekisho bench incidents --json` prints. The first four are the flood's, and the sums over all.
type Report struct {
	EventsPerS   float64    `json:"events_per_s"` // of the flood
	RSSMB        float64    `json:"rss_mb"`       // of the flood
	Incidents    int        `json:"incidents"`
	StateChanges int        `json:"state_changes"`
	Scenarios    []Measured `json:"scenarios"`
	Cores        int        `json:"cores_of_machine"`
	Go           string     `json:"go"`
	Command      string     `json:"command"`
}

// Run runs each of the scenarios in a child process with one processor (GOMAXPROCS=1). The child is this binary, called
// with args and the scenario's name behind them.
func Run(ctx context.Context, scenarios []string, args ...string) (Report, error) {
	report := Report{Cores: runtime.NumCPU(), Go: runtime.Version(), Command: "sekisho " + strings.Join(os.Args[1:], " ")}
	self, err := os.Executable()
	if err != nil {
		return report, fmt.Errorf("finding this binary: %w", err)
	}
	for _, name := range scenarios {
		cmd := exec.CommandContext(ctx, self, append(args[:len(args):len(args)], name)...)
		cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			return report, fmt.Errorf("scenario %s: %w: %s", name, err, strings.TrimSpace(stderr.String()))
		}
		var m Measured
		if err := json.Unmarshal(stdout.Bytes(), &m.Counts); err != nil {
			return report, fmt.Errorf("reading the counts of %s: %w", name, err)
		}
		m.CPUSeconds = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
		m.EventsPerS = float64(m.Events) / max(0.01, m.CPUSeconds)
		m.RSSMB = mostResident(cmd.ProcessState)
		report.Scenarios = append(report.Scenarios, m)
		report.Incidents += m.Incidents
		report.StateChanges += m.StateChanges
		if name == "flood" || len(scenarios) == 1 {
			report.EventsPerS, report.RSSMB = m.EventsPerS, m.RSSMB
		}
	}
	return report, nil
}

// WriteTable prints the report for people.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(t, "\tevents\tevents/cpu-s\tMB\tincidents\tcases\tstate changes\tmessages\ta day (median)\ta day (most)\tHigh a month\t")
	for _, m := range r.Scenarios {
		_, _ = fmt.Fprintf(t, "%s\t%d\t%.0f\t%.0f\t%d\t%d\t%d\t%d\t%.1f\t%d\t%.1f\t\n", m.Scenario, m.Events, m.EventsPerS, m.RSSMB, m.Incidents, m.Cases, m.StateChanges, m.Messages, m.PerDayMedian, m.PerDayMost, m.HighPerMonth)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\neach scenario in a process with one processor, measured by its parent; %d cores, %s\ncommand  %s\n", r.Cores, r.Go, r.Command)
	return err
}
