package sekisho

// Class says what an event would mean if it worked. It decides the impact term of the score (severity.md, term I).
type Class string

// Classes. Their weights stand in the incident package's data file.
const (
	ClassNoise              Class = "noise"
	ClassPolicyWeb          Class = "policy_web"
	ClassUSB                Class = "usb"
	ClassInstall            Class = "install"
	ClassDiskEvent          Class = "disk_event"
	ClassOpenWiFi           Class = "open_wifi"
	ClassScan               Class = "scan"
	ClassLoginFailure       Class = "login_failure"
	ClassConfigChange       Class = "config_change"
	ClassSensorFault        Class = "sensor_fault"
	ClassSMARTFailure       Class = "smart_failure"
	ClassMaliciousWeb       Class = "malicious_web"
	ClassNewCountryVPN      Class = "new_country_vpn"
	ClassPUA                Class = "pua"
	ClassRemoteTool         Class = "remote_tool"
	ClassDLP                Class = "dlp"
	ClassSensorSilent       Class = "sensor_silent"
	ClassExploit            Class = "exploit"
	ClassWAFAttack          Class = "waf_attack"
	ClassSuspiciousFile     Class = "suspicious_file"
	ClassAdminLoginExternal Class = "admin_login_external"
	ClassPhishingPost       Class = "phishing_post"
	ClassTampering          Class = "tampering"
	ClassMalware            Class = "malware"
	ClassAPT                Class = "apt"
	ClassC2                 Class = "c2"
	ClassKnownBadConnection Class = "known_bad_connection"
	ClassLoginAfterFailures Class = "login_after_failures"
	ClassWebShell           Class = "web_shell"
	ClassRansomware         Class = "ransomware"
)
