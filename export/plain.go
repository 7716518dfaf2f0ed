package export

import (
	"encoding/json"

	"github.com/sekisho-waf/sekisho"
)

// plain is a record in our own words: exactly one of event and change is there, in the form that the command line prints.
type plain struct {
	Type     string            `json:"type"` // event or change
	UID      string            `json:"uid"`
	Tenant   sekisho.TenantID  `json:"tenant"`
	Event    *sekisho.Event    `json:"event,omitempty"`
	Change   *sekisho.Change   `json:"change,omitempty"`
	Case     *sekisho.Case     `json:"case,omitempty"`
	Incident *sekisho.Incident `json:"incident,omitempty"`
}

func encodePlain(r Record) ([]byte, error) {
	p := plain{UID: r.UID()}
	if r.Event != nil {
		p.Type, p.Tenant, p.Event = "event", r.Event.Tenant, r.Event
	} else {
		p.Type, p.Tenant, p.Change, p.Case, p.Incident = "change", r.Change.Tenant, r.Change, r.Case, r.Incident
	}
	return json.Marshal(p)
}
