package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// On PostgreSQL the events are kept apart by the week that they happened in, because throwing a week away is a matter of
// milliseconds, and deleting its rows one by one is not. Only weeks around now have a partition of their own: what a
// sensor with a wrong clock sends goes to one for all others, so that it cannot make thousands of tables.

const (
	week       = int64(7 * 24 * time.Hour / time.Microsecond)
	otherWeeks = "events_other"

	// maxPastWeeks is a little over the longest retention that is usual, so that nearly all is thrown away by the week.
	maxPastWeeks = 60
)

// weekOf counts weeks from the beginning of 1970, which was a Thursday.
func weekOf(micros int64) int64 {
	n := micros / week
	if micros%week < 0 {
		n--
	}
	return n
}

func weekTable(n int64) string {
	return "events_from_" + time.UnixMicro(n*week).UTC().Format("20060102")
}

// prepareWeeks makes sure that the weeks of the events have their partitions. It does so before the events' own
// transaction, because a new table locks out others who write events until its transaction has ended.
func (db *DB) prepareWeeks(ctx context.Context, events []sekisho.Event) error {
	if !db.dialect.weekly {
		return nil
	}
	now := weekOf(micros(time.Now()))
	for i := range events {
		n := weekOf(micros(events[i].Time))
		if n < now-maxPastWeeks || n > now+1 || db.knowsWeek(n) {
			continue
		}
		if err := db.createWeek(ctx, n); err != nil {
			return fmt.Errorf("creating %s: %w", weekTable(n), err)
		}
		db.mu.Lock()
		db.weeks[n] = true
		db.mu.Unlock()
	}
	return nil
}

func (db *DB) knowsWeek(n int64) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.weeks[n]
}

// createWeek creates the partition of a week that has none, and moves into it what had to go to the others before.
func (db *DB) createWeek(ctx context.Context, n int64) error {
	return db.transact(ctx, db.write, nil, func(tx *tx) error {
		if err := tx.alone(ctx, "weeks"); err != nil {
			return err
		}
		var there bool
		if err := tx.queryRow(ctx, `SELECT to_regclass(?) IS NOT NULL`, weekTable(n)).Scan(&there); err != nil || there {
			return err
		}
		// The names and numbers are ours.
		create := strings.NewReplacer("@week", weekTable(n), "@others", otherWeeks, "@from", fmt.Sprint(n*week), "@to", fmt.Sprint((n+1)*week)).Replace(`
			LOCK TABLE @others IN ACCESS EXCLUSIVE MODE;
			CREATE TABLE @week (LIKE events);
			WITH moved AS (DELETE FROM @others WHERE time >= @from AND time < @to RETURNING *) INSERT INTO @week SELECT * FROM moved;
			ALTER TABLE events ATTACH PARTITION @week FOR VALUES FROM (@from) TO (@to)`)
		_, err := tx.ExecContext(ctx, create)
		return err
	})
}

// dropWeeks throws the weeks away that were over before a moment, and returns how many events went with them. Dropping
// waits for whoever reads or writes events, and keeps others waiting meanwhile; it gives up soon, and comes again.
func (db *DB) dropWeeks(ctx context.Context, before int64) (events int64, err error) {
	rows, err := db.query(ctx, db.dialect.tables)
	tables, err := collect(rows, err, scanText)
	if err != nil {
		return 0, err
	}
	last := weekTable(weekOf(before))
	for _, table := range tables {
		if !strings.HasPrefix(table, "events_from_") || table >= last {
			continue
		}
		err := db.transact(ctx, db.write, nil, func(tx *tx) error {
			if err := tx.alone(ctx, "weeks"); err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `SET LOCAL lock_timeout = '1s'`); err != nil {
				return err
			}
			if _, err := tx.exec(ctx, `LOCK TABLE events IN ACCESS EXCLUSIVE MODE`); err != nil {
				return err
			}
			var there bool
			if err := tx.queryRow(ctx, `SELECT to_regclass(?) IS NOT NULL`, table).Scan(&there); err != nil || !there {
				return err // another process was faster
			}
			var n int64
			if err := tx.queryRow(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n); err != nil {
				return err
			}
			events += n
			if _, err := tx.exec(ctx, `UPDATE usage SET events = usage.events - gone.n, bytes = usage.bytes - gone.bytes
				FROM (SELECT tenant, COUNT(*) AS n, SUM(octet_length(data)) AS bytes FROM `+table+` GROUP BY tenant) gone WHERE usage.tenant = gone.tenant`); err != nil {
				return err
			}
			_, err := tx.exec(ctx, `DROP TABLE `+table)
			return err
		})
		if err != nil {
			return events, err
		}
	}
	db.mu.Lock()
	clear(db.weeks) // those that are left are found again
	db.mu.Unlock()
	return events, nil
}

// spreadWeeks moves events that came all at once into their weeks.
func (db *DB) spreadWeeks(ctx context.Context) error {
	if !db.dialect.weekly {
		return nil
	}
	rows, err := db.query(ctx, `SELECT DISTINCT time FROM (SELECT time / ? * ? AS time FROM `+otherWeeks+`) weeks`, week, week)
	times, err := collect(rows, err, func(rows *sql.Rows) (e sekisho.Event, err error) {
		var at int64
		err = rows.Scan(&at)
		e.Time = moment(at)
		return e, err
	})
	if err != nil {
		return err
	}
	return db.prepareWeeks(ctx, times)
}
