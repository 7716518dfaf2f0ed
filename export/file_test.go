package export

import (
	"slices"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
)

func TestPage_readsEverythingOnce(t *testing.T) {
	db := openStore(t)
	commit(t, db, 1, 1200)
	c := sekisho.Case{ID: "C1", Tenant: yamada, Incident: "I1", Opened: noon, Updated: noon}
	opened, change := c.Turn(sekisho.ChangeOpened, sekisho.TellNow, noon)
	must(t, db.Commit(t.Context(), yamada, sekisho.Commit{Stream: "spool", Position: 2000, Cases: []sekisho.Case{opened}, Changes: []sekisho.Change{change}}))
	ask := Past{Tenant: yamada, Since: noon.Add(-1100 * time.Second), Format: sekisho.FormatJSON}
	var got []string
	for pages := 0; pages == 0 || ask.Cursor != ""; pages++ {
		lines, next, err := Page(t.Context(), db, ask, nil, "1")
		must(t, err)
		for _, line := range lines {
			got = append(got, uidOf([]byte(line)))
		}
		if ask.Cursor = next; pages > 10 {
			t.Fatal("it has no end")
		}
	}
	want := expected(1, 1100)
	slices.Reverse(want)
	if !slices.Equal(got, append(want, "C1-1")) {
		t.Errorf("got %d records, from %v to %v; want 1100 events, oldest first, then C1-1", len(got), got[0], got[len(got)-1])
	}
	for _, bad := range []string{"x", "events x", "changes x"} {
		ask.Cursor = bad
		if _, _, err := Page(t.Context(), db, ask, nil, "1"); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("cursor %q: got %v, want KindInvalid", bad, err)
		}
	}
}
