// Package sample runs decoders over real records of sensors, for tests only. The records are no part of the project: they
// lie in data/sensors below the directory that SEKISHO_TEST_SHARED names, or beside the repository, and tests that need them
// skip loudly where they are absent.
//
// Start with [Check].
package sample

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decoder is what a decoder's package exports.
type Decoder = func(*line.Record, *sekisho.Event) bool

// Want states what an event should say: JSON names of its fields (see sekisho.Event) and their values as JSON would read
// them, so numbers are float64 or int. nil wants a field to be absent. What is not named is not looked at.
type Want map[string]any

// Case is one record with what its source project expects a parser to read from it, in that project's words.
type Case struct {
	Name, Input string
	Expected    json.RawMessage
}

// Received is the time at which [Read] receives its records, for sensors that name no year: a day after what most of the
// samples say.
var Received = time.Date(2025, 4, 16, 0, 0, 0, 0, time.UTC)

// Cases returns the records of a folder, such as "fortinet/sc4s_fortinet_ngfw", and skips the test without them.
func Cases(t testing.TB, folder string) (cases []Case) {
	t.Helper()
	path := filepath.Join(root(), "data", "sensors", folder, "cases.jsonl")
	file, err := os.Open(path)
	if err != nil {
		t.Skipf("SKIPPED: the sample records are not at %s; set SEKISHO_TEST_SHARED", path)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var c Case
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
}

// Folder returns where the folders of samples lie, and skips the test without them.
func Folder(t testing.TB) string {
	t.Helper()
	path := filepath.Join(root(), "data", "sensors")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("SKIPPED: the sample records are not at %s; set SEKISHO_TEST_SHARED", path)
	}
	return path
}

func root() string {
	if shared := os.Getenv("SEKISHO_TEST_SHARED"); shared != "" {
		return shared
	}
	directory, err := os.Getwd()
	for err == nil && directory != filepath.Dir(directory) {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			return filepath.Join(directory, "..", "shared")
		}
		directory = filepath.Dir(directory)
	}
	return "shared"
}

// Read makes a record of a sample: received at [Received], from a sensor whose clock shows UTC.
func Read(input string) line.Record {
	return line.Read([]byte(input), line.Origin{Received: Received, Zone: time.UTC})
}

// Check runs a decoder over the records of a folder. Every record that wants names must be read and say what is wanted, bare
// and through a relay that puts a second header around it; a record whose Want is nil must be refused. Records that wants does
// not name are only run. A name that no record has is an error.
func Check(t *testing.T, decode Decoder, folder string, wants map[string]Want) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range Cases(t, folder) {
		want, named := wants[c.Name]
		seen[c.Name] = true
		t.Run(c.Name, func(t *testing.T) {
			Expect(t, decode, c.Input, want, named)
			if named && strings.HasPrefix(c.Input, "<") {
				Expect(t, decode, "<13>Oct 11 22:14:15 relay "+c.Input, want, true)
			}
		})
	}
	for name := range wants {
		if !seen[name] {
			t.Errorf("%s has no record %q", folder, name)
		}
	}
}

// Expect runs a decoder over one record and compares what it says with what is wanted, if named; nil wants it refused.
func Expect(t *testing.T, decode Decoder, input string, want Want, named bool) {
	t.Helper()
	r := Read(input)
	var e sekisho.Event
	ok := decode(&r, &e)
	if !ok && !reflect.DeepEqual(e, sekisho.Event{}) {
		t.Errorf("refused the record and yet wrote %+v\n%s", e, input)
	}
	switch {
	case !named:
		return
	case want == nil && ok:
		t.Errorf("read a record that is not its own as %s %s\n%s", e.Vendor, e.Class, input)
		return
	case want != nil && !ok:
		t.Errorf("refused a record of its own\n%s", input)
		return
	}
	Compare(t, e, want)
}

// Compare reports where an event says something else than wanted.
func Compare(t *testing.T, e sekisho.Event, want Want) {
	t.Helper()
	encoded, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	for name, value := range want {
		if wanted := asJSON(t, value); !reflect.DeepEqual(got[name], wanted) {
			t.Errorf("%s: got %v, want %v\n%s", name, got[name], wanted, encoded)
		}
	}
}

func asJSON(t *testing.T, value any) (decoded any) {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}
