//go:build !linux

package bench

import (
	"errors"
	"os/exec"
)

// allowedCores returns nothing: pinning is done on Linux only, and the report says so.
func allowedCores() []int { return nil }

func startPinned(cmd *exec.Cmd, _ []int) error { return cmd.Start() }

func pinSelf([]int) (func(), error) { return nil, errors.New("pinning to cores needs Linux") }
