package certs

import (
	"crypto/tls"
	"log/slog"
	"testing"
)

func TestOwn_answersForItsHostsAndLeavesTheSitesAlone(t *testing.T) {
	a, err := Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	get := a.Own("portal.example", "localhost")
	for asked, want := range map[string]string{"localhost": "localhost", "portal.example": "portal.example", "": "portal.example", "other.example": "portal.example"} {
		leaf, err := get(&tls.ClientHelloInfo{ServerName: asked})
		if err != nil || leaf.Leaf.VerifyHostname(want) != nil {
			t.Errorf("asked for %q: got %v, %v, want a certificate for %s", asked, leaf, err, want)
		}
	}
	if _, err := a.GetCertificate(&tls.ClientHelloInfo{ServerName: "portal.example"}); err == nil {
		t.Error("the sites' listener serves the portal's name")
	}
}
