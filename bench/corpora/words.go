package corpora

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// A speaker picks words. Equal seeds say equal things.
type speaker struct{ *rand.Rand }

func newSpeaker(seed uint64) speaker { return speaker{rand.New(rand.NewPCG(seed, 3))} }

func (s speaker) of(words ...string) string { return words[s.IntN(len(words))] }

func (s speaker) family() string {
	return s.of("山田", "佐藤", "鈴木", "高橋", "田中", "渡邊", "齋藤", "小林", "表", "髙島", "﨑山", "中村", "O'Brien", "グエン")
}

func (s speaker) given() string {
	return s.of("太郎", "花子", "一郎", "さくら", "健", "ソフィア", "美咲", "大輔", "Kaori", "ミン")
}

func (s speaker) kana() string {
	return s.of("ヤマダ タロウ", "サトウ ハナコ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｻｻｷ･ｹﾝｼﾞ", "ポール", "ソノダ ミノル", "タカハシ　シュウ")
}

func (s speaker) honorific() string {
	return s.of("様", "さま", "先生", "御中", "殿", "さん")
}

func (s speaker) mail() string {
	return s.of("taro", "info", "k.sato+shop", "hanako_y", "sales-1") + "@" + s.of("example.co.jp", "mail.example.ne.jp", "example.com")
}

func (s speaker) phone() string {
	return fmt.Sprintf(s.of("03-%04d-%04d", "0120-%03d-%03d", "(06)%04d-%04d", "+81 90 %04d %04d", "０３－%04d－%04d"), s.IntN(1000), s.IntN(1000))
}
func (s speaker) postcode() string { return fmt.Sprintf("〒%03d-%04d", s.IntN(999), s.IntN(9999)) }
func (s speaker) address() string {
	return s.of("東京都千代田区丸の内1-2-3", "大阪府大阪市北区梅田２丁目４－９ ヒルズ／タワー 12F", "北海道札幌市中央区北1条西2 #301", "福岡県福岡市博多区3-4; 別棟", "京都市下京区四条通り(烏丸)/東入ル")
}

func (s speaker) price() string {
	return s.of("¥1,980(税込)", "￥12,000円～", "3,300円/月", "1万円〜2万円", "$25.00 (約3,800円)", "@500×3=1500", "20%OFF!!")
}

func (s speaker) company() string {
	return s.of("株式会社山田製作所", "（有）さくら工務店", "㈱テスト&サポート", "合同会社A/B", "医療法人 緑の丘クリニック", "Tanaka & Sons")
}

func (s speaker) product() string {
	return s.of("サーバー/ネットワーク機器", "メーカー/型番: A-100", "コーヒー豆（200g）", "ノート・パソコン <中古>", "Tシャツ[M/L]", "充電器 5V=2A", "ケーキ#12 'いちご'", "焼酎\"黒\" 720ml", "カレー&ナン", "本革バッグ; 茶", "ペン(5本セット)|赤", "100%りんごジュース", "C++入門 第3版", "iPhone用ケース * 限定 *")
}

func (s speaker) sentence() string {
	return s.of(
		"サーバー/ネットワークの件でお願いします。", "セミナー/イベントに参加します。", "お世話になっております。", "見積もりをお願いいたします。",
		"ご予約は(2名)で、時間は18:00～でお願いします。", "納期＝最短3日、数量＞100個の場合の価格は？", "A&Bプランのどちらが「お得」ですか？",
		"前回の注文（No.12345）と同じものを、追加で2個お願いします！", "メールが届きません…ご確認ください。", "資料を送ってください。FAX：03-1234-5678",
		"料金は1,000円（税込）or 1,100円ですか?", "please send the invoice (PDF) to us; thank you.", "We'd like to select a table near the window from 7pm.",
		"Windows 11 と Mac の両方で使えますか。", "system (beta) にログインできません。", "「;」や「|」などの記号は使えますか", "カーテン->サイズ:W100×H200",
		"id と パスワードを忘れました", "URLは https://www.example.co.jp/item?id=3&color=red です", "1. 氏名\n2. 住所\n3. 電話", "更新日: 2026/01/02 10:00:00",
		"time は 10am、 place は「ホール」です", "100% OK です。 50/50 でも可。", "ﾒｰﾙでﾖﾛｼｸｵﾈｶﾞｲｼﾏｽ", "※（株）は省略　／　敬称略", "＜重要＞返信不要", "It's 5'10\" tall -- is that ok?",
		"find a gift for my wife; she likes tea", "drop off at the front desk", "Let's meet at the top floor, and order lunch", "union member discount を select できますか",
		"~~~ お知らせ ~~~", "==== 引用 ====", "(^_^)/ ありがとう！", "m(_ _)m", "Ctrl+C / Ctrl+V", "D:\\資料\\見積.xlsx を添付", "../ と入力されます", "<3 いつも応援しています",
		"金額が 3 < 5 かつ 7 > 2 なら表示", "価格 = 単価 * 数量 + 送料", "「or」か「and」で検索したい", "#ハッシュタグ @mention", "C:\\Users\\taro\\Desktop",
	)
}

func (s speaker) text(lines int) string {
	said := make([]string, 0, lines)
	for range lines {
		said = append(said, s.sentence())
	}
	return s.company() + "\r\n" + s.family() + s.honorific() + "\r\n\r\n" + strings.Join(said, s.of("\r\n", "", " ", "\r\n\r\n"))
}

func (s speaker) token(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[s.IntN(len(letters))]
	}
	return string(b)
}
func (s speaker) date() string { return fmt.Sprintf("2026-%02d-%02d", 1+s.IntN(12), 1+s.IntN(28)) }
