// Package body looks for what lies in the shape of a request's body: bytes that one reader takes for content and another
// does not see. Text before the first part of a form or behind its last, a part that is a file for one reader only, an XML
// document that is cut out of something longer, or that brings entities of its own.
//
// It also tells a compressed body that was made to swell from one that is only large; unpacking it for the rules is theirs.
//
// The rules read a body with Coraza's parsers, the application with its own. Where the two must not differ, a body that
// they could read differently is refused before either has read it. It owns multipart/form-data (RFC 7578) and XML, and
// leaves JSON and url-encoded forms, which readers agree about, to the rules. Start with [Check].
package body
