package control

import (
	"context"
	"fmt"

	"github.com/sekisho-waf/sekisho"
)

// SetTenant names a tenant and what is to change; 0 is what the installation says.
type SetTenant struct {
	Tenant        sekisho.TenantID `json:"tenant"`
	RetentionDays *int             `json:"retention_days,omitempty"`
	QuotaBytes    *int64           `json:"quota_bytes,omitempty"`
}

// SetTenant implements [Service]. An unknown tenant is KindNotFound, a number that cannot work KindInvalid.
func (l *Local) SetTenant(ctx context.Context, set SetTenant) (sekisho.Tenant, error) {
	tenant, err := l.Records.FindTenant(ctx, set.Tenant)
	if err != nil {
		return sekisho.Tenant{}, err
	}
	if set.RetentionDays != nil {
		tenant.RetentionDays = *set.RetentionDays
	}
	if set.QuotaBytes != nil {
		tenant.QuotaBytes = *set.QuotaBytes
	}
	if err := l.Records.SetStorage(ctx, tenant.ID, tenant.Storage); err != nil {
		return sekisho.Tenant{}, fmt.Errorf("set tenant %s: %w", tenant.ID, err)
	}
	return tenant, nil
}

// SetTenant implements [Service].
func (c *Client) SetTenant(ctx context.Context, set SetTenant) (sekisho.Tenant, error) {
	return call[sekisho.Tenant](ctx, c, "tenant-set", set)
}
