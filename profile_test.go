package sekisho

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestProfile_isPartOfThePolicy(t *testing.T) {
	stock, ours := DefaultPolicy(), DefaultPolicy()
	ours.Profile = ProfileSmallBusiness
	if stock.Profile != ProfileStock {
		t.Errorf("got default profile %s, want stock", stock.Profile)
	}
	if ours.Hash() == stock.Hash() {
		t.Error("got the same hash for two profiles")
	}
	stock.Profile = 7
	if err := stock.Validate(); err == nil || !strings.Contains(err.Error(), "profile") {
		t.Errorf("got %v, want the key", err)
	}
}

func TestProfile_policyStoredWithoutOneFollowsTheDefault(t *testing.T) {
	var policy Policy
	if err := json.Unmarshal([]byte(`{"paranoia_level":1}`), &policy); err != nil || policy.Profile != DefaultPolicy().Profile {
		t.Errorf("got %s, %v, want the default", policy.Profile, err)
	}
	if err := json.Unmarshal([]byte(`{"profile":"small_business"}`), &policy); err != nil || policy.Profile != ProfileSmallBusiness {
		t.Errorf("got %s, %v, want small_business", policy.Profile, err)
	}
	if err := json.Unmarshal([]byte(`{"profile":"crs"}`), &policy); err == nil || !strings.Contains(err.Error(), "stock, small_business") {
		t.Errorf("got %v, want the words that fit", err)
	}
}
