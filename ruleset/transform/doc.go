// Package transform changes values as the t: actions of SecLang do, byte for byte as Coraza 3.8.1 does it, for a reader
// that looks at each distinct value once instead of once per rule.
//
// It owns the transformations ([Find]), the bytes that each of them can act on ([Mask]), and the composition of many
// chains ([Tree]), which shares prefixes, skips what changes nothing and shows equal results once. It leaves to others
// which rules there are, what a result is compared with, and where values come from.
//
// Start with [NewTree] and [Tree.Apply]; the transformations are one file each.
package transform
