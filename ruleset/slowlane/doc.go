// Package slowlane shares out the processor among inspections that the rules must carry out: so many at once, in turns
// that are fair between sites, no longer waiting than may be, and each within a budget.
//
// It knows sites by name and work as a function; what is inspected, and what becomes of a request that found no turn, is
// for others. Start with [Lane.Do], then account.go for who is next.
package slowlane
