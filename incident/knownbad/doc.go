// Package knownbad owns lists of addresses, domains and file hashes that are known to be bad: their plain form, and
// looking something up among a million of them in constant time. It leaves what a hit means to the incident engine, and
// where lists come from to the operator. Pure; fuzzed.
//
// A list is text, one entry a line:
//
//	# a comment
//	#! source=JPCERT, expires=2027-01-01
//	203.0.113.0/24
//	bad.example, first=2026-01-02, last=2026-11-01
//	9b74c9897bac770ffc029102a200c5de, class=ransomware, source=our own analysis
//
// An entry is an address or network, a domain (which stands for everything below it), or an MD5, SHA-1 or SHA-256 in
// hexadecimal; what it is shows in its form. Behind it stand, at will, when it was first and last seen, when it expires,
// who says so, and the class of what meets it. A line that begins with #! sets these for the lines below it.
//
// Start with [Parse], then [List.Find] in table.go.
package knownbad
