package writing

import (
	"regexp"
	"strings"
)

// Active reports whether a value has markup in it that runs something or replaces the page, for a browser that reads it
// inside of a page: an element that is made for that, an event handler, an address that is a program. Paragraphs,
// tables, links and pictures are not. Whatever it does not know, is.
func Active(value string) bool {
	if voidAddress.MatchString(value) {
		return false
	}
	for at := strings.IndexByte(value, '<'); at >= 0; {
		if activeElement(value[at+1:]) {
			return true
		}
		next := strings.IndexByte(value[at+1:], '<')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return leavesAttribute.MatchString(value)
}

// leavesAttribute finds a handler behind a quote that closes the attribute which the value was put into, and what closes
// a string of a script and goes on with a call.
var leavesAttribute = regexp.MustCompile(strings.ReplaceAll(`(?i)["'~](?:[^<>]{0,200}[\s/"'])?on[a-z]{4,24}\s*=\s*["']?[^\s"'=>]`+
	`|["'~)]\s*[;,+\-*/|&?%^<>=]+\s*(?:alert|confirm|prompt|eval|fetch|import|print|settimeout|window|document|top|self|location|string|function)\s*[(.\[~=]`+
	`|^\s*(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t\s*:\s*[^\s]*[(\[=/~{\\]`, "~", "`"))

// harmless are elements that say how text looks, or show a picture or a form's fields.
var harmless = set(`
	a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn div dl
	dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd label legend li main mark nav ol
	p picture pre q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th thead
	time tr tt u ul var wbr figure html head body title o:p video audio track fieldset optgroup option
`)

// embeds are the players and maps that editors put into pages.
var embeds = regexp.MustCompile(`(?i)^\s*(?:https?:)?//(?:www\.)?(?:youtube(?:-nocookie)?\.com/embed/|google\.(?:com|co\.jp)/maps/embed|maps\.google\.|player\.vimeo\.com/|open\.spotify\.com/embed|embed\.nicovideo\.jp/|www\.facebook\.com/plugins/|calendar\.google\.com/)`)

// activeElement looks at an element from behind its <.
func activeElement(text string) bool {
	if text == "" {
		return false
	}
	if text[0] == '/' {
		text = text[1:]
		name := elementName(text)
		return known[name] && name != "iframe" && name != "style"
	}
	if text[0] == '!' {
		if inertDeclaration.MatchString(text) {
			return false
		}
		return !strings.HasPrefix(text, "!-- ") && !strings.HasPrefix(text, "!--[if") && !strings.HasPrefix(text, "!-- wp:")
	}
	if text[0] == '?' || text[0] == '%' {
		return !strings.HasPrefix(text, "?xml ")
	}
	name := elementName(text)
	if name == "" {
		return false // a sign, not an element
	}
	attributes, closed := readAttributes(text[len(name):])
	if !closed && !harmless[name] && len(attributes) == 0 {
		return name == "script" && strings.TrimLeft(text[len(name):], " \t\r\n") == "" // "a <b and c" is no element
	}
	if name == "script" && len(attributes) == 0 && closed {
		return scriptText.MatchString(text[len(name):]) // "put <script> into the head" is not
	}
	if name == "style" && closed && !activeAttributes(attributes) {
		rules, _, whole := strings.Cut(text, "</style>")
		return !whole || loadsInStyle.MatchString(rules)
	}
	if name == "iframe" {
		for _, a := range attributes {
			if a.name == "src" && embeds.MatchString(a.value) {
				return activeAttributes(attributes)
			}
		}
		return true
	}
	if !harmless[name] {
		return known[name] || strings.ContainsAny(name, ":-") || activeAttributes(attributes)
	}
	return activeAttributes(attributes)
}

// inertDeclaration begins what declares the kind of a document without entities of its own, or plain characters; elements
// inside of those are looked at like any others.
var inertDeclaration = regexp.MustCompile(`(?i)^!doctype\s[^<>\[]*(?:>|$)|^!\[CDATA\[`)

// scriptText finds, behind an element for scripts, the end of it or anything that a script is made of.
var scriptText = regexp.MustCompile(`(?i)</\s*script|^\s*>[^<]{0,200}[(=;\[` + "`" + `]`)

// known are the elements of browsers that are not harmless; other names are words in angle brackets, and do nothing
// without a handler.
var known = set(`
	script svg math object embed applet base link meta style form input button select textarea keygen isindex iframe frame
	frameset marquee details dialog template slot xml image noscript noembed noframes plaintext xmp listing bgsound blink
	layer ilayer animate set animatetransform animatemotion foreignobject use a0 portal param menu menuitem canvas
	mglyph mtext maction annotation xss x comment basefont command content element shadow dir isindex nextid multicol
	track
`)

func elementName(text string) string {
	n := 0
	for n < len(text) && n < 32 {
		c := text[n]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z') && !(n > 0 && (c >= '0' && c <= '9' || c == ':' || c == '-')) {
			break
		}
		n++
	}
	return strings.ToLower(text[:n])
}

type attribute struct{ name, value string }

// maxAttributes bounds one element.
const maxAttributes = 64

// readAttributes reads the attributes of an element from behind its name, as browsers do; closed tells whether it ends.
func readAttributes(text string) (found []attribute, closed bool) {
	for len(found) < maxAttributes {
		text = strings.TrimLeft(text, " \t\r\n\f/\x00")
		if text == "" {
			return found, false
		}
		if text[0] == '>' {
			return found, true
		}
		end := strings.IndexAny(text, "= \t\r\n\f/>")
		if end == 0 {
			end = 1 // a lone = begins a name
		}
		if end < 0 {
			end = len(text)
		}
		a := attribute{name: strings.ToLower(strings.Trim(text[:end], "\"'`"))}
		text = strings.TrimLeft(text[end:], " \t\r\n\f")
		if value, is := strings.CutPrefix(text, "="); is {
			value = strings.TrimLeft(value, " \t\r\n\f")
			if value != "" && (value[0] == '"' || value[0] == '\'') {
				quoted, rest, whole := strings.Cut(value[1:], value[:1])
				a.value, text = quoted, rest
				if !whole {
					return append(found, a), false
				}
			} else {
				end := strings.IndexAny(value, " \t\r\n\f>")
				if end < 0 {
					end = len(value)
				}
				a.value, text = value[:end], value[end:]
			}
		}
		found = append(found, a)
	}
	return found, false
}

var (
	programAddress = regexp.MustCompile(`(?i)^[\x00-\x20]*(?:javascript|vbscript|livescript|mocha|data:(?:text/html|text/xml|application|image/svg|,)|data:;)`)
	voidAddress    = regexp.MustCompile(`(?i)^\s*javascript:\s*(?:void\s*\(?\s*0?\s*\)?|history\.(?:back|go)\(-?\d*\)|;|//|#)*\s*;?\s*$`)
	activeStyle    = regexp.MustCompile(`(?i)expression\s*\(|javascript:|vbscript:|-moz-binding|behaviou?r\s*:|@import|\\[0-9a-f]`)
	loadsInStyle   = regexp.MustCompile(`(?i)expression\s*\(|script:|binding|behaviou?r|@|\\|url\s*\(|<`)
	hiddenInside   = strings.NewReplacer("\t", "", "\n", "", "\r", "", "\x00", "")
)

func activeAttributes(attributes []attribute) bool {
	for _, a := range attributes {
		value := hiddenInside.Replace(a.value)
		switch {
		case strings.HasPrefix(a.name, "on") && len(a.name) > 4 && strings.TrimSpace(value) != "":
			return true
		case a.name == "srcdoc" || a.name == "formaction" || a.name == "http-equiv" || strings.HasPrefix(a.name, "xlink:") || strings.HasPrefix(a.name, "xmlns"):
			return value != "" && value != "http://www.w3.org/1999/xhtml" && value != "http://www.w3.org/TR/REC-html40"
		case a.name == "style" && activeStyle.MatchString(value):
			return true
		case programAddress.MatchString(value) && !voidAddress.MatchString(value):
			return true
		}
	}
	return false
}
