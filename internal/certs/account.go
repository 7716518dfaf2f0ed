package certs

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/sekisho-waf/sekisho"
)

// account is our account with an authority.
type account struct {
	client *acme.Client
	caa    []string // what the authority calls itself in CAA records; empty: it does not say
}

const accountShelf = "certificate-account"

// accountRecord is an account's key as it is kept: one per authority.
type accountRecord struct {
	Directory string `json:"directory"`
	Key       []byte `json:"key"` // PKCS #8, sealed
}

// openAccount returns the account, and makes it at the first order.
func (k *Keeper) openAccount(ctx context.Context) (*account, error) {
	k.accounts.Lock()
	defer k.accounts.Unlock()
	if k.account != nil {
		return k.account, nil
	}
	key, err := k.accountKey(ctx)
	if err != nil {
		return nil, err
	}
	client := &acme.Client{
		Key: key, DirectoryURL: k.cfg.Directory, UserAgent: "sekisho", RetryBackoff: retryRequest,
		HTTPClient: &http.Client{
			Timeout:   30 * time.Second,
			Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{RootCAs: k.cfg.Roots}, IdleConnTimeout: time.Minute},
		},
	}
	directory, err := client.Discover(ctx)
	if err != nil {
		return nil, fmt.Errorf("reach the authority: %w", err)
	}
	var contact []string
	if k.cfg.Email != "" {
		contact = []string{"mailto:" + k.cfg.Email}
	}
	_, err = client.Register(ctx, &acme.Account{Contact: contact}, acme.AcceptTOS)
	if err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil, fmt.Errorf("open an account with the authority: %w", err)
	}
	k.account = &account{client: client, caa: directory.CAA}
	return k.account, nil
}

func (k *Keeper) accountKey(ctx context.Context) (crypto.Signer, error) {
	sum := sha256.Sum256([]byte(k.cfg.Directory))
	name := fmt.Sprintf("%x", sum[:8])
	purpose := "the account with " + k.cfg.Directory
	var record accountRecord
	err := k.vault.get(ctx, accountShelf, name, &record)
	if err == nil {
		secret, err := k.vault.open(purpose, record.Key)
		if err != nil {
			return nil, err
		}
		parsed, err := x509.ParsePKCS8PrivateKey(secret)
		if signer, ok := parsed.(crypto.Signer); err == nil && ok {
			return signer, nil
		}
		return nil, &sekisho.Error{Kind: sekisho.KindInvalid, Msg: "the key kept of " + purpose + " is damaged", Err: err}
	}
	if sekisho.KindOf(err) != sekisho.KindNotFound {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", purpose, err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode the key of %s: %w", purpose, err)
	}
	return key, k.vault.put(ctx, accountShelf, name, accountRecord{Directory: k.cfg.Directory, Key: k.vault.seal(purpose, secret)})
}

// retryRequest repeats what a new nonce or a short rest can put right. A rate limit is not among it: the name rests as
// long as the authority says (see explain).
func retryRequest(n int, _ *http.Request, response *http.Response) time.Duration {
	jitter, err := rand.Int(rand.Reader, big.NewInt(int64(250*time.Millisecond)))
	if err != nil || response.StatusCode == http.StatusTooManyRequests {
		return -1
	}
	if response.StatusCode == http.StatusBadRequest && n <= 10 { // badNonce, the one that is repeated at all
		return time.Millisecond + time.Duration(jitter.Int64())
	}
	if n <= 3 {
		return time.Duration(n)*time.Second + time.Duration(jitter.Int64())
	}
	return -1
}
