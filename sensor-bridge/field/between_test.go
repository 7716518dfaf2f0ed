package field

import "testing"

func TestBetween_needsBothMarks(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"both", "user 'taro' failed 'x'", "taro"},
		{"nothing between them", "user ''", ""},
		{"cut short", "user 'tar", ""},
		{"no beginning", "taro' failed", ""},
		{"end before the beginning only", "it's user taro", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Between(test.input, "user '", "'"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
