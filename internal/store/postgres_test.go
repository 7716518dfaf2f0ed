package store_test

import (
	"testing"

	"github.com/sekisho-waf/sekisho/internal/store"
	"github.com/sekisho-waf/sekisho/internal/store/storetest"
	"github.com/sekisho-waf/sekisho/internal/testenv"
)

// One server for all; each test has a database of its own.
func TestPostgres(t *testing.T) {
	server := testenv.StartPostgres(t)
	t.Run("keeps the contract", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) *store.DB { return openPostgres(t, server.Database(t)) })
	})
}

func openPostgres(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.OpenPostgres(t.Context(), url, discard())
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
