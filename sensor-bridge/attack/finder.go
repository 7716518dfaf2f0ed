package attack

// finder looks for many signs in one pass over a text (Aho and Corasick, 1975).
type finder struct {
	signs []sign
	class [256]uint8 // bytes that no sign tells apart share a class; 0 is in none
	width int        // number of classes
	next  []uint16   // by state and class
	found []int16    // by state: the first sign in order that ends here, or -1
}

func newFinder(signs []sign) *finder {
	f := &finder{signs: signs, width: 1}
	for _, s := range signs {
		for i := range len(s.text) {
			if c := &f.class[s.text[i]]; *c == 0 {
				*c = uint8(f.width)
				f.width++
			}
		}
	}
	f.grow() // state 0: nothing read
	for number, s := range signs {
		state := 0
		for i := range len(s.text) {
			edge := state*f.width + int(f.class[s.text[i]])
			if f.next[edge] == 0 {
				f.next[edge] = uint16(f.grow())
			}
			state = int(f.next[edge])
		}
		if f.found[state] < 0 {
			f.found[state] = int16(number)
		}
	}
	f.link()
	return f
}

// grow adds a state.
func (f *finder) grow() int {
	f.next = append(f.next, make([]uint16, f.width)...)
	f.found = append(f.found, -1)
	return len(f.found) - 1
}

// link completes the edges, breadth first: where a state has none, the longest suffix that is a beginning goes on.
func (f *finder) link() {
	fail := make([]int, len(f.found))
	var queue []int
	for c := range f.width {
		if to := int(f.next[c]); to != 0 {
			queue = append(queue, to)
		}
	}
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		if suffix := f.found[fail[state]]; suffix >= 0 && (f.found[state] < 0 || suffix < f.found[state]) {
			f.found[state] = suffix
		}
		for c := range f.width {
			edge := state*f.width + c
			if to := int(f.next[edge]); to != 0 {
				fail[to] = int(f.next[fail[state]*f.width+c])
				queue = append(queue, to)
				continue
			}
			f.next[edge] = f.next[fail[state]*f.width+c]
		}
	}
}

// find returns the first sign in order that text holds.
func (f *finder) find(text string) (family, name string, ok bool) {
	best, state := int16(-1), 0
	for i := range len(text) {
		state = int(f.next[state*f.width+int(f.class[text[i]])])
		if n := f.found[state]; n >= 0 && (best < 0 || n < best) {
			best = n
		}
	}
	if best < 0 {
		return "", "", false
	}
	return f.signs[best].family, f.signs[best].name, true
}
