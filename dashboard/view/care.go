package view

// Care is what is no attack: how machines are used and kept.
type Care struct {
	Lines []CareLine
	Back  string
	More  bool // there were too many to show
}

// CareLine is one part of it, such as disks.
type CareLine struct {
	Label string // message key
	Rows  []IncidentRow
}

// Template names the template.
func (Care) Template() string { return "care" }
