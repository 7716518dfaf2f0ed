package control

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// VerifySite looks for the proof that a site's name is its owner's, and takes a draft on when it is there. A site that
// has been verified before stays so: the proof may be taken down afterwards.
func (l *Local) VerifySite(ctx context.Context, verify VerifySite) (Verification, error) {
	host, err := ParseHost(verify.Host)
	if err != nil {
		return Verification{}, err
	}
	site, err := l.Records.FindSiteByHost(ctx, host)
	if err != nil {
		return Verification{}, fmt.Errorf("verify site %s: %w", host, err)
	}
	var answer Verification
	before := site
	site.Ownership.Token, answer.Value, answer.TXT, answer.URL = l.Owners.ToPublish(host, site.Ownership.Token)
	switch {
	case verify.Trust && site.Stage == sekisho.StageDraft:
		err = l.vouch(&site)
	case site.Stage == sekisho.StageDraft:
		var proof sekisho.Proof
		if proof, answer.Missing = l.Owners.Prove(ctx, host, site.Ownership.Token); proof != sekisho.ProofNone {
			err = site.Verify(proof, time.Now())
		}
	}
	if err != nil {
		return Verification{}, err
	}
	if site.Ownership != before.Ownership || site.Stage != before.Stage {
		site.Updated = time.Now().UTC()
		if err := l.Records.PutSite(ctx, site.Tenant, site); err != nil {
			return Verification{}, fmt.Errorf("verify site %s: %w", host, err)
		}
	}
	if err := l.apply(ctx); err != nil {
		return Verification{}, fmt.Errorf("verified but not in force: %w", err)
	}
	views, err := l.view(ctx, []sekisho.Site{site})
	if err != nil {
		return Verification{}, err
	}
	answer.Site = views[0]
	return answer, nil
}

// vouch takes a draft on by the operator's word. Where nobody watches where names lead, it is live at once: the operator
// of one machine points the name here by hand.
func (l *Local) vouch(site *sekisho.Site) error {
	if err := site.Verify(sekisho.ProofOperator, time.Now()); err != nil {
		return err
	}
	if l.Watched {
		return nil
	}
	for _, stage := range []sekisho.Stage{sekisho.StageReady, sekisho.StageLive} {
		if err := site.MoveTo(stage); err != nil {
			return err
		}
	}
	return nil
}
