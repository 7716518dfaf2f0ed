package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// Manifest is the last line of a tenant's export: what came before it.
type Manifest struct {
	Tenant  sekisho.TenantID `json:"tenant"`
	Schema  int              `json:"schema"`
	Program string           `json:"program"`
	Created time.Time        `json:"created"`
	Rows    map[string]int   `json:"rows"` // by table
}

// ExportTenant writes all records of a tenant to a new file, one JSON object a line: {"table":...,"row":{...}}, then one
// with the manifest. They are those of one moment. KindNotFound: no such tenant. KindConflict: the file is there already.
func ExportTenant(ctx context.Context, cfg config.Config, tenant sekisho.TenantID, file string, log *slog.Logger) (m Manifest, err error) {
	records, err := openRecords(ctx, cfg, log)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	if _, err := records.FindTenant(ctx, tenant); err != nil {
		return m, err
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return m, &sekisho.Error{Kind: sekisho.KindConflict, Msg: file + " is there already: give the export another name"}
	}
	if err != nil {
		return m, unwritable(file, err)
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			_ = os.Remove(file) // half an export is none
		}
	}()
	m = Manifest{Tenant: tenant, Schema: store.Newest(), Program: Version(), Created: time.Now().UTC().Truncate(time.Second), Rows: map[string]int{}}
	w := bufio.NewWriter(out)
	lines := json.NewEncoder(w)
	err = records.DumpTenant(ctx, tenant, func(row store.Row) error {
		m.Rows[row.Table]++
		values := make(map[string]any, len(row.Columns))
		for i, column := range row.Columns {
			values[column] = row.Values[i]
			if text, ok := row.Values[i].(string); ok && column == "data" && json.Valid([]byte(text)) {
				values[column] = json.RawMessage(text)
			}
		}
		return lines.Encode(map[string]any{"table": row.Table, "row": values})
	})
	if err == nil {
		err = errors.Join(lines.Encode(map[string]any{"manifest": m}), w.Flush(), out.Sync())
	}
	return m, err
}
