package bench

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNewMix_isTheSameForTheSameSeed(t *testing.T) {
	if !sameMix(t, 7, 7) {
		t.Error("got two mixes for one seed")
	}
	if sameMix(t, 7, 8) {
		t.Error("got one mix for two seeds")
	}
}

func sameMix(t *testing.T, seeds ...uint64) bool {
	t.Helper()
	var encoded []string
	for _, seed := range seeds {
		content, err := json.Marshal(NewMix(seed))
		if err != nil {
			t.Fatal(err)
		}
		encoded = append(encoded, string(content))
	}
	return len(slices.Compact(encoded)) == 1
}

func TestNewMix_holdsItsSharesInEveryBlock(t *testing.T) {
	mix := NewMix(1)
	if len(mix) != mixBlocks*blockSize {
		t.Fatalf("got %d requests, want %d", len(mix), mixBlocks*blockSize)
	}
	want := map[Class]int{ClassPage: 30, ClassAsset: 10, ClassForm: 5, ClassJSON: 4, ClassLarge: 1}
	for block := range mixBlocks {
		got := map[Class]int{}
		for _, r := range mix[block*blockSize : (block+1)*blockSize] {
			got[r.Class]++
		}
		if !maps.Equal(got, want) {
			t.Errorf("block %d: got %v, want %v", block, got, want)
		}
	}
}

func TestNewMix_sendsWellFormedJapanese(t *testing.T) {
	for i, r := range NewMix(3) {
		if !utf8.Valid(r.Body) {
			t.Errorf("request %d: the body is no UTF-8", i)
		}
		switch r.Class {
		case ClassForm:
			values, err := url.ParseQuery(string(r.Body))
			if err != nil || values.Get("message") == "" {
				t.Errorf("request %d: got form %v, %v", i, values, err)
			}
		case ClassJSON, ClassLarge:
			if !json.Valid(r.Body) {
				t.Errorf("request %d: got no JSON: %.100s", i, r.Body)
			}
			if r.Class == ClassLarge && len(r.Body) != largeBytes {
				t.Errorf("request %d: got %d bytes, want %d", i, len(r.Body), largeBytes)
			}
		case ClassPage, ClassAsset:
			if len(r.Body) != 0 || r.Method != http.MethodGet {
				t.Errorf("request %d: got %s with %d bytes, want a GET", i, r.Method, len(r.Body))
			}
		}
	}
}

func TestOrigin_answersTheWholeMixInTheSizesAskedFor(t *testing.T) {
	origin := newOrigin()
	smallest, largest := 1<<20, 0
	for i, r := range NewMix(1) {
		request := httptest.NewRequestWithContext(t.Context(), r.Method, r.Target, strings.NewReader(string(r.Body)))
		answer := httptest.NewRecorder()
		origin.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			t.Errorf("request %d, %s: got %d, want 200", i, r.Target, answer.Code)
		}
		if r.Class == ClassPage {
			smallest, largest = min(smallest, answer.Body.Len()), max(largest, answer.Body.Len())
		}
	}
	if smallest < 2<<10 || smallest > 4<<10 || largest < 45<<10 || largest > 60<<10 {
		t.Errorf("got pages of %d to %d bytes, want 2 to 60 KB", smallest, largest)
	}
}
