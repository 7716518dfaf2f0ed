package signs

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

const (
	// briefQuery is the length up to which a value with a word of SQL and a sign is a part of a query.
	briefQuery = 24
	// manyQuotes are those of a list, or of noise.
	manyQuotes = 10
)

// Query reports whether a value changes a query of a database that it is put into: where it closes the string that it
// stands in (its quotes are then odd, or the rest is a comment), goes on behind a number, or asks for what the
// database alone knows.
func Query(value string) bool {
	if len(value) <= briefQuery && strings.ContainsAny(value, "\"'`();=*#!@.") && !lengthOfTime.MatchString(value) {
		return true
	}
	if !strings.ContainsFunc(value, unicode.IsLetter) {
		return true // signs alone
	}
	value = plainForm(value)
	if statement.MatchString(value) || databaseOwn.MatchString(value) || condition.MatchString(value) || numberGoesOn.MatchString(value) {
		return true
	}
	single, double := strings.Count(value, `'`), strings.Count(value, `"`)
	if single+double > manyQuotes || !stringCloses.MatchString(value) {
		return false
	}
	return restIsComment.MatchString(value) || single%2 == 1 || double%2 == 1 || strings.Count(value, "`")%2 == 1
}

// lengthOfTime in brackets is no call: "sleep(8 hours)".
var lengthOfTime = regexp.MustCompile(`(?i)^\w+\s*\(\s*\d+\s*(?:h\w*|min\w*|days?|weeks?|months?|years?)\s*\)$`)

// stringCloses is a quote with what a query goes on with behind it. The typographic ones are folded by some databases.
var stringCloses = anyOf(`["'\x60\x{b4}\x{2018}\x{2019}][ \t]*[)\]]*(?:` +
	`\s*(?:\|\||&&|(?:or|and|xor|union|having|order|group|limit|r?like|regexp|between|procedure|div|mod|is|in|not|into|where|from|as)\b)` +
	`|;[ \t]*(?:--|#|$|\w+[\s(])|[ \t]*--|#|/\*` + // a further statement, a comment
	`|=\s*\(*["'\x60\d@]|[<>!]+=?\(*["'\x60@]|[<>!]=|[+*/%^|&-]\s*\(*["'\x60\d@(]|,\s*\(?select)`)

var restIsComment = anyOf(`--(?:[\s+-]|$|\w*$)|#[^#]{0,20}$|/\*|;\s*(?:\x00|%00)?\s*$|;\s*--`)

// numberGoesOn is a number, where applications put one in without quotes, with more of a query behind it.
var numberGoesOn = anyOf(
	`^\W{0,3}-?\d[\w.]{0,12}[\s)/*+]*(?:\b(?:or|and|xor|rlike|having|like|between|div|in)\b|\|\||&&)[\s(/*+!~-]*(?:["'\x60@]|\d+[\s)]*(?:[=<>!|&]|like\b|between\b|in\b|--|#|$)|\w+\s*[(=<>]|(?:not|true|false|exists|null|select)\b)`,
	`^\W{0,3}-?\d[\w.]*[\s)]*(?:;|--(?:\s|$)|order\s+by\s+\d|group\s+by\s|limit\s+\d+\s*,|procedure\b)`,
)

// statement is a second query: one that is joined, put in brackets, or begins behind a semicolon or the value.
var statement = anyOf(
	`\bunion[\s/*!()+\d]*(?:all|distinct)?[\s/*!()+\d]*select[\s/*!()+]*(?:[\d"'\x60@$*-]|null\b|\w+\s*[,(/]|\w+\s+from\b|$)|union/\*|select/\*|\(\s*select\b`,
	`;\s*(?:drop|truncate|alter|create)\s+(?:table|database|user|schema|view|index|function|procedure|login|alias)\b`,
	`;\s*(?:delete\s+from\s+\S+\s*(?:where\b|;|--|#|$)|insert\s+into\s|update\s+\S+\s+set\s|exec(?:ute)?[\s(]|declare\s+[@\w]|shutdown\b\s*(?:;|--|$|with)|select\s+(?:[\w*@(,.'"\s]+\s+from\b|@@|\w+\s*\(|[\d'"])|begin\s+\w+|copy\s|grant\s|merge\s|attach\s|call\s|do\s+sleep|handler\s)`,
	`^\s*["'(]*\s*(?:select|insert|update|delete|drop|exec(?:ute)?|declare|create|alter|truncate|shutdown|waitfor)\b.*(?:\bfrom\b|\binto\b|\bset\b|\btable\b|@|--|;|\bdatabase\b|\bwith\b)`,
	`^\s*select\b.*\bhaving\b|\bas\s+["'\x60]\w+["'\x60]\s+from\b|/create\s+table|\bwhere\s+\w+\s*\(|\bcase\s+when\b`,
)

// databaseOwn is what a database alone knows or does: its clocks, files, tables about tables, and functions called with
// what a query has at hand.
var databaseOwn = anyOf(
	`\bselect\s+(?:pg_)?sleep\s*\(|sleep\s*\(\s*\d+\.to_|\b(?:pg_|dbms_\w*\.)?sleep\s*\(\s*["']?(?:[\d.]+["']?\s*[)*,]|\(|select)|\bwaitfor\s+(?:delay|time)\b`,
	`\b(?:benchmark|load_file|extractvalue|updatexml|randomblob|group_concat|utl_\w+\.\w+|load_extension|json_keys|geometrycollection|multipoint|polygon|linestring|elt|make_set|procedure\s+analyse|name_const|row)\s*\(`,
	`\b(?:version|database|user|current_user|system_user|session_user|schema|sqlite_version|current_database|rand|now|last_insert_id|connection_id)\s*\(\s*\)`,
	`\b(?:cha?r|ascii|ord|substr(?:ing)?|mid|hex|unhex|concat(?:_ws)?|cast|convert|i?if|length|count|exp|floor|md5|left|right|bin|conv)\s*\(\s*(?:[\d"'@*]|0x|\(|select\b|null\b|\w+\s*\()`,
	`\bxp_\w+|\bsp_(?:executesql|configure|oa\w+|makewebtask|password|addlogin|helptext)|@@\w+|\b0x[0-9a-f]{6,}|/\*!|\binto\s+(?:out|dump)file|\bload\s+data\b`,
	`\binformation_schema\b|\bsys(?:objects|users|columns|databases|\.\w+)\b|\bpg_(?:catalog|shadow|user|tables|read_file|ls_dir)|\bsqlite_master|\ball_tables|\bmsysobjects`,
	`\$(?:ne|gt|where|regex)\b`,
)

// condition is one that is always true, or that ends a query.
var condition = anyOf(
	`\bhaving\s+[\d'"(]+\s*[=<>]|\b\d+\s*(?:=|<=>|like)\s*\(?\d+\s*(?:[)"'#;/-]|$)|\bor\s+(?:true|1)\b`,
	`\b(?:or|and|xor|\|\||&&)\s+(?:not\s+)?["'\x60(]*\w+["'\x60)]*\s*(?:=|<=>|!=|<>|<|>|\blike\b|\bis\b|\bin\s*\(|\bbetween\b|\bregexp\b|\brlike\b)\s*["'\x60(\d@%nt]`,
	`\bnot\s+in\s*\(|\bcollate\b|\bis\s+(?:not\s+)?null\s*(?:--|#|and|or|$)|\border\s+by\s+\d+\s*(?:--|#|,|$)`,
)

// plainForm undoes what a second reader may undo: one encoding of addresses, and full-width forms.
func plainForm(value string) string {
	if strings.Contains(value, "%") {
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
	}
	const fullWidth = '！' - '!'
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - fullWidth
		case r == '　':
			return ' '
		}
		return r
	}, value)
}
