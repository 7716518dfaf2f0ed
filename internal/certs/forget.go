package certs

import (
	"context"
	"errors"
	"fmt"
)

// Forget removes a host's certificate and what its orders have come to from a shelf. Nothing there is no error.
func Forget(ctx context.Context, shelf Shelf, host string) error {
	err := errors.Join(shelf.Forget(ctx, certificateShelf, shelfKey(host)), shelf.Forget(ctx, attemptShelf, shelfKey(host)))
	if err != nil {
		return fmt.Errorf("forget the certificate of %s: %w", host, err)
	}
	return nil
}

// Forget is the package's Forget for a keeper that runs: of a host that is served no more, nothing stays in memory either,
// here and in the processes that share the shelf.
func (k *Keeper) Forget(ctx context.Context, host string) error {
	if err := Forget(ctx, k.vault.shelf, host); err != nil {
		return err
	}
	k.authority.kept.Delete(shelfKey(host))
	k.attempts.forget(host)
	k.tell(ctx, shelfKey(host))
	return nil
}

func (a *attempts) forget(host string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.of, host)
	delete(a.done, host)
}
