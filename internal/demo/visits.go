package demo

import "net/url"

// visitorAgents are the browsers of the ordinary visitors, one visitor each.
var visitorAgents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
}

const (
	typeForm = "application/x-www-form-urlencoded"
	typeJSON = "application/json"
)

var pageAssets = []request{get("/static/style.css"), get("/static/logo.svg")}

// open is what a browser fetches for a page.
func open(target string, more ...request) []request {
	return append(append([]request{get(target)}, pageAssets...), more...)
}

// form encodes pairs of names and values as a browser does.
func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// enquiry is a visitor who reads the form, fills it in, confirms and sends it.
func enquiry(name, email, tel, topic, message string) []request {
	body := form("name", name, "email", email, "tel", tel, "topic", topic, "message", message)
	return append(open("/contact"), post("/contact", typeForm, body), post("/contact/thanks", typeForm, body))
}

func lookFor(words string) []request { return open("/search?" + form("q", words)) }

// walks are the ways that ordinary visitors take through the site; names and addresses are invented.
var walks = [][]request{
	open("/", get("/static/house.svg"), get("/services")),
	open("/", get("/static/house.svg"), get("/works")),
	open("/services", get("/works"), get("/contact")),
	open("/works", get("/static/house.svg"), get("/api/works")),
	lookFor("平屋"),
	lookFor("鎌倉市 リフォーム"),
	lookFor("屋根"),
	enquiry("佐藤 花子", "hanako@mail.example", "090-0000-0001", "リフォーム",
		"はじめまして。築30年の家の台所を直したいと思っています。\n予算は200万円くらいです。来週の土曜日に見に来ていただけますか。"),
	enquiry("鈴木 一郎", "ichiro.suzuki@mail.example", "0466-00-0001", "屋根・外壁",
		"先日の台風で雨もりがします。急いでいますので、お電話をください。よろしくお願いいたします。"),
	enquiry("高橋　みなみ", "minami@mail.example", "", "新築",
		"土地は40坪ほどです。「海の見える平屋」のような家を考えています。①費用 ②工期 を教えてください♪"),
	enquiry("株式会社タナカ商店 田中", "tanaka@shop.example", "０４５－０００－００００", "その他",
		"店舗の内装についてご相談です。お見積り（税込）をお願いできますでしょうか。"),
	{get("/api/works"), post("/api/estimate", typeJSON, `{"kind":"reform","area":42.5,"place":"藤沢市","note":"台所と居間をひと続きにしたい"}`)},
	{get("/robots.txt"), get("/"), get("/works")},
	{post("/api/estimate", typeJSON, `{"kind":"roof","area":110,"place":"平塚市","note":"工場の屋根です"}`)},
	append(open("/upload"), request{
		method: "POST", target: "/upload", contentType: "multipart/form-data; boundary=----yamada7f3a",
		body: "------yamada7f3a\r\nContent-Disposition: form-data; name=\"comment\"\r\n\r\n一階の間取りです\r\n" +
			"------yamada7f3a\r\nContent-Disposition: form-data; name=\"file\"; filename=\"madori.txt\"\r\nContent-Type: text/plain\r\n\r\n" +
			"居間 12畳、台所 6畳、和室 8畳\r\n------yamada7f3a--\r\n",
	}),
}
