package transform

import (
	"crypto/fips140"
	"crypto/md5"  //nolint:gosec // rules ask for it by name; nothing is protected by it
	"crypto/sha1" //nolint:gosec // as above
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"unsafe"
)

// bytesView looks at a string as bytes, which must not be written to.
func bytesView(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

func length(dst []byte, src string, _ int) ([]byte, bool) {
	return strconv.AppendInt(dst, int64(len(src)), 10), true
}

// md5Sum fails in FIPS mode, as in Coraza; what fails leaves the value as it is.
func md5Sum(dst []byte, src string, _ int) ([]byte, bool) {
	if fips140.Enabled() {
		return append(dst, src...), false
	}
	sum := md5.Sum(bytesView(src)) //nolint:gosec // as above
	return append(dst, sum[:]...), true
}

func sha1Sum(dst []byte, src string, _ int) ([]byte, bool) {
	if fips140.Enabled() {
		return append(dst, src...), false
	}
	sum := sha1.Sum(bytesView(src)) //nolint:gosec // as above
	return append(dst, sum[:]...), true
}

func hexEncode(dst []byte, src string, _ int) ([]byte, bool) {
	return hex.AppendEncode(dst, bytesView(src)), true
}

// hexDecode leaves alone what is not hexadecimal from end to end.
func hexDecode(dst []byte, src string, _ int) ([]byte, bool) {
	out, err := hex.AppendDecode(dst, bytesView(src))
	if err != nil {
		return append(dst, src...), false
	}
	return out, true
}

func base64Encode(dst []byte, src string, _ int) ([]byte, bool) {
	return base64.StdEncoding.AppendEncode(dst, bytesView(src)), true
}
