// Command sekisho is the whole product in one binary: a file per subcommand, flags only, no business rule.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // the machine may have none; sensors name theirs

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes: 0 done, 1 something of ours or of the machine failed, 2 the input cannot work as it stands.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// run executes one command line and returns its exit code. Errors are one line on stderr that names the thing and the
// way out.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return exitDone
	}
	_, _ = fmt.Fprintln(stderr, "sekisho: "+oneLine(err.Error()))
	switch sekisho.KindOf(err) {
	case sekisho.KindInternal, sekisho.KindUnavailable:
		return exitFailed
	default:
		return exitUsage
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "sekisho",
		Short: "A cloud WAF for small companies: protects their websites and says in plain words what happened",
		Long: "Sekisho stands in front of websites, inspects every request with Coraza and the OWASP Core Rule Set,\n" +
			"and tells owners in plain Japanese and English what happened. Try: sekisho demo",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		newDemo(), newServe(), newRestart(), newSite(), newExclusion(), newPolicy(), newTenant(), newLoginLink(), newIncidents(), newEvents(), newSensor(), newSensors(), newExport(), newForwarder(), newStatus(),
		newConfig(), newMigrate(), newBackup(), newRestore(), newRuleset(), newBench(), newVersion(),
	)
	return root
}

// group returns a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs, RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}}
	cmd.AddCommand(children...)
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, child := range cmd.Commands() {
		if !child.Hidden && child.Name() != "help" && child.Name() != "completion" {
			names = append(names, child.Name())
		}
	}
	return sekisho.Invalid(fmt.Sprintf("unknown command %q; did you mean %q? %s --help lists all", name, cmd.CommandPath()+" "+config.Nearest(name, names), cmd.CommandPath()))
}

// flagError names the flag and what fits.
func flagError(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				names = append(names, f.Name)
			}
		})
		return sekisho.Invalid(fmt.Sprintf("unknown flag --%s; did you mean --%s? %s --help lists all", unknown.GetSpecifiedName(), config.Nearest(unknown.GetSpecifiedName(), names), cmd.CommandPath()))
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		text := sekisho.MessageOf(errors.Unwrap(invalid))
		if text == "" {
			text = fmt.Sprintf("%q does not fit: %s", invalid.GetValue(), invalid.GetFlag().Usage)
		}
		return sekisho.Invalid("--" + invalid.GetFlag().Name + ": " + text)
	}
	return sekisho.Invalid(err.Error())
}

// exactArgs demands the named arguments.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		if len(args) > len(names) {
			return sekisho.Invalid(fmt.Sprintf("%s: unexpected argument %q; use: %s", cmd.CommandPath(), args[len(names)], cmd.UseLine()))
		}
		return sekisho.Invalid(fmt.Sprintf("%s: %s is missing; use: %s", cmd.CommandPath(), names[len(args)], cmd.UseLine()))
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
