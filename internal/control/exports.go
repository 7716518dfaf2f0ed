package control

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-waf/sekisho"
)

// ExportRecords keeps the exports.
type ExportRecords interface {
	AddExport(context.Context, sekisho.TenantID, sekisho.Export) error
	ListExports(context.Context, sekisho.TenantID) ([]sekisho.Export, error)
	RemoveExport(context.Context, sekisho.TenantID, sekisho.ExportID) error
	AllExports(context.Context) ([]sekisho.Export, error)
	AllExportStates(context.Context) ([]sekisho.ExportState, error)
}

// Exporting is what hands records to other systems.
type Exporting interface {
	// Seal returns the export with its secrets sealed, or says why it could not be delivered with them (KindInvalid).
	Seal(e sekisho.Export, signing, key string) (sekisho.Export, error)
	// Test delivers one record that says that it is a test. KindUnavailable: the receiver did not take it, and why.
	Test(ctx context.Context, e sekisho.Export) error
	// Page writes what the records hold, as lines.
	Page(ctx context.Context, ask AskExportPage) (ExportPage, error)
}

// maxExports is how many exports a tenant has at most; each has a connection of its own.
const maxExports = 10

// AddExport hands a tenant's records to another system from now on, and what was there since Export.Since first.
func (l *Local) AddExport(ctx context.Context, ask AddExport) (sekisho.Export, error) {
	e := ask.Export
	op := fmt.Sprintf("add export %s", e.Name)
	e.ID, e.Created, e.Sealed = sekisho.NewExportID(), time.Now().UTC(), nil
	if err := e.Validate(); err != nil {
		return sekisho.Export{}, fmt.Errorf("%s: %w", op, err)
	}
	if e.Since.After(e.Created) {
		return sekisho.Export{}, fmt.Errorf("%s: %w", op, sekisho.Invalid("since: use a date that has been"))
	}
	if _, err := l.Records.FindTenant(ctx, e.Tenant); err != nil {
		return sekisho.Export{}, fmt.Errorf("%s: %w", op, err)
	}
	others, err := l.Records.ListExports(ctx, e.Tenant)
	if err != nil {
		return sekisho.Export{}, fmt.Errorf("%s: %w", op, err)
	}
	if len(others) >= maxExports {
		return sekisho.Export{}, fmt.Errorf("%s: %w", op, sekisho.Invalid(fmt.Sprintf("%s has %d exports already: remove one first", e.Tenant, len(others))))
	}
	if e, err = l.Exports.Seal(e, ask.Signing, ask.Key); err != nil {
		return sekisho.Export{}, fmt.Errorf("%s: %w", op, err)
	}
	if err := l.Records.AddExport(ctx, e.Tenant, e); err != nil {
		return sekisho.Export{}, err
	}
	e.Sealed = nil
	return e, nil
}

// ListExports lists the exports of every tenant with how far each has come. Secrets stay where they are, sealed ones too.
func (l *Local) ListExports(ctx context.Context) ([]ExportView, error) {
	exports, err := l.Records.AllExports(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := l.Records.AllExportStates(ctx)
	if err != nil {
		return nil, err
	}
	type key struct {
		tenant sekisho.TenantID
		export sekisho.ExportID
	}
	states := map[key]sekisho.ExportState{}
	for _, state := range stored {
		states[key{state.Tenant, state.Export}] = state
	}
	views := make([]ExportView, len(exports))
	for i, e := range exports {
		e.Sealed = nil
		state := states[key{e.Tenant, e.ID}]
		views[i] = ExportView{Export: e, State: state, Waiting: state.Waiting()}
	}
	return views, nil
}

// RemoveExport ends an export at once; what waits for it is not sent.
func (l *Local) RemoveExport(ctx context.Context, ask NameExport) error {
	e, err := l.exportOf(ctx, ask)
	if err != nil {
		return fmt.Errorf("remove an export of %s: %w", ask.Tenant, err)
	}
	return l.Records.RemoveExport(ctx, ask.Tenant, e.ID)
}

// TestExport delivers one record that says that it is a test.
func (l *Local) TestExport(ctx context.Context, ask NameExport) error {
	e, err := l.exportOf(ctx, ask)
	if err != nil {
		return fmt.Errorf("test an export of %s: %w", ask.Tenant, err)
	}
	return l.Exports.Test(ctx, e)
}

// ExportPage writes what the records hold, as lines.
func (l *Local) ExportPage(ctx context.Context, ask AskExportPage) (ExportPage, error) {
	if _, err := l.Records.FindTenant(ctx, ask.Tenant); err != nil {
		return ExportPage{}, fmt.Errorf("export the records of %s: %w", ask.Tenant, err)
	}
	return l.Exports.Page(ctx, ask)
}

func (l *Local) exportOf(ctx context.Context, ask NameExport) (sekisho.Export, error) {
	exports, err := l.Records.ListExports(ctx, ask.Tenant)
	if err != nil {
		return sekisho.Export{}, err
	}
	for _, e := range exports {
		if e.Name == ask.Name {
			return e, nil
		}
	}
	return sekisho.Export{}, sekisho.NotFound("export " + ask.Name)
}
