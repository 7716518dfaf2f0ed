package frame

import (
	"bytes"
	"strconv"
	"time"
)

// Forwarded is a record as our forwarder passes it on: untouched, with the number that it has in the forwarder's buffer.
type Forwarded struct {
	Stream   string    // names the buffer: letters and digits
	Number   uint64    // rises within a stream; never names two records
	Received time.Time // by the forwarder's clock
	From     string    // the address that the forwarder had it from
	Message  []byte
}

// The header of a forwarded record is one of RFC 5424 with a structured element of our own. 32473 is the enterprise number
// for documentation (RFC 5612): we have none, and only our own bridge reads it.
const (
	forwardedStamp = "2006-01-02T15:04:05.000000Z"
	forwardedTag   = " - sekisho-forwarder - - [sekisho@32473 stream=\""
)

var forwardedHead = []byte("<14>1 ")

// AppendForwarded appends f to dst as one message framed by its octet count (RFC 5425 4.3.1).
func AppendForwarded(dst []byte, f Forwarded) []byte {
	head := make([]byte, 0, 192)
	head = f.Received.UTC().AppendFormat(append(head, forwardedHead...), forwardedStamp)
	head = append(append(head, forwardedTag...), f.Stream...)
	head = strconv.AppendUint(append(head, `" n="`...), f.Number, 10)
	head = append(append(head, `" from="`...), f.From...)
	head = append(head, `"] `...)
	dst = strconv.AppendInt(dst, int64(len(head)+len(f.Message)), 10)
	dst = append(dst, ' ')
	return append(append(dst, head...), f.Message...)
}

// ReadForwarded reads a message of [AppendForwarded], without its octet count. Message shares memory with raw.
func ReadForwarded(raw []byte) (f Forwarded, ok bool) {
	rest, found := bytes.CutPrefix(raw, forwardedHead)
	if !found || len(rest) < len(forwardedStamp) {
		return f, false
	}
	stamp, rest := rest[:len(forwardedStamp)], rest[len(forwardedStamp):]
	if rest, found = bytes.CutPrefix(rest, []byte(forwardedTag)); !found {
		return f, false
	}
	var err error
	if f.Received, err = time.Parse(forwardedStamp, string(stamp)); err != nil {
		return f, false
	}
	stream, rest, found := bytes.Cut(rest, []byte(`" n="`))
	if !found || len(stream) == 0 || len(stream) > 64 || bytes.ContainsFunc(stream, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return f, false
	}
	number, rest, found := bytes.Cut(rest, []byte(`" from="`))
	if f.Number, err = strconv.ParseUint(string(number), 10, 64); !found || err != nil || f.Number == 0 {
		return f, false
	}
	from, message, found := bytes.Cut(rest, []byte(`"] `))
	if !found || len(from) > 64 {
		return f, false
	}
	f.Stream, f.From, f.Message = string(stream), string(from), message
	return f, true
}

// AppendAcknowledgement appends what the bridge answers a forwarder on the same connection: everything up to number is
// stored. One line of decimal digits.
func AppendAcknowledgement(dst []byte, number uint64) []byte {
	return append(strconv.AppendUint(dst, number, 10), '\n')
}
