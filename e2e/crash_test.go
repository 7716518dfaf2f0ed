package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestServe_keepsEveryAnsweredEventOverKill9 kills the process while attacks run, starts it again, and looks for the
// number of every block page that was answered.
func TestServe_keepsEveryAnsweredEventOverKill9(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	answered := map[string]bool{}
	for round := range 3 {
		p := serve(t, dir, "--site", "shop.example="+origin, "--mode", "block")
		var mu sync.Mutex
		enough := make(chan struct{})
		var once sync.Once
		var attackers sync.WaitGroup
		for range 4 {
			attackers.Go(func() {
				client := p.client()
				for {
					request := getAttack("/search?q=1'%20UNION%20SELECT%20password%20FROM%20users--%20-")("shop.example")
					response, err := client.Do(request)
					if err != nil {
						return // killed
					}
					number := response.Header.Get("X-Request-Id")
					status := response.StatusCode
					_ = response.Body.Close()
					if status != http.StatusForbidden {
						t.Errorf("got status %d, want 403", status)
						return
					}
					mu.Lock()
					answered[number] = true
					if len(answered) >= 40*(round+1) {
						once.Do(func() { close(enough) })
					}
					mu.Unlock()
				}
			})
		}
		<-enough
		p.kill()
		attackers.Wait()
	}
	serve(t, dir)
	stored := map[string]int{}
	eventually(t, "every answered event", func() bool {
		clear(stored)
		for _, e := range events(t, dir) {
			stored[e.ID]++
		}
		for number := range answered {
			if stored[number] == 0 {
				return false
			}
		}
		return true
	})
	for id, n := range stored {
		if n != 1 {
			t.Errorf("event %s is stored %d times, want once", id, n)
		}
	}
	total := 0
	for _, incident := range incidents(t, dir) {
		total += incident.Count
	}
	if total != len(stored) {
		t.Errorf("incidents count %d events, want the %d that are stored", total, len(stored))
	}
	t.Logf("%d answered, %d stored over three kills", len(answered), len(stored))
}

func TestServe_stopsWithinItsDrainAndKeepsWhatItRecorded(t *testing.T) {
	t.Parallel()
	origin, _ := countingOrigin(t)
	dir := t.TempDir()
	p := serve(t, dir, "--site", "shop.example="+origin, "--mode", "block")
	number := numberOnPage.FindString(do(t, p.client(), attacks[0].build("shop.example")).body)
	p.stop()
	stdout, stderr, code := sekisho(t, "events", "--json", "--id", number, "--data-dir", dir)
	if code != 0 || !strings.Contains(stdout, `"action":"blocked"`) {
		t.Errorf("after a clean stop, without a running process: exit %d, %s%s", code, stdout, stderr)
	}
}
