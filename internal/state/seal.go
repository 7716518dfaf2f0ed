package state

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// A sealed value is a line with the SHA-256 of the content, then the content: so that a value which was cut, overwritten or
// belongs to somebody else is told apart from ours.

const sealName = "sekisho-state-1 "

func seal(content []byte) []byte {
	sum := sha256.Sum256(content)
	return append([]byte(sealName+hex.EncodeToString(sum[:])+"\n"), content...)
}

var errSeal = errors.New("the content does not match its checksum")

func unseal(sealed []byte) ([]byte, error) {
	line, content, found := bytes.Cut(sealed, []byte("\n"))
	sum := sha256.Sum256(content)
	if !found || string(line) != sealName+hex.EncodeToString(sum[:]) {
		return nil, errSeal
	}
	return content, nil
}
