package store_test

import (
	"log/slog"
	"testing"

	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/internal/store/storetest"
)

func TestSQLite_keepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) *store.DB { return open(t, t.TempDir()) })
}

func open(t testing.TB, dir string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
