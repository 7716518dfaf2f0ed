package view

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

//go:embed templates
var templateFiles embed.FS

// Page is what stands inside the frame: one typed struct a page.
type Page interface {
	// Template names the page's template file without its extension.
	Template() string
}

// Frame is what surrounds every page.
type Frame struct {
	Lang    Lang
	Path    string // of this page with its query, for the language switch
	Title   Message
	User    string // e-mail address; empty for nobody
	Admin   bool   // the user is an operator
	Tenant  string // id; empty outside a tenant
	Name    string // the tenant's name
	Section string // "home", "incidents", "sites", "sensors", "tenants": what the navigation marks as current
	Health  []string
	Notice  *Message // what a button just did
	Desk    string   // how to reach a human, as configured
	Live    bool     // the page refreshes itself when something changed
	Now     Time
}

// Renderer holds every template in both languages. Safe for concurrent use.
type Renderer struct {
	sets map[Lang]map[string]*template.Template
}

// NewRenderer parses all templates. assetURL gives the address of an embedded file by its name.
func NewRenderer(assetURL func(name string) string) (*Renderer, error) {
	catalogue, err := loadCatalogue()
	if err != nil {
		return nil, err
	}
	pages, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("listing templates: %w", err)
	}
	renderer := &Renderer{sets: make(map[Lang]map[string]*template.Template)}
	for _, lang := range Langs {
		functions := template.FuncMap{
			"asset": assetURL,
			"t":     catalogue.translator(lang),
			"m":     catalogue.messenger(lang),
			"n":     number,
			"num":   term,
			"ranks": func() []string { return []string{"high", "medium", "low"} },
			"time":  func(t Time) Clock { return t.in(lang) },
			"sp":    func() string { return between(lang) },
		}
		layout, err := template.New("layout.html").Funcs(functions).Option("missingkey=error").
			ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
		if err != nil {
			return nil, fmt.Errorf("parsing the layout: %w", err)
		}
		renderer.sets[lang] = make(map[string]*template.Template)
		for _, file := range pages {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "layout" || name == "parts" {
				continue
			}
			set, err := layout.Clone()
			if err != nil {
				return nil, fmt.Errorf("cloning the layout: %w", err)
			}
			if set, err = set.ParseFS(templateFiles, file); err != nil {
				return nil, fmt.Errorf("parsing template %s: %w", name, err)
			}
			renderer.sets[lang][name] = set
		}
	}
	return renderer, nil
}

// Render returns the whole page, or an error and nothing: a browser never sees half a page.
func (r *Renderer) Render(frame Frame, page Page) ([]byte, error) {
	set, found := r.sets[frame.Lang][page.Template()]
	if !found {
		return nil, fmt.Errorf("rendering %q in %q: no such template", page.Template(), frame.Lang)
	}
	var out bytes.Buffer
	if err := set.ExecuteTemplate(&out, "layout.html", struct {
		Frame
		Page Page
	}{frame, page}); err != nil {
		return nil, fmt.Errorf("rendering %s: %w", page.Template(), err)
	}
	return out.Bytes(), nil
}

// between stands between two sentences of one paragraph: English has a space there, Japanese has none.
func between(lang Lang) string {
	if lang == English {
		return " "
	}
	return ""
}
