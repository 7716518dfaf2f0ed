package ruleset

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/corazawaf/libinjection-go"
)

var injectionPieces = strings.Fields(`' " 1 0 -1 a or and union select from where like in not null ( ) , ; -- # /* */ = < > ! ~ + - * / % | & . : @ @@
	{ } [ ] \ x' n' ` + "`" + ` user( sleep( current_user 1c 0x41 %u %u12 %27 collate _utf8 case when then end as is if mod div between
	onerror onload= style= <script <!-- <? <!doctype src= href= javascript: ー 日本 &#x6a; <a <svg/ `)

var wholeInjections = []string{"' or 1=1 --", "1 union select 1,2 from t", "1; drop table a", "' and sleep(5) and '1", "\" or \"a\"=\"a", "-1 or 1"}

func injectionLike(source *rand.Rand, run int) string {
	var text strings.Builder
	for range 1 + source.IntN(6) {
		if source.IntN(3) == 0 {
			for range source.IntN(run) {
				fmt.Fprintf(&text, "%%u%04x", 0x3000+source.IntN(0x6000))
			}
			continue
		}
		if source.IntN(6) == 0 {
			text.WriteString(wholeInjections[source.IntN(len(wholeInjections))])
		}
		text.WriteString(injectionPieces[source.IntN(len(injectionPieces))])
		if source.IntN(2) == 0 {
			text.WriteByte(' ')
		}
	}
	return text.String()
}

func TestMayBe_agreesWithTheDetectors(t *testing.T) {
	source := rand.New(rand.NewPCG(11, 7))
	found, long := 0, 0
	rounds := 200_000
	if raceEnabled || testing.Short() {
		rounds = 2_000
	}
	for range rounds {
		value := injectionLike(source, 60)
		want, _ := libinjection.IsSQLi(value)
		if got := mayBeSQLi(value); got != want {
			t.Fatalf("SQL injection: got %v, want %v for %q", got, want, value)
		}
		if got, want := mayBeXSS(value), libinjection.IsXSS(value); got != want {
			t.Fatalf("cross-site scripting: got %v, want %v for %q", got, want, value)
		}
		if want {
			found++
			if strings.Count(value, "%u") > 40 {
				long++
			}
		}
	}
	if found < rounds/200 || long < rounds/2000 {
		t.Errorf("%d of %d were injections, %d of them with long runs: the test shows too little", found, rounds, long)
	}
}

func TestMayBeSpelledSQLi_agreesWithTheDetectorOnTheSpelledText(t *testing.T) {
	source := rand.New(rand.NewPCG(12, 7))
	rounds := 100_000
	if raceEnabled || testing.Short() {
		rounds = 1_000
	}
	found := 0
	for range rounds {
		var text strings.Builder
		for range 1 + source.IntN(6) {
			if source.IntN(3) == 0 {
				for range source.IntN(60) {
					text.WriteRune(rune(0x3000 + source.IntN(0x6000)))
					if source.IntN(4) == 0 {
						text.WriteString([]string{"1", "30", "A", "or", "union", "x", "0x41", "e5", "n", "😀", "1c"}[source.IntN(11)])
					}
				}
			}
			switch source.IntN(8) {
			case 0:
				text.WriteString([]string{"😀", "\xff", "\xe3\x81", "é", "\u00a0", "\U0010ffff"}[source.IntN(6)])
			case 1:
				text.WriteString(wholeInjections[source.IntN(len(wholeInjections))])
			default:
				text.WriteString(injectionPieces[source.IntN(len(injectionPieces))])
			}
		}
		spelled, _ := spell(nil, text.String())
		want, _ := libinjection.IsSQLi(string(spelled))
		if got := mayBeSpelledSQLi(text.String()); got != want {
			t.Fatalf("got %v, want %v for %q", got, want, text.String())
		}
		if want {
			found++
		}
	}
	if found < rounds/200 {
		t.Errorf("%d of %d were injections: the test shows too little", found, rounds)
	}
}
