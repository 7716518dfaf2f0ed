package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/control"
)

func newIncidentScore() *cobra.Command {
	var asJSON bool
	var lang, weights string
	cmd := &cobra.Command{
		Use:   "score FILE [--weights FILE] [--json]",
		Short: "What the incident engine makes of a file of events, on a clock that the events set",
		Long: "Runs a file of events through an incident engine of its own and prints the incidents, the worst first, with\n" +
			"terms, rank and sentence. The file holds one JSON event per line, as `sekisho events --json` and `sekisho sensors\n" +
			"parse --json` print them; - is standard input. A line that is no event is named and passed over. Nothing is stored.",
		Args: exactArgs("FILE"),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, in the form of sekisho incidents --json")
	cmd.Flags().StringVar(&lang, "lang", "ja", "language of title and explanation: ja or en")
	cmd.Flags().StringVar(&weights, "weights", "", "score by this file instead of the scale that comes with the program")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if lang != "ja" && lang != "en" {
			return sekisho.Invalid(fmt.Sprintf("--lang %q: use ja or en", lang))
		}
		cfg := incident.DefaultConfig()
		var err error
		if cfg.Weights, err = readWeights(weights); err != nil {
			return err
		}
		replay, err := incident.NewReplay(cfg, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
		if err != nil {
			return err
		}
		in, done, err := openEvents(cmd, args[0])
		if err != nil {
			return err
		}
		defer done()
		if err := readEvents(cmd, args[0], in, replay.Add); err != nil {
			return err
		}
		if err := replay.End(cmd.Context()); err != nil {
			return err
		}
		lines := []incidentLine{}
		for _, i := range replay.Incidents() {
			view := control.IncidentView{Incident: i, Explanation: incident.Explain(i)}
			if c, ok := replay.Case(i); ok {
				view.Answers = &c
			}
			lines = append(lines, newIncidentLine(view, lang))
		}
		if asJSON {
			return printJSON(cmd.OutOrStdout(), lines)
		}
		return printScores(cmd.OutOrStdout(), lines, replay.Stats())
	}
	return cmd
}

// readWeights reads a file of weights; without one the scale is the program's own.
func readWeights(path string) (*incident.Weights, error) {
	if path == "" {
		return incident.DefaultWeights(), nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("%s: cannot be read; check the path and its permissions", path))
	}
	weights, err := incident.ParseWeights(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return weights, nil
}

func openEvents(cmd *cobra.Command, path string) (io.Reader, func(), error) {
	if path == "-" {
		return cmd.InOrStdin(), func() {}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, sekisho.Invalid(fmt.Sprintf("%s: cannot be read; check the path and its permissions", path))
	}
	return file, func() { _ = file.Close() }, nil
}

// longestEvent is as much as the spool takes.
const longestEvent = 1 << 20

// readEvents hands over every line that is an event. The first line that is none is named on standard error, the others
// are counted; a file without any event is KindInvalid.
func readEvents(cmd *cobra.Command, name string, in io.Reader, take func(context.Context, sekisho.Event) error) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 64<<10), longestEvent)
	taken, bad, first := 0, 0, ""
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var event sekisho.Event
		if err := json.Unmarshal(line, &event); err != nil {
			bad++
			first = cmp.Or(first, fmt.Sprintf("%s:%d: no event: %s", name, n, oneLine(err.Error())))
			continue
		}
		if err := take(cmd.Context(), event); err != nil {
			return err
		}
		taken++
	}
	if err := lines.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return sekisho.Invalid(fmt.Sprintf("%s: a line is longer than %d bytes", name, longestEvent))
		}
		return fmt.Errorf("reading %s: %w", name, err)
	}
	if bad > 0 {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s; %d lines passed over\n", printable(first), bad)
	}
	if taken == 0 {
		return sekisho.Invalid(fmt.Sprintf("%s: no event in it; use one JSON event per line, as `sekisho events --json` prints them", name))
	}
	return nil
}

func printScores(w io.Writer, lines []incidentLine, stats incident.Stats) error {
	var b strings.Builder
	for _, line := range lines {
		fmt.Fprintf(&b, "%s %d  %s\n", strings.ToUpper(line.Severity.String()), line.Score, printable(line.Title))
		fmt.Fprintf(&b, "    %s\n    %s\n", printable(line.Explanation), termsOf(line.Terms))
		fmt.Fprintf(&b, "    %s %s, %d events, %s to %s\n", line.Tenant, printable(string(line.Class)+"/"+line.Family), line.Count, localTime(line.First), localTime(line.Last))
	}
	fmt.Fprintf(&b, "%d events, %d incidents; %d repeated, %d of an unknown class, %d with an impossible time\n",
		stats.Events, len(lines), stats.Repeated, stats.Unknown, stats.Mistimed)
	_, err := io.WriteString(w, b.String())
	return err
}

// termsOf is the score as a sum, for somebody who checks it.
func termsOf(t sekisho.Terms) string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
	text := fmt.Sprintf("C %s x A %s x I %s x O %s + R %.1f (n %d) + X %s", number(t.Confidence), number(t.Asset), number(t.Impact), number(t.Outcome), t.Recurrence, t.N, number(t.Correlation))
	if len(t.Reasons) > 0 {
		text += " (" + strings.Join(t.Reasons, ", ") + ")"
	}
	if t.Guard != "" {
		text += ", guard " + t.Guard
	}
	return text
}

func newIncidentWhatIf() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	var weights string
	var last time.Duration
	cmd := &cobra.Command{
		Use:   "whatif --weights FILE [--json]",
		Short: "What another scale would have changed on the last 30 days",
		Long: "Runs the stored events of every tenant through two engines, one with the scale in force and one with FILE, and\n" +
			"prints the incidents that would rank otherwise. Nothing is stored.",
		Args: exactArgs(),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&weights, "weights", "", "the other scale, in the form of incident/weights.yaml")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().DurationVar(&last, "since", 30*24*time.Hour, "how far to look back")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if weights == "" {
			return sekisho.Invalid("--weights: name the file to try")
		}
		if last <= 0 {
			return sekisho.Invalid(fmt.Sprintf("--since %s: use a time above zero, such as 720h", last))
		}
		other, err := readWeights(weights)
		if err != nil {
			return err
		}
		cfg, err := f.config(environ())
		if err != nil {
			return err
		}
		inForce, err := readWeights(cfg.IncidentWeights)
		if err != nil {
			return err
		}
		compared, err := incident.NewWhatIf(inForce, other, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
		if err != nil {
			return err
		}
		if err := f.with(cmd, func(ctx context.Context, service control.Service) error {
			return eachEvent(ctx, service, time.Now().Add(-last), compared.Add)
		}); err != nil {
			return err
		}
		difference, err := compared.End(cmd.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return printJSON(cmd.OutOrStdout(), difference)
		}
		return printDifference(cmd.OutOrStdout(), difference)
	}
	return cmd
}

// eachEvent hands over the events of every tenant, tenant by tenant, oldest first.
func eachEvent(ctx context.Context, service control.Service, since time.Time, take func(context.Context, sekisho.Event) error) error {
	tenants, err := service.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, tenant := range tenants {
		ask := control.AskEvents{Tenant: tenant.ID, Filter: sekisho.EventFilter{Since: since, Oldest: true, Limit: pageSize}}
		for {
			page, err := service.Events(ctx, ask)
			if err != nil {
				return err
			}
			for _, event := range page.Events {
				if err := take(ctx, event); err != nil {
					return err
				}
			}
			if ask.Filter.Cursor = page.Next; page.Next == "" {
				break
			}
		}
	}
	return nil
}

func printDifference(w io.Writer, d incident.Difference) error {
	t := newTable(w, "", "HIGH", "MEDIUM", "LOW", "STORED ONLY", "MESSAGES AT ONCE", "DIGESTS")
	row := func(name string, c incident.Tally) {
		t.row(name, strconv.Itoa(c.High), strconv.Itoa(c.Medium), strconv.Itoa(c.Low), strconv.Itoa(c.Stored), strconv.Itoa(c.Now), strconv.Itoa(c.Digest))
	}
	row("in force", d.Before)
	row("with the file", d.After)
	if err := t.flush(); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n%d events; %d incidents score otherwise\n", d.Events, len(d.Changed)); err != nil || len(d.Changed) == 0 {
		return err
	}
	t = newTable(w, "INCIDENT", "TENANT", "BEFORE", "AFTER", "COUNT", "WHAT HAPPENED")
	side := func(terms *sekisho.Terms) string {
		if terms == nil {
			return "-"
		}
		return fmt.Sprintf("%s %d", terms.Severity, terms.Score)
	}
	for _, c := range d.Changed {
		t.row(string(c.Incident.ID), string(c.Incident.Tenant), side(c.Before), side(c.After), strconv.Itoa(c.Incident.Count), incident.Explain(c.Incident).Title.JA)
	}
	return t.flush()
}
