package automaton

import "regexp/syntax"

// trim rewrites a tree that is searched for anywhere, and asked only whether it occurs, to a smaller one with the same
// answer: captures go, a repetition at either edge needs no more than its least count, since a longer occurrence
// contains a shorter one. "[a-z]+\s*\(" stays as "[a-z]\s*\(", "help(?: .{1,255})?" as "help".
func trim(re *syntax.Regexp) *syntax.Regexp {
	return trimEdge(trimEdge(dropCaptures(re), true), false)
}

func dropCaptures(re *syntax.Regexp) *syntax.Regexp {
	if re.Op == syntax.OpCapture {
		return dropCaptures(re.Sub[0])
	}
	if len(re.Sub) == 0 {
		return re
	}
	plain := *re
	plain.Sub = make([]*syntax.Regexp, len(re.Sub))
	for i, sub := range re.Sub {
		plain.Sub[i] = dropCaptures(sub)
	}
	return &plain
}

// trimEdge trims the beginning of a tree, or its end.
func trimEdge(re *syntax.Regexp, begin bool) *syntax.Regexp {
	switch re.Op {
	case syntax.OpStar, syntax.OpQuest:
		return leaf(syntax.OpEmptyMatch)
	case syntax.OpPlus:
		return trimEdge(re.Sub[0], begin)
	case syntax.OpRepeat:
		switch re.Min {
		case 0:
			return leaf(syntax.OpEmptyMatch)
		case 1:
			return trimEdge(re.Sub[0], begin)
		}
		least := *re
		least.Max = re.Min
		return &least
	case syntax.OpAlternate:
		branches := leaf(syntax.OpAlternate)
		for _, sub := range re.Sub {
			branches.Sub = append(branches.Sub, trimEdge(sub, begin))
		}
		return branches
	case syntax.OpConcat:
		subs := append([]*syntax.Regexp(nil), re.Sub...)
		for len(subs) > 0 {
			edge := len(subs) - 1
			if begin {
				edge = 0
			}
			subs[edge] = trimEdge(subs[edge], begin)
			if subs[edge].Op != syntax.OpEmptyMatch {
				return concat(subs...)
			}
			subs = append(subs[:edge], subs[edge+1:]...)
		}
		return leaf(syntax.OpEmptyMatch)
	}
	return re
}
