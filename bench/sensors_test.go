package bench

import (
	"strconv"
	"testing"
)

func TestNumberOf_findsEveryLineAgain(t *testing.T) {
	for number := range 2 * len(sensorLines) {
		if got := numberOf(string(sensorLine(number))); got != strconv.Itoa(number) {
			t.Errorf("got %q, want %d", got, number)
		}
	}
}
