package export

import (
	"context"
	"strings"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// Past names what is read of a tenant's records for a file.
type Past struct {
	Tenant sekisho.TenantID
	Since  time.Time
	Format sekisho.ExportFormat
	Lang   string
	Cursor string // from the page before; empty for the first
}

// the two halves of a cursor: what is read, and the cursor of the records in it.
const (
	readEvents  = "events "
	readChanges = "changes "
)

// Page returns up to 500 records as lines, events first, then changes of cases, each oldest first, and the cursor of the
// next page: "" after the last one. A cursor that is none of ours is KindInvalid.
func Page(ctx context.Context, records Findings, ask Past, words Words, version string) (lines []string, next string, err error) {
	var list []Record
	if cursor, ok := strings.CutPrefix(ask.Cursor, readChanges); ok {
		changes, more, err := records.ListChanges(ctx, ask.Tenant, sekisho.ChangeFilter{Since: ask.Since, Oldest: true, Cursor: cursor, Limit: 500})
		if err != nil {
			return nil, "", err
		}
		for i := range changes {
			list = append(list, Record{Change: &changes[i]})
		}
		if more != "" {
			next = readChanges + more
		}
	} else {
		events, more, err := records.ListEvents(ctx, ask.Tenant, sekisho.EventFilter{Since: ask.Since, Oldest: true, Cursor: strings.TrimPrefix(ask.Cursor, readEvents), Limit: 500})
		if err != nil {
			return nil, "", err
		}
		for i := range events {
			list = append(list, Record{Event: &events[i]})
		}
		if next = readChanges; more != "" {
			next = readEvents + more
		}
	}
	if err := complete(ctx, records, ask.Tenant, list); err != nil {
		return nil, "", err
	}
	for _, r := range list {
		line, err := Encode(ask.Format, r, words, version, ask.Lang)
		if err != nil {
			return nil, "", err
		}
		lines = append(lines, string(line))
	}
	return lines, next, nil
}
