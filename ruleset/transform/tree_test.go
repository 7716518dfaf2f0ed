package transform_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-waf/sekisho/ruleset/transform"
)

// levelOne are the chains of the request rules of CRS 4.25 at paranoia level 1.
var levelOne = parseChains(`
	-
	lowercase
	urlDecodeUni
	utf8toUnicode,urlDecodeUni,htmlEntityDecode,jsDecode,cssDecode,removeNulls
	cmdLine
	urlDecodeUni,replaceComments
	utf8toUnicode,urlDecodeUni,normalizePathWin
	htmlEntityDecode,lowercase
	length
	lowercase,removeWhitespace
	sha1,hexEncode
	urlDecodeUni,compressWhitespace
	*urlDecodeUni
	*urlDecodeUni,jsDecode
	*urlDecodeUni,jsDecode,base64Decode,urlDecodeUni,jsDecode,replaceComments
	*urlDecodeUni,jsDecode,removeWhitespace,base64Decode,urlDecodeUni,jsDecode,removeWhitespace
	*utf8toUnicode,urlDecodeUni,removeNulls
	*utf8toUnicode,urlDecodeUni,removeNulls,cmdLine
	cmdLine,normalizePath
	htmlEntityDecode
	htmlEntityDecode,jsDecode
	lowercase,length
	lowercase,urlDecodeUni,htmlEntityDecode,jsDecode
	normalizePath
	normalizePath,urlDecodeUni
	removeWhitespace
	urlDecodeUni,htmlEntityDecode,jsDecode
	urlDecodeUni,jsDecode,htmlEntityDecode
	urlDecodeUni,lowercase
	urlDecodeUni,removeCommentsChar
	urlDecodeUni,removeWhitespace
	urlDecodeUni,replaceComments,removeWhitespace
	utf8toUnicode,urlDecodeUni,htmlEntityDecode,jsDecode,cssDecode,lowercase,removeNulls
	utf8toUnicode,urlDecodeUni,htmlEntityDecode,jsDecode,cssDecode,removeNulls,removeWhitespace
	utf8toUnicode,urlDecodeUni,removeNulls,cmdLine`)

// awkward are chains in which a step changes a value without saying so, fails, or writes what the next one reads.
var awkward = parseChains(`
	*htmlEntityDecode,urlDecodeUni htmlEntityDecode,urlDecodeUni *htmlEntityDecode,htmlEntityDecode,lowercase
	*removeWhitespace,lowercase removeWhitespace,lowercase *removeWhitespace,utf8toUnicode,urlDecodeUni
	*hexDecode,lowercase hexEncode,hexDecode,lowercase *hexEncode,hexDecode
	lowercase,utf8toUnicode,urlDecodeUni utf8toUnicode,urlDecode,urlDecodeUni utf8toUnicode,lowercase,urlDecodeUni
	*length,sha1 md5,hexEncode trim,trimLeft,trimRight *uppercase,lowercase,uppercase *base64Encode,base64DecodeExt,base64Decode
	removeComments,replaceComments,removeCommentsChar *escapeSeqDecode,cssDecode,jsDecode normalizePath,normalizePathWin,cmdLine`)

func parseChains(text string) (chains []transform.Chain) {
	for _, line := range strings.Fields(text) {
		steps, multi := strings.CutPrefix(line, "*")
		chain := transform.Chain{MultiMatch: multi}
		if steps != "-" {
			chain.Steps = strings.Split(steps, ",")
		}
		chains = append(chains, chain)
	}
	return chains
}

// checkTree compares what each chain sees with what Coraza's rules see, as sets of values.
func checkTree(t *testing.T, o *oracle, chains []transform.Chain, v *transform.Values, value string) {
	t.Helper()
	tree, err := transform.NewTree(chains)
	if err != nil {
		t.Fatal(err)
	}
	tree.Apply(v, value)
	got := make([][]string, len(chains))
	for i := range v.Len() {
		text, seenBy := v.At(i)
		for j := range i {
			if other, _ := v.At(j); other == text {
				t.Errorf("%q yields %q twice", value, text)
			}
		}
		for c := range chains {
			if seenBy.Has(c) {
				got[c] = append(got[c], text)
			}
		}
	}
	for c, want := range o.seen(value, len(chains)) {
		slices.Sort(want)
		want = slices.Compact(want)
		slices.Sort(got[c])
		if !slices.Equal(got[c], want) {
			t.Errorf("%+v of %q: got %q, want %q", chains[c], value, got[c], want)
		}
	}
}

func TestTree_showsEachChainWhatCorazaShowsIt(t *testing.T) {
	v := transform.AcquireValues()
	defer v.Release()
	for _, chains := range [][]transform.Chain{levelOne, awkward} {
		o := newOracle(t, chains)
		defer o.close()
		for _, value := range seeds {
			checkTree(t, o, chains, v, value)
		}
	}
}

func TestTree_makesEqualResultsOnce(t *testing.T) {
	tree, err := transform.NewTree(parseChains("- lowercase urlDecodeUni,lowercase cmdLine removeNulls"))
	if err != nil {
		t.Fatal(err)
	}
	v := transform.AcquireValues()
	defer v.Release()
	for value, want := range map[string]int{"keep-alive": 1, "Keep-Alive": 2, "%41": 2, "a b": 1, "A+b": 3} {
		if tree.Apply(v, value); v.Len() != want {
			t.Errorf("%q: %d values, want %d", value, v.Len(), want)
		}
	}
}

func TestTree_keepsNothingOfTheValueBefore(t *testing.T) {
	tree, err := transform.NewTree(levelOne)
	if err != nil {
		t.Fatal(err)
	}
	used, fresh := transform.AcquireValues(), new(transform.Values)
	defer used.Release()
	for _, value := range seeds {
		tree.Apply(used, value)
		tree.Apply(fresh, value)
		again := new(transform.Values)
		tree.Apply(again, value)
		if fresh.Len() != again.Len() || used.Len() != again.Len() {
			t.Fatalf("%q: %d and %d values, want %d", value, used.Len(), fresh.Len(), again.Len())
		}
		for i := range again.Len() {
			text, seen := used.At(i)
			want, wantSeen := again.At(i)
			if text != want || !slices.Equal(seen, wantSeen) {
				t.Errorf("%q, value %d: got %q for %b, want %q for %b", value, i, text, seen, want, wantSeen)
			}
		}
	}
}

func TestTree_ForShowsSomeChainsWhatTheySeeAmongAll(t *testing.T) {
	tree, err := transform.NewTree(levelOne)
	if err != nil {
		t.Fatal(err)
	}
	all, some := transform.AcquireValues(), transform.AcquireValues()
	defer all.Release()
	defer some.Release()
	for n, value := range seeds {
		chosen := []int{n % len(levelOne), n * 7 % len(levelOne), n * 13 % len(levelOne)}
		set := tree.NewSet(chosen...)
		tree.Apply(all, value)
		tree.For(set).Apply(some, value)
		for _, chain := range chosen {
			if got, want := seenBy(some, chain), seenBy(all, chain); !slices.Equal(got, want) {
				t.Errorf("chain %d of %q: got %q, among all %q", chain, value, got, want)
			}
		}
		for i := range some.Len() {
			if _, chains := some.At(i); !chains.Meets(set) {
				t.Errorf("%q: value %d is for nobody", value, i)
			}
		}
	}
}

func seenBy(v *transform.Values, chain int) (values []string) {
	for i := range v.Len() {
		if text, chains := v.At(i); chains.Has(chain) {
			values = append(values, text)
		}
	}
	slices.Sort(values)
	return values
}

func TestTree_ApplyUnlessLeavesOutWhatNobodyWants(t *testing.T) {
	tree, err := transform.NewTree(parseChains("- lowercase urlDecodeUni,lowercase,removeWhitespace urlDecodeUni,cmdLine removeNulls,urlDecode *removeNulls"))
	if err != nil {
		t.Fatal(err)
	}
	v := transform.AcquireValues()
	defer v.Release()
	text := strings.Repeat("A %41 \x00b", 60)
	var asked []string
	tree.ApplyUnless(v, text, func(before string, chains transform.Set) bool {
		asked = append(asked, fmt.Sprint(len(before), chains))
		return true
	})
	if want := []string{"480 [2]", "360 [4]"}; !slices.Equal(asked, want) {
		t.Errorf("asked about %q, want %q", asked, want)
	}
	for chain, want := range []int{1, 0, 0, 1, 1, 2} {
		if got := seenBy(v, chain); len(got) != want {
			t.Errorf("chain %d: %d values, want %d", chain, len(got), want)
		}
	}
	tree.ApplyUnless(v, "A b", func(string, transform.Set) bool {
		t.Error("asked about a short text")
		return true
	})
}

func TestNewTree_refusesWhatItCannotHold(t *testing.T) {
	if _, err := transform.NewTree(parseChains("lowercase,rot13")); err == nil || !strings.Contains(err.Error(), "rot13") {
		t.Errorf("got %v, want an error that names rot13", err)
	}
	var many []transform.Chain
	for _, a := range transform.Names() {
		for _, b := range transform.Names() {
			many = append(many, transform.Chain{Steps: []string{a, b}})
		}
	}
	if _, err := transform.NewTree(many); err == nil {
		t.Error("a tree of 993 prefixes was built, want an error")
	}
}

func FuzzTree_isCoraza(f *testing.F) {
	for i, value := range seeds {
		f.Add(value, []byte{byte(i), byte(i * 7), byte(i * 13), 0xFF, byte(i * 3), byte(i * 31), 0xFE, byte(i * 5)})
	}
	names := transform.Names()
	v := transform.AcquireValues()
	f.Fuzz(func(t *testing.T, value string, recipe []byte) {
		// Each byte is a step; 0xFF ends a chain, 0xFE makes it one with multiMatch and ends it.
		chains := []transform.Chain{{}}
		for _, b := range recipe[:min(len(recipe), 24)] {
			last := &chains[len(chains)-1]
			switch b {
			case 0xFE:
				last.MultiMatch = true
				fallthrough
			case 0xFF:
				chains = append(chains, transform.Chain{})
			default:
				last.Steps = append(last.Steps, names[int(b)%len(names)])
			}
		}
		o := newOracle(t, chains)
		defer o.close()
		checkTree(t, o, chains, v, value)
	})
}
