package app

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/config"
	"github.com/sekisho-waf/sekisho/internal/control"
	"github.com/sekisho-waf/sekisho/internal/store"
)

// PutOf turns a site of the configuration into the command that brings it about. What the configuration leaves out
// stays as it is on a site that is already there.
func PutOf(site config.Site) (control.PutSite, error) {
	host, err := control.ParseHost(site.Host)
	if err != nil {
		return control.PutSite{}, err
	}
	put := control.PutSite{
		Host: host, Tenant: &site.Tenant, Origin: &site.Origin, Mode: site.Mode,
		Trust: true, VouchOrigin: true, Origins: site.Origins, FailMode: site.FailMode, BeyondLimit: site.BeyondLimit, Policy: site.Policy, Hardening: site.Hardening,
	}
	if site.CertFile != "" || site.KeyFile != "" {
		put.CertFile, put.KeyFile = &site.CertFile, &site.KeyFile
	}
	return put, AbsoluteFiles(&put)
}

// ensureTenant adds a tenant that is named at the start and that nobody has added yet.
func ensureTenant(ctx context.Context, records *store.DB, tenant sekisho.Tenant) error {
	_, err := records.FindTenant(ctx, tenant.ID)
	if err == nil || sekisho.KindOf(err) != sekisho.KindNotFound {
		return err
	}
	tenant.Created = time.Now().UTC()
	err = records.CreateTenant(ctx, tenant)
	if sekisho.KindOf(err) == sekisho.KindConflict { // a command beside a starting process came first
		return nil
	}
	return err
}

// defaultTenant owns the sites that name no tenant.
var defaultTenant = sekisho.Tenant{ID: sekisho.DefaultTenant, Name: string(sekisho.DefaultTenant)}

// AbsoluteFiles names the files of a site from the root: they are read again by a process that may run in
// another directory.
func AbsoluteFiles(put *control.PutSite) error {
	for _, file := range []**string{&put.CertFile, &put.KeyFile} {
		if *file == nil {
			continue
		}
		named := **file
		if err := absolute(&named); err != nil {
			return err
		}
		*file = &named
	}
	if put.Origins == nil {
		return nil
	}
	origins := *put.Origins
	for _, file := range []*string{&origins.CAFile, &origins.CertFile, &origins.KeyFile, &origins.SecretFile} {
		if err := absolute(file); err != nil {
			return err
		}
	}
	put.Origins = &origins
	return nil
}

func absolute(file *string) error {
	if *file == "" {
		return nil
	}
	path, err := filepath.Abs(*file)
	if err != nil {
		return sekisho.Invalid(fmt.Sprintf("file %s: use a path from the root", *file))
	}
	*file = path
	return nil
}
