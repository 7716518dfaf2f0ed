//go:build race

package corpora

// raceEnabled thins the corpora out: they are run whole without the race detector.
const raceEnabled = true
