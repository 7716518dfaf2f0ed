package seclang

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	errNoArgument = errors.New("it has no argument")
	idAction      = regexp.MustCompile(`(?i)\bid\s*:\s*'?([0-9]{1,18})`)
)

// idIn looks for the id of a rule in a directive that could not be read.
func idIn(text string) int {
	if found := idAction.FindStringSubmatch(text); found != nil {
		id, _ := strconv.Atoi(found[1])
		return id
	}
	return 0
}

// apply carries out one directive.
func (r *reader) apply(name, argument string) error {
	if argument == "" && name != "secresponsebodymimetypesclear" {
		return errNoArgument
	}
	switch name {
	case "secrule":
		return r.rule(argument, true)
	case "secaction":
		return r.rule(argument, false)
	case "secmarker":
		r.refuseOpenChain()
		r.program.Rules = append(r.program.Rules, Rule{Marker: argument, Severity: -1, File: r.at.file, Line: r.at.line})
		return nil
	case "secdefaultaction":
		return r.defaultAction(argument)
	case "secdataset":
		return r.dataset(argument)
	case "secruleremovebyid":
		return r.removeByID(argument)
	case "secruleremovebytag":
		r.remove(func(rule *Rule) bool { return hasTag(rule, argument) })
		return nil
	case "secruleremovebymsg":
		return r.removeByMsg(argument)
	case "secruleupdatetargetbyid":
		return r.updateTargetByID(argument)
	case "secruleupdatetargetbytag":
		return r.updateTargetByTag(argument)
	case "secruleupdateactionbyid":
		return r.updateActionByID(argument)
	case "secignorerulecompilationerrors":
		if !strings.EqualFold(argument, "off") {
			return errors.New("rules that do not compile are left out without a word")
		}
	case "secremoterules":
		return errors.New("rules from elsewhere are not read")
	case "secresponsebodymimetypesclear":
		delete(r.program.Settings, "secresponsebodymimetype")
		return nil
	}
	if !settings[name] {
		return fmt.Errorf("no directive is called %q", name)
	}
	r.program.Settings[name] = argument
	return nil
}

// settings are the directives that change no rule, those that Coraza accepts and ignores among them.
var settings = set(`
	seccomponentsignature secresponsebodyaccess secrequestbodylimit secrequestbodyaccess secrequestbodyjsondepthlimit
	secresponsebodyjsondepthlimit secruleengine secwebappid secserversignature secresponsebodymimetype
	secresponsebodylimitaction secresponsebodylimit secrequestbodylimitaction secrequestbodyinmemorylimit
	secremoterulesfailaction secconnwritestatelimit secsensorid secconnreadstatelimit secpcrematchlimitrecursion
	secpcrematchlimit sechttpblkey secgsblookupdb sechashmethodpm sechashmethodrx sechashparam sechashkey sechashengine
	secconnengine seccollectiontimeout secauditlog secauditlogtype secauditlogformat secauditlogstoragedir
	secauditlogdirmode secauditlogfilemode secauditlogrelevantstatus secauditlogparts secauditengine secdatadir
	secuploadkeepfiles secuploadfilemode secuploadfilelimit secuploaddir secrequestbodynofileslimit secdebuglog
	secdebugloglevel secignorerulecompilationerrors secargumentslimit secrxprefilter secargumentseparator
	seccookieformat secruleupdatetargetbymsg secrulescript secruleperftime secunicodemap sectmpdir`)

// set makes a set of the words of a text.
func set(words string) map[string]bool {
	members := map[string]bool{}
	for _, word := range strings.Fields(words) {
		members[word] = true
	}
	return members
}

// dataset keeps a named list for @pmFromDataset and @ipMatchFromDataset.
func (r *reader) dataset(argument string) error {
	name, list, ok := strings.Cut(argument, " ")
	if !ok {
		return errors.New("a dataset is written as: SecDataset name `, lines, `")
	}
	words := []string{}
	for word := range strings.SplitSeq(strings.Trim(list, "`"), "\n") {
		if word = strings.TrimSpace(word); word != "" && word[0] != '#' {
			words = append(words, word)
		}
	}
	r.datasets[name] = words
	return nil
}
