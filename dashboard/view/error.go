package view

// ErrorPage says what happened, what still works, and what to do.
type ErrorPage struct {
	Status int
	Kind   string // the last part of its message keys: "not_found", "forbidden", "unavailable", ...
	Number string // to find the log line by, for a fault of ours
	Retry  bool
}

// Template names the template.
func (ErrorPage) Template() string { return "error" }
