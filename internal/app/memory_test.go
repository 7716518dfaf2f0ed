package app

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemoryLimit_isThatOfWhoeverHoldsUs(t *testing.T) {
	const machine = "MemTotal:        8388608 kB\nMemFree:  1 kB\n"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  int64 // in MiB
	}{
		{"nothing is known", nil, 0},
		{"a machine", map[string]string{"proc/meminfo": machine}, 8192 * 3 / 4},
		{"a container", map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1048576000\n",
		}, 900},
		{"a service below a smaller slice", map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "0::/system.slice/sekisho.service\n",
			"sys/fs/cgroup/system.slice/sekisho.service/memory.max": "max\n", "sys/fs/cgroup/system.slice/memory.max": "1048576000\n",
		}, 900},
		{"version 1", map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "5:cpu:/x\n4:memory:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1048576000\n",
		}, 900},
		{"version 1 without a limit", map[string]string{
			"proc/meminfo": machine, "proc/self/cgroup": "4:memory:/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
		}, 8192 * 3 / 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			for name, content := range test.files {
				file := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := memoryLimit(root); got>>20 != test.want {
				t.Errorf("got %d MiB, want %d", got>>20, test.want)
			}
		})
	}
}
