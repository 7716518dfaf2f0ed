package signs

// Page reports whether a value runs in a page although it holds no element: a string is left and a call made, an address is
// a program, and letters are spelled so that no filter sees them. The name of such a call inside of a sentence or a
// trace does nothing.
func Page(value string) bool { return page.MatchString(value) }

var page = anyOf(
	// addresses that are programs, and attributes
	`(?:java|vb|live)script\s*(?::|&colon;|&#)\s*\S*[(=\[\x60%]|data:\s*(?:text|application|image/svg)|\b(?:src|href|style|srcdoc|formaction)\s*=|\bon[a-z]{3,}[\s/]*=`,
	// a call at the beginning, or behind what ends a string or a statement
	`(?:^\s*|[^\w\s.]\s?|[.;]\s?)\b(?:alert|confirm|prompt|eval|fetch|import|settimeout|setinterval|function|atob|btoa|write(?:ln)?|execscript|print)\s*(?:\(\s*(?:[^\s)]|\)\s*$)|\x60|\)\()`,
	// what every page has at hand
	`\b(?:document|window|self|top|parent|frames|globalthis|reflect)\)?[\s)]*(?:/\*[^*]*\*/\s*)*\)?\s*(?:\.\s*(?:\w+|/\*)|\[)|\blocation\s*[=.\[]|innerhtml|constructor|\beval\s*\{`,
	// letters that are spelled
	`fromcharcode|&#x?[0-9a-f]{2}|&(?:tab|newline|colon|lpar);|\\u00|\\x[0-9a-f]{2}|%3c|[\x{ff01}-\x{ff5e}]|\+ad[w4]|[+!]\[|\]\s*\(`,
	// markup of another kind than elements of a text
	`<[\w/?]|<!--|--!?>|\]\]>|!entity|xmlns|xlink|\$\{|\{\{`,
	// programs in style sheets
	`expression\s*\(|@import|-moz-binding|behaviou?r\s*:`,
)
