//go:build !linux

package bench

import "errors"

// mountSmall is done on Linux only, and the report says so.
func mountSmall(string, int) (release func(), err error) {
	return nil, errors.New("it needs Linux")
}
