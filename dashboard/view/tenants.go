package view

// Tenants is the operator's list: who needs a look first.
type Tenants struct {
	Rows   []TenantRow
	Total  int
	Found  int    // of all pages
	Asked  string // what the list was narrowed by
	Before string // address of the page before, or empty
	After  string // address of the page after, or empty
}

// TenantRow is one tenant's health.
type TenantRow struct {
	ID     string
	Name   Evidence
	Href   string
	Sites  int
	Block  int
	Detect int
	Off    int
	High   Figure
	Medium Figure
	Unseen Figure // open cases that nobody has looked at
	Silent int    // sensors
	Last   Time   // last event; zero for none
	Known  bool   // false: the events could not be read
}

// Template names the template.
func (Tenants) Template() string { return "tenants" }
