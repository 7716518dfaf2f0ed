package sekisho

import (
	"slices"
	"testing"
	"time"
)

// The table names every state, leads out of every state, and leads nowhere from a removed site.
func TestTransitions_coverEveryState(t *testing.T) {
	for state := range stages {
		next, listed := transitions[state]
		if !listed {
			t.Errorf("%s is not in the table", state)
		}
		if state != StateRemoved && !slices.Contains(next, StateRemoved) {
			t.Errorf("%s cannot be removed", state)
		}
		for _, to := range next {
			if _, known := stages[to]; !known || to == state {
				t.Errorf("%s leads to %s", state, to)
			}
		}
	}
	if len(transitions[StateRemoved]) != 0 || len(transitions) != len(stages) {
		t.Errorf("got %d states, %d after removal, want %d and none", len(transitions), len(transitions[StateRemoved]), len(stages))
	}
}

func TestTransitions_leaveTheKillSwitchFree(t *testing.T) {
	live := []SiteState{StateLiveDetect, StateLiveBlock, StateBypassed}
	for _, from := range live {
		for _, to := range live {
			if from != to && !slices.Contains(transitions[from], to) {
				t.Errorf("%s cannot become %s", from, to)
			}
		}
	}
}

func TestMoveTo_followsTheTable(t *testing.T) {
	tests := []struct {
		name     string
		from, to Stage
		ok       bool
	}{
		{"a draft is verified", StageDraft, StageVerified, true},
		{"a draft does not go live", StageDraft, StageLive, false},
		{"a draft gets no certificate", StageDraft, StageReady, false},
		{"a certificate comes before the switch", StageVerified, StageLive, false},
		{"a ready site goes live", StageReady, StageLive, true},
		{"a live site moves away", StageLive, StageMoved, true},
		{"and comes back", StageMoved, StageLive, true},
		{"a paused site begins behind the proof", StagePaused, StageVerified, true},
		{"a paused site does not jump", StagePaused, StageLive, false},
		{"nothing follows removal", StageRemoved, StageDraft, false},
		{"standing still is no step", StageRemoved, StageRemoved, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			site := Site{Host: "a.example", Stage: test.from}
			err := site.MoveTo(test.to)
			if (err == nil) != test.ok || err != nil && KindOf(err) != KindConflict {
				t.Errorf("got %v, want ok=%v", err, test.ok)
			}
			if want := map[bool]Stage{true: test.to, false: test.from}[test.ok]; site.Stage != want {
				t.Errorf("got stage %s, want %s", site.Stage, want)
			}
		})
	}
}

func TestState_countsTheModeInForce(t *testing.T) {
	live := Site{Stage: StageLive, Mode: ModeBlock}
	for mode, want := range map[Mode]SiteState{ModeDetect: StateLiveDetect, ModeBlock: StateLiveBlock, ModeOff: StateBypassed} {
		if got := live.State(mode); got != want {
			t.Errorf("%s: got %s, want %s", mode, got, want)
		}
	}
	for stage, want := range map[Stage]SiteState{StageDraft: StateDraft, StageVerified: StateVerified, StageReady: StateReady, StageMoved: StateMoved, StagePaused: StatePaused, StageRemoved: StateRemoved} {
		site := Site{Stage: stage}
		if got := site.State(ModeOff); got != want {
			t.Errorf("%s: got %s, want %s", stage, got, want)
		}
	}
}

func TestVerify_takesOnlyADraftFurther(t *testing.T) {
	site := Site{Host: "a.example"}
	if site.Stage.Served() {
		t.Error("a draft is served")
	}
	if err := site.Verify(ProofTXT, time.Now()); err != nil || site.Stage != StageVerified || !site.Stage.Served() {
		t.Errorf("got %v, %s, want verified and served", err, site.Stage)
	}
	site.Stage = StagePaused
	if err := site.Verify(ProofHTTP, time.Now()); err != nil || site.Stage != StagePaused || site.Stage.Served() {
		t.Errorf("got %v, %s, want still paused and not served", err, site.Stage)
	}
}
