package export

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Write writes what a tenant's records hold since a moment, one record a line: events first, then changes of cases, each
// oldest first. It returns how many it wrote.
func Write(ctx context.Context, w io.Writer, records Findings, tenant sekisho.TenantID, since time.Time, format sekisho.ExportFormat, words Words, version, lang string) (count int, err error) {
	put := func(list []Record) error {
		if err := complete(ctx, records, tenant, list); err != nil {
			return err
		}
		for _, r := range list {
			line, err := Encode(format, r, words, version, lang)
			if err != nil {
				return err
			}
			if _, err := w.Write(append(line, '\n')); err != nil {
				return fmt.Errorf("writing the export: %w", err)
			}
			count++
		}
		return nil
	}
	for cursor := ""; ; {
		events, next, err := records.ListEvents(ctx, tenant, sekisho.EventFilter{Since: since, Oldest: true, Cursor: cursor, Limit: 1000})
		if err != nil {
			return count, err
		}
		list := make([]Record, len(events))
		for i := range events {
			list[i].Event = &events[i]
		}
		if err := put(list); err != nil {
			return count, err
		}
		if cursor = next; next == "" {
			break
		}
	}
	for cursor := ""; ; {
		changes, next, err := records.ListChanges(ctx, tenant, sekisho.ChangeFilter{Since: since, Oldest: true, Cursor: cursor, Limit: 1000})
		if err != nil {
			return count, err
		}
		list := make([]Record, len(changes))
		for i := range changes {
			list[i].Change = &changes[i]
		}
		if err := put(list); err != nil {
			return count, err
		}
		if cursor = next; next == "" {
			return count, nil
		}
	}
}
