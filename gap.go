package sekisho

// Gap is something that is not inspected as a site runs now, in words for the people who rely on it.
type Gap struct {
	What  Text     `json:"what"`
	Sites int      `json:"sites"` // how many sites it holds for
	Hosts []string `json:"hosts"` // the first of them by name, a few
}
