package automaton

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

type crsRule struct {
	id, vars, expr string
	op    string
	level int
	request bool
}

func crsRules(t testing.TB) []crsRule {
	home, _ := os.UserHomeDir()
	files, _ := filepath.Glob(home + "/go/pkg/mod/github.com/corazawaf/coraza-coreruleset/v4@v4.25.0/rules/@owasp_crs/*.conf")
	line := regexp.MustCompile(`(?m)^[ \t]*SecRule[ \t]+(\S+)[ \t]+"!?@(\w+) ?((?:\\.|[^"\\])*)"[ \t]+"((?:\\.|[^"\\])*)"`)
	level := regexp.MustCompile(`paranoia-level/(\d)`)
	idre := regexp.MustCompile(`id:(\d+)`)
	var rules []crsRule
	lastLevel := 1
	lastID := ""
	for _, f := range files {
		b, _ := os.ReadFile(f)
		text := strings.ReplaceAll(string(b), "\\\n", " ")
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			r := crsRule{vars: m[1], op: m[2], expr: strings.ReplaceAll(m[3], `\"`, `"`), request: strings.Contains(f, "REQUEST-")}
			if l := level.FindStringSubmatch(m[4]); l != nil {
				lastLevel = int(l[1][0] - '0')
			}
			if l := idre.FindStringSubmatch(m[4]); l != nil {
				lastID = l[1]
			}
			r.level = lastLevel
			r.id = lastID
			rules = append(rules, r)
		}
	}
	return rules
}

func TestExplore(t *testing.T) {
	var patterns []Pattern
	var ids []string
	for _, r := range crsRules(t) {
		if r.op == "rx" && r.request && r.level == 1 && !strings.Contains(r.expr, "%{") {
			patterns = append(patterns, Rx(r.expr))
			ids = append(ids, r.id)
		}
	}
	begin := time.Now()
	s, err := Compile(patterns, Options{MaxMemory: 400 << 20, MaxWork: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("patterns", len(patterns), "compile", time.Since(begin))
	for _, g := range s.groups {
		fmt.Println("group: bytes", g.classes.bytes, "patterns", len(g.machine.prog.ids), "insts", len(g.machine.prog.insts), "classes", g.classes.count, "sets", len(g.machine.prog.sets))
	}
	var hits Hits
	show := func(name, v string) {
		begin := time.Now()
		ok := s.Scan(v, &hits)
		d := time.Since(begin)
		begin = time.Now()
		n := 20
		for range n {
			s.Scan(v, &hits)
		}
		warm := time.Since(begin) / time.Duration(n)
		var h []string
		for id := range hits.All() {
			h = append(h, ids[id])
		}
		var st []string
		for _, g := range s.groups {
			tt := g.table.Load()
			th := 0
			for i := range tt.states[:tt.used] {
				th += len(tt.states[i].threads)
			}
			st = append(st, fmt.Sprintf("%d states %d threads %d KB", tt.used, th/tt.used, g.held/1024))
		}
		fmt.Println(name, len(v), ok, "cold", d, "warm", warm, float64(warm.Nanoseconds())/float64(max(1, len(v))), "ns/B", st, h)
	}
	for _, v := range browserValues {
		show("browser", v)
	}
	for i := range 10 {
		show("form", japaneseForm(uint64(i)))
	}
	show("64K", japaneseText(64<<10, 99))
	show("64K again", japaneseText(64<<10, 100))
	show("english", englishText(64<<10, 100))
	show("english", englishText(64<<10, 101))
	show("english", englishText(64<<10, 102))
}

func TestSticky(t *testing.T) {
	var patterns []Pattern
	var ids []string
	var exprs []string
	for _, r := range crsRules(t) {
		if r.op == "rx" && r.request && r.level <= 1 && strings.Contains(r.vars, "ARGS") && !strings.Contains(r.expr, "%{") {
			patterns = append(patterns, Rx(r.expr))
			ids = append(ids, r.id)
			exprs = append(exprs, r.expr)
		}
	}
	s, _ := Compile(patterns, Options{MaxMemory: 400 << 20, MaxWork: 1e6})
	fmt.Println(len(patterns))
	var hits Hits
	s.Scan(englishText(64<<10, 1), &hits)
	s.Scan(japaneseText(64<<10, 1), &hits)
	for _, v := range browserValues {
		s.Scan(v, &hits)
	}
	g := s.groups[0]
	tt := g.table.Load()
	m := g.machine
	fmt.Println("states", tt.used)
	proj := make([]map[string]int, len(m.prog.ids))
	for i := range proj {
		proj[i] = map[string]int{}
	}
	for i := range tt.states[:tt.used] {
		per := map[uint16][]uint32{}
		for _, pc := range tt.states[i].threads {
			o := m.prog.insts[pc].owner
			per[o] = append(per[o], pc)
		}
		for o, th := range per {
			proj[o][fmt.Sprint(th)]++
		}
	}
	for o, p := range proj {
		total := 0
		top := 0
		for _, n := range p {
			total += n
			top = max(top, n)
		}
		if total*20 > tt.used || len(p) > 50 {
			id := m.prog.ids[o]
			e := exprs[id]
			if len(e) > 150 { e = e[:150] }
			fmt.Println(ids[id], "live in", total*100/tt.used, "% top", top*100/tt.used, "% projections", len(p), e)
		}
	}
}
