package line

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// decode returns raw in UTF-8. Japanese devices and Windows programs send Shift_JIS, some EUC-JP or ISO-2022-JP, and none
// of them says so. broken tells that the last character is missing a part: somebody cut the record there.
func decode(raw []byte) (text string, broken bool) {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	if utf8.Valid(raw) {
		if bytes.Contains(raw, []byte("\x1b$")) && sevenBit(raw) {
			return convert(japanese.ISO2022JP, raw), false
		}
		return string(raw), false
	}
	if whole := withoutPart(raw); len(whole) < len(raw) && utf8.Valid(whole) {
		return string(whole), true
	}
	if mostlyUTF8(raw) { // one damaged byte does not change the language
		return strings.ToValidUTF8(string(raw), "�"), false
	}
	if eucCost, sjisCost := oddity(japanese.EUCJP, raw), oddity(japanese.ShiftJIS, raw); eucCost < sjisCost {
		return convert(japanese.EUCJP, raw), false
	}
	return convert(japanese.ShiftJIS, raw), false
}

// sevenBit tells what may be ISO-2022-JP (RFC 1468) from UTF-8 with a stray escape.
func sevenBit(raw []byte) bool {
	return !bytes.ContainsFunc(raw, func(r rune) bool { return r >= utf8.RuneSelf })
}

// withoutPart returns raw without an incomplete UTF-8 character at its end.
func withoutPart(raw []byte) []byte {
	for i := 1; i < utf8.UTFMax && i <= len(raw); i++ {
		if start := len(raw) - i; utf8.RuneStart(raw[start]) {
			if raw[start] >= 0xC2 && !utf8.FullRune(raw[start:]) {
				return raw[:start]
			}
			break
		}
	}
	return raw
}

// mostlyUTF8 reports whether more multi-byte characters of raw are whole in UTF-8 than are not.
func mostlyUTF8(raw []byte) bool {
	whole, wrong := 0, 0
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && size == 1:
			wrong++
		case size > 2: // two bytes may well be Shift_JIS
			whole++
		}
		raw = raw[size:]
	}
	return whole > wrong
}

// oddity counts what an encoding would make of raw that nobody writes: broken characters much, half-width kana a little,
// since EUC-JP read as Shift_JIS is full of them.
func oddity(e encoding.Encoding, raw []byte) (cost int) {
	for _, r := range convert(e, raw) {
		switch {
		case r == utf8.RuneError:
			cost += 8
		case r >= '｡' && r <= 'ﾟ':
			cost++
		}
	}
	return cost
}

func convert(e encoding.Encoding, raw []byte) string {
	text, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "�")
	}
	return strings.ToValidUTF8(string(text), "�")
}
