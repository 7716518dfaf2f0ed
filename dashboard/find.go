package dashboard

import (
	"fmt"
	"strings"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/dashboard/view"
)

// find leads from the number on a block page to its event. A visitor on the phone names no tenant, so for an operator
// every tenant is asked; an owner searches the own tenant alone.
func (s *Server) find(v *visit) (reply, error) {
	asked := v.r.URL.Query().Get("number")
	nothing := func(problem string) (reply, error) {
		answer := reply{page: view.Find{Asked: view.Show(asked), Problem: problem}, title: view.Say("find.nothing"), status: 404}
		if !v.operator() {
			tenant, err := s.records.FindTenant(v.ctx(), v.user.Tenant)
			if err != nil {
				return reply{}, fmt.Errorf("finding event %q: %w", asked, err)
			}
			v.tenant, answer.section = tenant, "incidents"
		} else {
			answer.section = "tenants"
		}
		return answer, nil
	}
	if strings.TrimSpace(asked) == "" {
		return nothing("find.empty")
	}
	id, err := sekisho.ParseEventID(strings.TrimSpace(asked))
	if err != nil {
		return nothing("find.invalid")
	}
	tenants := []sekisho.Tenant{{ID: v.user.Tenant}}
	if v.operator() {
		if tenants, err = s.records.ListTenants(v.ctx()); err != nil {
			return reply{}, fmt.Errorf("finding event %s: %w", id, err)
		}
	}
	for _, tenant := range tenants {
		switch _, err := s.records.FindEvent(v.ctx(), tenant.ID, id); {
		case err == nil:
			return reply{to: "/t/" + string(tenant.ID) + "/events/" + string(id)}, nil
		case sekisho.KindOf(err) != sekisho.KindNotFound:
			return reply{}, fmt.Errorf("finding event %s: %w", id, err)
		}
	}
	return nothing("find.unknown")
}
