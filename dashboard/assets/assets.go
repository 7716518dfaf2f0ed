// Package assets owns the files that a browser fetches beside the pages: one style sheet, one script, one icon. They are
// embedded, named by their content and so cached for good; nothing is ever loaded from another host.
//
// Start with [URL].
package assets

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed static
var files embed.FS

// Prefix is where [Handler] expects to be mounted.
const Prefix = "/assets/"

type asset struct {
	content     []byte
	contentType string
}

// Both tables are filled once, before main, and only read afterwards.
var (
	byName = map[string]string{} // "style.css" -> "/assets/style.3f2a….css"
	byURL  = map[string]asset{}
)

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func init() {
	entries, err := files.ReadDir("static")
	if err != nil {
		panic("assets: " + err.Error())
	}
	for _, entry := range entries {
		name := entry.Name()
		content, err := files.ReadFile("static/" + name)
		if err != nil {
			panic("assets: " + err.Error())
		}
		extension := path.Ext(name)
		contentType, known := contentTypes[extension]
		if !known {
			panic("assets: no content type for " + name)
		}
		sum := sha256.Sum256(content)
		url := Prefix + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:8]) + extension
		byName[name] = url
		byURL[url] = asset{content: content, contentType: contentType}
	}
}

// URL is the address of an embedded file, with the hash of its content in it. A name that does not exist is a bug in a
// template and comes back as "", which a test over all pages finds.
func URL(name string) string { return byName[name] }

// Content returns an embedded file, or nil if there is none of that name.
func Content(name string) []byte { return byURL[byName[name]].content }

// Handler serves the files. A wrong hash is not found rather than a newer content under an old name.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, found := byURL[r.URL.Path]
		if !found {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		header.Set("Content-Type", file.contentType)
		header.Set("Content-Length", strconv.Itoa(len(file.content)))
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		_, _ = w.Write(file.content) // the browser went away: nothing to do about it
	})
}
