package corpora

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// BenignCount is how many requests [Benign] returns.
const BenignCount = 3200

// Benign returns ordinary requests, the same for the same seed. Every kind comes equally often.
func Benign(seed uint64) []Request {
	s := newSpeaker(seed)
	kinds := benignKinds()
	requests := make([]Request, 0, BenignCount)
	for i := range BenignCount {
		requests = append(requests, kinds[i%len(kinds)](s))
	}
	return requests
}

func encoded(e encoding.Encoding, pairs ...string) []byte {
	for i := range pairs {
		if text, err := e.NewEncoder().String(pairs[i]); err == nil {
			pairs[i] = text
		}
	}
	return form(pairs...)
}

func sjisText(s speaker) string {
	return strings.NewReplacer("—", "-", "〜", "～", "…", "...").Replace(s.text(3))
}

func benignKinds() []func(speaker) Request {
	ref := []string{"Referer", "https://www.example.co.jp/contact/"}
	wp := func(s speaker) []string {
		return []string{
			"Referer", "https://www.example.co.jp/wp-admin/post.php?post=12&action=edit", "Cookie",
			"wordpress_logged_in_" + s.token(32) + "=admin%7C1790000000%7C" + s.token(43) + "; wp-settings-1=libraryContent%3Dbrowse%26editor%3Dtinymce; wp-settings-time-1=1780000000",
		}
	}
	post := func(kind, target string, pairs func(s speaker) []string) func(speaker) Request {
		return func(s speaker) Request { return build(kind, "POST", target, ref, formType, form(pairs(s)...)) }
	}
	return []func(speaker) Request{
		func(s speaker) Request {
			return build("page", "GET", "/"+s.of("", "about/", "news/2026/01/", "recruit/entry.html", "menu.php", "blog/?p=12", "%E4%BC%9A%E7%A4%BE%E6%A6%82%E8%A6%81/"), nil, "", nil)
		},
		func(s speaker) Request {
			return build("asset", "GET", "/"+s.of("assets/app."+s.token(8)+".js", "wp-includes/js/jquery/jquery.min.js?ver=3.7.1", "img/商品.jpg", "fonts/a.woff2", "css/style.css?v="+s.token(6)), ref, "", nil)
		},
		post("contact form", "/contact/confirm", func(s speaker) []string {
			return []string{"company", s.company(), "name", s.family() + " " + s.given(), "kana", s.kana(), "email", s.mail(), "tel", s.phone(), "zip", s.postcode(), "address", s.address(), "message", s.text(4), "agree", "on", "_token", s.token(40)}
		}),
		post("contact form 7", "/wp-json/contact-form-7/v1/contact-forms/12/feedback", func(s speaker) []string {
			return []string{"_wpcf7", "12", "_wpcf7_version", "5.9.3", "_wpcf7_unit_tag", "wpcf7-f12-p34-o1", "your-name", s.family(), "your-email", s.mail(), "your-subject", s.product() + "について", "your-message", s.text(3)}
		}),
		func(s speaker) Request {
			return build("search", "GET", "/search?q="+url.QueryEscape(s.of(s.product(), s.sentence(), s.family()+"　"+s.product()))+"&sort=price&order=asc&page=2", ref, "", nil)
		},
		func(s speaker) Request {
			return build("search filters", "GET", "/products/list?category_id=3&name="+url.QueryEscape(s.product())+"&price%5Bmin%5D=1000&price%5Bmax%5D=5000&tags%5B%5D="+url.QueryEscape(s.of("新着", "送料無料", "SALE!"))+"&disp_number=20", ref, "", nil)
		},
		post("shop cart", "/products/add_cart/12", func(s speaker) []string {
			return []string{"ProductClass", "45", "quantity", "2", "product_id", "12", "classcategory_id1", "", "_token", s.token(43), "memo", s.sentence()}
		}),
		post("shop checkout", "/shopping/confirm", func(s speaker) []string {
			return []string{"_shopping_order[Shippings][0][Delivery]", "1", "_shopping_order[Payment]", "3", "_shopping_order[message]", s.text(2), "_shopping_order[use_point]", "0", "_token", s.token(43)}
		}),
		post("shop admin product", "/admin/product/product/12/edit", func(s speaker) []string {
			return []string{"admin_product[name]", s.product(), "admin_product[description_detail]", "<p>" + s.sentence() + "</p><ul><li>" + s.price() + "</li></ul>", "admin_product[class][price02]", "1980", "admin_product[search_word]", s.product() + "," + s.product(), "_token", s.token(43)}
		}),
		post("reservation", "/reserve", func(s speaker) []string {
			return []string{"date", s.date(), "time", "18:30～", "people", "大人2名/子供1名", "course", s.of("ランチ[A]", "ディナー(B)", "飲み放題+3,000円"), "name", s.family() + s.given() + s.honorific(), "kana", s.kana(), "note", s.sentence()}
		}),
		func(s speaker) Request {
			return build("recruitment", "POST", "/recruit/entry", ref, "multipart/form-data; boundary="+boundary, multipart("name", s.family()+s.given(), "birth", "1990年1月2日", "pr", s.text(5), "resume/履歴書_"+s.family()+"（最新）.pdf", "%PDF-1.7\n"+s.token(300)))
		},
		func(s speaker) Request {
			return build("upload", "POST", "/upload", ref, "multipart/form-data; boundary="+boundary, multipart("title", s.sentence(), "file/"+s.of("写真 1.jpg", "スクリーンショット 2026-01-02 12.00.00.png", "見積書;最終版.xlsx", "O'Neil's report.docx", "表・ソート.csv", "IMG_0001.HEIC"), "\xff\xd8\xff\xe0\x00\x10JFIF"+s.token(400)))
		},
		post("wordpress comment", "/wp-comments-post.php", func(s speaker) []string {
			return []string{"comment", s.text(3), "author", s.family(), "email", s.mail(), "url", "https://blog.example.jp/?p=3", "submit", "コメントを送信", "comment_post_ID", "12", "comment_parent", "0"}
		}),
		func(s speaker) Request {
			return build("wordpress heartbeat", "POST", "/wp-admin/admin-ajax.php", wp(s), formType+"; charset=UTF-8", form("data[wp-refresh-post-lock][post_id]", "12", "data[wp-refresh-post-lock][lock]", "1780000000:1", "interval", "10", "_nonce", s.token(10), "action", "heartbeat", "screen_id", "post", "has_focus", "true"))
		},
		func(s speaker) Request {
			return build("wordpress block editor", "POST", "/wp-json/wp/v2/posts/12?_locale=user", append(wp(s), "X-HTTP-Method-Override", "PUT", "X-WP-Nonce", s.token(10)), jsonType,
				[]byte(`{"id":12,"title":`+quote(s.sentence())+`,"content":`+quote("<!-- wp:heading -->\n<h2 class=\"wp-block-heading\">"+s.product()+"</h2>\n<!-- /wp:heading -->\n\n<!-- wp:paragraph -->\n<p>"+s.sentence()+"</p>\n<!-- /wp:paragraph -->\n<!-- wp:image {\"id\":5,\"sizeSlug\":\"large\"} -->\n<figure class=\"wp-block-image\"><img src=\"https://www.example.co.jp/a.jpg\" alt=\"\"/></figure>\n<!-- /wp:image -->")+`,"status":"publish"}`))
		},
		func(s speaker) Request {
			return build("wordpress classic editor", "POST", "/wp-admin/post.php", wp(s), formType, form("post_ID", "12", "action", "editpost", "post_title", s.sentence(), "content", "<h2>"+s.product()+"</h2>\r\n<p style=\"color:#333\">"+s.sentence()+"</p><a href=\"https://www.example.co.jp/?a=1&b=2\" target=\"_blank\">詳細</a>\r\n<pre>if (a < b) { echo \"x\"; }</pre><iframe src=\"https://www.youtube.com/embed/x\" width=\"560\"></iframe>", "_wpnonce", s.token(10), "_wp_http_referer", "/wp-admin/post.php?post=12&action=edit"))
		},
		func(s speaker) Request {
			return build("movable type editor", "POST", "/cgi-bin/mt/mt.cgi", []string{"Referer", "https://www.example.co.jp/cgi-bin/mt/mt.cgi?__mode=view&_type=entry&blog_id=1", "Cookie", "mt_user=admin%3A%3A" + s.token(40) + "%3A%3A1"}, formType,
				form("__mode", "save_entry", "_type", "entry", "blog_id", "1", "title", s.sentence(), "text", "<p>"+s.sentence()+"</p>\r\n<p><img alt=\"\" src=\"/img/a.jpg\" width=\"300\" /></p>", "text_more", s.text(3), "tags", "お知らせ,新着", "status", "2", "magic_token", s.token(40)))
		},
		post("movable type search", "/cgi-bin/mt/mt-search.cgi", func(s speaker) []string {
			return []string{"search", s.product(), "IncludeBlogs", "1,2", "limit", "20"}
		}),
		func(s speaker) Request {
			return build("shift_jis form", "POST", "/cgi-bin/formmail.cgi", ref, formType, encoded(japanese.ShiftJIS, "お名前", s.family(), "フリガナ", s.kana(), "ご住所", s.address(), "内容", sjisText(s)))
		},
		func(s speaker) Request {
			return build("shift_jis declared", "POST", "/cgi-bin/mail.cgi", ref, formType+"; charset=Shift_JIS", encoded(japanese.ShiftJIS, "name", s.family(), "hinmei", s.product(), "body", sjisText(s)))
		},
		func(s speaker) Request {
			return build("euc-jp form", "POST", "/inquiry.cgi", ref, formType, encoded(japanese.EUCJP, "name", s.family(), "kana", s.kana(), "body", sjisText(s)))
		},
		func(s speaker) Request {
			return build("euc-jp search", "GET", "/search.cgi?"+string(encoded(japanese.EUCJP, "key", s.product(), "kana", s.kana())), ref, "", nil)
		},
		post("webmail", "/webmail/?_task=mail&_action=send", func(s speaker) []string {
			return []string{"_to", s.family() + s.honorific() + " <" + s.mail() + ">", "_cc", `"営業部" <` + s.mail() + ">", "_subject", "Re: " + s.sentence(), "_message", "> " + strings.ReplaceAll(s.text(3), "\r\n", "\r\n> ") + "\r\n\r\n--\r\n" + s.company() + "\r\nTEL " + s.phone(), "_token", s.token(32)}
		}),
		func(s speaker) Request {
			return build("json api", "POST", "/api/v1/orders", []string{"Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9." + s.token(80) + "." + s.token(43)}, jsonType,
				[]byte(`{"customer":{"name":`+quote(s.family()+s.given())+`,"address":`+quote(s.address())+`},"items":[{"sku":"A-1","name":`+quote(s.product())+`,"qty":2,"price":1980}],"note":`+quote(s.text(2))+`,"gift":true,"coupon":null}`))
		},
		func(s speaker) Request {
			return build("json patch", s.of("PUT", "PATCH"), "/api/v1/items/12", nil, s.of(jsonType, "application/merge-patch+json", "application/vnd.api+json", "application/json; charset=UTF-8"), []byte(`{"name":`+quote(s.product())+`,"tags":["新着","<b>"],"max":2147483647}`))
		},
		func(s speaker) Request {
			return build("graphql", "POST", "/graphql", nil, jsonType, []byte(`{"operationName":"Items","variables":{"q":`+quote(s.product())+`,"first":20},"query":"query Items($q: String!, $first: Int) {\n  items(query: $q, first: $first) {\n    edges { node { id name price(currency: JPY) } }\n  }\n}"}`))
		},
		func(s speaker) Request {
			return build("text beacon", "POST", "/collect", ref, "text/plain;charset=UTF-8", []byte(`{"events":[{"name":"page_view","params":{"page_title":`+quote(s.sentence())+`,"dl":"https://www.example.co.jp/?a=1&b=2","sr":"1920x1080","$browser":"Chrome","$set":{"plan":"free"}}}],"ts":1780000000}`))
		},
		func(s speaker) Request {
			return build("query beacon", "GET", "/g/collect?v=2&tid=G-"+s.token(8)+"&dl="+url.QueryEscape("https://www.example.co.jp/items?pos=top&who=all&sort=price")+"&dt="+url.QueryEscape(s.sentence())+"&el="+url.QueryEscape(s.of("javascript:void(0);", "tel:0312345678", "#top"))+"&gdpr=%24%7BGDPR%7D&sid=178000&_p="+s.token(9), []string{"Referer", "https://shop.example/"}, "", nil)
		},
		func(s speaker) Request {
			return build("gzip beacon", "POST", "/v1/rum", []string{"Content-Encoding", "gzip"}, jsonType, zipped(`{"resource":"/a.css","protocol":"http/1.1","title":`+quote(s.sentence())+`}`))
		},
		func(s speaker) Request {
			return build("protobuf", "POST", "/pb.v1.Log/Write", nil, s.of("application/x-protobuf", "application/octet-stream", "application/grpc-web+proto"), []byte("\x0a\x10"+s.token(16)+"\x12\x05"+s.token(5)+"\x18\x00\x22\x1e"+s.family()+"\x00\x01\x02"+s.token(12)))
		},
		func(s speaker) Request {
			return build("csp report", "POST", "/csp", nil, s.of("application/csp-report", "application/reports+json"), []byte(`{"csp-report":{"document-uri":"https://www.example.co.jp/","violated-directive":"script-src 'self'","blocked-uri":"inline","original-policy":"default-src 'self'; img-src * data:"}}`))
		},
		func(s speaker) Request {
			return build("payment callback", "POST", "/payment/notify", nil, formType, form("OrderID", "A"+s.token(10), "Amount", "1980", "Status", "CAPTURE", "ErrCode", "", "ShopName", s.company(), "CheckString", s.token(64), "ReturnUrl", "https://www.example.co.jp/shopping/complete?order=1"))
		},
		func(s speaker) Request {
			return build("payment return", "GET", "/shopping/complete?PHPSESSID="+s.token(26)+"&result=OK", []string{"Referer", "https://pay.example/secure/", "Cookie", "PHPSESSID=" + s.token(26)}, "", nil)
		},
		func(s speaker) Request {
			return build("long cookies", "GET", "/mypage/", []string{"Referer", "https://www.example.co.jp/", "Cookie", "_ga=GA1.1." + fmt.Sprint(s.IntN(1<<30)) + ".1780000000; _abck=" + s.token(100) + "~-1~YAAQ" + s.token(60) + "~-1~-1~-1; OptanonConsent=isGpcEnabled=0&datestamp=Fri+Jan+02+2026+10%3A00%3A00+GMT%2B0900+(%E6%97%A5%E6%9C%AC%E6%A8%99%E6%BA%96%E6%99%82)&version=202401.1.0&groups=C0001%3A1%2CC0002%3A0; prefs={%22lang%22:%22ja%22,%22view%22:[%22a%22]}; cart=" + base64.StdEncoding.EncodeToString([]byte(s.product()+s.token(200)))}, "", nil)
		},
		func(s speaker) Request {
			return build("base64 field", "POST", "/profile/image", ref, formType, form("image", "data:image/"+s.of("png", "jpeg", "webp")+";base64,"+base64.StdEncoding.EncodeToString([]byte(s.token(900))), "crop", `{"x":1.5,"y":0}`, "name", s.family()))
		},
		func(s speaker) Request {
			return build("login", "POST", s.of("/wp-login.php", "/mypage/login", "/admin/login", "/user/login.php"), ref, formType, form("log", s.mail(), "pwd", s.of("Pa$$w0rd!23", "k<3&m>9", "x'y\"z;1", "ひみつ#2026", "a|b|c%d", "--secret--", "(o_o)//"), "wp-submit", "ログイン", "redirect_to", "https://www.example.co.jp/wp-admin/", "testcookie", "1"))
		},
		func(s speaker) Request {
			return build("json in a form", "POST", "/ajax", ref, formType, form("data", `{"name":"`+s.family()+`","type":"select","items":["a","b"],"html":"\u003cp\u003e\u5c71\u003c/p\u003e","filter":"{\"price\":[100,200]}"}`, "callback", "cb_1"))
		},
		func(s speaker) Request {
			return build("other language", "POST", "/contact", ref, formType, form("message", s.of("Could you tell me the\ntime when you open? We came late; create a new booking please.", "Können Sie mir die Öffnungszeiten (Sa/So) senden? Grüße", "L'été dernier, j'ai commandé l'article n°5 ; merci d'avance !", "안녕하세요. 견적서를 보내주세요 (부가세 포함)", "请问这个产品(型号:A-1)有货吗？价格=100元", "Xin chào, tôi muốn đặt bàn; cảm ơn", "I can't log in & the \"Sign up\" button doesn't work. What's wrong -- is it my browser?", "Please confirm (yes or no). Select one of the plans from the list.", "Sort by price, then find the cheapest; if it's OK, order 2.", "#1 fan! 10/10 would eat again :) $5 off?"), "name", s.family()))
		},
	}
}
