package ruleset

import "io/fs"

// RuleFiles is the Core Rule Set that policies are compiled with, for whoever shows another engine the same rules:
// @crs-setup.conf.example, the rules and their data below @owasp_crs, and @coraza.conf-recommended, of which the rules that
// choose body processors are of use elsewhere. Nobody may write to it.
func RuleFiles() fs.FS { return crsFiles() }
