package sekisho

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Stage is how far a site has come on its way, as it is stored. The zero Stage serves nobody. What people read is the
// [SiteState], which also counts the mode in force.
type Stage uint8

// Stages, as stored: new ones go last.
const (
	StageDraft    Stage = iota // somebody has named it; whether the name is theirs is not known
	StageVerified              // the name is theirs
	StageReady                 // a certificate waits, so that the switch of the name warns no visitor
	StageLive                  // the name leads here
	StageMoved                 // the name led here and now leads elsewhere: visitors go past us
	StagePaused                // taken out of service for now; nothing is served
	StageRemoved               // taken out for good; the name may be claimed anew
)

var stageNames = names[Stage]{"draft", "verified", "ready", "live", "moved", "paused", "removed"}

// String returns the stage's stored name.
func (s Stage) String() string { return stageNames.text(s) }

// MarshalText writes the stage's name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a stage's name; an unknown one is KindInvalid.
func (s *Stage) UnmarshalText(text []byte) error { return stageNames.parse(s, "stage", text) }

// Served reports whether visitors of a site at this stage are answered, and whether its name may be shown a
// certificate and have one ordered.
func (s Stage) Served() bool {
	switch s {
	case StageVerified, StageReady, StageLive, StageMoved:
		return true
	case StageDraft, StagePaused, StageRemoved:
	}
	return false
}

// SiteState is a site's state in the words that people use: its stage and, once the name leads here, what inspection does.
type SiteState string

// States of a site.
const (
	StateDraft      SiteState = "draft"
	StateVerified   SiteState = "verified"
	StateReady      SiteState = "certificate_ready"
	StateLiveDetect SiteState = "live_detect"
	StateLiveBlock  SiteState = "live_block"
	StateBypassed   SiteState = "bypassed" // visitors reach the origin uninspected: through us, or past us by DNS
	StateMoved      SiteState = "moved"
	StatePaused     SiteState = "paused"
	StateRemoved    SiteState = "removed"
)

// transitions says which state may follow which. A change of mode is never refused while a site is served, since one of
// them is the kill switch; everything else goes forward, or out.
var transitions = map[SiteState][]SiteState{
	StateDraft:      {StateVerified, StateRemoved},
	StateVerified:   {StateReady, StatePaused, StateRemoved},
	StateReady:      {StateVerified, StateLiveDetect, StateLiveBlock, StateBypassed, StatePaused, StateRemoved},
	StateLiveDetect: {StateLiveBlock, StateBypassed, StateMoved, StatePaused, StateRemoved},
	StateLiveBlock:  {StateLiveDetect, StateBypassed, StateMoved, StatePaused, StateRemoved},
	StateBypassed:   {StateLiveDetect, StateLiveBlock, StateMoved, StatePaused, StateRemoved},
	StateMoved:      {StateLiveDetect, StateLiveBlock, StateBypassed, StatePaused, StateRemoved},
	StatePaused:     {StateVerified, StateRemoved},
	StateRemoved:    nil,
}

// stages is the stage of each state.
var stages = map[SiteState]Stage{
	StateDraft: StageDraft, StateVerified: StageVerified, StateReady: StageReady,
	StateLiveDetect: StageLive, StateLiveBlock: StageLive, StateBypassed: StageLive,
	StateMoved: StageMoved, StatePaused: StagePaused, StateRemoved: StageRemoved,
}

// Words returns the state in English, for the command line.
func (s SiteState) Words() string {
	switch s {
	case StateReady:
		return "certificate ready"
	case StateLiveDetect:
		return "live in detect"
	case StateLiveBlock:
		return "live in block"
	}
	return string(s)
}

// State returns the site's state under the mode that is in force on it.
func (s *Site) State(inForce Mode) SiteState {
	if s.Stage != StageLive {
		for state, stage := range stages {
			if stage == s.Stage {
				return state
			}
		}
		return StateDraft
	}
	switch {
	case len(s.BypassTo) > 0 || inForce == ModeOff:
		return StateBypassed
	case inForce == ModeBlock:
		return StateLiveBlock
	}
	return StateLiveDetect
}

// MoveTo brings the site to a stage, if the table of transitions allows it from the site's own state (KindConflict
// otherwise, with what would be allowed). A site that is there already stays as it is.
func (s *Site) MoveTo(stage Stage) error {
	if s.Stage == stage {
		return nil
	}
	from := s.State(s.Mode)
	if !slices.ContainsFunc(transitions[from], func(to SiteState) bool { return stages[to] == stage }) {
		var next []string
		for _, to := range transitions[from] {
			next = append(next, to.Words())
		}
		return &Error{Kind: KindConflict, Msg: fmt.Sprintf("site %s is %s: it cannot become %s from there, only %s", s.Host, from.Words(), stage, strings.Join(next, ", "))}
	}
	s.Stage = stage
	return nil
}

// Proof says how we know that a site's name is its owner's. The zero Proof is none.
type Proof uint8

// Proofs, as stored.
const (
	ProofNone     Proof = iota
	ProofOperator       // the operator of this installation vouches
	ProofTXT            // the owner published the token in DNS
	ProofHTTP           // the owner's own server showed the token
)

var proofNames = names[Proof]{"none", "operator", "txt", "http"}

// String returns the proof's stored name.
func (p Proof) String() string { return proofNames.text(p) }

// MarshalText writes the proof's name.
func (p Proof) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a proof's name; an unknown one is KindInvalid.
func (p *Proof) UnmarshalText(text []byte) error { return proofNames.parse(p, "proof", text) }

// Ownership is what ties a site to the owner of its name. The token is made for one site: what one customer has
// published proves nothing for another who claims the same name.
type Ownership struct {
	Token string    `json:"token,omitempty"`
	Proof Proof     `json:"proof"`
	At    time.Time `json:"at,omitzero"`
}

// Verify notes the proof and takes a draft on to verified; a site that is further stays where it is.
func (s *Site) Verify(proof Proof, at time.Time) error {
	if s.Stage == StageDraft {
		if err := s.MoveTo(StageVerified); err != nil {
			return err
		}
	}
	s.Ownership.Proof, s.Ownership.At = proof, at.UTC()
	return nil
}
