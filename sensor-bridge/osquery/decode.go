// Package osquery reads the results of scheduled osquery queries: one object a row, batches and snapshots (osquery
// documentation, "Logging", "Event format").
//
// osquery has no severity: a row is whatever a query asked for. The table that the query's name ends in, the pack it belongs to
// and the columns tell what it means. A row that was added is news; one that was removed, or stands in a snapshot, describes
// a state and counts only where the state itself is bad.
package osquery

import (
	"strings"

	"github.com/tidwall/gjson"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/sensor-bridge/field"
	"github.com/sekisho-waf/sekisho/sensor-bridge/line"
)

// Decode reads one result or status record.
func Decode(r *line.Record, e *sekisho.Event) bool {
	if !r.JSON() {
		return false
	}
	o := r.Object()
	name, action := o.String("name"), o.String("action")
	columns := o.Get("columns")
	switch {
	case name != "" && columns.IsObject() && (action == "added" || action == "removed" || action == "snapshot"):
	case name != "" && o.Has("hostIdentifier") && (o.Has("snapshot") || o.Has("diffResults")):
		columns = firstRow(o)
	case o.Has("hostIdentifier") && o.Has("calendarTime") && o.Has("severity") && o.Has("message"):
		tellStatus(r, o, e)
		return true
	default:
		return false
	}
	tellHead(r, o, e)
	e.Verb, e.Code = action, name
	row := row{table: tableOf(name), name: strings.ToLower(name), columns: columns, added: action == "added", platform: strings.ToLower(o.String("decorations.platform", "columns.platform", "columns.build_platform"))}
	tellColumns(row, e)
	if action != "removed" {
		judge(row, e)
	}
	return true
}

func tellHead(r *line.Record, o *line.Object, e *sekisho.Event) {
	e.Source, e.Vendor, e.Product = sekisho.SourceEDR, "osquery", "osquery"
	e.Class, e.Family, e.Outcome = sekisho.ClassNoise, "inventory", sekisho.OutcomeUnknown
	e.Host = o.String("decorations.hostname", "hostIdentifier", "host_identifier", "hostname")
	e.Device = e.Host
	for _, path := range []string{"unixTime", "calendarTime"} {
		text := strings.TrimSuffix(o.String(path), "\x00")
		if when, exact, ok := field.Time(text, r.Zone); ok && exact {
			e.Time, e.Trust = when, sekisho.TimeExact
			return
		}
	}
}

// tellStatus reads what the agent says of itself: 0 informs, 1 warns, 2 is an error.
func tellStatus(r *line.Record, o *line.Object, e *sekisho.Event) {
	tellHead(r, o, e)
	e.Family, e.Severity, e.Signature, e.Code = "agent_status", o.String("severity"), o.String("message"), "status"
}

// firstRow is the row that stands for a batch.
func firstRow(o *line.Object) gjson.Result {
	for _, path := range []string{"snapshot.0", "diffResults.added.0", "diffResults.removed.0", "diffResults.0"} {
		if row := o.Get(path); row.IsObject() {
			return row
		}
	}
	return gjson.Result{}
}

// row is one row with the query that found it.
type row struct {
	table, name, platform string
	columns               gjson.Result
	added                 bool
}

func (r row) get(names ...string) string {
	for _, name := range names {
		if v := r.columns.Get(name).String(); v != "" {
			return v
		}
	}
	return ""
}

// inPack reports whether the query belongs to a pack, or is named like it.
func (r row) inPack(pack string) bool {
	return strings.Contains(strings.ReplaceAll(r.name, "_", "-"), pack)
}

// tables are those whose names are looked for at the end of a query's name, longest first where one ends in another.
var tables = []string{
	"shell_history", "process_events", "es_process_events", "bpf_process_events", "process_open_sockets", "process_file_events", "processes", "socket_events",
	"bpf_socket_events", "powershell_events", "logged_in_users", "last", "user_events", "deb_packages", "rpm_packages", "homebrew_packages", "python_packages", "npm_packages",
	"chocolatey_packages", "programs", "apps", "chrome_extensions", "firefox_addons", "safari_extensions", "browser_plugins", "ie_extensions", "vscode_extensions",
	"alf", "softwareupdate", "osquery_info", "os_version", "listening_ports", "crontab", "scheduled_tasks", "launchd", "startup_items", "autoexec", "services", "systemd_units",
	"usb_devices", "hardware_events", "disk_events", "mounts", "wifi_status", "wifi_networks", "yara_events", "yara", "file_events", "ntfs_journal_events",
	"windows_security_products", "windows_security_center", "disk_encryption", "bitlocker_info", "users", "user_groups", "sudoers", "authorized_keys", "etc_hosts", "kernel_modules",
	"kernel_extensions", "drivers", "certificates", "sip_config", "gatekeeper", "sharing_preferences", "smart_drive_info", "arp_cache", "interface_addresses", "dns_resolvers", "iptables",
	"selinux_events", "syslog_events", "windows_events", "windows_eventlog", "patches", "suid_bin", "shared_folders", "hash",
}

// tableOf finds the table in "pack/incident-response/logged_in_users" and "pack_incident-response_shell_history".
func tableOf(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	best := ""
	for _, table := range tables {
		if len(table) > len(best) && strings.HasSuffix(name, table) && (len(name) == len(table) || !isLetter(name[len(name)-len(table)-1])) {
			best = table
		}
	}
	return best
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' }

// tellColumns reads the columns that bear the same names in many tables.
func tellColumns(r row, e *sekisho.Event) {
	e.User = r.get("username", "user", "login_user")
	e.Process = r.get("cmdline", "command", "script_text", "process_path")
	e.File = r.get("target_path", "path", "directory")
	if e.Process == "" && (strings.HasPrefix(r.table, "process") || r.inPack("osx-attacks")) {
		e.Process = r.get("path", "name")
	}
	e.Hash = field.Hash(r.get("sha256"), r.get("sha1"), r.get("md5"))
	e.DstIP, e.DstPort = field.Address(r.get("remote_address")), field.Port(r.get("remote_port"))
	if e.DstIP.IsValid() {
		e.SrcIP, e.SrcPort = field.Address(r.get("local_address")), field.Port(r.get("local_port"))
	}
	e.Protocol = field.Protocol(r.get("protocol"))
	e.Signature = r.get("name", "title", "model", "display_name", "identifier", "description")
	if r.table != "" {
		e.Category = r.table
	}
}
