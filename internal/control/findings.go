package control

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// Incidents returns a page of one tenant's incidents with their words.
func (l *Local) Incidents(ctx context.Context, ask AskIncidents) (IncidentPage, error) {
	incidents, next, err := l.Records.ListIncidents(ctx, ask.Tenant, ask.Filter)
	if err != nil {
		return IncidentPage{}, fmt.Errorf("list incidents: %w", err)
	}
	cases, err := l.casesOf(ctx, ask.Tenant, incidents)
	if err != nil {
		return IncidentPage{}, fmt.Errorf("list incidents: %w", err)
	}
	page := IncidentPage{Next: next, Incidents: make([]IncidentView, len(incidents))}
	for i, incident := range incidents {
		page.Incidents[i] = IncidentView{Incident: incident, Explanation: l.Explain(incident), Answers: cases[incident.Case]}
	}
	return page, nil
}

// Events returns a page of one tenant's events.
func (l *Local) Events(ctx context.Context, ask AskEvents) (EventPage, error) {
	if ask.Host != "" {
		host, err := ParseHost(ask.Host)
		if err != nil {
			return EventPage{}, err
		}
		site, err := l.Records.FindSiteByHost(ctx, host)
		if err != nil {
			return EventPage{}, fmt.Errorf("list events of %s: %w", host, err)
		}
		if site.Tenant != ask.Tenant {
			return EventPage{}, nil
		}
		ask.Filter.Site = site.ID
	}
	events, next, err := l.Records.ListEvents(ctx, ask.Tenant, ask.Filter)
	if err != nil {
		return EventPage{}, fmt.Errorf("list events: %w", err)
	}
	return EventPage{Events: events, Next: next}, nil
}

// Event finds one event by its number, whosever it is.
func (l *Local) Event(ctx context.Context, id sekisho.EventID) (sekisho.Event, error) {
	tenants, err := l.Records.ListTenants(ctx)
	if err != nil {
		return sekisho.Event{}, fmt.Errorf("find event %s: %w", id, err)
	}
	for _, tenant := range tenants {
		event, err := l.Records.FindEvent(ctx, tenant.ID, id)
		if err == nil {
			return event, nil
		}
		if sekisho.KindOf(err) != sekisho.KindNotFound {
			return sekisho.Event{}, fmt.Errorf("find event %s: %w", id, err)
		}
	}
	return sekisho.Event{}, sekisho.NotFound("event " + id.Display())
}
