package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// ReadEnvironment reads SEKISHO_* variables; environment is in the form of os.Environ. An unknown SEKISHO_ variable is
// KindInvalid with the nearest valid name, because a misspelt one would be silently without effect.
func (c *Config) ReadEnvironment(environment []string) error {
	settings := c.Settings()
	environment = slices.Sorted(slices.Values(environment)) // so that the same mistake gives the same message
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		key, ours := strings.CutPrefix(name, "SEKISHO_")
		if !ours || strings.HasPrefix(key, "TEST_") { // SEKISHO_TEST_* is for the tests of this repository
			continue
		}
		key = strings.ToLower(key)
		err := setOne(settings, key, func() (string, error) { return value, nil }, nil)
		if err == nil {
			continue
		}
		if text := message(err); strings.HasPrefix(text, "unknown key") {
			names := make([]string, len(settings))
			for i, setting := range settings {
				names[i] = setting.Variable()
			}
			return sekisho.Invalid(fmt.Sprintf("unknown variable %s; did you mean %s?", name, Nearest(name, names)))
		}
		return sekisho.Invalid(fmt.Sprintf("variable %s: %s", name, message(err)))
	}
	return nil
}
