package automaton

// sparse is a set of small numbers that is emptied in constant time (Briggs and Torczon, 1993). The list of members
// grows as needed, since few of the numbers are ever members together.
type sparse struct {
	dense []uint32
	place []uint32
}

func newSparse(size int) sparse {
	return sparse{place: make([]uint32, size)}
}

// add reports whether n was new.
func (s *sparse) add(n uint32) bool {
	if at := s.place[n]; int(at) < len(s.dense) && s.dense[at] == n {
		return false
	}
	s.place[n] = uint32(len(s.dense))
	s.dense = append(s.dense, n)
	return true
}

func (s *sparse) clear() { s.dense = s.dense[:0] }
