package view

// Incidents lists a tenant's incidents, the newest action first.
type Incidents struct {
	Rows     []IncidentRow
	Filters  []Filter
	Filtered bool
	Care     string // address of what is no attack
	Next     string // address of the next page, or empty
	First    string // address of the first page when this is a later one
}

// Filter is one chip above the list.
type Filter struct {
	Label   string // message key
	Href    string
	Current bool
}

// Template names the template.
func (Incidents) Template() string { return "incidents" }
