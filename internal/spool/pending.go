package spool

// Pending returns how many events wait to be finished: those in memory, and those of this run that are on disk. What an
// earlier run left counts only once it is the consumer's turn. Safe for concurrent use.
func (s *Spool) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.next >> 32 << 32 // the last number of the run before, see Open
	return int(s.next-1-max(s.done, before)) + len(s.backlog)
}
