package proof

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// A state is what is known of the TX variables at one point of the rules, the same for every clean exchange. Names are
// in lower case.
type state struct {
	values  map[string]string
	unknown map[string]bool // set, but to what depends on the exchange
}

func newState() *state {
	s := &state{values: map[string]string{}, unknown: map[string]bool{}}
	for i := 0; i <= 9; i++ { // what operators capture
		s.unknown[strconv.Itoa(i)] = true
	}
	s.values["10"] = ""                   // Coraza sets one more than it uses
	s.unknown["json_request_body"] = true // by the reader of JSON
	s.unknown["json_response_body"] = true
	return s
}

// expand replaces the macros of a text, as far as they are known. A variable that is not set stays as its name.
func (s *state) expand(m seclang.Macro) (string, bool) {
	var out strings.Builder
	for _, part := range m.Parts {
		if part.Variable == "" {
			out.WriteString(part.Text)
			continue
		}
		if part.Variable != "TX" || part.Key == "" || s.unknown[part.Key] {
			return "", false
		}
		value, ok := s.values[part.Key]
		if !ok {
			value = part.Text
		}
		out.WriteString(value)
	}
	return out.String(), true
}

// set carries out setvar. Where the outcome is not known the variable is not either.
func (s *state) set(v seclang.SetVar) (ok bool) {
	key, known := s.expand(v.Key)
	if !known {
		return false
	}
	key = strings.ToLower(key)
	if v.Remove {
		delete(s.values, key)
		delete(s.unknown, key)
		return true
	}
	value, known := s.expand(v.Value)
	if !known || s.unknown[key] {
		delete(s.values, key)
		s.unknown[key] = true
		return true
	}
	if value == "" || value[0] != '+' && value[0] != '-' {
		s.values[key] = value
		return true
	}
	change := 0
	if len(value) > 1 {
		n, err := strconv.Atoi(value[1:])
		if err != nil {
			if !strings.HasPrefix(value[1:], "tx.") {
				s.values[key] = value
			}
			return true
		}
		change = n
	}
	present := 0
	if held := s.values[key]; held != "" {
		n, err := strconv.Atoi(held)
		if err != nil {
			return true
		}
		present = n
	}
	if value[0] == '-' {
		change = -change
	}
	s.values[key] = strconv.Itoa(present + change)
	return true
}

// find returns the values of a TX target, and false where they depend on the exchange.
func (s *state) find(v seclang.Variable) ([]string, bool) {
	chosen := func(key string) bool { return key == v.Key }
	switch {
	case v.IsPattern:
		pattern, err := regexp.Compile(v.Pattern)
		if err != nil {
			return nil, false
		}
		chosen = pattern.MatchString
	case v.Key == "":
		return nil, false
	}
	if len(v.Except) > 0 {
		return nil, false
	}
	for key := range s.unknown {
		if chosen(key) {
			return nil, false
		}
	}
	found := []string{}
	for key, value := range s.values {
		if chosen(key) {
			found = append(found, value)
		}
	}
	if v.Count {
		return []string{strconv.Itoa(len(found))}, true
	}
	return found, true
}
