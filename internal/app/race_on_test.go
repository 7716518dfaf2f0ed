//go:build race

package app

// reloads are few under the race detector, which takes 0.7 s for each compilation.
const reloads = 12
