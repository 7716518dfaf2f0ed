package e2e

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestServe_goesOnWhenTheDiskIsFull fills the file system under the data directory.
func TestServe_goesOnWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		if os.Getuid() == 0 && !errors.Is(err, syscall.EPERM) {
			t.Fatal(err)
		}
		t.Skip("needs the right to mount a small file system; run the tests as root to see the disk-full case")
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	origin, _ := countingOrigin(t)
	p := serve(t, dir, "--access-log", "off", "--site", "shop.example="+origin, "--mode", "block")
	client := p.client()

	fill(t, dir)
	for range 50 {
		if got := get(t, client, "https://shop.example/"); got.status != http.StatusOK {
			t.Fatalf("an ordinary request on a full disk: got %d, want 200", got.status)
		}
		if got := do(t, client, attacks[0].build("shop.example")); got.status != http.StatusForbidden {
			t.Fatalf("an attack on a full disk: got %d, want 403", got.status)
		}
	}
	degraded := func() int {
		var status struct {
			Degraded []struct{ JA, EN string } `json:"degraded"`
		}
		if err := json.Unmarshal([]byte(must(t, "status", "--json", "--data-dir", dir)), &status); err != nil {
			t.Fatal(err)
		}
		return len(status.Degraded)
	}
	eventually(t, "status to say degraded", func() bool { return degraded() > 0 })
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "status to be well again", func() bool { return degraded() == 0 })
	eventually(t, "the events of the full disk", func() bool { return len(events(t, dir)) == 50 })
}

func fill(t *testing.T, dir string) {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	for size := 64 << 10; size > 0; size /= 2 {
		for {
			if _, err := file.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
}
