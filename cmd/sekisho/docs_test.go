package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocuments_showCommandsThatExist reads every `sekisho ...` of the documents as the program would: its words must be
// commands, and its flags theirs.
func TestDocuments_showCommandsThatExist(t *testing.T) {
	shown := regexp.MustCompile("(?m)(?:^|[`$; /])sekisho ([a-z-][^`\n|#;]*)")
	word := regexp.MustCompile(`^[a-z][a-z-]*$`)
	flag := regexp.MustCompile(`--([a-z][a-z0-9-]*)`)
	found := map[string]int{}
	for _, document := range []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/operations.md", "docs/benchmarks.md"} {
		text, err := os.ReadFile("../../" + document)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range shown.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(match[1], "forwards to ") { // what the forwarder prints
				continue
			}
			found[document]++
			root := newRoot()
			cmd, rest, err := root.Find(strings.Fields(match[1]))
			if err != nil || cmd == root || cmd.HasSubCommands() && len(rest) > 0 && word.MatchString(rest[0]) {
				t.Errorf("%s shows `sekisho %s`, which is no command: %v", document, match[1], err)
				continue
			}
			for _, f := range flag.FindAllStringSubmatch(match[1], -1) {
				if cmd.Flags().Lookup(f[1]) == nil && cmd.InheritedFlags().Lookup(f[1]) == nil && f[1] != "help" {
					t.Errorf("%s shows `sekisho %s`, which has no flag --%s", document, match[1], f[1])
				}
			}
		}
	}
	if found["README.md"] < 10 || found["docs/operations.md"] < 30 {
		t.Errorf("found %v commands in the documents; does the test still read them?", found)
	}
}
