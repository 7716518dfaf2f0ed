package view

import (
	"fmt"
	"math"
	"strconv"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Both languages group digits the same way, so one printer serves both. It is safe for concurrent use.
var printer = message.NewPrinter(language.Japanese)

// number prints 1240 as 1,240.
func number(n any) string { return printer.Sprintf("%d", n) }

// Bytes prints a limit in the unit in which it was set: 131072 is 128 KB.
func Bytes(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// term prints a part of a score: at most two digits behind the point, and none that say nothing.
func term(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }
