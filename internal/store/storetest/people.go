package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sekisho-waf/sekisho"
	"github.com/sekisho-waf/sekisho/internal/store"
)

func testTenants(t *testing.T, db *store.DB) {
	ctx := t.Context()
	want := sekisho.Tenant{ID: yamada, Name: "山田製作所", Created: noon.In(time.FixedZone("JST", 9*3600))}
	must(t, db.CreateTenant(ctx, want))
	want.Created = noon
	got, err := db.FindTenant(ctx, yamada)
	must(t, err)
	wantEqual(t, "FindTenant", got, want)

	wantKind(t, db.CreateTenant(ctx, sekisho.Tenant{ID: yamada, Name: "another"}), sekisho.KindConflict)
	wantKind(t, db.CreateTenant(ctx, sekisho.Tenant{ID: "Not A Slug"}), sekisho.KindInvalid)
	_, err = db.FindTenant(ctx, suzuki)
	wantKind(t, err, sekisho.KindNotFound)

	createTenants(t, db, suzuki, "aoki")
	all, err := db.ListTenants(ctx)
	must(t, err)
	var ids []sekisho.TenantID
	for _, tenant := range all {
		ids = append(ids, tenant.ID)
	}
	wantEqual(t, "ListTenants", ids, []sekisho.TenantID{"aoki", suzuki, yamada})
	wantEqual(t, "the tenant that was created first", all[2], want)
}

func testUsers(t *testing.T, db *store.DB) {
	ctx := t.Context()
	createTenants(t, db, yamada, suzuki)
	owner := sekisho.User{ID: "U1", Email: "Taro@Yamada.example", Role: sekisho.RoleOwner, Tenant: yamada}
	operator := sekisho.User{ID: "U2", Email: "soc@example.com", Role: sekisho.RoleOperator}
	must(t, db.PutUser(ctx, owner))
	must(t, db.PutUser(ctx, operator))
	owner.Email = "taro@yamada.example" // kept in lower case

	got, err := db.FindUser(ctx, "U2")
	must(t, err)
	wantEqual(t, "FindUser", got, operator)
	got, err = db.FindUserByEmail(ctx, "TARO@yamada.example")
	must(t, err)
	wantEqual(t, "FindUserByEmail", got, owner)
	listed, err := db.ListUsers(ctx, yamada)
	must(t, err)
	wantEqual(t, "ListUsers", listed, []sekisho.User{owner})

	owner.Email, owner.Tenant = "jiro@suzuki.example", suzuki
	must(t, db.PutUser(ctx, owner))
	got, err = db.FindUser(ctx, "U1")
	must(t, err)
	wantEqual(t, "FindUser after a change", got, owner)
	listed, err = db.ListUsers(ctx, yamada)
	must(t, err)
	wantEqual(t, "ListUsers after the user left", listed, nil)

	_, err = db.FindUser(ctx, "U9")
	wantKind(t, err, sekisho.KindNotFound)
	_, err = db.FindUserByEmail(ctx, "taro@yamada.example")
	wantKind(t, err, sekisho.KindNotFound)
}

func testBadUsers(t *testing.T, db *store.DB) {
	createTenants(t, db, yamada)
	must(t, db.PutUser(t.Context(), sekisho.User{ID: "U1", Email: "taken@example.com", Tenant: yamada}))
	for _, bad := range []struct {
		name string
		user sekisho.User
		want sekisho.Kind
	}{
		{"no id", sekisho.User{Email: "a@example.com", Tenant: yamada}, sekisho.KindInvalid},
		{"no address", sekisho.User{ID: "U2", Tenant: yamada}, sekisho.KindInvalid},
		{"address with a name", sekisho.User{ID: "U2", Email: "A <a@example.com>", Tenant: yamada}, sekisho.KindInvalid},
		{"address with a line break", sekisho.User{ID: "U2", Email: "a@example.com\r\nBcc: b@example.com", Tenant: yamada}, sekisho.KindInvalid},
		{"address taken in other letters", sekisho.User{ID: "U2", Email: "Taken@Example.com", Tenant: yamada}, sekisho.KindConflict},
		{"owner without a tenant", sekisho.User{ID: "U2", Email: "a@example.com"}, sekisho.KindInvalid},
		{"owner of an unknown tenant", sekisho.User{ID: "U2", Email: "a@example.com", Tenant: suzuki}, sekisho.KindNotFound},
		{"operator with a tenant", sekisho.User{ID: "U2", Email: "a@example.com", Role: sekisho.RoleOperator, Tenant: yamada}, sekisho.KindInvalid},
		{"role from nowhere", sekisho.User{ID: "U2", Email: "a@example.com", Role: 9, Tenant: yamada}, sekisho.KindInvalid},
	} {
		t.Run(bad.name, func(t *testing.T) {
			wantKind(t, db.PutUser(t.Context(), bad.user), bad.want)
			_, err := db.FindUser(t.Context(), "U2")
			wantKind(t, err, sekisho.KindNotFound)
		})
	}
}

func putUser(t *testing.T, db *store.DB) {
	t.Helper()
	createTenants(t, db, yamada)
	must(t, db.PutUser(t.Context(), sekisho.User{ID: "U1", Email: "taro@yamada.example", Tenant: yamada}))
}

func testLoginToken(t *testing.T, db *store.DB) {
	ctx := t.Context()
	putUser(t, db)
	must(t, db.PutLoginToken(ctx, [32]byte{1}, "U1", noon))
	wantKind(t, db.PutLoginToken(ctx, [32]byte{1}, "U1", noon), sekisho.KindConflict)
	wantKind(t, db.PutLoginToken(ctx, [32]byte{2}, "U9", noon), sekisho.KindNotFound)

	for _, none := range []struct {
		name string
		hash [32]byte
		now  time.Time
	}{
		{"unknown", [32]byte{9}, noon.Add(-time.Second)},
		{"expired", [32]byte{1}, noon},
	} {
		user, err := db.TakeLoginToken(ctx, none.hash, none.now)
		wantKind(t, err, sekisho.KindNotFound)
		wantEqual(t, none.name+" token", user, "")
	}
	user, err := db.TakeLoginToken(ctx, [32]byte{1}, noon.Add(-time.Microsecond))
	must(t, err)
	wantEqual(t, "TakeLoginToken", user, "U1")
	_, err = db.TakeLoginToken(ctx, [32]byte{1}, noon.Add(-time.Second))
	wantKind(t, err, sekisho.KindNotFound)
}

func testLoginTokenRace(t *testing.T, db *store.DB) {
	putUser(t, db)
	must(t, db.PutLoginToken(t.Context(), [32]byte{1}, "U1", noon))
	var taken atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := db.TakeLoginToken(t.Context(), [32]byte{1}, noon.Add(-time.Second)); err == nil {
				taken.Add(1)
			} else if sekisho.KindOf(err) != sekisho.KindNotFound {
				t.Error(err)
			}
		})
	}
	group.Wait()
	wantEqual(t, "successful calls", taken.Load(), 1)
}

func testSession(t *testing.T, db *store.DB) {
	ctx := t.Context()
	putUser(t, db)
	must(t, db.PutSession(ctx, [32]byte{1}, "U1", noon))
	must(t, db.PutSession(ctx, [32]byte{2}, "U1", noon))
	wantKind(t, db.PutSession(ctx, [32]byte{3}, "U9", noon), sekisho.KindNotFound)

	for range 2 { // a session may be used again
		user, err := db.FindSession(ctx, [32]byte{1}, noon.Add(-time.Microsecond))
		must(t, err)
		wantEqual(t, "FindSession", user, "U1")
	}
	_, err := db.FindSession(ctx, [32]byte{1}, noon)
	wantKind(t, err, sekisho.KindNotFound)
	_, err = db.FindSession(ctx, [32]byte{9}, noon.Add(-time.Second))
	wantKind(t, err, sekisho.KindNotFound)

	must(t, db.TouchSession(ctx, [32]byte{1}, noon.Add(time.Hour)))
	_, err = db.FindSession(ctx, [32]byte{1}, noon)
	must(t, err)
	wantKind(t, db.TouchSession(ctx, [32]byte{9}, noon.Add(time.Hour)), sekisho.KindNotFound)

	for range 2 { // ending twice is fine
		must(t, db.DeleteSession(ctx, [32]byte{1}))
	}
	wantKind(t, db.TouchSession(ctx, [32]byte{1}, noon.Add(time.Hour)), sekisho.KindNotFound) // and it is not brought back
	_, err = db.FindSession(ctx, [32]byte{1}, noon.Add(-time.Second))
	wantKind(t, err, sekisho.KindNotFound)
	_, err = db.FindSession(ctx, [32]byte{2}, noon.Add(-time.Second))
	must(t, err)
}
