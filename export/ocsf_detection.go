package export

import (
	"cmp"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/sekisho-waf/sekisho"
)

// detectionEvent is class 2004, Detection Finding: one event.
type detectionEvent struct {
	ocsfBase
	FindingInfo     ocsfFinding    `json:"finding_info"`
	Evidences       []ocsfEvidence `json:"evidences,omitempty"`
	Resources       []ocsfResource `json:"resources,omitempty"`
	Count           int            `json:"count"`
	ConfidenceScore int            `json:"confidence_score"` // 1 to 100
	ActionID        int            `json:"action_id"`
	Action          string         `json:"action"`
	DispositionID   int            `json:"disposition_id"`
	Disposition     string         `json:"disposition"`
	IsAlert         bool           `json:"is_alert"`
	RawData         string         `json:"raw_data,omitempty"`
}

type ocsfResource struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

type ocsfEvidence struct {
	Src        *ocsfEndpoint   `json:"src_endpoint,omitempty"`
	Dst        *ocsfEndpoint   `json:"dst_endpoint,omitempty"`
	Connection *ocsfConnection `json:"connection_info,omitempty"`
	URL        *ocsfURL        `json:"url,omitempty"`
	Request    *ocsfRequest    `json:"http_request,omitempty"`
	Response   *ocsfResponse   `json:"http_response,omitempty"`
	Device     *ocsfDevice     `json:"device,omitempty"`
	User       *ocsfUser       `json:"user,omitempty"`
	Process    *ocsfProcess    `json:"process,omitempty"`
	File       *ocsfFile       `json:"file,omitempty"`
	Data       any             `json:"data,omitempty"`
}

type ocsfEndpoint struct {
	IP       string `json:"ip,omitempty"`
	Port     uint16 `json:"port,omitempty"`
	Hostname string `json:"hostname,omitempty"`
}

type ocsfConnection struct {
	DirectionID int    `json:"direction_id"`
	Direction   string `json:"direction"`
	Protocol    string `json:"protocol_name,omitempty"`
}

type ocsfURL struct {
	Text     string `json:"url_string"`
	Hostname string `json:"hostname,omitempty"`
	Path     string `json:"path,omitempty"`
}

type ocsfRequest struct {
	Method    string   `json:"http_method,omitempty"`
	UserAgent string   `json:"user_agent,omitempty"`
	URL       *ocsfURL `json:"url,omitempty"`
}

type ocsfResponse struct {
	Code int `json:"code"`
}

type ocsfDevice struct {
	Hostname string `json:"hostname"`
	TypeID   int    `json:"type_id"`
	Type     string `json:"type"`
}

type ocsfProcess struct {
	CommandLine string `json:"cmd_line"`
}

type ocsfFile struct {
	Name   string     `json:"name"`
	Path   string     `json:"path,omitempty"`
	TypeID int        `json:"type_id"`
	Type   string     `json:"type"`
	Hashes []ocsfHash `json:"hashes,omitempty"`
}

type ocsfHash struct {
	AlgorithmID int    `json:"algorithm_id"`
	Algorithm   string `json:"algorithm"`
	Value       string `json:"value"`
}

func detectionFinding(r Record, words Words, version, lang string) detectionEvent {
	e := r.Event
	title, why := r.sentences(words, lang)
	d := detectionEvent{
		ocsfBase: newBase(r, ocsfDetection, 1, title, version, lang),
		FindingInfo: ocsfFinding{
			UID: string(e.ID), Title: title, Desc: why, Types: []string{name(string(e.Class))}, Created: millis(e.Time),
			Analytic: analytic(e), DataSources: []string{name(string(e.Source))},
		},
		Count: max(1, e.Count), ConfidenceScore: 100, IsAlert: r.Severity() == sekisho.SeverityHigh, RawData: e.Raw,
	}
	if e.Confidence > 0 && e.Confidence <= 1 {
		d.ConfidenceScore = max(1, int(e.Confidence*100+0.5))
	}
	d.StatusID, d.Status = 1, "New"
	d.Metadata.TenantUID, d.Metadata.CorrelationUID, d.Metadata.Profiles = string(e.Tenant), string(e.Incident), []string{"security_control"}
	d.Metadata.LogName, d.Metadata.LogProvider = e.Format, strings.TrimSpace(e.Vendor+" "+e.Product)
	d.ActionID, d.Action, d.DispositionID, d.Disposition = disposition(e)
	if evidence, some := evidenceOf(e); some {
		d.Evidences = []ocsfEvidence{evidence}
	}
	for _, resource := range []ocsfResource{{e.Host, "host"}, {e.Site, "website"}} {
		if resource.Name != "" {
			d.Resources = append(d.Resources, resource)
		}
	}
	d.Unmapped = struct {
		Outcome   sekisho.Outcome   `json:"outcome"`
		Family    string            `json:"family,omitempty"`
		Sensor    string            `json:"sensor,omitempty"`
		Signature string            `json:"signature,omitempty"`
		Rules     []int             `json:"rule_ids,omitempty"`
		Marks     []string          `json:"marks,omitempty"`
		Trust     sekisho.TimeTrust `json:"time_trust,omitempty"`
	}{e.Outcome, e.Family, e.Sensor, e.Signature, e.RuleIDs, e.Marks, e.Trust}
	return d
}

// analytic is the rule that found it.
func analytic(e *sekisho.Event) *ocsfAnalytic {
	a := &ocsfAnalytic{Name: name(e.Signature, e.Family, string(e.Class)), TypeID: 1, Type: "Rule"}
	if len(e.RuleIDs) > 0 {
		a.UID = strconv.Itoa(e.RuleIDs[0])
	} else {
		a.UID = e.Code
	}
	return a
}

// disposition is what was done, and what became of it.
func disposition(e *sekisho.Event) (action int, actionName string, disposition int, dispositionName string) {
	switch e.Outcome {
	case sekisho.OutcomePrevented:
		return 2, "Denied", 2, "Blocked"
	case sekisho.OutcomeRefused:
		return 2, "Denied", 25, "Rejected"
	case sekisho.OutcomeContained:
		return 2, "Denied", 3, "Quarantined"
	case sekisho.OutcomeRedirected, sekisho.OutcomeDetected:
		return 1, "Allowed", 15, "Detected"
	case sekisho.OutcomeErrored:
		return 1, "Allowed", 27, "Error"
	case sekisho.OutcomeSucceeded:
		return 1, "Allowed", 1, "Allowed"
	}
	return 0, "Unknown", 0, "Unknown"
}

// evidenceOf gathers who, whom, with what. None without any of what the schema asks for.
func evidenceOf(e *sekisho.Event) (v ocsfEvidence, some bool) {
	v.Src, v.Dst = endpoint(e.SrcIP, e.SrcPort, ""), endpoint(e.DstIP, e.DstPort, e.Site)
	if v.Src != nil || v.Dst != nil {
		v.Connection = &ocsfConnection{Direction: "Unknown", Protocol: e.Protocol}
		switch e.Direction {
		case sekisho.DirectionInbound:
			v.Connection.DirectionID, v.Connection.Direction = 1, "Inbound"
		case sekisho.DirectionOutbound:
			v.Connection.DirectionID, v.Connection.Direction = 2, "Outbound"
		case sekisho.DirectionInternal:
			v.Connection.DirectionID, v.Connection.Direction = 3, "Lateral"
		}
	}
	if text := cmp.Or(e.URL, e.Path); text != "" {
		v.URL = &ocsfURL{Text: text, Hostname: e.Site, Path: e.Path}
	}
	if e.Method != "" {
		v.Request = &ocsfRequest{Method: e.Method, UserAgent: e.UserAgent, URL: v.URL}
		if e.Status > 0 {
			v.Response = &ocsfResponse{Code: e.Status}
		}
	}
	if e.Host != "" {
		v.Device = &ocsfDevice{Hostname: e.Host, Type: "Unknown"}
		switch e.Asset {
		case sekisho.AssetServer, sekisho.AssetDirectory:
			v.Device.TypeID, v.Device.Type = 1, "Server"
		case sekisho.AssetPC, sekisho.AssetAdminPC:
			v.Device.TypeID, v.Device.Type = 2, "Desktop"
		}
	}
	if e.User != "" {
		v.User = &ocsfUser{Name: e.User}
	}
	if e.Process != "" {
		v.Process = &ocsfProcess{CommandLine: e.Process}
	}
	if e.File != "" || e.Hash != "" {
		v.File = file(e.File, e.Hash)
	}
	if len(e.Matches) > 0 {
		v.Data = struct {
			Matches []sekisho.Match `json:"matches"`
		}{e.Matches}
	}
	return v, v.Src != nil || v.Dst != nil || v.URL != nil || v.Device != nil || v.User != nil || v.Process != nil || v.File != nil || v.Data != nil
}

func endpoint(addr netip.Addr, port uint16, host string) *ocsfEndpoint {
	if !addr.IsValid() && host == "" {
		return nil
	}
	p := &ocsfEndpoint{Port: port, Hostname: host}
	if addr.IsValid() {
		p.IP = addr.Unmap().WithZone("").String()
	}
	return p
}

func file(name, hash string) *ocsfFile {
	f := &ocsfFile{Name: path.Base(strings.ReplaceAll(name, `\`, "/")), Path: name, TypeID: 1, Type: "Regular File"}
	if name == "" {
		f.Name, f.TypeID, f.Type = hash, 0, "Unknown"
	}
	if hash != "" {
		h := ocsfHash{Value: hash, Algorithm: "Unknown"}
		switch len(hash) { // in hexadecimal
		case 32:
			h.AlgorithmID, h.Algorithm = 1, "MD5"
		case 40:
			h.AlgorithmID, h.Algorithm = 2, "SHA-1"
		case 64:
			h.AlgorithmID, h.Algorithm = 3, "SHA-256"
		case 128:
			h.AlgorithmID, h.Algorithm = 4, "SHA-512"
		}
		f.Hashes = []ocsfHash{h}
	}
	return f
}
