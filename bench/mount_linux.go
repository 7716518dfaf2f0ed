package bench

import (
	"strconv"
	"syscall"
)

// mountSmall puts a file system of so many bytes, in memory, over a directory, until release.
func mountSmall(dir string, size int) (release func(), err error) {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(size)); err != nil {
		return nil, err
	}
	return func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }, nil
}
