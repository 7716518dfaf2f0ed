package bench

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The mix is what a small Japanese company's site sees: 60 % pages, 20 % assets, 10 % form posts, 8 % JSON calls and
// 2 % bodies of 64 KB. Every block of 50 requests holds exactly these shares, so that a short round of a slow program
// and a long round of a fast one do the same work per request.
const (
	blockSize  = 50
	blockPages = 30
	blockAsset = 10
	blockForms = 5
	blockJSON  = 4
	blockLarge = 1

	mixBlocks  = 10
	largeBytes = 64 << 10
)

// Class is the kind of a request in the mix.
type Class string

// Classes of the mix.
const (
	ClassPage  Class = "page"
	ClassAsset Class = "asset"
	ClassForm  Class = "form"
	ClassJSON  Class = "json"
	ClassLarge Class = "large"
)

// Request is one request of the mix, as data.
type Request struct {
	Class  Class
	Method string
	Target string
	Header http.Header
	Body   []byte
}

// NewMix returns 500 requests in the order in which they are sent. Equal seeds give equal mixes.
func NewMix(seed uint64) []Request {
	random := rand.New(rand.NewPCG(seed, 0))
	mix := make([]Request, 0, mixBlocks*blockSize)
	for range mixBlocks {
		block := make([]Request, 0, blockSize)
		for range blockPages {
			block = append(block, newPage(random))
		}
		for range blockAsset {
			block = append(block, newAsset(random))
		}
		for range blockForms {
			block = append(block, newForm(random))
		}
		for range blockJSON {
			block = append(block, newJSON(random))
		}
		for range blockLarge {
			block = append(block, newLarge(random))
		}
		random.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		mix = append(mix, block...)
	}
	return mix
}

// browser returns the header fields that a current browser sends with every request, a session cookie among them.
func browser(random *rand.Rand, accept string) http.Header {
	return http.Header{
		"User-Agent":      {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"},
		"Accept":          {accept},
		"Accept-Language": {"ja,en-US;q=0.9,en;q=0.8"},
		"Accept-Encoding": {"gzip, deflate, br"},
		"Cookie":          {fmt.Sprintf("_ga=GA1.2.%d.%d; session=%016x%016x", random.Uint32(), 1750000000+random.IntN(1e7), random.Uint64(), random.Uint64())},
		"Sec-Fetch-Site":  {"same-origin"},
		"Sec-Fetch-Mode":  {"navigate"},
	}
}

// newPage is a page of 2 to 60 KB, small ones more often than large ones; a third of them are asked for with a query.
func newPage(random *rand.Rand) Request {
	kilobytes := 2 + int(58*random.Float64()*random.Float64())
	target := "/page/" + strconv.Itoa(kilobytes)
	switch random.IntN(6) {
	case 0:
		target += "?q=" + url.QueryEscape(pick(random, searches))
	case 1:
		target += fmt.Sprintf("?category=%d&page=%d&sort=new", random.IntN(20), 1+random.IntN(9))
	}
	return Request{
		Class: ClassPage, Method: http.MethodGet, Target: target,
		Header: browser(random, "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"),
	}
}

func newAsset(random *rand.Rand) Request {
	kinds := []string{"css", "js", "svg", "woff2", "webp"}
	kilobytes := 1 + random.IntN(30)
	target := fmt.Sprintf("/asset/%d/%08x.%s", kilobytes, random.Uint32(), pick(random, kinds))
	return Request{Class: ClassAsset, Method: http.MethodGet, Target: target, Header: browser(random, "*/*")}
}

func newForm(random *rand.Rand) Request {
	body := url.Values{
		"name":    {pick(random, people)},
		"email":   {fmt.Sprintf("user%d@mail.example", random.IntN(1000))},
		"tel":     {fmt.Sprintf("090-0000-%04d", random.IntN(10000))},
		"topic":   {pick(random, topics)},
		"message": {sentences(random, 200+random.IntN(400))},
	}.Encode()
	return withBody(random, ClassForm, "/contact", "application/x-www-form-urlencoded", []byte(body))
}

func newJSON(random *rand.Rand) Request {
	body := fmt.Sprintf(`{"kind":"reform","area":%d,"place":%q,"note":%q}`, 10+random.IntN(200), pick(random, places), sentences(random, 150))
	return withBody(random, ClassJSON, "/api/estimate", "application/json", []byte(body))
}

// newLarge is 64 KB of Japanese in JSON: a long text of an editor.
func newLarge(random *rand.Rand) Request {
	head := fmt.Sprintf(`{"title":%q,"body":"`, pick(random, topics))
	tail := `"}`
	body := head + sentences(random, largeBytes-len(head)-len(tail)) + tail
	return withBody(random, ClassLarge, "/api/articles", "application/json", []byte(body))
}

func withBody(random *rand.Rand, class Class, target, contentType string, body []byte) Request {
	header := browser(random, "*/*")
	header.Set("Content-Type", contentType)
	return Request{Class: class, Method: http.MethodPost, Target: target, Header: header, Body: body}
}

func pick(random *rand.Rand, from []string) string { return from[random.IntN(len(from))] }

// sentences returns whole sentences of ordinary Japanese, filled up with blanks to exactly length bytes.
func sentences(random *rand.Rand, length int) string {
	var text strings.Builder
	for {
		next := pick(random, phrases)
		if text.Len()+len(next) > length {
			break
		}
		text.WriteString(next)
	}
	text.WriteString(strings.Repeat(" ", max(length-text.Len(), 0)))
	return text.String()
}
