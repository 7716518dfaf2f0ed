package control

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/sekisho-waf/sekisho"
)

const maxRequest = 64 << 20 // a custom rule file at most

type wireError struct {
	Kind sekisho.Kind `json:"kind"`
	Text string       `json:"text"`
}

// handle serves one command: POST with a JSON question, answered by JSON, or by a wireError with status 400.
func handle[Ask, Answer any](mux *http.ServeMux, name string, do func(context.Context, Ask) (Answer, error)) {
	mux.HandleFunc("POST /"+name, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var ask Ask
		err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&ask)
		if err != nil {
			err = sekisho.Invalid("the command could not be read; is this client of another version? " + err.Error())
		}
		var answer Answer
		if err == nil {
			answer, err = do(r.Context(), ask)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(wireError{Kind: sekisho.KindOf(err), Text: err.Error()})
			return
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
}

type none struct{}

// Handler serves the service; [Client] is its other end. Both ends list every command, in the order of [Service].
func Handler(service Service) http.Handler {
	mux := http.NewServeMux()
	handle(mux, "tenant-add", service.AddTenant)
	handle(mux, "tenants", func(ctx context.Context, _ none) ([]sekisho.Tenant, error) { return service.Tenants(ctx) })
	handle(mux, "tenant-set", service.SetTenant)
	handle(mux, "tenant-delete", service.DeleteTenant)
	handle(mux, "site-put", service.PutSite)
	handle(mux, "sites-put", service.PutSites)
	handle(mux, "mode-set", service.SetMode)
	handle(mux, "sites", func(ctx context.Context, _ none) ([]SiteView, error) { return service.Sites(ctx) })
	handle(mux, "site-remove", func(ctx context.Context, host string) (none, error) { return none{}, service.RemoveSite(ctx, host) })
	handle(mux, "site-verify", service.VerifySite)
	handle(mux, "exclusion-add", service.AddExclusion)
	handle(mux, "exclusions", service.Exclusions)
	handle(mux, "exclusion-remove", func(ctx context.Context, ask RemoveExclusion) (none, error) {
		return none{}, service.RemoveExclusion(ctx, ask)
	})
	handle(mux, "sensor-add", service.AddSensor)
	handle(mux, "sensors", func(ctx context.Context, _ none) ([]SensorView, error) { return service.Sensors(ctx) })
	handle(mux, "sensor-remove", func(ctx context.Context, ask RemoveSensor) (none, error) {
		return none{}, service.RemoveSensor(ctx, ask)
	})
	handle(mux, "export-add", service.AddExport)
	handle(mux, "exports", func(ctx context.Context, _ none) ([]ExportView, error) { return service.ListExports(ctx) })
	handle(mux, "export-remove", func(ctx context.Context, ask NameExport) (none, error) { return none{}, service.RemoveExport(ctx, ask) })
	handle(mux, "export-test", func(ctx context.Context, ask NameExport) (none, error) { return none{}, service.TestExport(ctx, ask) })
	handle(mux, "export-page", service.ExportPage)
	handle(mux, "rollout-change", service.ChangeRollout)
	handle(mux, "policy-status", func(ctx context.Context, _ none) (PolicyStatus, error) { return service.PolicyStatus(ctx) })
	handle(mux, "site-probe", service.ProbeSite)
	handle(mux, "site-bypass", service.Bypass)
	handle(mux, "site-resume", service.Resume)
	handle(mux, "site-pause", service.Pause)
	handle(mux, "site-certificate", service.Certificate)
	handle(mux, "login-link", service.LoginLink)
	handle(mux, "incidents", service.Incidents)
	handle(mux, "events", service.Events)
	handle(mux, "event", service.Event)
	handle(mux, "case-act", service.ActOnCase)
	handle(mux, "changes", service.Changes)
	handle(mux, "restart", func(ctx context.Context, _ none) (Restarting, error) { return service.Restart(ctx) })
	handle(mux, "status", func(ctx context.Context, _ none) (Status, error) { return service.Status(ctx) })
	return mux
}
