package proxy

import (
	"fmt"
	"slices"

	"github.com/sekisho-waf/sekisho"
)

// maxGapHosts is how many sites a gap names.
const maxGapHosts = 5

// Gaps says what is not inspected, from the snapshot that requests meet now. Sites with equal gaps are told together, the
// widest gap first. A protection that does not name its limits is believed to have none.
func (s *Server) Gaps() []sekisho.Gap {
	found := map[sekisho.Text]*sekisho.Gap{}
	var order []*sekisho.Gap
	current := s.current.Load().sites
	hosts := make([]string, 0, len(current))
	for host := range current {
		hosts = append(hosts, host)
	}
	slices.Sort(hosts)
	for _, host := range hosts {
		for _, what := range current[host].gaps() {
			gap := found[what]
			if gap == nil {
				gap = &sekisho.Gap{What: what}
				found[what] = gap
				order = append(order, gap)
			}
			if gap.Sites++; len(gap.Hosts) < maxGapHosts {
				gap.Hosts = append(gap.Hosts, host)
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *sekisho.Gap) int { return b.Sites - a.Sites })
	gaps := make([]sekisho.Gap, len(order))
	for i, gap := range order {
		gaps[i] = *gap
	}
	return gaps
}

// gaps lists what nobody looks at on this site.
func (s *site) gaps() []sekisho.Text {
	if s.mode == sekisho.ModeOff {
		return []sekisho.Text{{JA: "すべての通信(検査は切られています)", EN: "anything: inspection is off"}}
	}
	if s.lease == nil {
		return []sekisho.Text{{JA: "すべての通信(設定に誤りがあり、検査を始められません)", EN: "anything: the site's policy cannot be put in force"}}
	}
	policy := s.lease.policy
	gaps := []sekisho.Text{
		{JA: "WebSocketでやりとりされる内容", EN: "what is said in WebSocket frames"},
		{JA: "gRPCのメッセージの内容", EN: "the content of gRPC messages"},
		{JA: "HTML・テキスト・XML・JSON以外の応答の本文と、gzip以外で圧縮された応答の本文", EN: "bodies of answers that are not HTML, text, XML or JSON, or are compressed by anything but gzip"},
	}
	if s.mode != sekisho.ModeBlock || s.BeyondLimit != sekisho.BeyondRefuse { // else what is longer is refused
		gaps = append(gaps, sekisho.Text{
			JA: fmt.Sprintf("送信された本文の %d バイトより後", policy.BodyLimit),
			EN: fmt.Sprintf("what is sent behind the first %d bytes of a body", policy.BodyLimit),
		})
	}
	if s.mode != sekisho.ModeBlock || s.BeyondLimit != sekisho.BeyondRefuse {
		gaps = append(gaps, sekisho.Text{
			JA: "圧縮して送信された本文の、展開後 1 MiB より後",
			EN: "what a compressed body holds behind its first MiB when it is unpacked",
		})
	}
	if policy.ResponseBodyLimit == 0 {
		gaps = append(gaps, sekisho.Text{JA: "応答の本文", EN: "bodies of answers"})
	} else {
		gaps = append(gaps, sekisho.Text{
			JA: fmt.Sprintf("応答の本文の %d バイトより後", policy.ResponseBodyLimit),
			EN: fmt.Sprintf("what an answer's body holds behind its first %d bytes", policy.ResponseBodyLimit),
		})
	}
	return gaps
}
