package upstream

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/sekisho-waf/sekisho"
)

// credentials are the contents of a site's files. They are part of a server's key, so that new contents make new
// connections.
type credentials struct{ ca, cert, key, secret string }

const (
	maxCredential = 1 << 20
	minSecret     = 16
	maxSecret     = 1024
)

// readCredentials reads the files that are named. KindInvalid names the key of one that cannot be used.
func readCredentials(o *sekisho.Origins) (c credentials, err error) {
	for _, file := range []struct {
		key, path string
		into      *string
	}{
		{"origin_ca_file", o.CAFile, &c.ca},
		{"origin_cert_file", o.CertFile, &c.cert},
		{"origin_key_file", o.KeyFile, &c.key},
		{"origin_secret_file", o.SecretFile, &c.secret},
	} {
		if file.path == "" {
			continue
		}
		content, err := readFile(file.path)
		if err != nil {
			return c, &sekisho.Error{Kind: sekisho.KindInvalid, Msg: fmt.Sprintf("%s %s: cannot be read; check the path and its permissions", file.key, file.path), Err: err}
		}
		*file.into = string(content)
	}
	if o.SecretFile != "" {
		c.secret = string(bytes.TrimSpace([]byte(c.secret)))
		if !soundSecret(c.secret) {
			return c, sekisho.Invalid(fmt.Sprintf("origin_secret_file %s: use one line of %d to %d letters, digits or signs, such as the output of: openssl rand -hex 32", o.SecretFile, minSecret, maxSecret))
		}
	}
	return c, nil
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxCredential))
}

func soundSecret(secret string) bool {
	for _, c := range []byte(secret) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(secret) >= minSecret && len(secret) <= maxSecret
}
