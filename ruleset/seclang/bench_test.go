package seclang_test

import (
	"testing"

	"github.com/corazawaf/coraza-coreruleset/v4"

	"github.com/sekisho-waf/sekisho/ruleset/seclang"
)

// What does it cost to read the whole rule set, data files and all?
//
//	go test -run xxx -bench . ./ruleset/seclang
func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		seclang.Read(coreruleset.FS, seclang.Source{Name: "policy.conf", Text: setup(1)})
	}
}
