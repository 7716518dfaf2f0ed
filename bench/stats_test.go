package bench

import (
	"testing"
	"time"
)

func TestMedian_isTheMiddle(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		median float64
		spread float64
	}{
		{"none", nil, 0, 0},
		{"one", []float64{4}, 4, 0},
		{"odd, unsorted", []float64{9, 1, 4}, 4, 2},
		{"even", []float64{1, 2, 4, 10}, 3, 3},
		{"zeros", []float64{0, 0}, 0, 0},
		{"an outlier moves the spread alone", []float64{10, 10, 10, 10, 100}, 10, 9},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := median(test.values); got != test.median {
				t.Errorf("median: got %v, want %v", got, test.median)
			}
			if got := spread(test.values); got != test.spread {
				t.Errorf("spread: got %v, want %v", got, test.spread)
			}
		})
	}
}

func TestPercentile_isTheNearestRank(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	tests := []struct {
		name   string
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{"none", nil, 99, 0},
		{"one", []time.Duration{7}, 50, 7},
		{"p50 of 100", hundred, 50, 50},
		{"p95 of 100", hundred, 95, 95},
		{"p99 of 100", hundred, 99, 99},
		{"p100", hundred, 100, 100},
		{"p0", hundred, 0, 1},
		{"p99 of few is the largest", []time.Duration{1, 2, 3}, 99, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := percentile(test.sorted, test.p); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRatio_neverLeavesJSON(t *testing.T) {
	if got := ratio(1, 0); got != 0 {
		t.Errorf("got %v, want 0", got)
	}
}

func TestPlan_givesTheProxyACoreOfItsOwn(t *testing.T) {
	tests := []struct {
		name                  string
		cores                 []int
		proxy, origin, client int // how many
	}{
		{"unknown", nil, 0, 0, 0},
		{"one", []int{0}, 0, 0, 0},
		{"two", []int{0, 1}, 1, 1, 1},
		{"eight", []int{0, 1, 2, 3, 4, 5, 6, 7}, 1, 1, 6},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := plan(test.cores)
			if len(got.proxy) != test.proxy || len(got.origin) != test.origin || len(got.client) != test.client {
				t.Errorf("got %v", got)
			}
			if len(got.proxy) > 0 && (got.proxy[0] == got.origin[0] || got.proxy[0] == got.client[0]) {
				t.Errorf("got %v, want the proxy alone on its core", got)
			}
		})
	}
}
