package view

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales
var localeFiles embed.FS

// Lang is a language of the portal, as it stands in the lang attribute.
type Lang string

// Languages. Japanese comes first: it is the default, and English is its translation.
const (
	Japanese Lang = "ja"
	English  Lang = "en"
)

// Langs lists the languages, the default first.
var Langs = []Lang{Japanese, English}

// ParseLang reads "ja" or "en" and reports whether it was one of them.
func ParseLang(s string) (Lang, bool) {
	for _, lang := range Langs {
		if s == string(lang) {
			return lang, true
		}
	}
	return Japanese, false
}

var matcher = sync.OnceValue(func() language.Matcher {
	return language.NewMatcher([]language.Tag{language.Japanese, language.English})
})

// MatchLang chooses by the Accept-Language header; Japanese when nothing fits.
func MatchLang(acceptLanguage string) Lang {
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return Japanese
	}
	_, index, confidence := matcher().Match(wanted...)
	if confidence == language.No {
		return Japanese
	}
	return Langs[index]
}

// Message is a sentence by its key in the catalogues. Numbers among Args are printed with separators; an int under
// "Count" also chooses the plural form.
type Message struct {
	Key  string
	Args map[string]any
}

// Say makes a Message from a key and pairs of argument name and value.
func Say(key string, pairs ...any) Message {
	message := Message{Key: key}
	if len(pairs) > 0 {
		message.Args = make(map[string]any, len(pairs)/2)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		message.Args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return message
}

type catalogue struct {
	localizers map[Lang]*i18n.Localizer
}

func loadCatalogue() (*catalogue, error) {
	bundle := i18n.NewBundle(language.Japanese)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &catalogue{localizers: make(map[Lang]*i18n.Localizer)}
	for _, lang := range Langs {
		file := "locales/active." + string(lang) + ".json"
		if _, err := bundle.LoadMessageFileFS(localeFiles, file); err != nil {
			return nil, fmt.Errorf("loading catalogue %s: %w", file, err)
		}
		c.localizers[lang] = i18n.NewLocalizer(bundle, string(lang))
	}
	return c, nil
}

// translator is the template function t: a key, then pairs of argument name and value.
func (c *catalogue) translator(lang Lang) func(key string, pairs ...any) (string, error) {
	return func(key string, pairs ...any) (string, error) { return c.localize(lang, Say(key, pairs...)) }
}

// messenger is the template function m: a Message that Go code chose.
func (c *catalogue) messenger(lang Lang) func(Message) (string, error) {
	return func(message Message) (string, error) { return c.localize(lang, message) }
}

// localize fails on a key that this language does not have, so that a page never shows a key or falls back silently.
func (c *catalogue) localize(lang Lang, message Message) (string, error) {
	config := &i18n.LocalizeConfig{MessageID: message.Key}
	if len(message.Args) > 0 {
		data := make(map[string]any, len(message.Args))
		for name, value := range message.Args {
			switch value := value.(type) {
			case int:
				data[name] = number(int64(value))
				if name == "Count" {
					config.PluralCount = value
				}
			case int64:
				data[name] = number(value)
				if name == "Count" {
					config.PluralCount = value
				}
			case Time:
				data[name] = value.in(lang).Text
			case Message:
				inner, err := c.localize(lang, value)
				if err != nil {
					return "", err
				}
				data[name] = inner
			default:
				data[name] = value
			}
		}
		config.TemplateData = data
	}
	text, tag, err := c.localizers[lang].LocalizeWithTag(config)
	if err != nil {
		return "", fmt.Errorf("message %s in %s: %w", message.Key, lang, err)
	}
	if tag.String() != string(lang) {
		return "", fmt.Errorf("message %s: not translated into %s", message.Key, lang)
	}
	return text, nil
}
