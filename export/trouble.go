package export

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Trouble is why a receiver did not take records, in plain words.
type Trouble struct {
	Text  sekisho.Text
	Err   error
	After time.Duration // the receiver asks to be left alone for so long; 0: it does not say
	Large bool          // fewer records at once could help
}

// Error is the program's own words, for the log.
func (t *Trouble) Error() string {
	if t.Err == nil {
		return t.Text.EN
	}
	return t.Err.Error()
}

// Unwrap returns the cause.
func (t *Trouble) Unwrap() error { return t.Err }

func trouble(err error, ja, en string) *Trouble {
	return &Trouble{Text: sekisho.Text{JA: ja, EN: en}, Err: err}
}

// explain puts a failed connection into words.
func explain(err error) *Trouble {
	if known, ok := errors.AsType[*Trouble](err); ok {
		return known
	}
	var unknownCA x509.UnknownAuthorityError
	var wrongName x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &unknownCA):
		return trouble(err, "受信側の証明書を信頼できません。認証局の証明書を --ca で登録してください。",
			"The receiver's certificate is not trusted. Give its authority's certificate with --ca.")
	case errors.As(err, &wrongName):
		return trouble(err, "受信側の証明書は、別の名前のものです。宛先の名前を確認してください。",
			"The receiver's certificate is for another name. Check the address.")
	case errors.As(err, &invalid):
		return trouble(err, "受信側の証明書が無効です。期限を確認してください。", "The receiver's certificate is not valid. Look at its dates.")
	case errors.As(err, &alert):
		return trouble(err, "受信側が接続を断りました。クライアント証明書を確認してください。",
			"The receiver refused the connection. Check the client certificate that it asks for.")
	case errors.As(err, &record):
		return trouble(err, "受信側は暗号化(TLS)で話していません。ポートを確認してください。", "The receiver does not speak TLS there. Check the port.")
	case errors.As(err, &dns):
		return trouble(err, "受信側の名前が見つかりません。宛先の名前を確認してください。", "The receiver's name cannot be found. Check the address.")
	case errors.Is(err, syscall.ECONNREFUSED):
		return trouble(err, "受信側で待ち受けているものがありません。", "Nothing is listening at the receiver's address.")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return trouble(err, "受信側が途中で接続を切りました。送り直します。", "The receiver broke the connection off. The records are sent again.")
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return trouble(err, "受信側から時間内に返事がありません。送り直します。", "The receiver did not answer in time. The records are sent again.")
	}
	return trouble(err, "受信側につながりません。", "The receiver cannot be reached.")
}

// answered is the trouble with an answer other than success.
func answered(status int, after time.Duration) *Trouble {
	t := trouble(fmt.Errorf("answered %d", status), fmt.Sprintf("受信側がエラー(%d)を返しました。", status), fmt.Sprintf("The receiver answered with an error (%d).", status))
	t.After = after
	switch {
	case status == 401 || status == 403:
		t.Text = sekisho.Text{JA: "受信側が記録を断りました。署名の鍵か権限を確認してください。", EN: "The receiver refuses our records. Check the signing secret and its rights."}
	case status == 404 || status == 410:
		t.Text = sekisho.Text{JA: "受信側にその宛先がありません。URLを確認してください。", EN: "The receiver does not know this address. Check the URL."}
	case status == 413:
		t.Text, t.Large = sekisho.Text{JA: "一度に送る量が多すぎます。減らして送り直します。", EN: "That was too much at once. Fewer records are sent together."}, true
	case status == 429:
		t.Text = sekisho.Text{JA: "受信側が送る間隔を空けるよう求めています。", EN: "The receiver asks us to slow down."}
	case status >= 300 && status < 400:
		t.Text = sekisho.Text{JA: "受信側が別のURLを案内しました。転送先には送りません。URLを確認してください。", EN: "The receiver points to another URL. Records are not sent on: check the URL."}
	}
	return t
}
