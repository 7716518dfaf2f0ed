package windows

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// readXML reads an Event as the event log renders it, with EventData or UserData.
func (w *event) readXML(body string) bool {
	start := strings.Index(body, "<Event")
	if start < 0 || !strings.Contains(body, "<System") || !strings.Contains(body, "<EventID") {
		return false
	}
	for element, text := range field.Elements(body[start:]) {
		switch element.Name {
		case "Provider":
			w.provider = element.Attribute("Name")
		case "EventID":
			w.id = digits(text)
		case "Level":
			if w.level == "" || text > "9" {
				w.level = text
			}
		case "TimeCreated":
			w.time = element.Attribute("SystemTime")
		case "Channel":
			w.channel = text
		case "Computer":
			w.host = text
		case "Message":
			w.message = text
		case "Data":
			w.add(element.Attribute("Name"), text)
		case "EventRecordID", "Version", "Task", "Opcode", "Keywords", "Correlation", "Execution", "Security":
		default: // UserData: each provider has elements of its own
			w.add(element.Name, text)
		}
		if len(w.data) > maxData {
			break
		}
	}
	return w.id > 0 && (w.provider != "" || w.channel != "")
}

const maxData = 200

func (w *event) add(name, value string) {
	w.data = append(w.data, struct{ Key, Value string }{name, value})
}

// readJSON reads the shapes in which agents send an event: each has its own places for the same things.
func (w *event) readJSON(o *line.Object) bool {
	switch {
	case o.Has("winlog") || o.Has("winlog.event_id"): // Winlogbeat, Elastic Agent
		w.head(o, "winlog.event_id", "winlog.provider_name", "winlog.channel", "winlog.computer_name", "@timestamp", "log.level")
		w.host = cmp.Or(o.String("host.hostname"), w.host, o.String("host.name"))
		w.gather(o.Get("winlog.event_data"), 0)
		w.gather(o.Get("winlog.user_data"), 0)
		for _, part := range []string{"user.name", "user.domain", "source.ip", "source.port", "destination.ip", "destination.port", "process.command_line", "process.executable", "file.path"} {
			if value := o.String(part); value != "" {
				w.add("ecs."+part, value)
			}
		}
	case o.Has("win") && o.Get("win.system").IsObject(): // Wazuh's own shape, bare
		w.head(o, "win.system.eventID", "win.system.providerName", "win.system.channel", "win.system.computer", "win.system.systemTime", "win.system.level")
		w.gather(o.Get("win.eventdata"), 0)
	case o.Has("Event") && o.Get("Event.System").IsObject(): // XML made into JSON
		w.head(o, "Event.System.EventID", "Event.System.Provider.Name", "Event.System.Channel", "Event.System.Computer", "Event.System.TimeCreated.SystemTime", "Event.System.Level")
		w.provider = cmp.Or(w.provider, o.String(`Event.System.Provider.@Name`, `Event.System.Provider.#attributes.Name`, `Event.System.Provider.\@Name`))
		w.time = cmp.Or(w.time, o.String(`Event.System.TimeCreated.\@SystemTime`, `Event.System.TimeCreated.#attributes.SystemTime`))
		w.gather(o.Get("Event.EventData"), 0)
		w.gather(o.Get("Event.UserData"), 0)
	case o.Has("system") && o.Get("system.event_id").Exists(): // exports
		w.head(o, "system.event_id", "system.provider", "system.channel", "system.computer", "system.time_created", "system.level")
		w.gather(o.Get("event_data"), 0)
	case (o.Has("EventID") || o.Has("EventId") || o.Has("event_id")) &&
		(o.Has("Channel") || o.Has("SourceName") || o.Has("ProviderName") || o.Has("Provider") || o.Has("EventSourceName") || o.Has("provider_name") || o.Has("EventLog")):
		w.id = digits(o.String("EventID", "EventId", "event_id"))
		w.provider = o.String("ProviderName", "SourceName", "EventSourceName", "Source", "Provider", "provider_name", "Provider.Name")
		w.channel = o.String("Channel", "EventLog", "channel")
		w.host = o.String("Computer", "Hostname", "ComputerName", "MachineName", "computer_name", "host", "hostname")
		w.time = o.String("TimeCreated", "EventTime", "TimeGenerated", "UtcTime", "EventReceivedTime", "@timestamp", "time")
		w.level = o.String("LevelDisplayName", "Severity", "EventLevelName", "Level", "EventType", "level")
		flat := true
		for _, name := range []string{"ExtraEventData", "EventData", "UserData", "event_data", "Event_Data", "EventDataMap"} {
			if v := o.Get(name); v.IsObject() || v.IsArray() {
				w.gather(v, 0)
				flat = false
			} else if s := v.String(); strings.HasPrefix(s, "{") && gjson.Valid(s) {
				w.gather(gjson.Parse(s), 0)
				flat = false
			} else if strings.HasPrefix(s, "<") { // Azure: the XML of the data as text
				for element, text := range field.Elements(s) {
					w.add(cmp.Or(element.Attribute("Name"), element.Name), text)
				}
				flat = false
			}
		}
		if flat {
			o.Each(func(name string, value gjson.Result) {
				if !value.IsObject() && !value.IsArray() && len(w.data) < maxData {
					w.add(name, value.String())
				}
			})
		}
	default:
		return false
	}
	w.message = o.String("message", "Message", "winlog.message")
	if text := w.message; len(w.data) == 0 && text != "" {
		w.readMessage(text)
	}
	return w.id > 0
}

func (w *event) head(o *line.Object, id, provider, channel, host, time, level string) {
	w.id = digits(o.String(id, id+".value", id+".#text"))
	w.provider, w.channel, w.host, w.time, w.level = o.String(provider), o.String(channel), o.String(host), o.String(time), o.String(level)
	if strings.HasPrefix(w.provider, "{") {
		w.provider = ""
	}
}

// gather collects the values of an object, and of the objects within; of Data: [{"@Name": ..., "#text": ...}] too.
func (w *event) gather(v gjson.Result, depth int) {
	if depth > 3 {
		return
	}
	v.ForEach(func(key, value gjson.Result) bool {
		switch {
		case value.IsObject():
			name := cmp.Or(value.Get(`\@Name`).String(), value.Get("Name").String(), value.Get(`#attributes.Name`).String())
			if text := cmp.Or(value.Get(`\#text`).String(), value.Get("text").String(), value.Get("content").String(), value.Get("Value").String()); name != "" {
				w.add(name, text)
			} else {
				w.gather(value, depth+1)
			}
		case value.IsArray():
			w.gather(value, depth+1)
		default:
			w.add(key.String(), value.String())
		}
		return len(w.data) < maxData
	})
}

// readSnare reads the line of Snare and of agents that copy it: MSWinEventLog, criticality, log, number, time, event, source,
// user, type of user, kind, host, category, data, text; divided by tabs, which some relays make spaces of.
func (w *event) readSnare(r *line.Record) bool {
	const tag = "MSWinEventLog"
	at := strings.Index(r.Body, tag)
	if at < 0 || at > 64 {
		if r.App != tag {
			return false
		}
		at = -len(tag)
	}
	columns := strings.Split(strings.TrimLeft(r.Body[at+len(tag):], "\t ,"), "\t")
	if len(columns) < 10 {
		return false
	}
	w.channel, w.time, w.id, w.provider = columns[1], columns[3], digits(columns[4]), columns[5]
	w.user, w.level, w.host = columns[6], columns[8], columns[9]
	if _, rest, found := strings.Cut(w.time, " "); found && len(w.time) > 20 && w.time[3] == ' ' { // Mon Mar 04 10:00:00 2026
		if fields := strings.Fields(rest); len(fields) == 4 {
			w.time = fields[0] + " " + fields[1] + " " + fields[3] + " " + fields[2]
		}
	}
	if w.user == "N/A" {
		w.user = ""
	}
	for i := 11; i < len(columns); i++ {
		if len(columns[i]) > len(w.message) {
			w.message = columns[i]
		}
	}
	w.readMessage(w.message)
	return w.id > 0
}

func digits(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 {
		return 0
	}
	return n & 0xFFFF
}

func number(n int) string { return strconv.Itoa(n) }
