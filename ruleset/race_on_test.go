//go:build race

package ruleset

// raceEnabled shortens what only needs many rounds, not a race detector.
const raceEnabled = true
