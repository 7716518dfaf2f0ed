package config

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/sekisho-waf/sekisho"
)

// ReadFile reads settings and sites from a YAML file. An unknown key, a key given twice or a value of the wrong shape is
// KindInvalid with file and line, and changes nothing that matters: the caller throws the Config away.
func (c *Config) ReadFile(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Msg: fmt.Sprintf("config %s: cannot be read; check the path and its permissions", path), Err: err}
	}
	file, err := parser.ParseBytes(content, 0)
	if err != nil {
		return sekisho.Invalid(fmt.Sprintf("config %s: not YAML: %s", path, yamlMessage(err)))
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if err := c.readDocument(path, doc.Body); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) readDocument(path string, body ast.Node) error {
	return readMapping(path, body, c.Settings(), map[string]func(ast.Node) error{
		"sites": func(node ast.Node) error {
			list, ok := node.(*ast.SequenceNode)
			if !ok {
				return at(path, node, "sites: use a list of sites, each with host and origin")
			}
			for _, item := range list.Values {
				site, err := readSite(path, item)
				if err != nil {
					return err
				}
				c.Sites = append(c.Sites, site)
			}
			return nil
		},
	})
}

func readSite(path string, node ast.Node) (Site, error) {
	site := Site{Tenant: sekisho.DefaultTenant}
	if err := readMapping(path, node, site.settings(), nil); err != nil {
		return site, err
	}
	if site.Host == "" || site.Origin == "" {
		return site, at(path, node, "a site needs host and origin")
	}
	return site, nil
}

// readMapping hands each key of a YAML mapping to its setting, or to its special reader.
func readMapping(path string, node ast.Node, settings []Setting, special map[string]func(ast.Node) error) error {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return at(path, node, "use keys and values, such as https: :443")
	}
	seen := map[string]bool{}
	for iter := mapping.MapRange(); iter.Next(); {
		key := iter.Key().String()
		if seen[key] {
			return at(path, iter.Key(), fmt.Sprintf("key %s is given twice", key))
		}
		seen[key] = true
		if read, ok := special[key]; ok {
			if err := read(iter.Value()); err != nil {
				return err
			}
			continue
		}
		if err := setOne(settings, key, func() (string, error) { return scalar(iter.Value()) }, special); err != nil {
			return at(path, iter.Key(), message(err))
		}
	}
	return nil
}

// setOne finds key (or key_file of a secret) among the settings and gives it the value.
func setOne(settings []Setting, key string, value func() (string, error), special map[string]func(ast.Node) error) error {
	for _, setting := range settings {
		fromFile := setting.Secret && key == setting.Key+"_file"
		if setting.Key != key && !fromFile {
			continue
		}
		v, err := value()
		if err != nil {
			return sekisho.Invalid(key + ": " + message(err))
		}
		if fromFile {
			if v, err = readSecret(v); err != nil {
				return sekisho.Invalid(key + ": " + message(err))
			}
		}
		return setting.Set(v)
	}
	known := make([]string, 0, len(settings)+len(special))
	for _, setting := range settings {
		known = append(known, setting.Key)
		if setting.Secret {
			known = append(known, setting.Key+"_file")
		}
	}
	for name := range special {
		known = append(known, name)
	}
	return sekisho.Invalid(fmt.Sprintf("unknown key %s; did you mean %s?", key, Nearest(key, known)))
}

func readSecret(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", sekisho.Invalid(fmt.Sprintf("the file %s cannot be read; check the path and its permissions", path))
	}
	return strings.TrimRight(string(content), "\r\n"), nil
}

// scalar returns a YAML scalar as text; a list of scalars is joined by commas.
func scalar(node ast.Node) (string, error) {
	switch node := node.(type) {
	case *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return node.Value, nil
	case *ast.LiteralNode:
		return node.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, nil
	case *ast.SequenceNode:
		parts := make([]string, len(node.Values))
		for i, item := range node.Values {
			part, err := scalar(item)
			if err != nil {
				return "", err
			}
			parts[i] = part
		}
		return strings.Join(parts, ","), nil
	}
	return "", sekisho.Invalid("use one value, not a group of keys")
}

func at(path string, node ast.Node, message string) error {
	return sekisho.Invalid(fmt.Sprintf("config %s:%d: %s", path, node.GetToken().Position.Line, message))
}

func message(err error) string {
	if text := sekisho.MessageOf(err); text != "" {
		return text
	}
	return err.Error()
}

// yamlMessage is the parser's complaint in one line.
func yamlMessage(err error) string {
	var syntax yaml.Error
	if errors.As(err, &syntax) {
		return fmt.Sprintf("line %d: %s", syntax.GetToken().Position.Line, syntax.GetMessage())
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// Nearest returns the candidate with the smallest edit distance to s (Levenshtein 1966).
func Nearest(s string, candidates []string) string {
	best, bestDistance := "", int(^uint(0)>>1)
	for _, candidate := range candidates {
		if d := distance(s, candidate); d < bestDistance || d == bestDistance && candidate < best {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
