package proxy

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"

	"github.com/sekisho-waf/sekisho"
)

//go:embed pages/page.html
var pageFiles embed.FS

// pages renders what a visitor sees when we answer in the origin's place: what happened, that it is not their fault,
// and the number by which the site's owner finds it. Nothing the visitor sent stands on a page, and nothing is loaded
// from elsewhere.
type pages struct{ page *template.Template }

func newPages() (*pages, error) {
	page, err := template.ParseFS(pageFiles, "pages/page.html")
	if err != nil {
		return nil, err
	}
	return &pages{page: page}, nil
}

type pageText struct {
	Lang, Title, Body, Help, NumberLabel string
}

type pageData struct {
	Lang   string // of the first text
	Status int
	Number string
	Texts  [2]pageText
}

// notice is what a page says, in both languages.
type notice struct {
	code        string // for programs
	title, body sekisho.Text
}

// tooMuch is for a visitor who alone asks for too much; people with an ordinary browser hardly ever see it.
var tooMuch = notice{
	"too_many_requests",
	sekisho.Text{JA: "アクセスの回数が多すぎます", EN: "Too many requests"},
	sekisho.Text{
		JA: "短い時間にアクセスが続いたため、いったんお待ちいただいています。少し時間をおいてからお試しください。",
		EN: "Many requests came from you in a short time. Please wait a moment and try again.",
	},
}

// busy is for a request that there is no room for.
var busy = notice{
	"busy",
	sekisho.Text{JA: "ただいま混み合っています", EN: "The site is busy"},
	sekisho.Text{
		JA: "アクセスが集中しています。しばらくしてからもう一度お試しください。",
		EN: "Too many people are here at once. Please try again in a little while.",
	},
}

// crowded is for a request whose turn to be checked did not come.
var crowded = notice{
	"busy",
	sekisho.Text{JA: "ただいま混み合っています", EN: "The site is very busy"},
	sekisho.Text{
		JA: "アクセスが集中しているため、安全の確認の順番がまわってきませんでした。少し待ってからもう一度お試しください。",
		EN: "So much is going on that this request could not be checked in time. Please wait a moment and try again.",
	},
}

// unreachable is for a site whose servers give no answer, whatever the reason.
var unreachable = notice{
	"origin_unreachable",
	sekisho.Text{JA: "サイトにつながりません", EN: "The site cannot be reached"},
	sekisho.Text{
		JA: "サイトのサーバーから応答がありません。しばらくしてからもう一度お試しください。",
		EN: "The site's server does not answer. Please try again in a little while.",
	},
}

// notices are by the reason of a decision; the texts name neither the rule nor the software behind the site.
var notices = map[sekisho.Reason]notice{
	sekisho.ReasonDenied: {
		"denied",
		sekisho.Text{JA: "アクセスできません", EN: "No access"},
		sekisho.Text{
			JA: "サイトの運営者が、お使いの接続元からのアクセスを受け付けない設定にしています。",
			EN: "The owner of the site has chosen not to accept visits from your network.",
		},
	},
	sekisho.ReasonBanned:       tooMuch,
	sekisho.ReasonAddressLimit: tooMuch,
	sekisho.ReasonPathLimit:    tooMuch,
	sekisho.ReasonSessionLimit: tooMuch,
	sekisho.ReasonLoginLimit: {
		"too_many_logins",
		sekisho.Text{JA: "ログインの失敗が続いています", EN: "Too many failed logins"},
		sekisho.Text{
			JA: "パスワードの間違いが続いたため、しばらくログインを受け付けません。時間をおいてからお試しください。",
			EN: "The password was wrong too often, so logins are paused for a while. Please try again later.",
		},
	},
	sekisho.ReasonSiteLimit:   busy,
	sekisho.ReasonOverload:    busy,
	sekisho.ReasonSiteShare:   busy,
	sekisho.ReasonUnderAttack: tooMuch,
	sekisho.ReasonRequestRule: {
		"blocked",
		sekisho.Text{JA: "アクセスを止めました", EN: "This request was stopped"},
		sekisho.Text{
			JA: "送られた内容が攻撃に似ていたため、サイトを守るしくみがアクセスを止めました。ふつうにご利用のときに表示された場合は、お手数をおかけして申し訳ございません。",
			EN: "What was sent looks like an attack, so the site's protection stopped it. If you were only using the site, we are sorry for the trouble.",
		},
	},
	sekisho.ReasonResponseRule: {
		"withheld",
		sekisho.Text{JA: "ページの表示を止めました", EN: "This page was withheld"},
		sekisho.Text{
			JA: "ページに公開すべきでない情報が含まれているおそれがあるため、表示を止めました。",
			EN: "The page may contain information that should not be public, so it was not shown.",
		},
	},
	sekisho.ReasonInspection: {
		"unavailable",
		sekisho.Text{JA: "ただいまご利用いただけません", EN: "Temporarily unavailable"},
		sekisho.Text{
			JA: "安全の確認ができなかったため、アクセスをお通しできませんでした。しばらくしてからもう一度お試しください。",
			EN: "The request could not be checked, so it was not let through. Please try again in a little while.",
		},
	},
	sekisho.ReasonOverBudget: {
		"too_complex",
		sekisho.Text{JA: "内容を確認できませんでした", EN: "This could not be checked"},
		sekisho.Text{
			JA: "送られた内容が複雑すぎて安全の確認が終わらないため、お通しできませんでした。内容を短くするか、分けてお送りください。",
			EN: "What was sent is too complex to be checked, so it was not let through. Please send less at once, or in parts.",
		},
	},
	sekisho.ReasonQueueFull: crowded,
	sekisho.ReasonWaited:    crowded,
	sekisho.ReasonOrigin:    unreachable,
	sekisho.ReasonOriginTimeout: {
		"origin_timeout",
		sekisho.Text{JA: "サイトの応答に時間がかかっています", EN: "The site takes too long to answer"},
		sekisho.Text{
			JA: "時間内にサイトのサーバーから応答がありませんでした。しばらくしてからもう一度お試しください。",
			EN: "The site's server did not answer in time. Please try again in a little while.",
		},
	},
	sekisho.ReasonOriginRefused: unreachable,
	sekisho.ReasonOriginsAway:   unreachable,
	sekisho.ReasonLoop: {
		"loop",
		sekisho.Text{JA: "サイトの設定に誤りがあります", EN: "The site is set up wrongly"},
		sekisho.Text{
			JA: "アクセスが同じところを回り続ける設定になっているため、止めました。サイトの運営者にお知らせください。",
			EN: "The request would go round in a circle, so it was stopped. Please tell the owner of the site.",
		},
	},
	sekisho.ReasonMaintenance: {
		"maintenance",
		sekisho.Text{JA: "ただいまメンテナンス中です", EN: "Under maintenance"},
		sekisho.Text{
			JA: "サイトの手入れをしています。ご不便をおかけしますが、しばらくしてからもう一度お越しください。",
			EN: "The site is being worked on. We are sorry for the trouble; please come back in a little while.",
		},
	},
	sekisho.ReasonBodyTooLarge: {
		"too_large",
		sekisho.Text{JA: "送られたデータが大きすぎます", EN: "Too much was sent"},
		sekisho.Text{
			JA: "このサイトで受け取れる大きさを超えています。ファイルを小さくしてからお試しください。",
			EN: "This is more than the site accepts. Please try again with a smaller file.",
		},
	},
	sekisho.ReasonMalformed: {
		"malformed",
		sekisho.Text{JA: "リクエストを読み取れませんでした", EN: "The request could not be read"},
		sekisho.Text{
			JA: "送られた内容が途中で途切れたか、正しい形ではありませんでした。",
			EN: "What was sent broke off or was not well formed.",
		},
	},
	sekisho.ReasonUnknownHost: {
		"unknown_host",
		sekisho.Text{JA: "このサイトはここにはありません", EN: "This site is not here"},
		sekisho.Text{
			JA: "アドレスをご確認ください。",
			EN: "Please check the address.",
		},
	},
	sekisho.ReasonMisdirected: {
		"misdirected",
		sekisho.Text{JA: "接続先が一致しません", EN: "Wrong connection for this site"},
		sekisho.Text{
			JA: "ページを再読み込みしてください。",
			EN: "Please reload the page.",
		},
	},
	sekisho.ReasonPanic: {
		"internal",
		sekisho.Text{JA: "内部でエラーが起きました", EN: "Something went wrong on our side"},
		sekisho.Text{
			JA: "しばらくしてからもう一度お試しください。",
			EN: "Please try again in a little while.",
		},
	},
}

var (
	help = sekisho.Text{
		JA: "お困りのときは、下の番号をサイトの運営者にお伝えください。",
		EN: "If you need help, tell the owner of the site this number.",
	}
	numberLabel = sekisho.Text{JA: "お問い合わせ番号", EN: "Number"}
)

// render returns the page, or for programs a small JSON object, for what was decided.
func (p *pages) render(x *exchange) (body []byte, contentType string) {
	said, ok := notices[x.decision.Reason]
	if !ok {
		said = notices[sekisho.ReasonPanic]
	}
	number := x.ID.Display()
	if wantsJSON(x.r.Header) {
		body, err := json.Marshal(map[string]string{"error": said.code, "number": number})
		if err == nil {
			return append(body, '\n'), "application/json"
		}
	}
	data := pageData{Lang: "ja", Status: x.decision.Status, Number: number}
	languages := [2]string{"ja", "en"}
	if prefersEnglish(x.r.Header) {
		data.Lang, languages = "en", [2]string{"en", "ja"}
	}
	for i, lang := range languages {
		data.Texts[i] = pageText{
			Lang: lang, Title: said.title.In(lang), Body: said.body.In(lang),
			Help: help.In(lang), NumberLabel: numberLabel.In(lang),
		}
	}
	var page bytes.Buffer
	if err := p.page.Execute(&page, data); err != nil {
		return []byte(http.StatusText(x.decision.Status) + "\n" + number + "\n"), "text/plain; charset=utf-8"
	}
	return page.Bytes(), "text/html; charset=utf-8"
}
