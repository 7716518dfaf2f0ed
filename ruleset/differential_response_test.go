package ruleset

import (
	"context"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

// responseBodies are bodies that leak and bodies that do not: those of the rule set's own tests, where they are there,
// and the words of its data files.
func responseBodies(t *testing.T) []string {
	bodies := []string{
		"", "<p>ok</p>", "<html><title>会社案内</title><body>お問い合わせ</body></html>", `{"ok":true}`,
		"<title>Index of /</title><h1>Index of /</h1>", "#!/bin/sh\n", "<?php echo 1; ?>", "\x1f\x8b\x08", "\xbc\xbe",
		strings.Repeat("ノートパソコンの価格は98,000円です。\n", 2000),
	}
	files, err := filepath.Glob(filepath.Join(regressionTests, "RESPONSE-95*", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var parsed regressionFile
		if err := yaml.Unmarshal(text, &parsed); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, test := range parsed.Tests {
			for _, stage := range test.Stages {
				var reflected struct{ Body string }
				if json.Unmarshal([]byte(stage.Input.Data), &reflected) == nil && reflected.Body != "" {
					bodies = append(bodies, reflected.Body)
				}
			}
		}
	}
	if len(files) == 0 {
		t.Logf("NOT INCLUDED: the Core Rule Set's regression tests are not at %s", regressionTests)
	}
	err = fs.WalkDir(crsFiles(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".data") || !strings.Contains(name, "errors") && !strings.Contains(name, "shells") {
			return err
		}
		text, err := fs.ReadFile(crsFiles(), name)
		for i, line := range strings.Split(string(text), "\n") {
			if i%sampled(5) == 0 {
				bodies = append(bodies, "<p>"+line+"</p>")
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bodies
}

func TestProof_agreesWithThePlainEngineOnResponses(t *testing.T) {
	source := rand.New(rand.NewPCG(5, 1))
	types := []string{"text/html", "text/html; charset=Shift_JIS", "Text/HTML", "application/json", "image/png", "text/plain", ""}
	bodies := responseBodies(t)
	for _, level := range []int{1, 4} {
		o, p := newOracle(t, policyAt(level)), proofOf(t, policyAt(level), nil)
		var result tally
		for _, body := range bodies {
			for _, body := range []string{body, edit(body, source)} {
				status := []int{200, 200, 200, 404, 500, 503, 302}[source.IntN(7)]
				x := answer(exchange("GET", "/"), status, types[source.IntN(len(types))], body)
				if result.asked++; !p.Response(x).Clean {
					continue
				}
				result.clean++
				if objection := o.objection(t.Context(), x, true); objection != "" {
					result.objections = append(result.objections, objection+" in "+body[:min(len(body), 200)])
				}
			}
		}
		checkTally(t, level, "responses", result)
		if result.clean == 0 || result.clean == result.asked {
			t.Errorf("%d of %d were clean: the responses show nothing", result.clean, result.asked)
		}
	}
}

func TestResponse_ofACleanRequestIsInspected(t *testing.T) {
	bothModes(t, sekisho.DefaultPolicy(), func(t *testing.T, e *Engine) {
		x := exchange("GET", "/")
		i := e.Begin(x)
		defer i.Close()
		if v, err := i.Request(context.Background()); err != nil || v.Attack || !i.clean {
			t.Fatalf("got %+v, %v, clean %v, want a clean request", v, err, i.clean)
		}
		answer(x, 500, "text/html", "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version")
		v, err := i.Response(context.Background())
		if err != nil || !v.Attack || !v.Leak || v.Family != "data_leak" {
			t.Errorf("got %+v, %v, want a leak", v, err)
		}
	})
}

func TestResponse_ofACleanRequestNeedsNoTransactionWhenItIsClean(t *testing.T) {
	i := engine(t, sekisho.DefaultPolicy(), sekisho.ModeBlock).Begin(answer(exchange("GET", "/"), 200, "text/html", "<p>ok</p>"))
	defer i.Close()
	if v, err := i.Response(context.Background()); err != nil || v.Attack || i.tx != nil {
		t.Errorf("got %+v, %v, transaction %v, want a clean one without a transaction", v, err, i.tx)
	}
}
