package corpora

// sets are the corpora by name.
var sets = []struct {
	name string
	make func(seed uint64) (benign, attacks []Request)
}{
	{"own", func(seed uint64) ([]Request, []Request) { return Benign(seed), Attacks(seed) }},
	{"held-out", HeldOut},
	{"fresh", Fresh},
	{"later", Later},
	{"wide", Wide},
}

// Names lists the corpora: "own" is what the profile was written beside; docs/benchmarks.md says which others rules were tuned on.
func Names() []string {
	var names []string
	for _, set := range sets {
		names = append(names, set.name)
	}
	return names
}

// Set returns a corpus by name; ok is false where there is none of it.
func Set(name string, seed uint64) (benign, attacks []Request, ok bool) {
	for _, set := range sets {
		if set.name == name {
			benign, attacks = set.make(seed)
			return benign, attacks, true
		}
	}
	return nil, nil, false
}
