package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/app"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

// passphraseFlag is where a backup's passphrase comes from; never the command line, which everybody on the machine can read.
type passphraseFlag struct{ file string }

func (p *passphraseFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.file, "passphrase-file", "", "file that holds the passphrase of the backup (default: certificate_key of the configuration)")
}

func (p *passphraseFlag) read(cfg config.Config) (string, error) {
	if p.file == "" {
		if cfg.CertificateKey == "" {
			return "", sekisho.Invalid("a backup holds private keys and is sealed: give --passphrase-file, and keep that file in another place than the backup")
		}
		return string(cfg.CertificateKey), nil
	}
	content, err := os.ReadFile(p.file)
	if err != nil {
		return "", sekisho.Invalid(fmt.Sprintf("the passphrase file %s cannot be read: look at its name and its rights", p.file))
	}
	return strings.TrimSpace(string(content)), nil
}

func newBackup() *cobra.Command {
	var f recordsFlags
	var p passphraseFlag
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Write records, keys, certificates and state to a sealed file, also while `sekisho serve` runs", Args: exactArgs("FILE"),
	}
	f.add(cmd)
	p.add(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := f.config(environ())
		if err != nil {
			return err
		}
		passphrase, err := p.read(cfg)
		if err != nil {
			return err
		}
		log, err := obs.NewLogger(cmd.ErrOrStderr(), "text", slog.LevelWarn.String())
		if err != nil {
			return err
		}
		done, err := app.Backup(cmd.Context(), cfg, args[0], passphrase, log)
		if err != nil {
			return err
		}
		if cfg.RedisURL != "" {
			_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "what is shared by redis_url (modes, certificates that were ordered) is not in it: back Redis up too")
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s holds %d records and %d files, schema %d\n", args[0], done.Rows, done.Files, done.Header.Schema)
		return err
	}
	return cmd
}

func newRestore() *cobra.Command {
	var f recordsFlags
	var p passphraseFlag
	var replace bool
	cmd := &cobra.Command{Use: "restore FILE", Short: "Bring a backup back, into an empty data directory and database", Args: exactArgs("FILE")}
	f.add(cmd)
	p.add(cmd)
	cmd.Flags().BoolVar(&replace, "replace", false, "put what is in the data directory aside first")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := f.config(environ())
		if err != nil {
			return err
		}
		passphrase, err := p.read(cfg)
		if err != nil {
			return err
		}
		log, err := obs.NewLogger(cmd.ErrOrStderr(), "text", slog.LevelWarn.String())
		if err != nil {
			return err
		}
		done, err := app.Restore(cmd.Context(), cfg, args[0], passphrase, replace, log)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "restored %d records and %d files of %s\n", done.Rows, done.Files, localTime(done.Header.Created))
		return err
	}
	return cmd
}
