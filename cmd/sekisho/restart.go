package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

// takeover bounds how long a new process that is prepared may take to serve, with the way back behind it.
const takeover = 90 * time.Second

func newRestart() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "restart",
		Short: "Start sekisho serve anew without refusing a visitor: a new program, or new settings",
		Long: "Start sekisho serve anew without refusing a visitor: with the program file and the settings as they are now.\n\n" +
			"The running process starts the new one, which prepares while the old one serves. Settings that cannot work, or a\n" +
			"program that cannot start, leave the old one serving, and the reason is printed.",
		Args: exactArgs(),
	}
	f.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var next control.Restarting
		began := time.Now()
		err := f.with(cmd, func(ctx context.Context, service control.Service) (err error) {
			next, err = service.Restart(ctx)
			return err
		})
		if err != nil {
			return err
		}
		status, err := nextStatus(cmd, f)
		if err != nil {
			return err
		}
		if status.PID != next.PID {
			return &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "the new process could not take over, and the program that ran before serves again; the reason is in its log"}
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "process %d serves, version %s, %s after the command\n", status.PID, status.Version, time.Since(began).Round(10*time.Millisecond))
		return err
	}
	return cmd
}

// nextStatus waits until somebody answers on the data directory again.
func nextStatus(cmd *cobra.Command, f recordsFlags) (status control.Status, err error) {
	cfg, err := f.config(environ())
	if err != nil {
		return status, err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), takeover)
	defer cancel()
	for {
		if client, dialErr := control.Dial(ctx, cfg.DataDir); dialErr == nil {
			if status, err = client.Status(ctx); err == nil && !status.Leaving {
				return status, nil
			}
		}
		select {
		case <-ctx.Done():
			return status, &sekisho.Error{Kind: sekisho.KindUnavailable, Msg: "nobody answers on data_dir " + cfg.DataDir + " yet; see the log of sekisho serve"}
		case <-time.After(20 * time.Millisecond):
		}
	}
}
