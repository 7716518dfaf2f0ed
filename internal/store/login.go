package store

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Login tokens and sessions are known here by the SHA-256 of their secret alone: who reads the database cannot sign in.

// PutLoginToken stores the hash of a one-time link for a user, who must exist (KindNotFound otherwise).
func (db *DB) PutLoginToken(ctx context.Context, hash [32]byte, user sekisho.UserID, expires time.Time) error {
	return db.putSecret(ctx, "storing a login token", `INSERT INTO login_tokens (hash, user_id, expires) VALUES (?, ?, ?)`,
		hash, user, expires)
}

// TakeLoginToken uses a one-time link up and returns whose it was. Of any number of calls with one hash at most one
// succeeds; an unknown, used or expired token is KindNotFound.
func (db *DB) TakeLoginToken(ctx context.Context, hash [32]byte, now time.Time) (user sekisho.UserID, err error) {
	err = db.update(ctx, "using a login token", func(tx *tx) error {
		err := tx.queryRow(ctx, `DELETE FROM login_tokens WHERE hash = ? AND expires > ? RETURNING user_id`,
			hash[:], micros(now)).Scan(&user)
		if noRows(err) {
			return sekisho.NotFound("login token")
		}
		return err
	})
	if err != nil {
		return "", err // a failed commit must not let anybody in
	}
	return user, nil
}

// PutSession stores the hash of a session's secret for a user, who must exist (KindNotFound otherwise).
func (db *DB) PutSession(ctx context.Context, hash [32]byte, user sekisho.UserID, expires time.Time) error {
	return db.putSecret(ctx, "storing a session", `INSERT INTO sessions (hash, user_id, expires) VALUES (?, ?, ?)`,
		hash, user, expires)
}

// FindSession returns whose session it is. An unknown, ended or expired session is KindNotFound.
func (db *DB) FindSession(ctx context.Context, hash [32]byte, now time.Time) (user sekisho.UserID, err error) {
	err = db.queryRow(ctx, `SELECT user_id FROM sessions WHERE hash = ? AND expires > ?`, hash[:], micros(now)).Scan(&user)
	if noRows(err) {
		err = sekisho.NotFound("session")
	}
	if err != nil {
		return "", db.failed("finding a session", err)
	}
	return user, nil
}

// TouchSession moves the moment at which a session expires. One that has been ended is KindNotFound and stays so. Whether
// it has expired is [DB.FindSession]'s to say, which comes first.
func (db *DB) TouchSession(ctx context.Context, hash [32]byte, expires time.Time) error {
	rows, err := db.exec(ctx, "prolonging a session", `UPDATE sessions SET expires = ? WHERE hash = ?`, micros(expires), hash[:])
	if err == nil && rows == 0 {
		return fmt.Errorf("prolonging a session: %w", sekisho.NotFound("session"))
	}
	return err
}

// DeleteSession ends a session. One that has ended already is fine.
func (db *DB) DeleteSession(ctx context.Context, hash [32]byte) error {
	_, err := db.exec(ctx, "ending a session", `DELETE FROM sessions WHERE hash = ?`, hash[:])
	return err
}

func (db *DB) putSecret(ctx context.Context, op, query string, hash [32]byte, user sekisho.UserID, expires time.Time) error {
	return db.update(ctx, op, func(tx *tx) error {
		_, err := tx.exec(ctx, query, hash[:], user, micros(expires))
		return db.refused(err, conflict("this secret is in use already"), sekisho.NotFound(fmt.Sprintf("user %s", user)))
	})
}
