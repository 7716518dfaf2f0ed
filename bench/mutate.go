package bench

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// A mutator turns requests into others that lie near them: most of what it makes is still a request, and much of it is
// almost an attack, or one in another dress. Equal sources make equal requests.
type mutator struct {
	*rand.Rand
	bases    []*sekisho.Exchange // also where fragments come from
	ordinary int                 // how many of the bases, the first ones, are ordinary requests
}

// next makes one request out of one of the bases, mostly of the ordinary ones: a hole is where something is called clean.
func (m *mutator) next() *sekisho.Exchange {
	among := len(m.bases)
	if m.IntN(4) > 0 {
		among = m.ordinary
	}
	x := *m.bases[m.IntN(among)]
	x.Header = slices.Clone(x.Header)
	for range 1 + m.IntN(3) {
		switch m.IntN(12) {
		case 0, 1, 2:
			m.inTarget(&x)
		case 3, 4, 5:
			m.inBody(&x)
		case 6, 7:
			m.inHeader(&x)
		case 8:
			m.addParameter(&x)
		case 9:
			m.retype(&x)
		case 10:
			x.Method = m.of("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "get", "PROPFIND")
		case 11:
			x.Protocol = m.of("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0")
		}
	}
	if m.IntN(5) > 0 {
		setLength(&x)
	}
	return &x
}

func (m *mutator) of(list ...string) string { return list[m.IntN(len(list))] }

// inTarget changes the path, or one value or name of the query.
func (m *mutator) inTarget(x *sekisho.Exchange) {
	path, query, has := strings.Cut(x.Target, "?")
	if !has || m.IntN(4) == 0 {
		if path = m.edit(path); !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		x.Target = path
		if has {
			x.Target += "?" + query
		}
		return
	}
	x.Target = path + "?" + m.inPairs(query)
}

// inPairs changes one pair of a query or form: mostly what it holds, seen through its encoding.
func (m *mutator) inPairs(text string) string {
	pairs := strings.Split(text, "&")
	at := m.IntN(len(pairs))
	name, value, has := strings.Cut(pairs[at], "=")
	plain, err := url.QueryUnescape(value)
	switch m.IntN(6) {
	case 0:
		pairs[at] = m.edit(pairs[at])
	case 1:
		pairs[at] = m.edit(name) + "=" + value
	case 2:
		pairs = slices.Insert(pairs, at, pairs[at])
	default:
		if !has || err != nil {
			pairs[at] = m.edit(pairs[at])
			break
		}
		pairs[at] = name + "=" + url.QueryEscape(m.dress(m.edit(plain)))
	}
	return strings.Join(pairs, "&")
}

func (m *mutator) inBody(x *sekisho.Exchange) {
	body := string(x.Body)
	kind, _ := headerOf(x, "Content-Type")
	switch {
	case body == "":
		body = "a=" + url.QueryEscape(m.dress(m.fragment()))
		setHeader(x, "Content-Type", formType)
		x.Method = "POST"
	case strings.Contains(kind, "urlencoded"):
		body = m.inPairs(body)
	case strings.Contains(kind, "json") && m.IntN(4) > 0:
		body = m.inJSON(body)
	default:
		body = m.edit(body)
	}
	x.Body = []byte(body)
}

// inJSON changes the inside of one string, so that what comes of it can still be read.
func (m *mutator) inJSON(body string) string {
	quotes := []int{}
	for i := range len(body) {
		if body[i] == '"' && (i == 0 || body[i-1] != '\\') {
			quotes = append(quotes, i)
		}
	}
	if len(quotes) < 2 {
		return m.edit(body)
	}
	at := m.IntN(len(quotes)/2) * 2
	inside := strconv.Quote(m.dress(m.edit(body[quotes[at]+1 : quotes[at+1]])))
	return body[:quotes[at]] + inside + body[quotes[at+1]+1:]
}

func (m *mutator) inHeader(x *sekisho.Exchange) {
	if len(x.Header) == 0 || m.IntN(3) == 0 {
		name := m.of("Cookie", "Referer", "X-Filename", "Range", "Content-Type", "Accept", "X-Forwarded-Host", "Transfer-Encoding",
			"Content-Encoding", "Accept-Charset", "If-Modified-Since", "X-Api-Key", "User-Agent", "Content-Length", "Connection")
		x.Header = append(x.Header, sekisho.Field{Name: name, Value: m.dress(m.fragment())})
		return
	}
	at := m.IntN(len(x.Header))
	if m.IntN(5) == 0 {
		x.Header = slices.Delete(x.Header, at, at+1)
		return
	}
	x.Header[at].Value = strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(m.edit(x.Header[at].Value))
}

// addParameter adds a piece of another request, as itself or in a dress.
func (m *mutator) addParameter(x *sekisho.Exchange) {
	pair := m.of("q", "id", "body", "memo", "token", "coupon", "mail", "json.a", "file", "url", "PHPSESSID", "a[]") + "=" + url.QueryEscape(m.dress(m.fragment()))
	if strings.Contains(x.Target, "?") {
		x.Target += "&" + pair
	} else {
		x.Target += "?" + pair
	}
}

// retype says that the body is something else, or makes it that.
func (m *mutator) retype(x *sekisho.Exchange) {
	text := m.dress(m.fragment())
	switch m.IntN(6) {
	case 0:
		setHeader(x, "Content-Type", m.of("application/json", "text/xml", "text/plain", formType, "multipart/form-data; boundary=b", "application/octet-stream",
			formType+"; charset=shift_jis", formType+"; charset=utf-7", "application/json; charset=utf-16", "image/png", "application/soap+xml"))
		return
	case 1:
		setHeader(x, "Content-Type", "application/json")
		x.Body = fmt.Appendf(nil, `{"a":%s,"b":[1,{"c":%s}],"a":"%d"}`, strconv.Quote(text), strconv.Quote(m.fragment()), m.IntN(100))
	case 2:
		setHeader(x, "Content-Type", "text/xml")
		x.Body = fmt.Appendf(nil, `<?xml version="1.0"?><a b="%s"><c>%s</c></a>`, strings.ReplaceAll(text, `"`, ""), m.fragment())
	case 3:
		setHeader(x, "Content-Type", "multipart/form-data; boundary=b")
		x.Body = fmt.Appendf(nil, "--b\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n--b--\r\n",
			m.of("a", "memo", "file[]", "a b"), m.of("", `; filename="a.txt"`, `; filename="a.php"`), text)
	case 4:
		setHeader(x, "Content-Type", formType)
		x.Body = []byte("name=%E5%B1%B1%E7%94%B0&memo=" + url.QueryEscape(text) + "&memo=" + url.QueryEscape(m.fragment()))
	case 5:
		setHeader(x, "Content-Type", "text/plain")
		x.Body = []byte(text)
	}
	x.Method = m.of("POST", "POST", "PUT")
}

// fragment is a piece of what some other request says.
func (m *mutator) fragment() string {
	other := m.bases[m.IntN(len(m.bases))]
	text := other.Target
	if len(other.Body) > 0 && m.IntN(2) == 0 {
		text = string(other.Body)
	} else if _, query, has := strings.Cut(text, "?"); has {
		text = query
	}
	if m.IntN(4) == 0 && len(other.Header) > 0 {
		text = other.Header[m.IntN(len(other.Header))].Value
	}
	pairs := strings.Split(text, "&")
	_, value, has := strings.Cut(pairs[m.IntN(len(pairs))], "=")
	if !has {
		value = pairs[m.IntN(len(pairs))]
	}
	if plain, err := url.QueryUnescape(value); err == nil {
		value = plain
	}
	if len(value) > 2 && m.IntN(2) == 0 {
		from := m.IntN(len(value))
		value = value[from:min(len(value), from+2+m.IntN(40))]
	}
	return value[:min(len(value), 2000)]
}

// dress writes a text as attackers do, in a form that rules take off again: once, twice, or not at all.
func (m *mutator) dress(text string) string {
	for range m.IntN(3) {
		text = m.wear(text)
	}
	return text
}

func (m *mutator) wear(text string) string {
	each := func(write func(byte) string) string {
		var b strings.Builder
		for i := range min(len(text), 500) {
			b.WriteString(write(text[i]))
		}
		return b.String()
	}
	switch m.IntN(16) {
	case 0:
		return base64.StdEncoding.EncodeToString([]byte(text))
	case 1:
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	case 2: // base64 with what a lenient reader skips
		coded := base64.StdEncoding.EncodeToString([]byte(text))
		return coded[:len(coded)/2] + m.of(" ", "\n", ".", "-", "=") + coded[len(coded)/2:]
	case 3:
		return url.QueryEscape(text)
	case 4:
		return each(func(c byte) string { return fmt.Sprintf("%%u%04x", c) })
	case 5:
		return each(func(c byte) string { return fmt.Sprintf("&#%d;", c) })
	case 6:
		return each(func(c byte) string { return fmt.Sprintf(`\x%02x`, c) })
	case 7: // full width
		return strings.Map(func(r rune) rune {
			if r > ' ' && r < 0x7f {
				return r + 0xfee0
			}
			return r
		}, text)
	case 8:
		return strings.Map(func(r rune) rune {
			if m.IntN(2) == 0 {
				return []rune(strings.ToUpper(string(r)))[0]
			}
			return r
		}, text)
	case 9:
		return strings.ReplaceAll(text, " ", m.of("/**/", "\t", "\n", "+", "%0a", "\u3000", "\u00a0", "\x0b"))
	case 10: // what a shell throws away
		return each(func(c byte) string { return string(rune(c)) + m.of("", "", "", "\\", "'", `"`, "^") })
	case 11:
		return strings.NewReplacer("/", "/./", ".", "%2e").Replace(text)
	case 12:
		return strings.NewReplacer("s", "ſ", "k", "\u212a", "i", "ı").Replace(text)
	case 13:
		return each(func(c byte) string { return fmt.Sprintf(`\u%04x`, c) })
	case 14:
		return each(func(c byte) string { return fmt.Sprintf("%02x", c) })
	}
	return m.of("'", `"`, "-->", "</", "${", "{{", "<!--", "\x00", "日本語、") + text
}

// pieces are what the rules look for, and what stands beside it.
var pieces = []string{
	"'", `"`, "<", ">", ";", "|", "&", "=", "%27", "%3C", "+", " ", "\x00", "\n", "ー/", "\xbc", "\xbe", "select", "union", "../", "..\\",
	"http://", "()", "$", "{", "}", "a", "1", "0", "-1", ".php", ".bak", "~", "Ｓ", "ſ", "\u212a", "é", "日本", `\u0061`, "%", "%zz", "charset=",
	"onload", "[", "]", ",", "null", `\`, `"a":`, "--", "/*", "*/", "#", "1-0", "@", "`", "$(", "<?", "?>", "<%", "__", "java.", "eval(", "sleep(",
	"etc/passwd", "wget ", "cmd", "script", "src=", "document.", "jndi:", "0x", "e1", "||", "\r\n", "%0d%0a", "\x1b$B", "\x83\x5c", "&#x", ";base64,",
}

// edit changes a text in one place.
func (m *mutator) edit(text string) string {
	at := m.IntN(len(text) + 1)
	switch m.IntN(7) {
	case 0:
		return text[:at] + text[min(len(text), at+1+m.IntN(4)):]
	case 1:
		if at < len(text) {
			return text[:at] + string([]byte{text[at] ^ byte(1<<m.IntN(8))}) + text[at+1:]
		}
	case 2:
		return text[:at] + m.fragment() + text[at:]
	case 3:
		if at < len(text) {
			return text[:at] + strings.Repeat(text[at:at+1], 1+m.IntN(30)) + text[at:]
		}
	}
	return text[:at] + pieces[m.IntN(len(pieces))] + text[at:]
}

func headerOf(x *sekisho.Exchange, name string) (string, bool) {
	for _, f := range x.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value, true
		}
	}
	return "", false
}

func setHeader(x *sekisho.Exchange, name, value string) {
	for i, f := range x.Header {
		if strings.EqualFold(f.Name, name) {
			x.Header[i].Value = value
			return
		}
	}
	x.Header = append(x.Header, sekisho.Field{Name: name, Value: value})
}

// setLength announces the body that there is.
func setLength(x *sekisho.Exchange) {
	if len(x.Body) > 0 {
		setHeader(x, "Content-Length", strconv.Itoa(len(x.Body)))
		return
	}
	x.Header = slices.DeleteFunc(x.Header, func(f sekisho.Field) bool { return strings.EqualFold(f.Name, "Content-Length") })
}
