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

func TestWordBehind_takesTheWordOutOfItsSentence(t *testing.T) {
	for _, test := range []struct {
		name, input string
		marks       []string
		want        string
	}{
		{"at the end", "login by taro", []string{"by "}, "taro"},
		{"within a sentence", "login by taro, from 192.0.2.1.", []string{"from "}, "192.0.2.1"},
		{"in quotes", "user 'taro' failed", []string{"user "}, "taro"},
		{"in brackets", "[Source: 192.0.2.1] failed", []string{"[Source: "}, "192.0.2.1"},
		{"in parentheses", "changed (192.0.2.1)", []string{"("}, "192.0.2.1"},
		{"an address with colons", "from 2001:db8::1:", []string{"from "}, "2001:db8::1"},
		{"the second mark, where nothing is behind the first", "user: , name=taro", []string{"user: ", "name="}, "taro"},
		{"no mark", "user taro", []string{"name="}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := WordBehind(test.input, test.marks...); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
