package ruleset

import (
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// FuzzDifferential looks for a request that the lanes and plain Coraza do not judge alike, in both profiles. Its corpus is
// in testdata/fuzz: requests of ours, each kind of body, and attacks behind one, two and three layers of encoding, which
// rules with several transformations take off. Rerun: go test -run xxx -fuzz FuzzDifferential ./ruleset/
func FuzzDifferential(f *testing.F) {
	var policies []*Differential
	for _, profile := range []sekisho.Profile{sekisho.ProfileStock, sekisho.ProfileSmallBusiness} {
		policy := policyAt(2)
		policy.Profile = profile
		d, err := NewDifferential(policy, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Cleanup(d.Close)
		policies = append(policies, d)
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, cookie, body string) {
		x := exchange(method, target)
		if contentType != "" {
			x = post(contentType, body)
			x.Method, x.Target = method, target
		}
		if cookie != "" {
			withHeader(x, "Cookie", cookie)
		}
		for _, d := range policies {
			got, err := d.Compare(t.Context(), x, true)
			if err != nil {
				t.Fatal(err)
			}
			if got.Fault != "" {
				t.Errorf("proven clean %v: %s", got.Clean, got.Fault)
			}
		}
	})
}
