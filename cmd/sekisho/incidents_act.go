package main

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

// act is a command that does one thing with the case of an incident.
type act struct {
	use, short string
	do         sekisho.ChangeKind
	reason     bool // needs one
	flags      func(cmd *cobra.Command, action *sekisho.CaseAction) (check func(args []string) error)
	args       []string
}

func newIncidentActs() (commands []*cobra.Command) {
	for _, a := range []act{
		{use: "ack ID", short: "Say that somebody has seen it", do: sekisho.ChangeAcknowledged},
		{use: "start ID", short: "Take it on: it is being worked on", do: sekisho.ChangeStarted},
		{use: "close ID --reason TEXT [--verdict threat|suspicious|clean]", short: "Close it; something worse opens it again", do: sekisho.ChangeClosed, reason: true, flags: verdictFlag},
		{use: "reopen ID --reason TEXT", short: "Open it again", do: sekisho.ChangeReopenedBy, reason: true},
		{use: "verdict ID threat|suspicious|clean --reason TEXT [--rank low|medium|high]", short: "Say what it was found to be, and rank it by hand where the score is wrong", do: sekisho.ChangeVerdict, reason: true, flags: verdictArgument, args: []string{"VERDICT"}},
		{use: "suppress ID --for TIME --reason TEXT", short: "Keep it, and what is like it, from being told until then, unless it gets worse", do: sekisho.ChangeSuppressed, reason: true, flags: untilFlag},
		{use: "unsuppress ID --reason TEXT", short: "Let it be told again", do: sekisho.ChangeUnsuppressed, reason: true},
		{use: "note ID --reason TEXT", short: "Write something down", do: sekisho.ChangeNoted, reason: true},
	} {
		commands = append(commands, a.command())
	}
	return append(commands, newIncidentHistory())
}

func (a act) command() *cobra.Command {
	var f recordsFlags
	action := sekisho.CaseAction{Do: a.do}
	cmd := &cobra.Command{Use: a.use, Short: a.short, Args: exactArgs(append([]string{"ID"}, a.args...)...)}
	f.add(cmd)
	cmd.Flags().StringVar(&action.By, "by", "", "who does this (default: the user of this machine)")
	if a.reason {
		cmd.Flags().StringVar(&action.Reason, "reason", "", "why, for whoever reads this later")
	}
	check := func([]string) error { return nil }
	if a.flags != nil {
		check = a.flags(cmd, &action)
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if action.By == "" {
			action.By = whoAmI()
		}
		if err := check(args); err != nil {
			return err
		}
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			c, err := service.ActOnCase(ctx, control.ActOnCase{ID: args[0], Action: action})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), sayCase(c))
			return err
		})
	}
	return cmd
}

func verdictFlag(cmd *cobra.Command, action *sekisho.CaseAction) func([]string) error {
	cmd.Flags().StringVar((*string)(&action.Verdict), "verdict", "", "what it was found to be: threat, suspicious or clean")
	return func([]string) error { return nil }
}

func verdictArgument(cmd *cobra.Command, action *sekisho.CaseAction) func([]string) error {
	var rank string
	cmd.Flags().StringVar(&rank, "rank", "", "the analyst's own rank, kept beside the computed one: low, medium or high")
	return func(args []string) error {
		action.Verdict = sekisho.CaseVerdict(args[1])
		if rank == "" {
			return nil
		}
		action.Severity = new(sekisho.Severity)
		if err := action.Severity.UnmarshalText([]byte(rank)); err != nil || *action.Severity == sekisho.SeverityUnknown {
			return sekisho.Invalid(fmt.Sprintf("--rank %q: use low, medium or high", rank))
		}
		return nil
	}
}

func untilFlag(cmd *cobra.Command, action *sekisho.CaseAction) func([]string) error {
	var last time.Duration
	cmd.Flags().DurationVar(&last, "for", 0, "how long, such as 720h; 400 days at most")
	return func([]string) error {
		if last <= 0 {
			return sekisho.Invalid("--for: say how long, such as 720h")
		}
		action.Until = time.Now().Add(last).Truncate(time.Second)
		return nil
	}
}

// whoAmI is who the change history names.
func whoAmI() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Getuid())
}

func sayCase(c sekisho.Case) string {
	line := fmt.Sprintf("%s is %s, ranked %s", c.ID, c.State, c.Rank())
	if c.Verdict != "" {
		line += fmt.Sprintf(", found to be %s", c.Verdict)
	}
	if c.QuietUntil.After(time.Now()) {
		line += ", suppressed until " + localTime(c.QuietUntil)
	}
	return line
}

func newIncidentHistory() *cobra.Command {
	var f recordsFlags
	var asJSON bool
	cmd := &cobra.Command{Use: "history ID", Short: "Who did what when with it, newest first", Args: exactArgs("ID")}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			ask := control.AskChanges{ID: args[0], Filter: sekisho.ChangeFilter{Limit: pageSize}}
			changes := []sekisho.Change{}
			for {
				page, err := service.Changes(ctx, ask)
				if err != nil {
					return err
				}
				changes = append(changes, page.Changes...)
				if ask.Filter.Cursor = page.Next; page.Next == "" {
					break
				}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), changes)
			}
			t := newTable(cmd.OutOrStdout(), "TIME", "WHAT", "BY", "STATE", "RANK", "TOLD", "REASON")
			for _, c := range changes {
				by := c.By
				if by == "" {
					by = "sekisho"
				}
				t.row(localTime(c.Time), string(c.Kind), by, c.State.String(), c.Severity.String(), string(c.Tell), c.Reason)
			}
			return t.flush()
		})
	}
	return cmd
}
