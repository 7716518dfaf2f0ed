//go:build !race

package app

const reloads = 200
