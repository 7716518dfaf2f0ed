package certs

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestVault_opensWithItsOwnKeyOnly(t *testing.T) {
	hot := localState(t)
	if _, err := NewVault(hot, "short"); sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), "openssl rand -hex 32") {
		t.Errorf("a short key: got %v, want invalid with the way out", err)
	}
	good, err := NewVault(hot, secret)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := good.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wrong, err := NewVault(hot, strings.Repeat("x", 32))
	if err != nil {
		t.Fatal(err)
	}
	if err := wrong.Check(t.Context()); sekisho.KindOf(err) != sekisho.KindInvalid || !strings.Contains(err.Error(), "certificate_key") {
		t.Errorf("another key: got %v, want invalid and the setting's name", err)
	}
}

func TestVault_isNotFooledByAKeyInAnothersPlace(t *testing.T) {
	hot := localState(t)
	vault, err := NewVault(hot, secret)
	if err != nil {
		t.Fatal(err)
	}
	a := mustOpen(t, t.TempDir(), time.Now)
	cert, err := a.ca.issue("a.example", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := vault.keep(t.Context(), "a.example", IssuerACME, cert, time.Now()); err != nil {
		t.Fatal(err)
	}
	content, err := hot.Kept(t.Context(), certificateShelf, "a.example")
	if err != nil {
		t.Fatal(err)
	}
	for key, content := range map[string]string{
		"b.example": string(content), // under another name
		"c.example": strings.ReplaceAll(string(content), "a.example", "c.example"),
	} {
		if err := hot.Keep(t.Context(), certificateShelf, key, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := vault.load(t.Context(), key); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%s: got %v, want invalid", key, err)
		}
	}
	if host, _, err := vault.load(t.Context(), "a.example"); err != nil || host != "a.example" {
		t.Errorf("got %q, %v", host, err)
	}
}

// A file that is gone at the next start must not take the site down: the last good one is shown, and said so.
func TestKeeper_showsTheLastGoodFile(t *testing.T) {
	hot, dir := localState(t), t.TempDir()
	log := slog.New(slog.DiscardHandler)
	open := func() (*Authority, *Keeper) {
		a := mustOpen(t, t.TempDir(), time.Now)
		vault, err := NewVault(hot, secret)
		if err != nil {
			t.Fatal(err)
		}
		k := NewKeeper(Config{}, Parts{Authority: a, Vault: vault, Locks: hot, Bus: hot, Recorder: &memory{}}, log)
		if err := k.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return a, k
	}
	a, k := open()
	base := issue(t, a, dir, "a", "a.example", time.Now())
	sites := []sekisho.Site{{Host: "a.example", CertFile: base + ".crt", KeyFile: base + ".key"}}
	if err := a.SetSites(sites); err != nil {
		t.Fatal(err)
	}
	k.copyFiles(t.Context())
	want, err := a.GetCertificate(hello("a.example"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(base + ".crt"); err != nil {
		t.Fatal(err)
	}
	a, k = open() // a restart
	if err := a.SetSites(sites); err == nil {
		t.Error("a missing file is no error")
	}
	got, err := a.GetCertificate(hello("a.example"))
	if err != nil || !got.Leaf.Equal(want.Leaf) {
		t.Errorf("got %v, want the last good certificate", err)
	}
	if status := k.Status("a.example"); !status.Trouble || !strings.Contains(status.Text.EN, "the last good one is shown") {
		t.Errorf("got %+v, want it said", status)
	}
	sites[0].CertFile, sites[0].KeyFile = "", ""
	if err := a.SetSites(sites); err != nil {
		t.Fatal(err)
	}
	if got, err := a.GetCertificate(hello("a.example")); err != nil || got.Leaf.Equal(want.Leaf) {
		t.Errorf("got %v, want the copy let go once the site names no files", err)
	}
}
