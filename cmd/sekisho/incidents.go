package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

// incidentLine is one incident as `sekisho incidents --json` prints it. The first nine keys are the contract; title and
// explanation are in the language of --lang, words holds both.
type incidentLine struct {
	ID          sekisho.IncidentID `json:"id"`
	Site        string             `json:"site"`
	Severity    sekisho.Severity   `json:"severity"`
	Score       int                `json:"score"`
	Count       int                `json:"count"`
	Title       string             `json:"title"`
	Explanation string             `json:"explanation"`
	First       time.Time          `json:"first"`
	Last        time.Time          `json:"last"`

	Tenant  sekisho.TenantID `json:"tenant"`
	Class   sekisho.Class    `json:"class"`
	Family  string           `json:"family"`
	Outcome sekisho.Outcome  `json:"outcome"`
	Track   sekisho.Track    `json:"track"`
	Terms   sekisho.Terms    `json:"terms"`
	Words   incidentWords    `json:"words"`
	Case    *sekisho.Case    `json:"case"` // who answers for it; null before the first case was opened
}

type incidentWords struct {
	Title  sekisho.Text `json:"title"`
	About  sekisho.Text `json:"about"`
	Why    sekisho.Text `json:"why"`
	Effect sekisho.Text `json:"effect"`
	Advice sekisho.Text `json:"advice"`
}

func newIncidents() *cobra.Command {
	var f recordsFlags
	var list listFlags
	var lang string
	cmd := &cobra.Command{Use: "incidents", Short: "List incidents, newest first, and act on them", Args: exactArgs()}
	cmd.AddCommand(newIncidentScore(), newIncidentWhatIf())
	cmd.AddCommand(newIncidentActs()...)
	f.add(cmd)
	list.add(cmd)
	cmd.Flags().StringVar(&lang, "lang", "ja", "language of title and explanation: ja or en")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if lang != "ja" && lang != "en" {
			return sekisho.Invalid(fmt.Sprintf("--lang %q: use ja or en", lang))
		}
		if err := list.check(cmd); err != nil {
			return err
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			views, err := allIncidents(ctx, service, list)
			if err != nil {
				return err
			}
			lines := make([]incidentLine, len(views))
			for i, view := range views {
				lines[i] = newIncidentLine(view, lang)
			}
			if list.json {
				return printJSON(cmd.OutOrStdout(), lines)
			}
			t := newTable(cmd.OutOrStdout(), "ID", "RANK", "SCORE", "STATE", "COUNT", "LAST", "SITE", "WHAT HAPPENED")
			for _, line := range lines {
				t.row(string(line.ID), rankOf(line), strconv.Itoa(line.Score), stateOf(line.Case), strconv.Itoa(line.Count), localTime(line.Last), line.Site, line.Title)
			}
			return t.flush()
		})
	}
	return cmd
}

func newIncidentLine(view control.IncidentView, lang string) incidentLine {
	words := view.Explanation
	return incidentLine{
		ID: view.ID, Site: view.Site, Severity: view.Severity, Score: view.Score, Count: view.Count,
		Title: words.Title.In(lang), Explanation: words.Why.In(lang), First: view.First, Last: view.Last,
		Tenant: view.Tenant, Class: view.Class, Family: view.Family, Outcome: view.Outcome, Track: view.Track, Terms: view.Terms,
		Words: incidentWords{words.Title, words.About, words.Why, words.Effect, words.Advice}, Case: view.Answers,
	}
}

// rankOf is the rank, and beside it the one that an analyst gave.
func rankOf(line incidentLine) string {
	if line.Case != nil && line.Case.Override != nil {
		return fmt.Sprintf("%s (%s by hand)", line.Severity, line.Case.Override)
	}
	return line.Severity.String()
}

func stateOf(c *sekisho.Case) string {
	switch {
	case c == nil:
		return "-"
	case c.QuietUntil.After(time.Now()):
		return c.State.String() + ", suppressed"
	}
	return c.State.String()
}

// allIncidents asks for every page of every tenant and joins them, newest first.
func allIncidents(ctx context.Context, service control.Service, list listFlags) ([]control.IncidentView, error) {
	tenants, err := service.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	var all []control.IncidentView
	for _, tenant := range tenants {
		filter := sekisho.IncidentFilter{Since: list.from(), Limit: pageSize}
		taken := 0
		for {
			page, err := service.Incidents(ctx, control.AskIncidents{Tenant: tenant.ID, Filter: filter})
			if err != nil {
				return nil, err
			}
			all = append(all, page.Incidents...)
			taken += len(page.Incidents)
			if filter.Cursor = page.Next; page.Next == "" || list.limit > 0 && taken >= list.limit {
				break
			}
		}
	}
	slices.SortStableFunc(all, func(a, b control.IncidentView) int { return b.Last.Compare(a.Last) })
	if list.limit > 0 && len(all) > list.limit {
		all = all[:list.limit]
	}
	return all, nil
}
