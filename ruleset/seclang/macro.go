package seclang

import (
	"errors"
	"fmt"
	"strings"
)

// parseMacro splits a text at its %{variable.key}.
func parseMacro(text string) (Macro, error) {
	if text == "" {
		return Macro{}, errors.New("an empty text where one with macros could stand")
	}
	m := Macro{Text: text}
	for rest := text; rest != ""; {
		literal, behind, found := strings.Cut(rest, "%{")
		if literal != "" {
			m.Parts = append(m.Parts, MacroPart{Text: literal})
		}
		if !found {
			break
		}
		inside, after, closed := strings.Cut(behind, "}")
		if !closed {
			return Macro{}, fmt.Errorf("the macro that begins with %q is not closed", "%{"+behind)
		}
		if strings.ContainsFunc(inside, func(c rune) bool { return !macroRune(c) }) || strings.HasSuffix(inside, ".") {
			return Macro{}, fmt.Errorf("%q is no macro", "%{"+inside+"}")
		}
		name, key, _ := strings.Cut(inside, ".")
		variable, err := variableName(name)
		if err != nil {
			return Macro{}, fmt.Errorf("macro %q: %w", "%{"+inside+"}", err)
		}
		m.Parts = append(m.Parts, MacroPart{Text: inside, Variable: variable, Key: strings.ToLower(key)})
		rest = after
	}
	return m, nil
}

func macroRune(c rune) bool {
	return c == '[' || c == ']' || c == '.' || c == '_' || c == '-' ||
		'0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
