package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/control"
)

const pageSize = 500

// listFlags are what incidents and events have in common.
type listFlags struct {
	json  bool
	since time.Duration
	limit int
}

func (l *listFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.json, "json", false, "print JSON")
	cmd.Flags().DurationVar(&l.since, "since", 0, "only what happened in this time, such as 24h (default: all)")
	cmd.Flags().IntVar(&l.limit, "limit", 0, "at most this many (default: all)")
}

// check refuses what would otherwise mean "all" to us and something else to whoever typed it.
func (l *listFlags) check(cmd *cobra.Command) error {
	if cmd.Flags().Changed("since") && l.since <= 0 {
		return sekisho.Invalid(fmt.Sprintf("--since %s: use a time above zero, such as 24h", l.since))
	}
	if cmd.Flags().Changed("limit") && l.limit <= 0 {
		return sekisho.Invalid(fmt.Sprintf("--limit %d: use a number above zero", l.limit))
	}
	return nil
}

func (l *listFlags) from() time.Time {
	if l.since <= 0 {
		return time.Time{}
	}
	return time.Now().Add(-l.since)
}

func newEvents() *cobra.Command {
	var f recordsFlags
	var list listFlags
	var host, id string
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List events, newest first; --id finds one by the number on a block page",
		Long: "List events, newest first. With --json each line is one JSON object. `score` is the Core Rule Set's anomaly\n" +
			"score of the request; the rank of what it belongs to stands in `sekisho incidents`.",
		Args: exactArgs(),
	}
	f.add(cmd)
	list.add(cmd)
	cmd.Flags().StringVar(&host, "site", "", "only events of this host")
	cmd.Flags().StringVar(&id, "id", "", "only the event with this number, as the block page shows it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := list.check(cmd); err != nil {
			return err
		}
		show := newEventPrinter(cmd, list.json)
		return f.with(cmd, func(ctx context.Context, service control.Service) error {
			if id != "" {
				return showEvent(ctx, service, id, show)
			}
			return showEvents(ctx, service, host, list, show)
		})
	}
	return cmd
}

func showEvent(ctx context.Context, service control.Service, number string, show *eventPrinter) error {
	id, err := sekisho.ParseEventID(number)
	if err != nil {
		return err
	}
	event, err := service.Event(ctx, id)
	if err != nil {
		return err
	}
	if err := show.print(event); err != nil {
		return err
	}
	return show.flush()
}

// showEvents prints the events of every tenant, or of one host, newest first. It holds a page of each tenant at a time,
// so that a million events need no memory.
func showEvents(ctx context.Context, service control.Service, host string, list listFlags, show *eventPrinter) error {
	tenants, err := service.Tenants(ctx)
	if err != nil {
		return err
	}
	if host != "" {
		site, err := findSite(ctx, service, host)
		if err != nil {
			return err
		}
		host = site.Host
		tenants = []sekisho.Tenant{{ID: site.Tenant}}
	}
	readers := make([]*eventReader, 0, len(tenants))
	for _, tenant := range tenants {
		reader := &eventReader{service: service, ask: control.AskEvents{
			Tenant: tenant.ID, Host: host, Filter: sekisho.EventFilter{Since: list.from(), Limit: pageSize},
		}}
		if err := reader.turn(ctx); err != nil {
			return err
		}
		readers = append(readers, reader)
	}
	for shown := 0; list.limit == 0 || shown < list.limit; shown++ {
		var newest *eventReader
		for _, reader := range readers {
			if len(reader.page) > 0 && (newest == nil || reader.page[0].Time.After(newest.page[0].Time)) {
				newest = reader
			}
		}
		if newest == nil {
			break
		}
		if err := show.print(newest.page[0]); err != nil {
			return err
		}
		if err := newest.next(ctx); err != nil {
			return err
		}
	}
	return show.flush()
}

// eventReader walks through one tenant's events, newest first.
type eventReader struct {
	service control.Service
	ask     control.AskEvents
	page    []sekisho.Event // what is left of the page; empty at the end
	last    bool            // no page follows
}

func (r *eventReader) next(ctx context.Context) error {
	r.page = r.page[1:]
	if len(r.page) > 0 || r.last {
		return nil
	}
	return r.turn(ctx)
}

func (r *eventReader) turn(ctx context.Context) error {
	page, err := r.service.Events(ctx, r.ask)
	if err != nil {
		return err
	}
	r.page, r.ask.Filter.Cursor, r.last = page.Events, page.Next, page.Next == ""
	return nil
}

// eventPrinter prints events as they come: a JSON object a line, or rows.
type eventPrinter struct {
	encoder *json.Encoder
	table   *table
}

func newEventPrinter(cmd *cobra.Command, asJSON bool) *eventPrinter {
	if asJSON {
		encoder := json.NewEncoder(plainJSON{cmd.OutOrStdout()})
		encoder.SetEscapeHTML(false)
		return &eventPrinter{encoder: encoder}
	}
	return &eventPrinter{table: newTable(cmd.OutOrStdout(), "NUMBER", "TIME", "SITE", "ACTION", "STATUS", "REQUEST", "FROM", "RULES", "SCORE")}
}

func (p *eventPrinter) print(event sekisho.Event) error {
	if p.encoder != nil {
		event.RuleIDs = emptyNotNull(event.RuleIDs)
		return p.encoder.Encode(event)
	}
	from := ""
	if event.SrcIP.IsValid() {
		from = event.SrcIP.String()
	}
	p.table.row(event.ID.Display(), localTime(event.Time), event.Site, string(event.Action), strconv.Itoa(event.Status),
		event.Method+" "+event.Path, from, fmt.Sprint(event.RuleIDs), strconv.Itoa(event.Score))
	return nil
}

func (p *eventPrinter) flush() error {
	if p.table == nil {
		return nil
	}
	return p.table.flush()
}
