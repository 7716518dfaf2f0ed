package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// maxSuppressions is how many suppressions of a tenant hold at once; who needs more has another problem.
const maxSuppressions = 1000

// FindCase returns one case of a tenant, or KindNotFound.
func (db *DB) FindCase(ctx context.Context, tenant sekisho.TenantID, id sekisho.CaseID) (sekisho.Case, error) {
	return findRecord[sekisho.Case](ctx, db, fmt.Sprintf("finding case %s of %s", id, tenant),
		sekisho.NotFound(fmt.Sprintf("case %s", id)),
		`SELECT data FROM cases WHERE tenant = ? AND id = ?`, tenant, id)
}

// Desk returns those of the named cases of a tenant that exist, and the suppressions that have not expired at now. All of
// it is of one moment.
func (db *DB) Desk(ctx context.Context, tenant sekisho.TenantID, ids []sekisho.CaseID, now time.Time) (sekisho.Desk, error) {
	var desk sekisho.Desk
	err := db.snapshot(ctx, fmt.Sprintf("finding %d cases of %s", len(ids), tenant), func(tx *tx) error {
		for some := range slices.Chunk(ids, 500) {
			args := make([]any, 0, len(some)+1)
			args = append(args, tenant)
			for _, id := range some {
				args = append(args, id)
			}
			rows, err := tx.query(ctx, `SELECT data FROM cases WHERE tenant = ? AND id IN (?`+strings.Repeat(`, ?`, len(some)-1)+`) ORDER BY id`, args...)
			cases, err := collect(rows, err, scanRecord[sekisho.Case])
			if err != nil {
				return err
			}
			desk.Cases = append(desk.Cases, cases...)
		}
		rows, err := tx.query(ctx, `SELECT data FROM suppressions WHERE tenant = ? AND expires > ? ORDER BY expires, id LIMIT ?`, tenant, micros(now), maxSuppressions)
		desk.Suppressions, err = collect(rows, err, scanRecord[sekisho.Suppression])
		return err
	})
	if err != nil {
		return sekisho.Desk{}, err
	}
	return desk, nil
}

// ListCases returns a page of a tenant's cases, last changed first, and the cursor of the next page: "" after the last
// one. A case that changes while somebody turns pages moves to the front. A cursor that is none of ours is KindInvalid.
func (db *DB) ListCases(ctx context.Context, tenant sekisho.TenantID, filter sekisho.CaseFilter) (cases []sekisho.Case, next string, err error) {
	op := fmt.Sprintf("listing the cases of %s", tenant)
	size, err := pageSize(filter.Limit)
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	var w where
	w.and(`tenant = ?`, tenant)
	if filter.Open {
		w.and(`state < ? AND quiet <= ?`, int64(sekisho.CaseClosed), micros(filter.Now))
	}
	if filter.MinSeverity > sekisho.SeverityUnknown {
		w.and(`severity >= ?`, int64(filter.MinSeverity))
	}
	if filter.Cursor != "" {
		from, err := parseCursor(filter.Cursor)
		if err != nil {
			return nil, "", db.failed(op, err)
		}
		w.and(`(updated, id) < (?, ?)`, from.micros, from.id)
	}
	rows, err := db.query(ctx, `SELECT data FROM cases WHERE `+w.String()+` ORDER BY updated DESC, id DESC LIMIT ?`, append(w.args, size+1)...)
	cases, err = collect(rows, err, scanRecord[sekisho.Case])
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	if len(cases) > size {
		cases = cases[:size]
		last := cases[size-1]
		next = place{micros(last.Updated), string(last.ID)}.cursor()
	}
	return cases, next, nil
}

// ListChanges returns a page of what happened to a tenant's cases, newest first unless the filter says otherwise, and the
// cursor of the next page.
func (db *DB) ListChanges(ctx context.Context, tenant sekisho.TenantID, filter sekisho.ChangeFilter) (changes []sekisho.Change, next string, err error) {
	op := fmt.Sprintf("listing the changes of %s", tenant)
	size, err := pageSize(filter.Limit)
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	after, order := `<`, `DESC`
	if filter.Oldest {
		after, order = `>`, `ASC`
	}
	var w where
	w.and(`tenant = ?`, tenant)
	if filter.Case != "" {
		w.and(`case_id = ?`, filter.Case)
	}
	if filter.Told {
		w.and(`tell <> ''`)
	}
	if !filter.Since.IsZero() {
		w.and(`time >= ?`, micros(filter.Since))
	}
	if filter.Cursor != "" {
		from, err := parseCursor(filter.Cursor)
		if err != nil {
			return nil, "", db.failed(op, err)
		}
		w.and(`(time, place) `+after+` (?, ?)`, from.micros, from.id)
	}
	rows, err := db.query(ctx, `SELECT data FROM changes WHERE `+w.String()+` ORDER BY time `+order+`, place `+order+` LIMIT ?`, append(w.args, size+1)...)
	changes, err = collect(rows, err, scanRecord[sekisho.Change])
	if err != nil {
		return nil, "", db.failed(op, err)
	}
	if len(changes) > size {
		changes = changes[:size]
		last := changes[size-1]
		next = place{micros(last.Time), changePlace(last)}.cursor()
	}
	return changes, next, nil
}

// ListSuppressions returns the suppressions of a tenant that have not expired at now, the next to expire first.
func (db *DB) ListSuppressions(ctx context.Context, tenant sekisho.TenantID, now time.Time) ([]sekisho.Suppression, error) {
	rows, err := db.query(ctx, `SELECT data FROM suppressions WHERE tenant = ? AND expires > ? ORDER BY expires, id LIMIT ?`, tenant, micros(now), maxSuppressions)
	found, err := collect(rows, err, scanRecord[sekisho.Suppression])
	if err != nil {
		return nil, db.failed(fmt.Sprintf("listing the suppressions of %s", tenant), err)
	}
	return found, nil
}

// ChangeCase stores what a person did with a case: the case at its next revision, the change, and with a suppression
// that one too; a new one, like the end of one, ends those that held for the same before. KindConflict: somebody else changed the
// case meanwhile, or too many suppressions hold; read it again. KindNotFound: no such case.
func (db *DB) ChangeCase(ctx context.Context, tenant sekisho.TenantID, c sekisho.Case, change sekisho.Change, quiet *sekisho.Suppression) error {
	op := fmt.Sprintf("changing case %s of %s", c.ID, tenant)
	return db.update(ctx, op, func(tx *tx) error {
		if err := tx.aloneWith(ctx, tenant); err != nil {
			return err
		}
		var there int64
		if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM cases WHERE tenant = ? AND id = ?`, tenant, c.ID).Scan(&there); err != nil {
			return err
		}
		if there == 0 {
			return sekisho.NotFound(fmt.Sprintf("case %s", c.ID))
		}
		if err := writeCases(ctx, tx, tenant, []sekisho.Case{c}, []sekisho.Change{change}); err != nil {
			return err
		}
		if err := tx.journal(ctx, tenant, nil, []sekisho.Change{change}); err != nil {
			return err
		}
		if change.Kind == sekisho.ChangeUnsuppressed || change.Kind == sekisho.ChangeSuppressed {
			if _, err := tx.exec(ctx, `UPDATE suppressions SET expires = ? WHERE tenant = ? AND holds = ? AND expires > ?`,
				micros(change.Time), tenant, holds(c.Key, c.Family), micros(change.Time)); err != nil {
				return err
			}
		}
		if quiet == nil {
			return nil
		}
		return putSuppression(ctx, tx, tenant, *quiet)
	})
}

func putSuppression(ctx context.Context, tx *tx, tenant sekisho.TenantID, s sekisho.Suppression) error {
	var held int64
	if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM suppressions WHERE tenant = ? AND expires > ?`, tenant, micros(s.Created)).Scan(&held); err != nil {
		return err
	}
	if held >= maxSuppressions {
		return conflict(fmt.Sprintf("%d suppressions hold already: end some first", held))
	}
	if s.ID == "" || s.Tenant != tenant {
		return sekisho.Invalid(fmt.Sprintf("suppression %q of tenant %q cannot be stored for %q", s.ID, s.Tenant, tenant))
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding suppression %s: %w", s.ID, err)
	}
	_, err = tx.exec(ctx, `INSERT INTO suppressions (tenant, id, holds, expires, data) VALUES (?, ?, ?, ?, ?)`,
		tenant, s.ID, holds(s.Key, s.Family), micros(s.Expires), string(data))
	return err
}

// writeCases stores cases at their new revisions, and the changes that brought them there. A case that does not stand
// where the first of its changes begins is KindConflict.
func writeCases(ctx context.Context, tx *tx, tenant sekisho.TenantID, cases []sekisho.Case, changes []sekisho.Change) error {
	steps := map[sekisho.CaseID]int64{}
	for _, change := range changes {
		steps[change.Case]++
		data, err := json.Marshal(change)
		if err != nil {
			return fmt.Errorf("encoding a change of case %s: %w", change.Case, err)
		}
		if _, err := tx.exec(ctx, `INSERT INTO changes (tenant, case_id, revision, time, place, tell, data) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, case_id, revision) DO NOTHING`,
			tenant, change.Case, change.Revision, micros(change.Time), changePlace(change), string(change.Tell), string(data)); err != nil {
			return err
		}
	}
	for _, c := range cases {
		was := c.Revision - steps[c.ID]
		if c.ID == "" || c.Tenant != tenant || steps[c.ID] == 0 || was < 0 {
			return sekisho.Invalid(fmt.Sprintf("case %q of tenant %q at revision %d cannot be stored for %q with %d changes", c.ID, c.Tenant, c.Revision, tenant, steps[c.ID]))
		}
		data, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("encoding case %s: %w", c.ID, err)
		}
		columns := []any{c.Revision, micros(c.Updated), int64(c.State), micros(c.QuietUntil), int64(c.Rank()), string(data), string(tenant), string(c.ID)}
		query := `INSERT INTO cases (revision, updated, state, quiet, severity, data, tenant, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, id) DO NOTHING`
		if was > 0 {
			query = `UPDATE cases SET revision = ?, updated = ?, state = ?, quiet = ?, severity = ?, data = ? WHERE tenant = ? AND id = ? AND revision = ?`
			columns = append(columns, was)
		}
		rows, err := tx.exec(ctx, query, columns...)
		if err != nil {
			return err
		}
		if rows == 0 {
			return conflict(fmt.Sprintf("case %s was changed by somebody else meanwhile: read it again", c.ID))
		}
	}
	return nil
}

func holds(key, family string) string { return key + " " + family }

// changePlace orders the changes of one moment: the id, then the revision in as many digits as it can have.
func changePlace(c sekisho.Change) string { return fmt.Sprintf("%s.%019d", c.Case, c.Revision) }
