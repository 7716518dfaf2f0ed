package sekisho

// Profile says what surrounds the Core Rule Set. The zero Profile is the default one, so that a policy which was stored
// before there were profiles follows it.
type Profile uint8

const (
	// ProfileSmallBusiness relaxes, class by class, what stops ordinary visitors, and looks where the Core Rule Set does not.
	ProfileSmallBusiness Profile = iota
	// ProfileStock is the Core Rule Set as it comes.
	ProfileStock
)

var profileNames = names[Profile]{"small_business", "stock"}

// String returns the profile's stored name.
func (p Profile) String() string { return profileNames.text(p) }

// MarshalText writes the profile's name.
func (p Profile) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a profile's name; an unknown one is KindInvalid.
func (p *Profile) UnmarshalText(text []byte) error { return profileNames.parse(p, "profile", text) }
