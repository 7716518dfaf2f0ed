package automaton

import (
	"math/rand/v2"
	"strings"
)

// browserValues are what a browser sends with an ordinary page view.
var browserValues = []string{
	"/shop/list.php", "category", "shoes-mens", "page", "2", "sort", "price_asc", "utm_source", "newsletter-2025-06",
	"www.example.co.jp", "keep-alive", "max-age=0", "1", "gzip, deflate, br, zstd", "ja,en-US;q=0.9,en;q=0.8",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/137.0.0.0 Safari/537.36",
	"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
	"https://www.example.co.jp/shop/?category=shoes-mens", "same-origin", "navigate", "?1", "document", "?0",
	`"Google Chrome";v="137", "Chromium";v="137", "Not/A)Brand";v="24"`, `"Windows"`,
	"PHPSESSID=3k9f0a7c2m1q8v5t6b4n0x2z1c; _ga=GA1.3.1122334455.1717000000; _gid=GA1.3.998877.1717000001",
	"3k9f0a7c2m1q8v5t6b4n0x2z1c", "GA1.3.1122334455.1717000000", "GET", "HTTP/1.1",
	"GET /shop/list.php?category=shoes-mens&page=2&sort=price_asc HTTP/1.1",
	"Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Cookie", "Referer", "Connection", "Sec-Fetch-Mode",
	"https", "shop.example.co.jp", "cors", "empty", "same-site", "no-cache", "i", "q", "lang", "ja", "ref", "top", "u=0, i", "Priority",
	"https://www.google.com/search?q=%E3%82%B9%E3%83%8B%E3%83%BC%E3%82%AB%E3%83%BC&oq=sneaker&sourceid=chrome&ie=UTF-8",
	"/shop/list.php?category=shoes-mens&page=2&sort=price_asc&utm_source=newsletter-2025-06&utm_medium=email&utm_campaign=summer_sale",
	"/shop/list.php?category=shoes-mens&page=2&sort=price_asc&utm_source=newsletter-2025-06", "スニーカー メンズ", "summer_sale",
	"Sec-Ch-Ua-Platform", "Upgrade-Insecure-Requests", "Cache-Control",
}

var japaneseWords = strings.Fields(`お世話になっております 株式会社サンプル 山田太郎 と申します 商品 の 在庫 について お問い合わせ します
	サーバー/ネットワーク 見積もり 納期 を 教えて ください よろしくお願いいたします 東京都千代田区1-2-3 電話番号 03-1234-5678
	1,980円(税込) 型番:A-100 ﾊﾝｶｸ 予約 午後3時 大人2名 キャンセル 採用 面接 「新商品」 ・ ※ ～ 😀 メール info@example.jp
	https://www.example.jp/contact Excel PDF WordPress 請求書 領収書 定休日 は 水曜日 です 。 、 ！ ？`)

var englishWords = strings.Fields(`the of and to in a is that for it as was with be by on not he his but at are this have from or had an they
	which one you were all her she there would their we him been has when who will no more if out so what up said its about than into them can
	only other time new some could these two may first then do any like my now over such our man me even most made after also did many off before
	must well back through years much where your way down should because long each just state those people too mr. how little good world make very
	year still see own work men day get here old life both between being under three never know same last another while us might great go come
	select order update please user group table price between system file echo print class function (see note), "quoted" it's don't 100% A&B C/D`)

func words(from []string, separator string, size int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 7))
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(from[random.IntN(len(from))])
		if random.IntN(14) == 0 {
			b.WriteString("\r\n")
		} else {
			b.WriteString(separator)
		}
	}
	return b.String()
}

func japaneseText(size int, seed uint64) string { return words(japaneseWords, "", size, seed) }
func englishText(size int, seed uint64) string  { return words(englishWords, " ", size, seed) }
func japaneseForm(seed uint64) string           { return japaneseText(400, seed) }
