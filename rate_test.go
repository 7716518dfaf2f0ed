package sekisho

import (
	"testing"
	"time"
)

func TestRate_readsAndWritesItsText(t *testing.T) {
	for _, test := range []struct {
		text string
		want Rate
		out  string
	}{
		{"300/1m", Rate{300, time.Minute}, "300/m"},
		{"300/m", Rate{300, time.Minute}, "300/m"},
		{"20/s", Rate{20, time.Second}, "20/s"},
		{"5/10m", Rate{5, 10 * time.Minute}, "5/10m"},
		{"1/24h", Rate{1, 24 * time.Hour}, "1/24h"},
		{"7/90s", Rate{7, 90 * time.Second}, "7/1m30s"},
		{"", Rate{}, ""},
		{"0", Rate{}, ""},
	} {
		got, err := ParseRate(test.text)
		if err != nil || got != test.want || got.String() != test.out {
			t.Errorf("%q: got %v %q, %v, want %v %q", test.text, got, got.String(), err, test.want, test.out)
		}
		again, err := ParseRate(got.String())
		if err != nil || again != got {
			t.Errorf("%q written and read again: got %v, %v, want %v", test.text, again, err, got)
		}
	}
}

func TestRate_namesWhatIsWrong(t *testing.T) {
	for _, text := range []string{"300", "x/1m", "-1/s", "0/s", "1/", "1/0s", "1/25h", "1/10ms", "2000000/s", "1/1m/2"} {
		if got, err := ParseRate(text); KindOf(err) != KindInvalid {
			t.Errorf("%q: got %v, %v, want KindInvalid", text, got, err)
		}
	}
}
