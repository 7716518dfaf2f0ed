package transform

import (
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// A Func appends src, transformed, to dst. What it reports is what Coraza reports: whether it thinks that it changed
// something, which for a few transformations is not the same as whether it did. It keeps nothing and is safe for
// concurrent use; dst and src must not overlap.
type Func func(dst []byte, src string) (out []byte, changed bool)

// A Transformation is one t: action.
type Transformation struct {
	// Name is as Coraza spells it.
	Name string
	// Apply is the transformation.
	Apply Func
	// Mask holds the bytes without which nothing changes: Apply leaves any value alone that has none of them.
	Mask Mask
	// Always marks the transformations that change whatever they get, the empty value too. Their Mask is full.
	Always bool

	// find returns where in a value the first change could be, or -1 when there is none.
	find func(src string) int
	// from appends src, transformed, to dst, given that nothing changes before a position.
	from func(dst []byte, src string, at int) ([]byte, bool)
	// honest says that the result differs from the value only if the transformation reports a change.
	honest bool
	bit    uint64
}

// all lists the transformations; the position is the bit in a class.
var all = []*Transformation{
	{Name: "base64Decode", Always: true, from: base64Decode},
	{Name: "base64DecodeExt", Always: true, from: base64DecodeExt},
	{Name: "base64Encode", Always: true, from: base64Encode},
	{Name: "cmdLine", Mask: bytesOf("\"'\\^ ,;\t\r\n/(").with('A', 'Z'), from: cmdLine},
	{Name: "compressWhitespace", Mask: bytesOf("\t\n\v\f\r \x85\xA0"), find: findCompressible, from: compressWhitespace},
	{Name: "cssDecode", Mask: bytesOf(`\`), from: cssDecode},
	{Name: "escapeSeqDecode", Mask: bytesOf(`\`), from: escapeSeqDecode},
	{Name: "hexDecode", Always: true, from: hexDecode},
	{Name: "hexEncode", Always: true, from: hexEncode},
	{Name: "htmlEntityDecode", Mask: bytesOf("&"), from: htmlEntityDecode},
	{Name: "jsDecode", Mask: bytesOf(`\`), from: jsDecode},
	{Name: "length", Always: true, from: length},
	{Name: "lowercase", Mask: Mask{}.with('A', 'Z').with(0x80, 0xFF), find: findUpper, from: lowercase},
	{Name: "md5", Always: true, from: md5Sum},
	{Name: "normalizePath", Mask: bytesOf("/."), from: normalizePath},
	{Name: "normalizePathWin", Mask: bytesOf(`/.\: `), from: normalizePathWin},
	{Name: "removeComments", Mask: bytesOf("/<-#"), from: removeComments},
	{Name: "removeCommentsChar", Mask: bytesOf("/*<-#"), find: findMark, from: removeCommentsChar},
	{Name: "removeNulls", Mask: bytesOf("\x00"), from: removeNulls},
	{Name: "removeWhitespace", Mask: bytesOf("\t\n\v\f\r ").with(0x80, 0xFF), find: findSpace, from: removeWhitespace},
	{Name: "replaceComments", Mask: bytesOf("/"), find: findComment, from: replaceComments},
	{Name: "replaceNulls", Mask: bytesOf("\x00"), from: replaceNulls},
	{Name: "sha1", Always: true, from: sha1Sum},
	{Name: "trim", Mask: bytesOf(trimmed), from: trim},
	{Name: "trimLeft", Mask: bytesOf(trimmed), from: trimLeft},
	{Name: "trimRight", Mask: bytesOf(trimmed), from: trimRight},
	{Name: "uppercase", Mask: Mask{}.with('a', 'z').with(0x80, 0xFF), find: findLower, from: uppercase},
	{Name: "urlDecode", Mask: bytesOf("%+"), from: urlDecode},
	{Name: "urlDecodeUni", Mask: bytesOf("%+"), from: urlDecodeUni},
	{Name: "urlEncode", Mask: everyByte.without("*").without(alphanumeric), from: urlEncode},
	{Name: "utf8toUnicode", Mask: Mask{}.with(0x80, 0xFF), from: utf8ToUnicode},
}

// dishonest are the transformations that may change a value and report that they did not.
var dishonest = map[string]bool{"htmlEntityDecode": true, "removeWhitespace": true}

var (
	byName = map[string]*Transformation{}
	// classes holds, for each byte, which transformations may act on it.
	classes [256]uint64
	// asciiClasses is the same for ASCII, and nothing beyond.
	asciiClasses [256]uint64
	// alwaysOn are the transformations that no mask can skip, beyondASCII those that may act on bytes beyond ASCII.
	alwaysOn, beyondASCII uint64
	// squeezing are the transformations that make small letters, or take away white space or zeros.
	squeezing uint64
	// runewise are the transformations that leave alone what is [calm].
	runewise uint64
	// speller writes %uXXXX, which percentDecoder reads; see [urlDecodeUnicode].
	speller, percentDecoder *Transformation
)

func init() {
	for i, t := range all {
		t.bit = 1 << i
		t.honest = !dishonest[t.Name]
		if t.Always {
			t.Mask = everyByte
			alwaysOn |= t.bit
			t.find = func(string) int { return 0 }
		}
		if t.find == nil {
			t.find = t.Mask.finder()
		}
		for b := range classes {
			if t.Mask.Has(byte(b)) {
				classes[b] |= t.bit
			}
		}
		t.Apply = t.apply
		byName[strings.ToLower(t.Name)] = t
	}
	for b, class := range classes {
		if b < utf8.RuneSelf {
			asciiClasses[b] = class
		} else {
			beyondASCII |= class
		}
	}
	for _, name := range []string{"lowercase", "uppercase", "removewhitespace", "compresswhitespace"} {
		runewise |= byName[name].bit
	}
	for _, name := range []string{"lowercase", "removewhitespace", "removenulls"} {
		squeezing |= byName[name].bit
	}
	speller, percentDecoder = byName["utf8tounicode"], byName["urldecodeuni"]
	byName["normalisepath"] = byName["normalizepath"]
	byName["normalisepathwin"] = byName["normalizepathwin"]
}

// Find returns the transformation with a name, in any letter case, and an error where there is none. It has no "none",
// which is no transformation but an instruction to the reader of the rules.
func Find(name string) (*Transformation, error) {
	if t := byName[strings.ToLower(name)]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("no transformation is called %q", name)
}

// Names returns the names of all transformations, in alphabetical order.
func Names() []string {
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return names
}

func (t *Transformation) apply(dst []byte, src string) ([]byte, bool) {
	at := t.find(src)
	if at < 0 {
		return append(dst, src...), false
	}
	return t.from(dst, src, at)
}

// number is the place of the transformation in the list of all.
func (t *Transformation) number() int { return bits.TrailingZeros64(t.bit) }
