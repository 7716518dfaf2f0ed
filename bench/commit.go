package bench

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
)

// commit is the revision that the running binary was built from. A binary that does not know it (`go run`, or
// -buildvcs=false) but runs inside the repository names the working copy's, and says that it is that one's.
func commit() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		settings := map[string]string{}
		for _, setting := range info.Settings {
			settings[setting.Key] = setting.Value
		}
		if revision := settings["vcs.revision"]; revision != "" {
			return withChanges(revision, settings["vcs.modified"] == "true")
		}
	}
	if directory, ok := repository(); ok {
		if revision, ok := workingCopy(directory); ok {
			return revision + " (of the working copy)"
		}
	}
	return "unknown: build with `go build` inside the repository"
}

func withChanges(revision string, changed bool) string {
	if changed {
		return revision + "+changes"
	}
	return revision
}

const goModule = "module github.com/sekisho-waf/sekisho\n"

// repository finds the folder of our module at or above the working directory. Another project's commit would be a
// false statement.
func repository() (string, bool) {
	directory, err := os.Getwd()
	if err != nil {
		return "", false
	}
	for {
		content, err := os.ReadFile(filepath.Join(directory, "go.mod"))
		if err == nil {
			return directory, strings.Contains("\n"+string(content), "\n"+goModule)
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", false
		}
		directory = parent
	}
}

func workingCopy(directory string) (string, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	revision, err := exec.CommandContext(ctx, "git", "-C", directory, "rev-parse", "HEAD").Output()
	if err != nil {
		return "", false
	}
	changes, err := exec.CommandContext(ctx, "git", "-C", directory, "status", "--porcelain", "--untracked-files=no").Output()
	if err != nil {
		return "", false
	}
	return withChanges(strings.TrimSpace(string(revision)), len(changes) > 0), true
}
