package sekisho

import (
	"strings"
	"testing"
	"time"
)

func TestNewEventID_sortsByTimeAndReadsBack(t *testing.T) {
	early := NewEventID(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	late := NewEventID(time.Date(2026, 11, 23, 0, 0, 0, int(time.Millisecond), time.UTC))
	if early >= late {
		t.Errorf("got %s not before %s", early, late)
	}
	for _, spelling := range []string{string(late), late.Display(), strings.ToLower(late.Display()), " " + strings.ReplaceAll(late.Display(), "-", " ")} {
		got, err := ParseEventID(spelling)
		if err != nil || got != late {
			t.Errorf("ParseEventID(%q): got %q, %v, want %q", spelling, got, err, late)
		}
	}
}

func TestParseEventID_forgivesLookAlikes(t *testing.T) {
	got, err := ParseEventID("oil0-0000-0000-000o")
	if err != nil || got != "0110000000000000" {
		t.Errorf("got %q, %v, want 0110000000000000", got, err)
	}
}

func TestParseEventID_namesWhatIsWrong(t *testing.T) {
	for input, want := range map[string]string{"": "0 characters", "06QK": "4 characters", "06QK-3F7N-9XVB-T2R!": `has '!'`} {
		if _, err := ParseEventID(input); err == nil || !strings.Contains(err.Error(), want) || KindOf(err) != KindInvalid {
			t.Errorf("ParseEventID(%q): got %v, want an invalid error with %q", input, err, want)
		}
	}
}

func TestParseTenantID_takesSlugsOnly(t *testing.T) {
	for input, ok := range map[string]bool{
		"yamada": true, "a": true, "a-1": true, strings.Repeat("a", 63): true,
		"": false, "Yamada": false, "-a": false, "a-": false, "a/b": false, "やまだ": false, strings.Repeat("a", 64): false,
	} {
		if _, err := ParseTenantID(input); (err == nil) != ok {
			t.Errorf("ParseTenantID(%q): got %v, want ok=%v", input, err, ok)
		}
	}
}
