package bench

import (
	"os"
	"path/filepath"
	"testing"
)

func TestRepository_isOursOrNone(t *testing.T) {
	if _, ok := repository(); !ok {
		t.Error("got none inside the repository")
	}
	stranger := t.TempDir()
	if err := os.WriteFile(filepath.Join(stranger, "go.mod"), []byte("module example.com/other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(stranger)
	if directory, ok := repository(); ok {
		t.Errorf("got %s, want another project's commit left alone", directory)
	}
}
