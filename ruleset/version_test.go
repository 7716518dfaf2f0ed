package ruleset

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho"
)

// releaseDir writes the bundled rules as a release is unpacked, changed.
func releaseDir(t *testing.T, change func(name, text string) string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, text []byte, err error) {
		t.Helper()
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), []byte(change(name, string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	setup, err := fs.ReadFile(crsFiles(), setupFile)
	write("crs-setup.conf.example", setup, err)
	entries, err := fs.ReadDir(crsFiles(), rulesFolder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := fs.ReadFile(crsFiles(), rulesFolder+"/"+entry.Name())
		write("rules/"+entry.Name(), text, err)
	}
	return dir
}

func unchanged(_, text string) string { return text }

func TestVersion_isNamedByItsContent(t *testing.T) {
	load := func(change func(name, text string) string) sekisho.RuleVersion {
		t.Helper()
		pack, err := PackVersion(releaseDir(t, change))
		if err != nil {
			t.Fatal(err)
		}
		v, err := LoadVersion(pack)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := load(unchanged); got.Name != Bundled().Name || got.Release != "4.25.0" {
		t.Errorf("the same rules from a folder: got %+v, want %+v", got, Bundled())
	}
	if got := load(func(_, text string) string { return strings.ReplaceAll(text, "OWASP_CRS/4.25.0", "OWASP_CRS/4.26.0") }); !strings.HasPrefix(got.Name, "crs-4.26.0-") {
		t.Errorf("another release: got %+v", got)
	}
	pack, err := PackBundled()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := LoadVersion(pack); err != nil || got != Bundled() {
		t.Errorf("the bundled pack: got %+v, %v, want %+v", got, err, Bundled())
	}
}

func TestVersion_policiesAreJudgedByTheirs(t *testing.T) {
	next := nextVersion(t)
	policy := sekisho.DefaultPolicy()
	policy.Profile = sekisho.ProfileStock
	present := policy
	policy.Version = next.Name
	x := exchange("GET", "/sekisho-shadow.txt")
	if inspect(t, engine(t, present, sekisho.ModeBlock), x).Attack {
		t.Error("the bundled rules know a file that only the next ones do")
	}
	e := engine(t, policy, sekisho.ModeBlock)
	if !inspect(t, e, x).Attack {
		t.Error("the next rules do not stop what they list")
	}
	if !e.fast() {
		t.Error("nothing is proven under the next rules")
	}
	policy.Version = "crs-9.9.9-00000000"
	if _, err := testPool.Acquire(policy, sekisho.ModeBlock); sekisho.KindOf(err) != sekisho.KindInvalid {
		t.Errorf("rules that nobody has: got %v", err)
	}
}

func TestVersion_aFolderBringsItsOwnProfile(t *testing.T) {
	dir := releaseDir(t, unchanged)
	own := strings.Replace(string(smallBusinessData), "arguments: 4000", "arguments: 50", 1)
	if err := os.WriteFile(filepath.Join(dir, profileFile), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	pack, err := PackVersion(dir)
	if err != nil {
		t.Fatal(err)
	}
	v, err := LoadVersion(pack)
	if err != nil || v.Name == Bundled().Name {
		t.Fatalf("got %+v, %v, want another name", v, err)
	}
	policy := sekisho.DefaultPolicy()
	policy.Profile, policy.Version = sekisho.ProfileSmallBusiness, v.Name
	if got := profileOf(policy).args; got != 50 {
		t.Errorf("got %d arguments, want those of the folder's profile", got)
	}
}

func TestVersion_refusesWhatIsNoReleaseOfTheRules(t *testing.T) {
	broken := releaseDir(t, func(name, text string) string {
		if strings.Contains(name, "901") {
			return ""
		}
		return text
	})
	profile := releaseDir(t, unchanged)
	if err := os.WriteFile(filepath.Join(profile, profileFile), []byte("lines: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"an empty folder": t.TempDir(), "no initialization": broken, "a broken profile": profile} {
		if _, err := PackVersion(dir); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
	for name, pack := range map[string][]byte{"nothing": nil, "no zip": []byte("PK no")} {
		if _, err := LoadVersion(pack); sekisho.KindOf(err) != sekisho.KindInvalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}
