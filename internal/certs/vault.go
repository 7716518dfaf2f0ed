package certs

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// Shelf keeps small things where every process finds them, across restarts. KindNotFound: nothing is kept there.
type Shelf interface {
	Keep(ctx context.Context, shelf, key string, content []byte) error
	Kept(ctx context.Context, shelf, key string) ([]byte, error)
	KeptKeys(ctx context.Context, shelf string) ([]string, error)
	Forget(ctx context.Context, shelf, key string) error
}

// Vault keeps private keys on a shelf that others may read: sealed by AES-256-GCM, bound to what they are for, so that a
// sealed key put in another one's place does not open.
type Vault struct {
	shelf Shelf
	aead  cipher.AEAD
}

// minSecret is what a secret needs to hold 128 bits even when it is written in hexadecimal.
const minSecret = 32

// NewVault uses a secret of at least 32 characters. KindInvalid: it is too short.
func NewVault(shelf Shelf, secret string) (*Vault, error) {
	if len(secret) < minSecret {
		return nil, sekisho.Invalid(fmt.Sprintf("certificate_key: use at least %d characters, such as the output of: openssl rand -hex 32", minSecret))
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "sekisho certificate keys 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the certificates: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare the key of the certificates: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare the key of the certificates: %w", err)
	}
	return &Vault{shelf: shelf, aead: aead}, nil
}

func (v *Vault) seal(purpose string, secret []byte) []byte {
	return v.aead.Seal(nil, nil, secret, []byte(purpose))
}

var errSealed = errors.New("it does not open")

func (v *Vault) open(purpose string, sealed []byte) ([]byte, error) {
	secret, err := v.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, &sekisho.Error{
			Kind: sekisho.KindInvalid, Err: errSealed,
			Msg: fmt.Sprintf("certificate_key: what is kept of %s was sealed with another key; give the key of before", purpose),
		}
	}
	return secret, nil
}

const (
	keyShelf   = "certificate-key"
	keyCheck   = "check"
	keyPurpose = "the key itself"
)

// Check reports whether the secret is the one that everything was kept with so far (KindInvalid if not), and leaves a mark
// for the next time. A shelf that is away is KindUnavailable: nobody can tell.
func (v *Vault) Check(ctx context.Context) error {
	mark, err := v.shelf.Kept(ctx, keyShelf, keyCheck)
	if sekisho.KindOf(err) == sekisho.KindNotFound {
		if err := v.shelf.Keep(ctx, keyShelf, keyCheck, v.seal(keyPurpose, []byte(rand.Text()))); err != nil {
			return fmt.Errorf("mark the key of the certificates: %w", err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("check the key of the certificates: %w", err)
	}
	if _, err := v.open(keyPurpose, mark); err != nil {
		return &sekisho.Error{
			Kind: sekisho.KindInvalid, Err: errSealed,
			Msg: "certificate_key: the certificates were kept with another key; give that key, or remove what is kept (state/certificate* in the data directory, or sekisho:{shelf-certificate*} in Redis) to have all of them ordered anew",
		}
	}
	return nil
}

// put keeps a value as JSON.
func (v *Vault) put(ctx context.Context, shelf, key string, value any) error {
	content, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return v.shelf.Keep(ctx, shelf, key, content)
}

// get reads what put has kept.
func (v *Vault) get(ctx context.Context, shelf, key string, value any) error {
	content, err := v.shelf.Kept(ctx, shelf, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, value); err != nil {
		return &sekisho.Error{Kind: sekisho.KindInvalid, Err: err, Msg: fmt.Sprintf("what is kept of %s is damaged", key)}
	}
	return nil
}
