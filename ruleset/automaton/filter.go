package automaton

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unsafe"
)

// A filter finds which patterns a value may match, by words without which they cannot (words.go). It looks at four
// bytes at each place, without waiting for what it saw before: a bit says whether a word may stand there, and only
// where it may, the word is compared. Upper and lower case of ASCII are the same to it.
type filter struct {
	table   []uint8       // for each hash of four bytes, whether some word has it; 1<<(32-shift) of them
	shift   uint          // of a product, to get its hash
	slots   []slot        // by hash, the next free one where several have the same
	entries []filterEntry // of slots, those of one slot behind each other
}

// gram is how many bytes of a word are looked at first; shorter words are of no use here.
const gram = 4

type slot struct {
	gram        uint32
	first, last uint32 // of entries; none where they are the same
}

type filterEntry struct {
	word     string // in small letters
	at       int    // where in the word its four bytes stand
	patterns []uint32
}

// filterWords collects words and the patterns that need one of theirs.
type filterWords map[string][]uint32

func (w filterWords) add(pattern int, words []string) {
	for _, word := range words {
		w[word] = append(w[word], uint32(pattern))
	}
}

func newFilter(words filterWords) *filter {
	if len(words) == 0 {
		return nil
	}
	size := min(bits.Len(uint(len(words)*load)), mostHashes)
	f := &filter{table: make([]uint8, 1<<size), shift: uint(32 - size), slots: make([]slot, 1<<bits.Len(uint(2*len(words))))}
	byGram := map[uint32][]filterEntry{}
	for word, patterns := range words {
		at := rarest(word)
		key := fold(word[at:])
		byGram[key] = append(byGram[key], filterEntry{word, at, patterns})
	}
	for key, entries := range byGram {
		slices.SortFunc(entries, func(a, b filterEntry) int { return strings.Compare(a.word, b.word) })
		hash := f.hash(key)
		f.table[hash] = 1
		place := f.place(key)
		f.slots[place] = slot{key, uint32(len(f.entries)), uint32(len(f.entries) + len(entries))}
		f.entries = append(f.entries, entries...)
	}
	return f
}

const (
	// load is how many hashes there are for each word, and mostHashes the logarithm of how many at most: the table must
	// stay near the processor.
	load       = 24
	mostHashes = 16
)

func (f *filter) hash(key uint32) uint32 { return key * hashFactor >> f.shift }

const hashFactor = 0x9E3779B1

// place returns the slot of four bytes, or the free one where it would be.
func (f *filter) place(key uint32) uint32 {
	mask := uint32(len(f.slots) - 1)
	place := key * 0x85EBCA6B >> 7 & mask
	for f.slots[place].gram != key && f.slots[place].first != f.slots[place].last {
		place = (place + 1) & mask
	}
	return place
}

const eachSmall = 0x2020202020202020

// fold makes a number of the first four bytes of a text, the same for upper and lower case.
func fold(text string) uint32 {
	return binary.LittleEndian.Uint32([]byte(text[:gram])) | eachSmall&0xFFFFFFFF
}

// find adds the patterns that a value may match to a set.
func (f *filter) find(value string, may Selection) {
	if strings.Contains(value, "ſ") || strings.Contains(value, "\u212a") { // see words.go
		value = strings.NewReplacer("ſ", "s", "\u212a", "k").Replace(value)
	}
	b := unsafe.Slice(unsafe.StringData(value), len(value))
	table, shift := unsafe.Pointer(unsafe.SliceData(f.table)), f.shift&31
	i := 0
	for ; len(b)-i >= 8; i += 4 {
		x := binary.LittleEndian.Uint64(b[i:])
		if x&eachHigh == eachHigh {
			continue // words are ASCII
		}
		x |= eachSmall
		// A hash has 32-shift bits, so that each is a place in the table.
		h0 := uint32(x) * hashFactor >> shift
		h1 := uint32(x>>8) * hashFactor >> shift
		h2 := uint32(x>>16) * hashFactor >> shift
		h3 := uint32(x>>24) * hashFactor >> shift
		if *(*uint8)(unsafe.Add(table, h0))|*(*uint8)(unsafe.Add(table, h1))|*(*uint8)(unsafe.Add(table, h2))|*(*uint8)(unsafe.Add(table, h3)) != 0 {
			f.check(value, i, uint32(x), may)
			f.check(value, i+1, uint32(x>>8), may)
			f.check(value, i+2, uint32(x>>16), may)
			f.check(value, i+3, uint32(x>>24), may)
		}
	}
	for ; len(b)-i >= gram; i++ {
		f.check(value, i, binary.LittleEndian.Uint32(b[i:])|eachSmall&0xFFFFFFFF, may)
	}
}

// check compares the words that four bytes may belong to.
func (f *filter) check(value string, at int, key uint32, may Selection) {
	if f.table[f.hash(key)] == 0 {
		return
	}
	slot := &f.slots[f.place(key)]
	if slot.gram != key {
		return
	}
	for n := slot.first; n < slot.last; n++ {
		e := &f.entries[n]
		if begin := at - e.at; begin >= 0 && len(value)-begin >= len(e.word) && foldedEqual(value[begin:], e.word) {
			for _, id := range e.patterns {
				may.Add(int(id))
			}
		}
	}
}

// foldedEqual reports whether a text begins with a word in small letters, in any case.
func foldedEqual(text, word string) bool {
	for i := range len(word) {
		if lowerByte(text[i]) != word[i] {
			return false
		}
	}
	return true
}

// rarest returns where in a word the four bytes stand that ordinary texts hold least often.
func rarest(word string) int {
	best, most := 0, -1
	for at := 0; at+gram <= len(word); at++ {
		rare := 0
		for i := range gram {
			rare += rareness(word[at+i])
		}
		if rare > most {
			best, most = at, rare
		}
	}
	return best
}

func rareness(b byte) int {
	if at := strings.IndexByte("etaoinsrhldcumpfgwybvkxjqz", b); at >= 0 {
		return at
	}
	if strings.IndexByte(" <>/\"=-.", b) >= 0 {
		return 4
	}
	return 16
}

// bytes is what the filter holds.
func (f *filter) bytes() int {
	bytes := len(f.table) + 12*len(f.slots)
	for _, e := range f.entries {
		bytes += 56 + len(e.word) + 4*len(e.patterns)
	}
	return bytes
}
