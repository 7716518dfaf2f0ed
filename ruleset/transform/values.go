package transform

import (
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Values are the distinct values that the chains of a tree make of one value, and who sees each of them. Take one from
// [AcquireValues], use it for one value after the other, and give it back. It is not safe for concurrent use.
type Values struct {
	list  []value
	sets  []uint64 // words for each value, one after the other
	words int
	arena []byte  // what the steps wrote; the values point into it
	shown []uint8 // the values that a chain sees

	unless func(text string, chains Set) bool
}

type value struct {
	text string
	// active are the transformations that may act on it, once somebody had to know.
	active uint64
	known  bool
	// ran are the transformations that have been applied, and reported those that said they changed something.
	ran, reported uint64
	became        [64]uint8 // the results, by transformation, of those that ran; see mostNodes
	// spelled is 1 + the number of the value of which utf8toUnicode made this one, or 0.
	spelled int
	// unwritten marks one that was not spelled out: it is twice as long as what it says.
	unwritten bool
}

const (
	// mostArena is what is kept for the next user: enough for a body of 1 MB in Japanese.
	mostArena = 8 << 20
	// shortText is how long a value may be for one look at each byte to be cheaper than what it saves.
	shortText = 512
	// worthAsking is how long a text has to be for unless.
	worthAsking = 256
)

var pool = sync.Pool{New: func() any { return new(Values) }}

// AcquireValues returns a Values to use until Release.
func AcquireValues() *Values { return pool.Get().(*Values) }

// Release gives v back. What it held must not be used any more.
func (v *Values) Release() {
	v.reset(0)
	pool.Put(v)
}

func (v *Values) reset(words int) {
	for i := range v.list {
		v.list[i].text = "" // let go of the request
	}
	v.list, v.sets, v.words = v.list[:0], v.sets[:0], words
	v.arena, v.shown, v.unless = v.arena[:0], v.shown[:0], nil
	if cap(v.arena) > mostArena {
		v.arena = nil
	}
}

// Len returns how many distinct values there are.
func (v *Values) Len() int { return len(v.shown) }

// At returns a value and the chains that see it. Both are good until the next Apply or Release.
func (v *Values) At(i int) (string, Set) {
	n := int(v.shown[i])
	v.write(n)
	return v.list[n].text, v.set(n)
}

// Spelled returns, instead of a value, the text that utf8toUnicode makes it of, and the chains that see it. ok is false
// where the value is not of this kind, or is there already.
func (v *Values) Spelled(i int) (source string, chains Set, ok bool) {
	n := int(v.shown[i])
	if !v.list[n].unwritten {
		return "", nil, false
	}
	return v.list[v.list[n].spelled-1].text, v.set(n), true
}

// write spells out a value that was left.
func (v *Values) write(n int) {
	if last := &v.list[n]; last.unwritten {
		begin := len(v.arena)
		v.arena, _ = speller.Apply(v.arena, v.list[last.spelled-1].text)
		last.text, last.unwritten = unsafe.String(unsafe.SliceData(v.arena[begin:]), len(v.arena)-begin), false
	}
}

func (v *Values) set(i int) Set { return v.sets[i*v.words : (i+1)*v.words : (i+1)*v.words] }

// Apply fills v with what the chains make of a value: each distinct result that a chain sees, once. The values that v
// held before are gone.
func (t *Tree) Apply(v *Values, text string) { t.ApplyUnless(v, text, nil) }

// ApplyUnless is Apply without what nobody wants to know: before a text of some length loses its white space, its zeros or its
// capitals and nothing else, unless is asked about it and the chains that would see what is left. If it says true, they
// see nothing. A nil unless always says false.
func (t *Tree) ApplyUnless(v *Values, text string, unless func(text string, chains Set) bool) {
	v.reset(words(t.chains))
	v.unless = unless
	v.add(text)
	t.root.visit(v, 0)
	for i := range v.list {
		if !v.set(i).empty() {
			v.shown = append(v.shown, uint8(i))
		}
	}
}

// add puts a value on the list and returns its number.
func (v *Values) add(text string) int {
	if len(v.list) < cap(v.list) {
		v.list = v.list[:len(v.list)+1]
	} else {
		v.list = append(v.list, value{})
	}
	last := &v.list[len(v.list)-1]
	last.text, last.known, last.ran, last.reported, last.spelled, last.unwritten = text, false, 0, 0, 0, false
	for range v.words {
		v.sets = append(v.sets, 0)
	}
	return len(v.list) - 1
}

// activeOn returns the transformations that may act on a text.
func activeOn(text string) uint64 {
	if len(text) > shortText {
		return activeOnLong(text)
	}
	active := alwaysOn
	for i := 0; i < len(text); i++ {
		active |= classes[text[i]]
	}
	return active
}

// activeOnLong reads a long text in strides where it is not ASCII. All that may act on some such byte then may act on it, but for
// those that mind letter case and white space, which running Japanese has none of.
func activeOnLong(text string) uint64 {
	active, plain, ascii := alwaysOn, true, &asciiClasses
	bytes := bytesView(text)
	i := 0
	for ; len(bytes)-i >= 8; i += 8 {
		b := bytes[i : i+8 : i+8]
		if eightBytes(text, i)&eachHigh == eachHigh {
			plain = false
			continue
		}
		active |= ascii[b[0]] | ascii[b[1]] | ascii[b[2]] | ascii[b[3]] | ascii[b[4]] | ascii[b[5]] | ascii[b[6]] | ascii[b[7]]
		plain = plain && eightBytes(text, i)&eachHigh == 0
	}
	for ; i < len(bytes); i++ {
		active |= ascii[bytes[i]]
		plain = plain && bytes[i] < utf8.RuneSelf
	}
	switch {
	case plain:
		return active
	case active&runewise != runewise && calm(text):
		return active | beyondASCII&^runewise
	}
	return active | beyondASCII
}

// visit follows value i down the tree.
func (n *node) visit(v *Values, i int) {
	if n.steps == 0 {
		v.set(i).join(n.below)
		return
	}
	if here := &v.list[i]; !here.known {
		here.active, here.known = activeOn(here.text), true
	}
	active := v.list[i].active
	if active&n.steps == 0 {
		v.set(i).join(n.below)
		return
	}
	v.set(i).join(n.sees)
	for _, c := range n.children {
		if active&(c.step.bit|c.steps) == 0 {
			v.set(i).join(c.below)
			continue
		}
		if c.squeezes && v.unless != nil && len(v.list[i].text) >= worthAsking && v.unless(v.list[i].text, c.below) {
			continue
		}
		c.visit(v, v.after(i, c))
	}
}

// after returns the number of what the step of a node makes of value i. Each step runs once on each distinct value.
func (v *Values) after(i int, n *node) int {
	from, step := &v.list[i], n.step
	if from.active&step.bit == 0 {
		return i
	}
	at := i
	if from.ran&step.bit == 0 {
		at = v.run(i, step)
		from = &v.list[i] // the list may have moved
	} else {
		at = int(from.became[step.number()])
	}
	if n.honest && from.reported&step.bit == 0 {
		return i
	}
	return at
}

func (v *Values) run(i int, step *Transformation) int {
	if step != percentDecoder {
		v.write(i)
	}
	from := &v.list[i]
	result := i
	at := 0
	if !from.unwritten {
		at = step.find(from.text)
	}
	if at >= 0 && step == speller {
		from.reported |= step.bit
		result = v.add("")
		last := &v.list[result]
		last.active, last.known, last.spelled, last.unwritten = ^uint64(0), true, i+1, true
		from = &v.list[i] // the list may have moved
	} else if at >= 0 {
		begin := len(v.arena)
		var out []byte
		changed := true
		if from.spelled > 0 && step == percentDecoder {
			out = urlDecodeUnicode(v.arena, v.list[from.spelled-1].text)
		} else {
			out, changed = step.from(v.arena, from.text, at)
		}
		if changed {
			from.reported |= step.bit
		}
		text := unsafe.String(unsafe.SliceData(out[begin:]), len(out)-begin)
		if len(out) == begin {
			text = ""
		}
		if result = v.index(text); result < 0 {
			v.arena = out
			result = v.add(text)
			if step == speller {
				v.list[result].spelled = i + 1
			}
			from = &v.list[i]
		} else {
			v.arena = out[:begin]
		}
	}
	from.ran |= step.bit
	from.became[step.number()] = uint8(result)
	return result
}

// index returns the number of a value that is on the list already, or -1.
func (v *Values) index(text string) int {
	for i := range v.list {
		if v.list[i].text == text && !v.list[i].unwritten {
			return i
		}
	}
	return -1
}
