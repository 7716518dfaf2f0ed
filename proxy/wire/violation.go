package wire

// Violation is one rule that a request broke. Compare by pointer, or by Code, which is what logs, events and counters show.
type Violation struct {
	Code   string // one word, for programs
	Status int    // what the visitor is answered
	why    string
}

// Error says which rule was broken.
func (v *Violation) Error() string { return v.Code + ": " + v.why }

// The rules. Sections are of RFC 9112 where no other document is named.
var (
	BadRequestLine  = rule("bad_request_line", 400, "not one method, one target and one version, a single space between each (3)")
	BadMethod       = rule("bad_method", 400, "the method is not a token (RFC 9110, 9.1)")
	BadTarget       = rule("bad_target", 400, "the target has a form or a character that servers read in several ways (3.2)")
	TargetTooLong   = rule("target_too_long", 414, "the request line is longer than we read (3)")
	BadVersion      = rule("bad_version", 505, "neither HTTP/1.0 nor HTTP/1.1 (2.3)")
	BareLF          = rule("bare_lf", 400, "a line ends without a carriage return (2.2)")
	BareCR          = rule("bare_cr", 400, "a carriage return that ends no line (2.2)")
	BlankLine       = rule("blank_line", 400, "an empty line where a request line belongs (2.2)")
	FoldedLine      = rule("folded_line", 400, "a field goes on in the next line (5.2)")
	SpaceBeforeName = rule("space_before_colon", 400, "white space between a field's name and its colon (5.1)")
	BadFieldName    = rule("bad_field_name", 400, "a field's name is not a token (RFC 9110, 5.1)")
	BadFieldValue   = rule("bad_field_value", 400, "a control character in a field's value (RFC 9110, 5.5)")
	HeadTooLarge    = rule("head_too_large", 431, "more or longer fields than we read (RFC 6585, 5)")
	NoHost          = rule("no_host", 400, "no Host in a request of HTTP/1.1 (3.2)")
	TwoHosts        = rule("two_hosts", 400, "more than one Host, or one that is not the target's (3.2)")
	BadHost         = rule("bad_host", 400, "a Host with a character that belongs into no name (3.2)")
	BadLength       = rule("bad_length", 400, "Content-Length is not one plain number (6.3)")
	TwoLengths      = rule("two_lengths", 400, "Content-Length twice, or beside Transfer-Encoding (6.3)")
	BadCoding       = rule("bad_transfer_encoding", 501, "a transfer coding that is not chunked alone (6.1)")
	CodingInOld     = rule("transfer_encoding_in_http_1_0", 400, "HTTP/1.0 knows no Transfer-Encoding (6.1)")
	BadExpect       = rule("bad_expectation", 417, "an expectation that is not 100-continue (RFC 9110, 10.1.1)")
	Incomplete      = rule("incomplete_head", 400, "the connection ended inside a head")
	Late            = rule("late_head", 408, "the head did not come in time")

	BadChunk         = rule("bad_chunk", 400, "a chunk's line or end is not well formed (7.1)")
	ChunkExtensions  = rule("chunk_extensions", 400, "more or longer chunk extensions than anybody needs (7.1.1)")
	BadTrailer       = rule("bad_trailer", 400, "a trailer that may not stand behind a body, or too many of them (RFC 9110, 6.5.1)")
	BeforeTheUpgrade = rule("before_the_upgrade", 400, "too much was sent before the upgrade was answered (RFC 9110, 7.8)")
)

var rules []*Violation

func rule(code string, status int, why string) *Violation {
	v := &Violation{code, status, why}
	rules = append(rules, v)
	return v
}

// Violations lists every rule, for tables and counters.
func Violations() []*Violation { return append([]*Violation(nil), rules...) }
