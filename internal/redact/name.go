package redact

import (
	"strings"
	"unicode"
)

// A name holds a secret if one of these stands anywhere in it, letters and digits only, lower case.
var secretParts = []string{
	"password", "passwd", "passphrase", "passcode", "secret", "token", "cookie", "credential", "authorization",
	"apikey", "accesskey", "privatekey", "sessionid", "sessid", "sessionkey", "csrf", "xsrf", "cardnumber", "cardno",
	"ccnumber", "securitycode", "mynumber", "kojinbango", "kojinbangou", "ansyou", "anshou",
	"パスワード", "ぱすわーど", "暗証", "合言葉", "秘密", "トークン", "認証コード", "認証キー", "セッション", "マイナンバー", "個人番号",
	"カード番号", "セキュリティコード",
}

// ... or if one of its words is one of these: shorter, and part of too many harmless words ("compass", "author").
var secretWords = map[string]bool{
	"pass": true, "pw": true, "pwd": true, "pin": true, "otp": true, "totp": true, "auth": true, "oauth": true, "jwt": true,
	"sid": true, "sess": true, "session": true, "cvv": true, "cvc": true, "csc": true, "ssn": true, "sig": true,
	"signature": true, "hmac": true, "pan": true, "bearer": true, "nonce": true,
}

// maxName is how much of a name is read; a longer one is looked at from both ends.
const maxName = 256

func secretName(name string) bool {
	if len(name) > maxName {
		return secretName(name[:maxName]) || secretName(name[len(name)-maxName:])
	}
	var letters, word strings.Builder
	var previous rune
	secret := false
	endWord := func() {
		secret = secret || secretWords[strings.TrimRight(word.String(), "0123456789")]
		word.Reset()
	}
	for _, r := range name {
		r = narrow(r)
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != 'ー' {
			endWord()
			previous = r
			continue
		}
		if unicode.IsUpper(r) && unicode.IsLower(previous) { // userPass
			endWord()
		}
		previous = r
		r = unicode.ToLower(r)
		letters.WriteRune(r)
		word.WriteRune(r)
	}
	endWord()
	if secret {
		return true
	}
	for _, part := range secretParts {
		if strings.Contains(letters.String(), part) {
			return true
		}
	}
	return false
}

// narrow returns the ASCII form of a full-width letter, digit or sign: Ｐａｓｓ as Pass.
func narrow(r rune) rune {
	if r >= '！' && r <= '～' {
		return r - '！' + '!'
	}
	return r
}
