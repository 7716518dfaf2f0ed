package ruleset

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sekisho-waf/sekisho"
)

// A version is the Core Rule Set of one release and our profile beside it, named by its content: "crs-4.25.0-1f2e3d4c" is
// the same rules on every machine and for ever. What the program brings is one; others come from a folder. A version travels as a pack,
// a zip of its files. Rules that the program itself writes (directives.go) are the program's and in no pack.

const (
	setupFile       = "@crs-setup.conf.example"
	recommendedFile = "@coraza.conf-recommended"
	rulesFolder     = "@owasp_crs"
	profileFile     = "small_business.yaml"

	maxPackFiles = 500
	maxPackBytes = 32 << 20
)

// versions are those that policies can be compiled with. They are named by their content, so that one name can only ever
// mean one thing, whoever loads it.
var versions = struct {
	sync.RWMutex
	loaded map[string]*version
}{loaded: map[string]*version{}}

type version struct {
	sekisho.RuleVersion
	files   fs.FS
	folder  string   // of the rules in files
	profile *profile // small_business
	guarded fs.FS    // files, with what the profile asks of their rules
}

// under returns the rules as a profile reads them.
func (v *version) under(profile sekisho.Profile) fs.FS {
	if profile == sekisho.ProfileStock {
		return v.files
	}
	return v.guarded
}

// Bundled is the version that comes with the program.
func Bundled() sekisho.RuleVersion { return bundled().RuleVersion }

var bundled = sync.OnceValue(func() *version {
	files, err := bundledFiles()
	if err == nil {
		v := &version{files: crsFiles(), folder: rulesFolder, profile: smallBusiness()}
		if v.RuleVersion, err = nameOf(files); err == nil {
			v.guarded, err = guardFiles(v.files, v.profile.guards)
		}
		if err == nil {
			return v
		}
	}
	panic("ruleset: the rules are part of the program: " + err.Error())
})

// versionOf returns the rules that a policy is judged by; a version that nobody has loaded is KindInvalid.
func versionOf(name string) (*version, error) {
	if name == "" || name == bundled().Name {
		return bundled(), nil
	}
	versions.RLock()
	defer versions.RUnlock()
	if v := versions.loaded[name]; v != nil {
		return v, nil
	}
	return nil, sekisho.Invalid(fmt.Sprintf("rules %s are not here; sekisho policy versions lists those that are", name))
}

// LoadVersion makes a pack's version known to policies. Loading it again changes nothing. A pack that is damaged, too large,
// or without what a version needs is KindInvalid.
func LoadVersion(pack []byte) (sekisho.RuleVersion, error) {
	v, err := readPack(pack)
	if err != nil {
		return sekisho.RuleVersion{}, fmt.Errorf("load rules: %w", err)
	}
	versions.Lock()
	defer versions.Unlock()
	if versions.loaded[v.Name] == nil {
		versions.loaded[v.Name] = v
	}
	return v.RuleVersion, nil
}

// PackBundled packs the version that comes with the program.
func PackBundled() ([]byte, error) {
	files, err := bundledFiles()
	if err != nil {
		return nil, err
	}
	return writePack(files)
}

func bundledFiles() (map[string][]byte, error) {
	files := map[string][]byte{profileFile: smallBusinessData}
	for _, name := range []string{setupFile, recommendedFile} {
		content, err := fs.ReadFile(crsFiles(), name)
		if err != nil {
			return nil, fmt.Errorf("pack the rules: %w", err)
		}
		files[name] = content
	}
	entries, err := fs.ReadDir(crsFiles(), rulesFolder)
	if err != nil {
		return nil, fmt.Errorf("pack the rules: %w", err)
	}
	for _, entry := range entries {
		name := path.Join(rulesFolder, entry.Name())
		if files[name], err = fs.ReadFile(crsFiles(), name); err != nil {
			return nil, fmt.Errorf("pack the rules: %w", err)
		}
	}
	return files, nil
}

// PackVersion packs a folder of the Core Rule Set as it is released: crs-setup.conf.example and rules/. A file
// small_business.yaml beside them takes the place of our profile. Body processors are chosen as the program does.
func PackVersion(dir string) ([]byte, error) {
	files := map[string][]byte{profileFile: smallBusinessData}
	recommended, err := fs.ReadFile(crsFiles(), recommendedFile)
	if err != nil {
		return nil, fmt.Errorf("pack rules: %w", err)
	}
	files[recommendedFile] = recommended
	setup, err := os.ReadFile(filepath.Join(dir, "crs-setup.conf.example"))
	if err != nil {
		return nil, sekisho.Invalid(fmt.Sprintf("crs-dir %s: it has no crs-setup.conf.example; give the folder of an unpacked Core Rule Set release", dir))
	}
	files[setupFile] = setup
	if own, err := os.ReadFile(filepath.Join(dir, profileFile)); err == nil {
		files[profileFile] = own
	}
	var found []string
	for _, kind := range []string{"*.conf", "*.data"} {
		matches, err := filepath.Glob(filepath.Join(dir, "rules", kind))
		if err != nil {
			return nil, fmt.Errorf("pack rules: %w", err)
		}
		found = append(found, matches...)
	}
	if len(found) == 0 || len(found) > maxPackFiles {
		return nil, sekisho.Invalid(fmt.Sprintf("crs-dir %s: %d rule files below rules/; give the folder of an unpacked Core Rule Set release", dir, len(found)))
	}
	for _, file := range found {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, sekisho.Invalid(fmt.Sprintf("crs-dir: %v", err))
		}
		files[path.Join(rulesFolder, filepath.Base(file))] = content
	}
	pack, err := writePack(files)
	if err != nil {
		return nil, err
	}
	_, err = readPack(pack)
	return pack, err
}

func writePack(files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range sortedNames(files) {
		entry, err := w.Create(name)
		if err == nil {
			_, err = entry.Write(files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("pack the rules: %w", err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack the rules: %w", err)
	}
	return b.Bytes(), nil
}

func sortedNames(files map[string][]byte) []string {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

var releaseOf = regexp.MustCompile(`ver:'OWASP_CRS/([0-9A-Za-z.-]{1,30})'`)

// readPack reads a pack and names what is in it by content: the same files have the same name however they were packed.
func readPack(pack []byte) (*version, error) {
	damaged := func(why string) (*version, error) { return nil, sekisho.Invalid("these are no rules: " + why) }
	reader, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil || len(reader.File) > maxPackFiles+10 {
		return damaged("the pack cannot be read")
	}
	files, total := map[string][]byte{}, 0
	for _, entry := range reader.File {
		file, err := entry.Open()
		if err != nil {
			return damaged(err.Error())
		}
		content, err := io.ReadAll(io.LimitReader(file, maxPackBytes+1))
		_ = file.Close()
		if total += len(content); err != nil || total > maxPackBytes {
			return damaged(fmt.Sprintf("%s is damaged, or all together more than %d MB", entry.Name, maxPackBytes>>20))
		}
		files[entry.Name] = content
	}
	named, err := nameOf(files)
	if err != nil {
		return nil, err
	}
	own, err := parseProfile(files[profileFile])
	if err != nil {
		return damaged(err.Error())
	}
	// Rules that another release does not have need no guard; of ours, TestGuardFiles says that all are there.
	guarded, err := guardFiles(reader, own.guards)
	if err != nil && !errors.As(err, new(missingRule)) {
		return damaged(err.Error())
	}
	return &version{named, filesBelow{reader, named.Name}, named.Name, own, filesBelow{guarded, named.Name}}, nil
}

// filesBelow shows the rules of a pack in a folder of another name. Coraza keeps what it reads from a data file by the folder
// and the name of the file, for the whole process: in one folder, a second version would search for the words of the first.
type filesBelow struct {
	pack   fs.FS
	folder string
}

// Open implements [fs.FS].
func (f filesBelow) Open(name string) (fs.File, error) { return f.pack.Open(f.inPack(name)) }

// ReadFile implements [fs.ReadFileFS]: a pack with guards has them in what it reads, not in what it opens.
func (f filesBelow) ReadFile(name string) ([]byte, error) { return fs.ReadFile(f.pack, f.inPack(name)) }

func (f filesBelow) inPack(name string) string {
	if rest, ok := strings.CutPrefix(name, f.folder); ok && (rest == "" || rest[0] == '/') {
		return rulesFolder + rest
	}
	return name
}

// folderOf is where the rules of a version lie; those of one that is not loaded cannot be compiled anyway.
func folderOf(name string) string {
	if v, err := versionOf(name); err == nil {
		return v.folder
	}
	return rulesFolder
}

// nameOf names rules by their content.
func nameOf(files map[string][]byte) (sekisho.RuleVersion, error) {
	release := releaseOf.FindSubmatch(files[path.Join(rulesFolder, "REQUEST-901-INITIALIZATION.conf")])
	if files[setupFile] == nil || files[recommendedFile] == nil || release == nil || !releaseName.Match(release[1]) {
		return sekisho.RuleVersion{}, sekisho.Invalid("these are no rules: setup or initialization of the Core Rule Set is missing")
	}
	sum := sha256.New()
	for _, name := range sortedNames(files) {
		_, _ = fmt.Fprintf(sum, "%s %d\n", name, len(files[name]))
		_, _ = sum.Write(files[name])
	}
	return sekisho.RuleVersion{Name: fmt.Sprintf("crs-%s-%x", strings.ToLower(string(release[1])), sum.Sum(nil)[:4]), Release: string(release[1])}, nil
}

var releaseName = regexp.MustCompile(`^[0-9]+\.[0-9]+`)
