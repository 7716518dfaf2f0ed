package seclang

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// A Source is a text of directives and the name that it is known by. Data files and includes with a relative path are
// looked for in the folder of the name.
type Source struct{ Name, Text string }

const (
	// Coraza's scanner gives up, without a word, at a line that does not fit into its buffer of 64 KiB.
	longestLine = 64<<10 - 2
	// Coraza follows this many Include directives in all.
	mostIncludes = 100
)

// Read reads the sources one after the other, as if they were one text. Files that they name (Include, @pmFromFile,
// @ipMatchFromFile) come from root, which may be nil where there are none. It never fails: what it cannot understand is
// listed in the program.
func Read(root fs.FS, sources ...Source) *Program {
	r := &reader{
		root:     root,
		program:  &Program{Settings: map[string]string{}},
		defaults: map[int][]action{},
		datasets: map[string][]string{},
	}
	for _, source := range sources {
		r.read(source)
	}
	r.refuseOpenChain()
	return r.program
}

type reader struct {
	root     fs.FS
	program  *Program
	defaults map[int][]action // SecDefaultAction, by phase
	datasets map[string][]string
	includes int

	at directive // the one being read
}

// A directive is one logical line and where it began.
type directive struct {
	file string
	line int
	text string
}

func (r *reader) read(source Source) {
	var text strings.Builder
	start, backticks, number := 0, false, 0
	for raw := range strings.Lines(source.Text) {
		number++
		if len(raw) > longestLine {
			r.at = directive{source.Name, number, ""}
			r.unknown(0, "a line of more than 64 KiB, at which Coraza stops reading")
			return
		}
		line := strings.TrimSpace(raw)
		if line == "" || line[0] == '#' {
			continue
		}
		if text.Len() == 0 {
			start = number
		}
		// A line that ends in a backtick opens a list, a line that begins with one closes it.
		if !backticks && strings.HasSuffix(line, "`") {
			backticks = true
		} else if backticks && line[0] == '`' {
			backticks = false
		}
		if backticks {
			text.WriteString(line + "\n")
			continue
		}
		joined, continued := strings.CutSuffix(line, `\`)
		text.WriteString(joined)
		if continued {
			continue
		}
		r.at = directive{source.Name, start, text.String()}
		text.Reset()
		r.evaluate()
	}
	if text.Len() > 0 || backticks {
		r.at = directive{source.Name, start, text.String()}
		r.unknown(0, "it never ends: the last line continues and nothing follows")
	}
}

func (r *reader) evaluate() {
	name, argument, _ := strings.Cut(r.at.text, " ")
	name = strings.ToLower(name)
	if len(argument) >= 3 && argument[0] == '"' && argument[len(argument)-1] == '"' {
		argument = strings.Trim(argument, `"`)
	}
	if name == "include" {
		r.include(argument)
		return
	}
	if err := r.apply(name, argument); err != nil {
		r.unknown(idIn(r.at.text), err.Error())
	}
}

func (r *reader) unknown(id int, reason string) {
	r.program.Unknown = append(r.program.Unknown, Unknown{
		File: r.at.file, Line: r.at.line, RuleID: id, Text: r.at.text, Reason: reason,
	})
}

func (r *reader) include(name string) {
	if r.includes >= mostIncludes {
		r.unknown(0, fmt.Sprintf("more than %d files are included", mostIncludes))
		return
	}
	r.includes++
	if r.root == nil {
		r.unknown(0, "nothing can be included: no file system was given")
		return
	}
	names := []string{strings.TrimSpace(name)}
	if strings.Contains(name, "*") {
		found, err := fs.Glob(r.root, name)
		if err != nil {
			r.unknown(0, err.Error())
			return
		}
		names = found
	} else if !path.IsAbs(names[0]) {
		names[0] = path.Join(path.Dir(r.at.file), names[0])
	}
	here := r.at
	for _, name := range names {
		text, err := fs.ReadFile(r.root, name)
		r.at = here
		if err != nil {
			r.unknown(0, err.Error())
			return
		}
		r.read(Source{name, string(text)})
	}
}
