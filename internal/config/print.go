package config

import (
	"fmt"
	"strconv"
	"strings"
)

// YAML returns the configuration in the form of its file, every setting once, secrets redacted.
func (c *Config) YAML() []byte {
	var b strings.Builder
	for _, setting := range c.Settings() {
		fmt.Fprintf(&b, "%s: %s\n", setting.Key, quoteYAML(setting.Value()))
	}
	if len(c.Sites) == 0 {
		return []byte(b.String())
	}
	b.WriteString("sites:\n")
	for i := range c.Sites {
		lead := "  - "
		for _, setting := range c.Sites[i].settings() {
			if value := setting.Value(); value != "" {
				fmt.Fprintf(&b, "%s%s: %s\n", lead, setting.Key, quoteYAML(value))
				lead = "    "
			}
		}
	}
	return []byte(b.String())
}

// quoteYAML leaves numbers bare and writes everything else in double quotes, which YAML reads as JSON does.
func quoteYAML(value string) string {
	if _, err := strconv.ParseInt(value, 10, 64); err == nil {
		return value
	}
	return strconv.Quote(value)
}
