package signs

import "strings"

// briefCall is the length up to which a value that holds a call is the call, and no text about one.
const briefCall = 40

// PHP reports whether a value calls a function of PHP with something, or reaches for what PHP alone has. Text about a
// function, and traces, name it alone, or with nothing in its brackets.
func PHP(value string) bool {
	return php.MatchString(value) || len(value) <= briefCall && strings.Contains(value, "(")
}

var php = anyOf(
	// the language's own marks, variables and addresses
	`<\?|\$\{|\$_(?:get|post|request|cookie|server|files|session|env)\b|\$globals|\b(?:php|zip|phar|expect|glob|data|compress\.\w+|ogg|rar)://|data:\w*[/,;]`,
	// what tells about the machine without an argument
	`\b(?:phpinfo|phpversion|getcwd|get_current_user|get_defined_vars|get_loaded_extensions|php_uname|getmypid|sys_getloadavg)\s*\(`,
	// what runs, reads, writes, sends or unpacks, and is given a string, a variable, a number or another call
	`(?:assert|create_function|eval|exec|system|passthru|shell_exec|popen|proc_open|pcntl_exec|call_user_func(?:_array)?|dl|putenv|mail|curl_\w+|mysql\w*`+
		`|file_put_contents|file_get_contents|readfile|fopen|fwrite|fputs|file|unlink|scandir|opendir|readdir|show_source|highlight_file|move_uploaded_file|symlink|chmod|mkdir|rmdir|copy|rename`+
		`|include(?:_once)?|require(?:_once)?|unserialize|extract|parse_str|define|constant|ini_set|ini_get|getenv|register_\w+_function|set_\w+_handler|ob_start`+
		`|func_get_args?|array_\w+|usort|uasort|preg_replace\w*|base64_decode|gzinflate|gzuncompress|gzdecode|str_rot13|chr|md5|sha1|bin2hex|hex2bin|strrev|implode|join|var_dump|print_r|die|exit|echo|print)`+
		`["'\])]*\s*(?:/\*.*?\*/\s*|//[^\n]*\n\s*|#[^\n]*\n\s*)*\(\s*(?:["'\x60$@\d]|/\*|\w+\s*\(|~|!)`,
	// a function whose name is a value, and a command in backticks
	`\$\w+\s*(?:\[[^\]]*\]\s*)*\(|\(\s*["'][\w.'"]+["']\s*\)\s*\(|\x60[^\x60]{2,}`,
)

// Script reports whether a script would run on a server: it calls with a string, reaches for what runs programs, or is a
// template that is filled in there.
func Script(value string) bool { return script.MatchString(value) }

var script = anyOf(
	// what every object leads to
	`\bconstructor\b|__proto__|prototype\b|\bglobal(?:this)?\s*[.\[]|\bthis\.|\breflect\b|\b__\w+__\b`,
	// modules, and what they run and read
	`\brequire\s*(?:\(?\s*["'\x60]|\[)|\bimport\s*\(|module\.exports|\bprocess\b\s*[.\[]|child_process|\bfs\.|\bvm\b|\bos\.\w+|\bioutil\b|\bbuffer\b|\bres\.(?:end|send|write)|\bconsole\s*[.\[]`,
	// calls with a string
	`\b(?:eval|exec(?:sync)?|execfile(?:sync)?|spawn(?:sync)?|fork|settimeout|setinterval|function|readfile\w*|writefile\w*|open|load|system|popen)\s*\(\s*["'\x60\[\\]|\beval\s*(?:\(\s*$|\{)|fromcharcode`,
	// functions that are made here, or run at once
	`\bfunction\s*\([^)]*\)\s*\{[^}]*\}\s*\(\s*\)|\bfunction\s*\(\s*\)\s*\{\s*$|\bnew\s+(?:function|date)\b|\bwhile\s*\(|_\$\$nd|__js_`,
	// templates
	`\$\{|\{\{|\{%|<%|#\{`,
)
