package bench

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/sekisho-waf/sekisho"
)

// A crsCase is one test of the Core Rule Set's regression suite: requests in their order, and what each is to lead to.
type crsCase struct {
	name   string // "942100-1"
	rule   int
	stages []crsStage
}

// crsStage is one request of a case.
type crsStage struct {
	Input  crsInput  `yaml:"input"`
	Output crsOutput `yaml:"output"`
}

// crsInput says what is sent. What is left out has a default; what is given, also when empty, is sent as it stands.
type crsInput struct {
	Method   *string       `yaml:"method"`
	URI      *string       `yaml:"uri"`
	Version  *string       `yaml:"version"`
	Headers  yaml.MapSlice `yaml:"headers"` // in their order
	Ordered  []crsField    `yaml:"ordered_headers"`
	Data     *string       `yaml:"data"`
	Encoded  string        `yaml:"encoded_request"` // the whole request, in base64
	Raw      string        `yaml:"raw_request"`
	Complete *bool         `yaml:"autocomplete_headers"`
	Stop     *bool         `yaml:"stop_magic"` // the older word for not completing
	Follow   bool          `yaml:"follow_redirect"`
}

type crsField struct {
	Name  string `yaml:"name"`
	Value string `yaml:"value"`
}

// crsOutput says what is to come of it.
type crsOutput struct {
	Status      int    `yaml:"status"`
	Contains    string `yaml:"response_contains"`
	Error       bool   `yaml:"expect_error"`
	LogContains string `yaml:"log_contains"` // the older words for what stands in Log
	LogLacks    string `yaml:"no_log_contains"`
	Isolated    bool   `yaml:"isolated"` // no rule but the expected ones
	Log         crsLog `yaml:"log"`

	// Made by prepare.
	unreadable string // why the case cannot be judged
	regexps    crsRegexps
	named      []int // all rules that are spoken of
}

type crsLog struct {
	Expect   []int  `yaml:"expect_ids"`
	Unwanted []int  `yaml:"no_expect_ids"`
	Match    string `yaml:"match_regex"`
	Lack     string `yaml:"no_match_regex"`
}

// maxCRSFiles and maxCRSFile bound what is read: the suite has about 320 files, the largest of some 300 KB.
const (
	maxCRSFiles = 5000
	maxCRSFile  = 8 << 20
)

// readCRSCases reads every YAML file below dir. A file that is not one of the suite (no tests in it) is passed over; one
// that cannot be parsed is KindInvalid.
func readCRSCases(dir string) ([]crsCase, error) {
	files, err := yamlFiles(dir)
	if err != nil {
		return nil, err
	}
	var cases []crsCase
	for _, file := range files {
		found, err := readCRSFile(file)
		if err != nil {
			return nil, err
		}
		cases = append(cases, found...)
	}
	if len(cases) == 0 {
		return nil, sekisho.Invalid(fmt.Sprintf("tests %s: no regression tests there; give the folder of the Core Rule Set's tests/regression/tests", dir))
	}
	return cases, nil
}

func yamlFiles(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := filepath.Ext(path); entry.Type().IsRegular() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, path)
		}
		if len(files) > maxCRSFiles {
			return sekisho.Invalid(fmt.Sprintf("tests %s: more than %d files", dir, maxCRSFiles))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sekisho.Invalid(fmt.Sprintf("tests %q: no such folder", dir))
	}
	slices.Sort(files)
	return files, err
}

func readCRSFile(path string) ([]crsCase, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read regression tests: %w", err)
	}
	if info.Size() > maxCRSFile {
		return nil, sekisho.Invalid(fmt.Sprintf("tests %s: larger than %d bytes", path, maxCRSFile))
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read regression tests: %w", err)
	}
	cases, err := parseCRSFile(text)
	if err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("tests %s: %s", path, strings.Join(strings.Fields(err.Error()), " ")))
	}
	return cases, nil
}

// parseCRSFile reads one file of the suite. Test ids count within their rule.
func parseCRSFile(text []byte) ([]crsCase, error) {
	var file struct {
		Rule  int `yaml:"rule_id"`
		Tests []struct {
			ID     int        `yaml:"test_id"`
			Stages []crsStage `yaml:"stages"`
		} `yaml:"tests"`
	}
	if err := yaml.UnmarshalWithOptions(text, &file, yaml.AllowDuplicateMapKey()); err != nil {
		return nil, err
	}
	cases := make([]crsCase, 0, len(file.Tests))
	for _, test := range file.Tests {
		c := crsCase{name: strconv.Itoa(file.Rule) + "-" + strconv.Itoa(test.ID), rule: file.Rule, stages: test.Stages}
		for i := range c.stages {
			c.stages[i].Output.prepare()
		}
		cases = append(cases, c)
	}
	return cases, nil
}
