package signs

// File reports whether a value names a file on the server: it climbs, or it is the path of what an intruder reads first and
// nothing else. A path inside of a sentence, a log or a manual opens nothing.
func File(value string) bool {
	return climbs.MatchString(value) || secretPath.MatchString(value) || passedOn.MatchString(value)
}

// climbs are two dots and a slash, and letters that become them.
var climbs = anyOf(`\.\.[/\\]|%2[ef]|%5c|\x{ff0e}|[\x{ff0f}\x{ff3c}]|\x00`)

// secretPath is a whole value, a wrapper and a drive in front of it or not.
var secretPath = anyOf(
	`^["'\s{,;|]*(?:\w*[,\s]\s*)?(?:[a-z][\w.+-]*:\S*?|[a-z]:)?[/\\]*(?:`+
		// users, machines and their services
		`etc[/\\]+(?:(?:passwd|shadow|group|hosts?|hostname|issue|motd|sudoers|crontab|fstab|resolv\.conf|my\.cnf|sub[ug]id|[\w-]*release)\b[^.\w]*|(?:ssh|apache2?|nginx|mysql|php|httpd)[/\\]\S*|\w+-?)`+
		`|proc[/\\]+(?:self|version|\d+|cpuinfo|mounts|net)\b\S*|sys[/\\]\w\S*|var[/\\]+(?:log|run|lib|spool)[/\\]\S+|boot\.ini\b\S*|(?:windows|winnt)[/\\]\S*`+
		// what people keep to themselves
		`|root[/\\]+\.\S*|(?:home|users)[/\\]+\w+[/\\]+\.\S*|\.{1,2}(?:env|git|svn|ssh|aws|ht\w+|bash\w*|npmrc|docker\w*)\b\S*|\S*/\.docker/\S*`+
		// settings of applications
		`|var[/\\]+www[/\\]\S*(?:config|settings|secret|\.env|database)[\w.-]*|inetpub[/\\]+\w+[/\\]\S*(?:config|asp|log)\S*`+
		`)["'}]*$`,
	`^\S*(?:wp-config|configuration|web\.config|database\.yml|web-inf|win\.ini)\S*$|^[\w-]+\.sql(?:\.\w+)?$`,
)

// passedOn is a path that a command takes: behind its name (whose blank is gone where paths are made plain before a rule
// reads them), in a list of a shell, or as what it writes to.
var passedOn = anyOf(`^(?:cat|tac|head|tail|less|more|ls|ll|dir|tar)\s*(?:-\w+\s*)?(?:\S*\s)?/(?:etc|var|root|proc)/|\{\w+,[^{}\s]*\}|>\s*/tmp/`)
