package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestPrintable_leavesNothingThatMovesATerminal(t *testing.T) {
	tests := []struct{ name, input, want string }{
		{"plain", "GET /お問い合わせ", "GET /お問い合わせ"},
		{"escape sequence", "\x1b[2Jgone", `\u001b[2Jgone`},
		{"forged row", "a\r\nHIGH  100", `a\u000d\u000aHIGH  100`},
		{"C1 control", "\u009b31m", `\u009b31m`},
		{"right to left", "abc\u202etxt", `abc\u202etxt`},
		{"line separator", "a\u2028b", `a\u2028b`},
		{"tab would open a column", "a\tb", `a\u0009b`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := printable(test.input); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRun_answersBadInputWithOneLine(t *testing.T) {
	for _, args := range [][]string{{"serv"}, {"site"}, {"version", "--portl"}, {"config", "check", "--mode", "x"}} {
		var out, errs bytes.Buffer
		code := run(context.Background(), args, &out, &errs)
		if len(args) == 1 && args[0] == "site" { // a group alone prints its help
			if code != exitDone || !strings.Contains(out.String(), "site add") && !strings.Contains(out.String(), "Available Commands") {
				t.Errorf("%v: exit %d, %s", args, code, out.String())
			}
			continue
		}
		if code != exitUsage || strings.Count(errs.String(), "\n") != 1 || out.Len() != 0 {
			t.Errorf("%v: exit %d, out %q, err %q; want exit 2 and one line", args, code, out.String(), errs.String())
		}
	}
}

func TestHelp_explainsEveryFlag(t *testing.T) {
	root := newRoot()
	var walk func(path string, names []string)
	walk = func(path string, names []string) {
		cmd, _, err := root.Find(names)
		if err != nil {
			t.Fatal(err)
		}
		if cmd.Short == "" {
			t.Errorf("%s has no description", path)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("%s --%s is not explained", path, f.Name)
			}
		})
		for _, child := range cmd.Commands() {
			walk(path+" "+child.Name(), append(append([]string{}, names...), child.Name()))
		}
	}
	walk("sekisho", nil)
}
