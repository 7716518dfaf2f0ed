package storetest

import (
	"context"
	"reflect"
	"testing"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// The calls that name no tenant, each with the reason why it may. Whatever is new must be added here or take a tenant.
var withoutTenant = map[string]string{
	"CreateTenant":    "operator",
	"FindTenant":      "operator: the tenant is what is looked for",
	"ListTenants":     "operator",
	"AllSites":        "operator and proxy",
	"AllExclusions":   "the proxy",
	"PutRuleVersion":  "operator",
	"RuleVersions":    "operator",
	"RulePack":        "operator and proxy",
	"Rollout":         "operator and proxy",
	"PutRollout":      "operator",
	"FindSiteByHost":  "operator and proxy",
	"PutUser":         "operator: the user names its tenant",
	"FindUser":        "sign-in",
	"FindUserByEmail": "sign-in",
	"PutLoginToken":   "sign-in",
	"TakeLoginToken":  "sign-in",
	"PutSession":      "sign-in",
	"FindSession":     "sign-in",
	"TouchSession":    "sign-in",
	"DeleteSession":   "sign-in",
	"AllSensors":      "the sensor bridge's",
	"AllSensorStates": "the sensor bridge's",
	"PutSensorStates": "the sensor bridge's: each names its tenant",
	"AllExports":      "operator and exporter",
	"AllExportStates": "operator and exporter",
	"SitesMark":       "operator and proxy: a digest",
	"Positions":       "the courier: numbers, no records",
	"Raise":           "the courier",
	"DeleteExpired":   "housekeeping",
	"DeleteOld":       "housekeeping",
	"Dump":            "backup",
	"Load":            "backup",
	"Usage":           "operator",
	"UseStorage":      "the database itself",
	"Version":         "the database itself",
	"Ping":            "the database itself",
	"Close":           "the database itself",
}

func TestStrangers_coverEveryMethodWithATenant(t *testing.T) {
	db := reflect.TypeFor[*store.DB]()
	methods := map[string]bool{}
	for i := range db.NumMethod() {
		method := db.Method(i)
		methods[method.Name] = true
		if withoutTenant[method.Name] != "" {
			continue
		}
		// In(0) is the receiver.
		if method.Type.NumIn() < 3 || method.Type.In(1) != reflect.TypeFor[context.Context]() || method.Type.In(2) != reflect.TypeFor[sekisho.TenantID]() {
			t.Errorf("%s: got %v, want the tenant right after ctx", method.Name, method.Type)
		}
		if strangers[method.Name] == nil {
			t.Errorf("%s is not called as a stranger; add it to strangers", method.Name)
		}
	}
	for name := range strangers {
		if !methods[name] {
			t.Errorf("strangers calls %s, which does not exist", name)
		}
	}
	for name := range withoutTenant {
		if !methods[name] || strangers[name] != nil {
			t.Errorf("withoutTenant lists %s, which does not exist or takes a tenant", name)
		}
	}
}
