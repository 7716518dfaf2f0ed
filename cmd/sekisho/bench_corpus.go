package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/bench/corpora"
)

func newBenchCorpus() *cobra.Command {
	var out, set string
	var seed uint64
	cmd := &cobra.Command{
		Use:   "corpus --out DIR",
		Short: "Write ordinary requests and attacks for `bench efficacy`, a file each",
		Long: "Writes ordinary requests to DIR/benign and attacks to DIR/attack, one raw HTTP request each: of small Japanese\n" +
			"companies' sites (--set own), or of products and languages from all over (--set held-out), which no rule was\n" +
			"written beside. Equal seeds give equal requests; another seed says other things with the same templates.",
		Args: exactArgs(),
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write to")
	cmd.Flags().StringVar(&set, "set", "own", "which requests: "+strings.Join(corpora.Names(), " or "))
	cmd.Flags().Uint64Var(&seed, "seed", 1, "what the words are picked by")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if out == "" {
			return sekisho.Invalid("--out: give a folder to write to")
		}
		benign, attacks, ok := corpora.Set(set, seed)
		if !ok {
			return sekisho.Invalid("--set " + set + ": use " + strings.Join(corpora.Names(), " or "))
		}
		if err := corpora.Write(filepath.Join(out, "benign"), benign); err != nil {
			return err
		}
		if err := corpora.Write(filepath.Join(out, "attack"), attacks); err != nil {
			return err
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d ordinary requests and %d attacks are in %s\n", len(benign), len(attacks), out)
		return err
	}
	return cmd
}
