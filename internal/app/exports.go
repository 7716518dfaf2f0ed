package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/export"
	"github.com/sekisho-waf/sekisho/incident"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/safedial"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// exports hands the exporting role to the control commands, in their words.
type exports struct {
	records *store.DB
	secret  func() (*export.Sealer, error)
}

// exportSealer seals with the key that private keys of certificates are sealed with.
func exportSealer(cfg config.Config) func() (*export.Sealer, error) {
	return func() (*export.Sealer, error) {
		secret := string(cfg.CertificateKey)
		if secret == "" {
			var err error
			if secret, err = ownSecret(filepath.Join(cfg.DataDir, "certificate.key")); err != nil {
				return nil, err
			}
		}
		return export.NewSealer([]byte(secret))
	}
}

func (x exports) Seal(e sekisho.Export, signing, key string) (sekisho.Export, error) {
	sealer, err := x.secret()
	if err != nil {
		return e, err
	}
	secrets := export.Secrets{Signing: signing, Key: key}
	if _, err := export.NewCarrier(e, secrets, exportDial(e), exportTestTime); err != nil {
		return e, err
	}
	e.Sealed, err = sealer.Seal(e, secrets)
	return e, err
}

const exportTestTime = 15 * time.Second

func (x exports) Test(ctx context.Context, e sekisho.Export) error {
	sealer, err := x.secret()
	if err != nil {
		return err
	}
	secrets, err := sealer.Open(e)
	if err != nil {
		return err
	}
	return export.Test(ctx, e, secrets, exportDial(e), incident.Explain, Version(), exportTestTime, time.Now())
}

func (x exports) Page(ctx context.Context, ask control.AskExportPage) (page control.ExportPage, err error) {
	page.Lines, page.Next, err = export.Page(ctx, x.records, export.Past{
		Tenant: ask.Tenant, Since: ask.Since, Format: ask.Format, Lang: ask.Lang, Cursor: ask.Cursor,
	}, incident.Explain, Version())
	return page, err
}

// exportDial leads to public addresses and to the networks that the operator opened for this export.
func exportDial(e sekisho.Export) export.Dial {
	dialer := (&safedial.Rules{Networks: e.Networks}).Dialer(exportTestTime, nil)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if refused, ok := errors.AsType[*safedial.Refused](err); ok {
			return nil, &export.Trouble{Err: err, Text: sekisho.Text{
				JA: fmt.Sprintf("宛先 %s は公開されたアドレスではないため、送りません。社内の宛先なら --network で許可してください。", refused.Target),
				EN: fmt.Sprintf("%s %s, so nothing is sent there. If it is yours, allow it with --network.", refused.Target, refused.Why),
			}}
		}
		return conn, err
	}
}

func (h *house) openExporter(context.Context) error {
	sealer, err := exportSealer(h.cfg)()
	if err != nil {
		return err
	}
	h.exporter, err = export.New(export.DefaultConfig(), export.Deps{
		Records: h.records, Sealer: sealer, Dial: exportDial, Words: incident.Explain, Version: Version(),
	}, h.log)
	return err
}
