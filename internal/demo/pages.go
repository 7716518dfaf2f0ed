package demo

import (
	"bytes"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/sekisho-waf/sekisho/internal/obs"
)

// pages renders the site's HTML. Every template is parsed at start, so a broken one never meets a visitor.
type pages struct {
	log   *slog.Logger
	named map[string]*template.Template
}

// page is what each template sees.
type page struct {
	Title string
	Data  any
}

func newPages(log *slog.Logger) *pages {
	p := &pages{log: log, named: map[string]*template.Template{}}
	for _, name := range []string{"home", "works", "services", "contact", "confirm", "thanks", "search", "upload", "uploaded", "notfound"} {
		p.named[name] = template.Must(template.ParseFS(siteFiles, "site/layout.html", "site/"+name+".html"))
	}
	return p
}

// render writes a page whole or not at all: it is built in memory first.
func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, name, title string, data any) {
	var out bytes.Buffer
	if err := p.named[name].ExecuteTemplate(&out, "layout", page{Title: title, Data: data}); err != nil {
		p.log.ErrorContext(r.Context(), "sample page cannot be rendered", obs.Err(err))
		http.Error(w, "申し訳ありません。ページを表示できませんでした。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// show serves a page that is the same for everyone.
func (p *pages) show(name, title string, data any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.render(w, r, http.StatusOK, name, title, data)
	})
}

func (p *pages) notFound() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.render(w, r, http.StatusNotFound, "notfound", "ページが見つかりません", nil)
	})
}

// contactForm is what a visitor wrote, and what is missing from it.
type contactForm struct {
	Name, Email, Tel, Topic, Message string
	Problem                          string
}

func readContact(r *http.Request) contactForm {
	form := contactForm{
		Name: r.PostFormValue("name"), Email: r.PostFormValue("email"), Tel: r.PostFormValue("tel"),
		Topic: r.PostFormValue("topic"), Message: r.PostFormValue("message"),
	}
	switch {
	case strings.TrimSpace(form.Name) == "":
		form.Problem = "お名前をご記入ください。"
	case !strings.Contains(form.Email, "@"):
		form.Problem = "メールアドレスをご確認ください。"
	case strings.TrimSpace(form.Message) == "":
		form.Problem = "ご相談の内容をご記入ください。"
	}
	return form
}

func (p *pages) confirmContact() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		form := readContact(r)
		if form.Problem != "" {
			p.render(w, r, http.StatusUnprocessableEntity, "contact", "お問い合わせ", form)
			return
		}
		p.render(w, r, http.StatusOK, "confirm", "内容のご確認", form)
	})
}

func (p *pages) thanks() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		form := readContact(r)
		if form.Problem != "" {
			p.render(w, r, http.StatusUnprocessableEntity, "contact", "お問い合わせ", form)
			return
		}
		p.render(w, r, http.StatusOK, "thanks", "ありがとうございました", form)
	})
}

// searchResult holds the works whose text contains the words looked for.
type searchResult struct {
	Query string
	Found []work
}

func (p *pages) search() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result := searchResult{Query: firstRunes(r.URL.Query().Get("q"), 200)}
		for _, candidate := range works {
			if result.Query != "" && strings.Contains(candidate.Title+candidate.Place+candidate.Text, result.Query) {
				result.Found = append(result.Found, candidate)
			}
		}
		p.render(w, r, http.StatusOK, "search", "施工事例をさがす", result)
	})
}

// firstRunes cuts s behind n runes and replaces what is no UTF-8.
func firstRunes(s string, n int) string {
	s = strings.ToValidUTF8(s, "�")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// legacy is the site's one weakness, as old PHP pages have it: a quote in id comes back as the database's own error
// text. There is no database behind it; the text alone tells an attacker (and a response rule) that injection works.
func legacy() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("id")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if !strings.ContainsAny(id, `'"`) {
			_, _ = fmt.Fprintf(w, "<!doctype html><title>旧・施工事例</title><p>施工事例 No. %s は新しいページに移りました。<a href=\"/works\">施工事例</a></p>", template.HTMLEscapeString(firstRunes(id, 40)))
			return
		}
		_, _ = fmt.Fprintf(w, "<!doctype html><title>旧・施工事例</title><b>Warning</b>: mysql_fetch_array(): You have an error in your SQL syntax; "+
			"check the manual that corresponds to your MySQL server version for the right syntax to use near '%s' at line 1", template.HTMLEscapeString(firstRunes(id, 80)))
	})
}
