package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// A record on disk, little-endian:
//
//	magic 4 | payload length 4 | CRC-32C of number and payload 4 | sequence number 8 | payload (UTF-8 text; of an event its JSON)
//
// The magic holds a byte that such text never does, so that a reader finds the next record behind a damaged one.
const (
	headerSize = 20
	maxPayload = 1 << 20
)

var (
	magic      = []byte{0xFF, 0x00, 'S', 'K'}
	castagnoli = crc32.MakeTable(crc32.Castagnoli)

	errShort   = errors.New("record ends early")
	errCorrupt = errors.New("record is damaged")
)

// frame returns a record for payload that still lacks its number and checksum.
func frame(payload []byte) []byte {
	record := make([]byte, headerSize+len(payload))
	copy(record, magic)
	binary.LittleEndian.PutUint32(record[4:], uint32(len(payload)))
	copy(record[headerSize:], payload)
	return record
}

// number completes a framed record.
func number(record []byte, seq uint64) {
	binary.LittleEndian.PutUint64(record[12:], seq)
	binary.LittleEndian.PutUint32(record[8:], crc32.Checksum(record[12:], castagnoli))
}

// parse reads the record at the start of data. It returns how many bytes to go on by: those of the record, or with
// errCorrupt those up to where the next one may begin. errShort asks for more data and goes on by none.
func parse(data []byte) (seq uint64, payload []byte, used int, err error) {
	if !bytes.HasPrefix(data, magic[:min(len(data), len(magic))]) {
		return 0, nil, resync(data), errCorrupt
	}
	if len(data) < headerSize {
		return 0, nil, 0, errShort
	}
	length := binary.LittleEndian.Uint32(data[4:])
	if length > maxPayload {
		return 0, nil, resync(data), errCorrupt
	}
	end := headerSize + int(length)
	if len(data) < end {
		return 0, nil, 0, errShort
	}
	if crc32.Checksum(data[12:end], castagnoli) != binary.LittleEndian.Uint32(data[8:]) {
		return 0, nil, resync(data), errCorrupt
	}
	return binary.LittleEndian.Uint64(data[12:]), data[headerSize:end], end, nil
}

// resync returns where in data, behind its first byte, the next record may begin. A magic that data cuts off at its end
// is kept for the next look.
func resync(data []byte) int {
	if i := bytes.Index(data[1:], magic); i >= 0 {
		return i + 1
	}
	for n := min(len(magic)-1, len(data)-1); n > 0; n-- {
		if bytes.HasSuffix(data, magic[:n]) {
			return len(data) - n
		}
	}
	return len(data)
}
