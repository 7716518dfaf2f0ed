package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// allowedCores lists the cores that this process may use.
func allowedCores() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var cores []int
	for core := range len(set) * 64 {
		if set.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores
}

func coreSet(cores []int) *unix.CPUSet {
	var set unix.CPUSet
	for _, core := range cores {
		set.Set(core)
	}
	return &set
}

// startPinned starts a process that sees the given cores only. A child inherits the affinity of the thread that starts
// it, so it is right from its first instruction, and Go's scheduler in it sizes itself for these cores.
func startPinned(cmd *exec.Cmd, cores []int) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // no orphans when the benchmark itself is killed
	if len(cores) == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the thread's cores: %w", err)
	}
	if err := unix.SchedSetaffinity(0, coreSet(cores)); err != nil {
		return fmt.Errorf("pin to cores %v: %w", cores, err)
	}
	err := cmd.Start()
	if restored := unix.SchedSetaffinity(0, &before); err == nil && restored != nil {
		err = fmt.Errorf("unpin the thread: %w", restored)
	}
	return err
}

// pinSelf keeps this process on the given cores until the returned function is called.
func pinSelf(cores []int) (release func(), err error) {
	before := allowedCores()
	if err := pinThreads(cores); err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(len(cores))
	return func() {
		_ = pinThreads(before) // they were ours before
		runtime.SetDefaultGOMAXPROCS()
	}, nil
}

// pinThreads moves every thread of this process; later ones inherit from them.
func pinThreads(cores []int) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("list own threads: %w", err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, coreSet(cores)); err != nil && err != unix.ESRCH { // a thread may have ended
			return fmt.Errorf("pin own threads to cores %v: %w", cores, err)
		}
	}
	return nil
}
