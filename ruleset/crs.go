package ruleset

import (
	"io/fs"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
)

// This file alone knows where the Core Rule Set comes from; an update or another source changes nothing else.

// crsFiles returns the file system that the rule set and its data files are read from.
func crsFiles() fs.FS { return coreruleset.FS }

const (
	// crsBeforeSetup chooses body processors by content type and denies bodies that cannot be parsed (200002, 200003).
	crsBeforeSetup = "Include @coraza.conf-recommended\nInclude @crs-setup.conf.example\n"
)

// crsRules are the rules themselves, in the order of their file names, below the folder of their version.
func crsRules(folder string) string { return "Include " + folder + "/*.conf\n" }
