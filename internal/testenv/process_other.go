//go:build !linux

package testenv

import "os/exec"

// Only Linux ends a program with its parent; elsewhere the test's cleanup does it, unless the test is killed.
func dieWithParent(*exec.Cmd) {}
