package sekisho

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestProfile_isPartOfThePolicy(t *testing.T) {
	stock, ours := DefaultPolicy(), DefaultPolicy()
	stock.Profile = ProfileStock
	if ours.Profile != ProfileSmallBusiness {
		t.Errorf("got default profile %s, want small_business", ours.Profile)
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
	if err := json.Unmarshal([]byte(`{"profile":"stock"}`), &policy); err != nil || policy.Profile != ProfileStock {
		t.Errorf("got %s, %v, want stock", policy.Profile, err)
	}
	if err := json.Unmarshal([]byte(`{"profile":"crs"}`), &policy); err == nil || !strings.Contains(err.Error(), "small_business, stock") {
		t.Errorf("got %v, want the words that fit", err)
	}
}
