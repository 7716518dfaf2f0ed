package transform

// base64Value holds the six bits of each letter of the alphabet, or notBase64.
var base64Value = func() (table [256]byte) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i := range table {
		table[i] = notBase64
	}
	for i := range len(alphabet) {
		table[alphabet[i]] = byte(i)
	}
	return table
}()

const notBase64 = 0xFF

// base64Decode decodes up to the first byte that does not belong; line ends do.
func base64Decode(dst []byte, src string, _ int) ([]byte, bool) {
	bits, count := uint32(0), 0
	for i := 0; i < len(src); i++ {
		c := src[i]
		if c == '\r' || c == '\n' {
			continue
		}
		v := base64Value[c]
		if v == notBase64 {
			break
		}
		bits = bits<<6 | uint32(v)
		if count++; count == 4 {
			dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, count = 0, 0
		}
	}
	return base64Rest(dst, bits, count), true
}

// base64DecodeExt passes over what does not belong, reads the URL alphabet too, and ends at padding.
func base64DecodeExt(dst []byte, src string, _ int) ([]byte, bool) {
	bits, count := uint32(0), 0
	for i := 0; i < len(src) && src[i] != '='; i++ {
		c := src[i]
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		}
		v := base64Value[c]
		if v == notBase64 {
			continue
		}
		bits = bits<<6 | uint32(v)
		if count++; count == 4 {
			dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, count = 0, 0
		}
	}
	return base64Rest(dst, bits, count), true
}

// base64Rest appends the bytes that two or three letters at the end make.
func base64Rest(dst []byte, bits uint32, count int) []byte {
	switch count {
	case 2:
		dst = append(dst, byte(bits>>4))
	case 3:
		dst = append(dst, byte(bits>>10), byte(bits>>2))
	}
	return dst
}
