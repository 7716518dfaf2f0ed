package export

import (
	"encoding/json"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// ocsfVersion is the version of the schema that the attributes below are taken from (https://schema.ocsf.io/1.5.0). They
// are the required ones and those that we can say something true for; a field without a value is left out.
const ocsfVersion = "1.5.0"

const (
	ocsfFindings  = 2
	ocsfDetection = 2004
	ocsfIncident  = 2005
)

// ocsfBase is what both classes begin with.
type ocsfBase struct {
	CategoryUID  int          `json:"category_uid"`
	CategoryName string       `json:"category_name"`
	ClassUID     int          `json:"class_uid"`
	ClassName    string       `json:"class_name"`
	ActivityID   int          `json:"activity_id"`
	ActivityName string       `json:"activity_name"`
	TypeUID      int          `json:"type_uid"`
	TypeName     string       `json:"type_name"`
	Time         int64        `json:"time"` // milliseconds since 1970
	SeverityID   int          `json:"severity_id"`
	Severity     string       `json:"severity"`
	StatusID     int          `json:"status_id"`
	Status       string       `json:"status"`
	Message      string       `json:"message"`
	Metadata     ocsfMetadata `json:"metadata"`
	Unmapped     any          `json:"unmapped,omitempty"`
}

type ocsfMetadata struct {
	Version        string      `json:"version"`
	UID            string      `json:"uid"`
	TenantUID      string      `json:"tenant_uid"`
	CorrelationUID string      `json:"correlation_uid,omitempty"` // the incident
	Product        ocsfProduct `json:"product"`
	Profiles       []string    `json:"profiles"`
	LogName        string      `json:"log_name,omitempty"`
	LogProvider    string      `json:"log_provider,omitempty"`
}

type ocsfProduct struct {
	Name       string `json:"name"`
	VendorName string `json:"vendor_name"`
	Version    string `json:"version,omitempty"`
	Lang       string `json:"lang,omitempty"`
}

type ocsfFinding struct {
	UID         string        `json:"uid"`
	Title       string        `json:"title"`
	Desc        string        `json:"desc,omitempty"`
	Types       []string      `json:"types,omitempty"`
	FirstSeen   int64         `json:"first_seen_time,omitempty"`
	LastSeen    int64         `json:"last_seen_time,omitempty"`
	Created     int64         `json:"created_time,omitempty"`
	Analytic    *ocsfAnalytic `json:"analytic,omitempty"`
	DataSources []string      `json:"data_sources,omitempty"`
}

type ocsfAnalytic struct {
	UID    string `json:"uid,omitempty"`
	Name   string `json:"name"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
}

func encodeOCSF(r Record, words Words, version, lang string) ([]byte, error) {
	if r.Event != nil {
		return json.Marshal(detectionFinding(r, words, version, lang))
	}
	return json.Marshal(incidentFinding(r, words, version, lang))
}

func newBase(r Record, class, activity int, title, version, lang string) ocsfBase {
	className := map[int]string{ocsfDetection: "Detection Finding", ocsfIncident: "Incident Finding"}[class]
	activityName := map[int]string{1: "Create", 2: "Update", 3: "Close"}[activity]
	b := ocsfBase{
		CategoryUID: ocsfFindings, CategoryName: "Findings", ClassUID: class, ClassName: className,
		ActivityID: activity, ActivityName: activityName,
		TypeUID: class*100 + activity, TypeName: className + ": " + activityName,
		Time: r.Time().UnixMilli(), Message: title,
		Metadata: ocsfMetadata{
			Version: ocsfVersion, UID: r.UID(),
			Product: ocsfProduct{Name: "Sekisho", VendorName: "Sekisho", Version: version, Lang: lang},
		},
	}
	b.SeverityID, b.Severity = ocsfSeverity(r.Severity())
	return b
}

// ocsfSeverity is our rank on OCSF's scale of 0 to 6. What is stored only is informational.
func ocsfSeverity(s sekisho.Severity) (int, string) {
	switch s {
	case sekisho.SeverityHigh:
		return 4, "High"
	case sekisho.SeverityMedium:
		return 3, "Medium"
	case sekisho.SeverityLow:
		return 2, "Low"
	}
	return 1, "Informational"
}

// millis is a moment in OCSF; 0, which is left out, for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
