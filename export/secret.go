package export

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// Secrets are what an export has to keep to itself. They are stored sealed only.
type Secrets struct {
	Signing string `json:"signing,omitempty"` // that a webhook's requests are signed with
	Key     string `json:"key,omitempty"`     // in PEM: of Export.Certificate
}

// String hides them from logs.
func (Secrets) String() string { return "[redacted]" }

// Sealer seals secrets by AES-256-GCM, each bound to its tenant and export, so that one put in another's place does not open.
type Sealer struct{ aead cipher.AEAD }

// NewSealer derives the key from a secret of at least 32 bytes (KindInvalid).
func NewSealer(secret []byte) (*Sealer, error) {
	if len(secret) < 32 {
		return nil, sekisho.Invalid("the key of the exports has less than 32 bytes")
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "sekisho export secrets 1", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of the exports: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare the key of the exports: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare the key of the exports: %w", err)
	}
	return &Sealer{aead}, nil
}

// Seal returns the secrets of an export as they may be stored; nil for none.
func (s *Sealer) Seal(e sekisho.Export, secrets Secrets) ([]byte, error) {
	if secrets == (Secrets{}) {
		return nil, nil
	}
	content, err := json.Marshal(secrets)
	if err != nil {
		return nil, err
	}
	return s.aead.Seal(nil, nil, content, purpose(e)), nil
}

// Open returns an export's secrets. KindInvalid: they were sealed with another key, or for another export.
func (s *Sealer) Open(e sekisho.Export) (secrets Secrets, err error) {
	if len(e.Sealed) == 0 {
		return Secrets{}, nil
	}
	content, err := s.aead.Open(nil, nil, e.Sealed, purpose(e))
	if err == nil {
		err = json.Unmarshal(content, &secrets)
	}
	if err != nil {
		return Secrets{}, &sekisho.Error{
			Kind: sekisho.KindInvalid, Err: errors.New("it does not open"),
			Msg: fmt.Sprintf("export %s: its secrets were sealed with another key; give the certificate_key of before, or remove the export and add it again", e.Name),
		}
	}
	return secrets, nil
}

func purpose(e sekisho.Export) []byte { return []byte(string(e.Tenant) + " " + string(e.ID)) }
