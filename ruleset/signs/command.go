package signs

import "regexp"

// Command reports whether a shell would carry out a value, or a part of it: where it ends the argument that it is put
// into, where it is a command line from its first word on, or where it is written as nobody but a shell reads it. What a
// separator parts in notes and in the logs of builds has a command with its arguments in front of it, and none of these.
func Command(value string) bool {
	return twoWords.MatchString(value) || argumentEnd.MatchString(value) || commandLine.MatchString(value) ||
		argumentForm.MatchString(value) || shellWriting.MatchString(value)
}

// twoWords are no note: a field that holds a command's name, or this and one argument, and nothing else.
var twoWords = regexp.MustCompile(`^\s*[^\s/]+(?:\s+\S+)?\s*$`)

// argumentEnd is one word, as applications put it behind a command of theirs, and then what ends an argument or is carried
// out inside of it.
var argumentEnd = anyOf(
	`^\s*["'({\[]{0,2}[^\s;|&<>$\x60]{0,80}["')}]*\s*(?:` +
		`[;|\r\n]|&&|%0[ad]` + // the next command
		`|&\s*[\w./\\"'\^]+(?:[^\w.=/%-]|$)` + // beside it; "a&b=2" is an address
		`|\x60[^\x60]+\x60\W*$|\$\(|[<>]\(|\$\{?IFS` + // what is put in its place
		`)`,
)

// commandLine is a value that is one command from its first word to its last, by what kind of command it is; with a path in
// front or not.
var commandLine = anyOf(
	`^[\s"'(]*(?:sudo\s+)?(?:(?:/usr)?(?:/local)?/s?bin/)?(?:`+
		// it tells where the intruder is
		`(?:id|whoami|uname|ifconfig|ipconfig|netstat|hostname|pwd|ls|dir|env|printenv|set|ps|w|systeminfo|tasklist|phpinfo)(?:\s+-{0,2}[\w/]+)?(?:\s+[/.~][^\s]*)?`+
		// it reads a file
		`|(?:cat|head|tail|less|more|tac|nl|od|strings|type|find|grep|dir|ls|ll|cd|sh|bash)\s+(?:-\w+\s+)*[/.~$][^\s]*(?:\s.*)?`+
		// it reaches another machine
		`|(?:ping|nslookup|dig|nc|ncat|telnet|curl|wget|fetch|ftp|tftp|lynx)\s+(?:-\S+\s+(?:\d+\s+)?)*\S+(?:\s+\d+)?(?:\s+-\S+(?:\s+\S+)?)*`+
		// it interprets what it is given
		`|(?:ba|da|k|z|a|c)?sh\s+-[ic].*|cmd(?:\.exe)?\s*/[ckr].*|powershell(?:\.exe)?\s.*|pwsh\s.*|(?:python\d?|perl|ruby|php|node|lua)\s+-[a-z]\b.*`+
		// it changes the machine
		`|(?:rm|chmod|chown|kill|mv|cp|mkdir|touch)\s+-.*|echo\s.*[>|$].*|sleep\s+\d+`+
		// it is Windows' own
		`|net\s+(?:user|localgroup|share|view).*|reg\s+(?:add|query|delete).*|wmic\s.*|certutil.*|bitsadmin.*|rundll32.*|mshta.*|regsvr32.*|cscript.*`+
		`)["')\s]*$`,
	// it is named by the folder that programs are in; a form that is sent as text has a name in front. The whole path of an
	// installed program with nothing behind it is how reports of failures name one
	`^(?:\w+=)?[\s"'(]*/?(?:(?:usr/)?(?:local/)?s?bin/\w[\w.+-]*\s.*|s?bin/\w[\w.+-]*)$`,
	// it runs the command behind it; each letter of the name may be quoted
	`^["']?(?:t["'\\]*i["'\\]*m["'\\]*e(?:out)?|nohup|nice|ionice|setsid|stdbuf|strace|ltrace|unshare|busybox|command|builtin|exec|xargs|sudo|doas|env|watch)\s+["']?[\w./-][^?!]{0,60}$`,
)

// argumentForm is a short value whose first word is a program's name and whose further ones are written as programs take
// them, or whose name has a hyphen and whose further ones are all plain and small: what the program is makes no difference
// then. It has no question or exclamation in it.
var argumentForm = regexp.MustCompile(`^[a-z]+-[a-z]+(?:\s+[a-z][a-z0-9._/=-]*){1,4}\s*$|^\s*["']?[a-z][a-z0-9_'"\\.+-]{0,30}(?:\s+[^\s?!]+){0,5}?\s+(?:--?[A-Za-z][\w-]*(?:[= ]["']?[\w./~$][^\s?!]*)?|["']?[/~]\S*)(?:\s+[^\s?!]+){0,3}\s*$`)

// shellWriting is what only a shell reads.
var shellWriting = anyOf(
	// expansions, and variables that are cut
	`\$\[|\$\{\w+\}|\$\{?IFS|\$\{[\w#!@*]*[:#%/^,@!]|\$[@*!]|\{(?:[^{}\s,:"]*,)+[^{}\s:"]*\}`,
	// names with gaps in them: patterns of files, empty quotes
	`/\w*\[[^\]\s@\d=]+\]/?\w|/bin/[\w?*\[]*[?*\[]\S*|[?*]{2,}/|/[?*]+\w?[?*]*/|\w(?:''|"")\w+\s`,
	// functions and other names for commands
	`(?:^|[\s=;:'"])\(\)\s*\{|\w\(\)\s*\{\s*(?:echo|:)|\balias\b`,
	// an interpreter that takes what follows for a program
	`/bin/(?:ba|da|z|k)?sh\s+-[ic]|\$\w+\s+-c\s|\s-(?:wrapper|exec)\s|<<<|\b(?:curl|wget)\b.{0,80}[|>]|\bbase64\s+-+d|\|\s*(?:ba|da|z|k)?sh\s*$`,
	// connections without a program, and doors that are left open
	`/dev/(?:tcp|udp)/|\bmkfifo\b|\bnc(?:at)?\s+-\w*[el]`,
	// destruction, and files that are asked for first
	`\brm\s+-[rf]+\s+[/*~]|\bchmod\s+(?:\+x|[0-7]{3,4})\s|/etc/+(?:passwd|shadow|group|hosts|issue|sudoers)(?:[^\w.]|$)`,
	// a command with an option and an address or a path behind a separator
	`[;|&\x60]\s*\w+\s+-[\w-]+(?:\s+\S+)?\s+(?:https?:|/|\d+\.\d)`,
	// Windows
	`\bpowershell[\w.]*\s+-\w|\bcmd[\w.]*\s+/[ckr]\b|%(?:comspec|systemroot|path|programfiles)(?::~[^%]*)?%|\bfor\s+/?\S*\s*%+\w\s+in\b`,
	`\bif\s+(?:not\s+)?(?:exist|defined|errorlevel|cmdextversion)\b|\b(?:invoke-\w+|new-object\s|iex|iwr|downloadstring|start-process)\b`,
)

// Batch reports whether a value holds a variable, a loop or a condition of a command file of Windows, which read like a
// sentence and are none.
func Batch(value string) bool { return batch.MatchString(value) }

var batch = anyOf(
	`%\w+%|%{1,2}~?\w\s+in\s*\(`,
	`\bif(?:/i)?\s+(?:not\s+)?(?:exist|defined|errorlevel|cmdextversion)\s+\S+\s+\w`,
)
