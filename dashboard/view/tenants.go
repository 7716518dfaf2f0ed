package view

// Tenants is the operator's list: who needs a look first.
type Tenants struct {
	Rows  []TenantRow
	Total int
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
	Low    Figure
	Last   Time // last event; zero for none
	Known  bool // false: the events could not be read
}

// Template names the template.
func (Tenants) Template() string { return "tenants" }
