//go:build unix

package incident

import (
	"io/fs"
	"syscall"
)

// fileID is the inode.
func fileID(info fs.FileInfo) any {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return nil
}
