// Package archtest holds the import arrows of docs/architecture.md as a table and checks them against the source.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/sekisho-waf/sekisho"

// arrows lists every package of the house, by folder, and which folders of the house it may import besides the root
// package. Roles never import one another, adapters never import roles, and only internal/app sees both.
// A package that is not listed fails the test, so that the map stays whole.
var arrows = map[string][]string{
	".": nil,

	// Roles.
	"proxy":            {"proxy/body", "proxy/limit", "proxy/pulse", "proxy/upstream", "proxy/wire", "internal/clientip", "internal/obs", "internal/safedial"},
	"proxy/body":       nil,
	"proxy/limit":      nil,
	"proxy/pulse":      nil,
	"proxy/upstream":   {"internal/obs", "internal/safedial"},
	"proxy/wire":       nil,
	"incident":         {"incident/knownbad", "internal/obs"},
	"export":           {"internal/obs"},
	"dashboard":        {"dashboard/view", "dashboard/assets", "internal/auth", "internal/obs"},
	"dashboard/view":   nil,
	"dashboard/assets": nil,
	"sensor-bridge":    {"sensor-bridge/*", "internal/redact", "internal/obs"}, // every decoder
	"bench":            {"ruleset", "bench/corpora"},
	"bench/corpora":    {"ruleset"}, // in its test
	"bench/incidents":  {"incident", "internal/spool", "internal/store"},

	// Adapters.
	"ruleset":          {"ruleset/proof", "ruleset/automaton", "ruleset/seclang", "ruleset/transform", "ruleset/signs", "ruleset/slowlane", "ruleset/writing", "internal/redact", "internal/obs"},
	"internal/store":   {"internal/obs"},
	"internal/state":   {"internal/obs"},
	"internal/spool":   {"internal/obs"},
	"internal/courier": {"internal/obs"},
	"internal/certs":   {"internal/obs"},
	"internal/control": {"internal/auth", "internal/obs"},
	"internal/names":   {"internal/obs", "internal/safedial"},

	"internal/nameserver": {"internal/obs"},
	"internal/handover":   nil,

	// The rooms of the ruleset, all pure: what the rules say, what they do to a value, what they look for, and whether
	// any of them can fire.
	"ruleset/seclang":   nil,
	"ruleset/signs":     nil,
	"ruleset/writing":   nil,
	"ruleset/transform": nil,
	"ruleset/automaton": nil,
	"ruleset/proof":     {"ruleset/seclang", "ruleset/transform", "ruleset/automaton"},

	// The rooms of the sensor bridge, all pure: what a decoder is given, what decoders share, and the decoders, each of which
	// knows nothing of the others.
	"sensor-bridge/frame":     {"sensor-bridge/line"},
	"sensor-bridge/forward":   {"sensor-bridge/frame", "internal/obs"}, // runs alone, in a customer's office
	"sensor-bridge/line":      nil,
	"sensor-bridge/field":     nil,
	"sensor-bridge/verb":      nil,
	"sensor-bridge/attack":    nil,
	"sensor-bridge/behaviour": nil,

	// Who may use the processor, and for how long.
	"ruleset/slowlane": nil,

	// A room of the incident engine, pure: what is known to be bad.
	"incident/knownbad": nil,

	// Pure leaves.
	"internal/backup":   nil,
	"internal/auth":     nil,
	"internal/clientip": nil,
	"internal/obs":      nil,
	"internal/redact":   nil,
	"internal/safedial": nil,

	// The composition root and its door.
	"internal/config": nil,
	"internal/demo":   {"internal/obs"},
	"internal/app": {
		"proxy", "incident", "dashboard", "export", "ruleset", "internal/safedial", "sensor-bridge", "sensor-bridge/forward", "ruleset/slowlane", "internal/auth", "internal/certs", "internal/clientip",
		"internal/backup",
		"internal/config", "internal/control", "internal/courier", "internal/demo", "internal/handover", "internal/names", "internal/nameserver", "internal/obs", "internal/spool", "internal/state", "internal/store",
	},
	"cmd/sekisho": {"sensor-bridge", "sensor-bridge/forward", "sensor-bridge/frame", "sensor-bridge/line", "bench", "bench/corpora", "bench/incidents", "incident", "internal/app", "internal/config", "internal/control", "internal/handover", "internal/obs", "ruleset"},

	// For tests only.
	"internal/archtest":        nil,
	"internal/testenv":         nil,
	"internal/state/statetest": {"internal/state"},
	"internal/store/storetest": {"internal/store"},
	"sensor-bridge/sample":     {"sensor-bridge/line"},
	"e2e":                      {"internal/testenv"},
}

// decoder is what every decoder of the sensor bridge may import: what it is given, and what decoders share.
var decoder = []string{"sensor-bridge/line", "sensor-bridge/field", "sensor-bridge/verb", "sensor-bridge/attack", "sensor-bridge/behaviour"}

// owners lists the third-party modules that only one folder may import.
var owners = map[string]string{
	"github.com/corazawaf/":     "ruleset",
	"modernc.org/sqlite":        "internal/store",
	"github.com/redis/go-redis": "internal/state",
}

func TestImports_followTheArrows(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() && file != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "tools") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(relative))
		allowed, listed := arrows[folder]
		if !listed && strings.HasPrefix(folder, "sensor-bridge/") {
			allowed, listed = decoder, true
		}
		if !listed {
			t.Errorf("%s: package %q is not on the map; add it to arrows and to docs/architecture.md", relative, folder)
			return nil
		}
		seen[folder] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			checkImport(t, relative, folder, imported, allowed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range arrows {
		if !seen[folder] {
			t.Errorf("arrows lists %q, which does not exist", folder)
		}
	}
}

func checkImport(t *testing.T, file, folder, imported string, allowed []string) {
	t.Helper()
	isTest := strings.HasSuffix(file, "_test.go")
	for prefix, owner := range owners {
		if strings.HasPrefix(imported, prefix) && folder != owner && !strings.HasPrefix(folder, owner+"/") && !isTest {
			t.Errorf("%s imports %s; only %s may", file, imported, owner)
		}
	}
	if folder == "." && strings.Contains(imported, ".") && !isTest {
		t.Errorf("%s imports %s; the root package uses the standard library only", file, imported)
	}
	target, ours := strings.CutPrefix(imported, module+"/")
	if !ours || target == folder {
		return
	}
	if isTest && (strings.HasPrefix(target, "internal/") || strings.HasPrefix(target, folder+"/") || strings.HasPrefix(folder, target) ||
		target == "sensor-bridge/sample") {
		return // a test may bring real parts, its own suite, real records, or the package beside it
	}
	if !slices.ContainsFunc(allowed, func(arrow string) bool {
		below, all := strings.CutSuffix(arrow, "*")
		return arrow == target || all && strings.HasPrefix(target, below)
	}) {
		t.Errorf("%s imports %s, which is no arrow of %q: %v", file, target, folder, allowed)
	}
}
