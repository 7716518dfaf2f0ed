package limit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"net/netip"

	"github.com/sekisho-waf/sekisho"
)

// Kind says what a bucket counts.
type Kind uint8

// Kinds of buckets.
const (
	KindSite    Kind = iota + 1 // all visitors of the site
	KindAddress                 // requests of an address
	KindPath                    // requests of an address on a path
	KindSession                 // requests of a session
	KindAttack                  // attacks of an address
	KindLogin                   // failed logins of an address
	KindTight                   // requests of an address while the site is under attack
	KindCap                     // those of all visitors then
	KindAlarm                   // no bucket: nodes tell one another by it that the site is under attack
)

// Key names a bucket within its site, the same on every node.
type Key struct {
	Kind Kind
	path uint32
	name [16]byte
}

// Of returns the key of a kind that counts all visitors.
func Of(kind Kind) Key { return Key{Kind: kind} }

// OfAddress returns the key of an address: itself if it is IPv4, its /64 if it is IPv6, because that is what one
// subscriber has (RFC 6177).
func OfAddress(kind Kind, addr netip.Addr) Key {
	key := Key{Kind: kind}
	if addr.Is6() && !addr.Is4In6() {
		whole := addr.As16()
		copy(key.name[:8], whole[:8])
		key.name[8] = 6
		return key
	}
	if addr.IsValid() {
		four := addr.Unmap().As4()
		copy(key.name[:], four[:])
	}
	return key
}

// OfPath returns the key of an address on the paths that begin with prefix.
func OfPath(prefix string, addr netip.Addr) Key {
	key := OfAddress(KindPath, addr)
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(prefix)) // a hash does not fail
	key.path = sum.Sum32()
	return key
}

// OfSession returns the key of a session. The key holds a hash, because the value is a secret.
func OfSession(value string) Key {
	key := Key{Kind: KindSession}
	sum := sha256.Sum256([]byte(value))
	copy(key.name[:], sum[:])
	return key
}

// String is the key as nodes tell it to one another.
func (k Key) String() string {
	var text [21]byte
	text[0] = byte(k.Kind)
	binary.BigEndian.PutUint32(text[1:], k.path)
	copy(text[5:], k.name[:])
	return hex.EncodeToString(text[:])
}

// ParseKey reads what [Key.String] wrote (KindInvalid).
func ParseKey(s string) (key Key, err error) {
	text, err := hex.DecodeString(s)
	if err != nil || len(text) != 21 {
		return Key{}, sekisho.Invalid("limit key: 42 hexadecimal digits are needed")
	}
	key.Kind = Kind(text[0])
	key.path = binary.BigEndian.Uint32(text[1:])
	copy(key.name[:], text[5:])
	return key, nil
}
