package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
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

func TestPrintJSON_leavesNothingThatMovesATerminal(t *testing.T) {
	hostile := "a\x1b[2J\u009b31m\u202e\U000e0041\n<b>お問い合わせ"
	var out bytes.Buffer
	if err := printJSON(&out, map[string]string{"user_agent": hostile}); err != nil {
		t.Fatal(err)
	}
	if got := strings.ReplaceAll(out.String(), "\n", ""); printable(got) != got {
		t.Errorf("got %q", got)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["user_agent"] != hostile {
		t.Errorf("got %q back, %v, want the value as it was", back["user_agent"], err)
	}
}

// pages is a service that knows two tenants' events, two on a page.
type pages struct{ control.Service }

func (pages) Tenants(context.Context) ([]sekisho.Tenant, error) {
	return []sekisho.Tenant{{ID: "a"}, {ID: "b"}, {ID: "empty"}}, nil
}

func (pages) Events(_ context.Context, ask control.AskEvents) (page control.EventPage, err error) {
	begin, _ := strconv.Atoi(ask.Filter.Cursor)
	minutes := map[sekisho.TenantID][]int{"a": {9, 8, 4, 2, 1}, "b": {7, 6, 5, 3}}[ask.Tenant]
	end := min(begin+2, len(minutes))
	for _, minute := range minutes[begin:end] {
		page.Events = append(page.Events, sekisho.Event{Time: time.Date(2026, 11, 1, 0, minute, 0, 0, time.UTC), Score: minute})
	}
	if end < len(minutes) {
		page.Next = strconv.Itoa(end)
	}
	return page, nil
}

func TestEvents_comeNewestFirstOverAllTenants(t *testing.T) {
	for limit, want := range map[int]string{0: "987654321", 1: "9", 6: "987654"} {
		var out bytes.Buffer
		show := &eventPrinter{encoder: json.NewEncoder(&out)}
		if err := showEvents(t.Context(), pages{}, "", listFlags{limit: limit}, show); err != nil {
			t.Fatal(err)
		}
		got := ""
		for line := range strings.Lines(out.String()) {
			var event sekisho.Event
			if err := json.Unmarshal([]byte(line), &event); err != nil {
				t.Fatal(err)
			}
			got += strconv.Itoa(event.Score)
		}
		if got != want {
			t.Errorf("limit %d: got %s, want %s", limit, got, want)
		}
	}
}

func TestRun_answersBadInputWithOneLine(t *testing.T) {
	for _, args := range [][]string{{"serv"}, {"site"}, {"version", "--portl"}, {"config", "check", "--mode", "x"}, {"events", "--limit", "-5"}, {"incidents", "--since", "-24h"}} {
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
			if strings.Contains(f.Usage, "`") { // pflag would take it for the name of the value
				t.Errorf("%s --%s: %q has a backquote", path, f.Name, f.Usage)
			}
		})
		for _, child := range cmd.Commands() {
			walk(path+" "+child.Name(), append(append([]string{}, names...), child.Name()))
		}
	}
	walk("sekisho", nil)
}
