package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/sekisho-waf/sekisho"
)

// PutRuleVersion keeps a set of rules. Its name stands for its content, so one that is there already stays as it is.
func (db *DB) PutRuleVersion(ctx context.Context, v sekisho.RuleVersion, pack []byte) error {
	if v.Name == "" || len(pack) == 0 {
		return db.failed("storing rules", sekisho.Invalid("rules need a name and a content"))
	}
	_, err := db.exec(ctx, "storing rules "+v.Name, `INSERT INTO rule_versions (name, release, added, pack) VALUES (?, ?, ?, ?)
		ON CONFLICT (name) DO NOTHING`, v.Name, v.Release, micros(v.Added), pack)
	return err
}

// RuleVersions lists the sets of rules, oldest first.
func (db *DB) RuleVersions(ctx context.Context) ([]sekisho.RuleVersion, error) {
	rows, err := db.query(ctx, `SELECT name, release, added FROM rule_versions ORDER BY added, name`)
	list, err := collect(rows, err, func(rows *sql.Rows) (v sekisho.RuleVersion, err error) {
		var added int64
		err = rows.Scan(&v.Name, &v.Release, &added)
		v.Added = moment(added)
		return v, err
	})
	if err != nil {
		return nil, db.failed("listing the rules", err)
	}
	return list, nil
}

// RulePack returns the content of a set of rules, or KindNotFound.
func (db *DB) RulePack(ctx context.Context, name string) (pack []byte, err error) {
	err = db.queryRow(ctx, `SELECT pack FROM rule_versions WHERE name = ?`, name).Scan(&pack)
	if noRows(err) {
		err = sekisho.NotFound("rules " + name)
	}
	if err != nil {
		return nil, db.failed("reading rules "+name, err)
	}
	return pack, nil
}

// Rollout returns which rules are in force; the zero Rollout before anybody has said.
func (db *DB) Rollout(ctx context.Context) (sekisho.Rollout, error) {
	rows, err := db.query(ctx, `SELECT data FROM rollout WHERE id = 1`)
	found, err := collect(rows, err, scanRecord[sekisho.Rollout])
	if err != nil {
		return sekisho.Rollout{}, db.failed("reading the rollout", err)
	}
	if len(found) == 0 {
		return sekisho.Rollout{}, nil
	}
	return found[0], nil
}

// PutRollout stores which rules are in force.
func (db *DB) PutRollout(ctx context.Context, r sekisho.Rollout) error {
	r.Changed = r.Changed.UTC()
	data, err := json.Marshal(r)
	if err != nil {
		return db.failed("storing the rollout", err)
	}
	_, err = db.exec(ctx, "storing the rollout", `INSERT INTO rollout (id, data) VALUES (1, ?)
		ON CONFLICT (id) DO UPDATE SET data = excluded.data`, string(data))
	return err
}
