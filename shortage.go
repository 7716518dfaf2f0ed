package sekisho

// Shortage is the error of an inspection that was not made, or not to its end, though nothing is broken: the rules would
// take more than they may. What becomes of the request is for the site's fail mode.
type Shortage string

// Shortages.
const (
	ShortageBudget Shortage = "over_budget" // one request asks for more processor time than a request may have
	ShortageQueue  Shortage = "queue_full"  // too many requests wait for the rules already
	ShortageWait   Shortage = "waited"      // the request's turn did not come in time
)

var shortageTexts = map[Shortage]string{
	ShortageBudget: "inspecting it takes more processor time than one request may have",
	ShortageQueue:  "too many requests wait for inspection",
	ShortageWait:   "its turn to be inspected did not come in time",
}

// Error says it in words.
func (s Shortage) Error() string {
	if text, ok := shortageTexts[s]; ok {
		return text
	}
	return string(s)
}

// Reason returns why the decision about the request is what it is: forwarded uninspected, or refused.
func (s Shortage) Reason(forwarded bool) Reason {
	reasons := [2]Reason{ReasonOverBudget, ReasonOverBudgetOpen}
	switch s {
	case ShortageQueue:
		reasons = [2]Reason{ReasonQueueFull, ReasonQueueFullOpen}
	case ShortageWait:
		reasons = [2]Reason{ReasonWaited, ReasonWaitedOpen}
	}
	if forwarded {
		return reasons[1]
	}
	return reasons[0]
}

// Uninspected reports whether the reason says that the request was forwarded although its inspection was not made.
func (r Reason) Uninspected() bool {
	switch r {
	case ReasonInspectionOpen, ReasonOverBudgetOpen, ReasonQueueFullOpen, ReasonWaitedOpen:
		return true
	}
	return false
}

// Uninspectable reports whether the reason says that the request was refused because its inspection was not made.
func (r Reason) Uninspectable() bool {
	switch r {
	case ReasonInspection, ReasonOverBudget, ReasonQueueFull, ReasonWaited:
		return true
	}
	return false
}
