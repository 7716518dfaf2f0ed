package view

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func messages(t *testing.T, lang Lang) map[string][]string {
	t.Helper()
	content, err := localeFiles.ReadFile("locales/active." + string(lang) + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(content, &raw); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for key, value := range raw {
		switch value := value.(type) {
		case string:
			found[key] = []string{value}
		case map[string]any:
			for _, form := range value {
				text, ok := form.(string)
				if !ok {
					t.Fatalf("%s: a plural form that is no text", key)
				}
				found[key] = append(found[key], text)
			}
		default:
			t.Fatalf("%s: neither text nor plural forms", key)
		}
	}
	return found
}

var placeholder = regexp.MustCompile(`{{\.\w+}}`)

func TestCatalogues_sayTheSameThings(t *testing.T) {
	ja, en := messages(t, Japanese), messages(t, English)
	if len(ja) < 200 {
		t.Fatalf("%d messages, want the whole catalogue", len(ja))
	}
	for key, forms := range ja {
		other, translated := en[key]
		if !translated {
			t.Errorf("%s: not in English", key)
			continue
		}
		for _, text := range append(slices.Clone(forms), other...) {
			got, want := placeholder.FindAllString(text, -1), placeholder.FindAllString(forms[0], -1)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q has the values %v, want %v", key, text, got, want)
			}
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: empty", key)
			}
		}
	}
	for key, forms := range en {
		if _, known := ja[key]; !known {
			t.Errorf("%s: not in Japanese", key)
		}
		// Count chooses the plural form, so a text with it must have both of English.
		if strings.Contains(forms[0], "{{.Count}}") && len(forms) != 2 {
			t.Errorf("%s: counts, but has %d plural forms; want one and other", key, len(forms))
		}
	}
}

// Words that an owner without IT staff need not know stand in the technical part alone; some never stand anywhere,
// because they promise too much or offend (portal.md, 5.4; mission.md, 2).
func TestCatalogues_avoidBannedWords(t *testing.T) {
	never := []string{"情報が出た", "業者", "御社", "守られています", "認定", "guarantee"}
	technical := []string{"ペイロード", "シグネチャ", "C2", "IoC", "CVE", "アノマリ", "インジェクション", "エンドポイント", "payload", "signature", "injection", "endpoint"}
	for _, lang := range Langs {
		for key, forms := range messages(t, lang) {
			banned := never
			if !strings.HasPrefix(key, "tech.") {
				banned = slices.Concat(never, technical)
			}
			for _, text := range forms {
				for _, word := range banned {
					if strings.Contains(strings.ToLower(text), strings.ToLower(word)) {
						t.Errorf("%s (%s): %q has the word %q", key, lang, text, word)
					}
				}
			}
		}
	}
}

func TestCatalogues_keepJapaneseSentencesShort(t *testing.T) {
	for key, forms := range messages(t, Japanese) {
		for _, text := range forms {
			for sentence := range strings.SplitSeq(placeholder.ReplaceAllString(text, "000"), "。") {
				if n := utf8.RuneCountInString(sentence); n > 50 {
					t.Errorf("%s: a sentence of %d characters, want at most 50: %s", key, n, sentence)
				}
			}
		}
	}
}

func TestMatchLang_isJapaneseUnlessEnglishIsWanted(t *testing.T) {
	for _, tt := range []struct {
		accept string
		want   Lang
	}{
		{"", Japanese},
		{"ja-JP,ja;q=0.9,en;q=0.8", Japanese},
		{"en-US,en;q=0.9", English},
		{"en;q=0.5,ja;q=0.9", Japanese},
		{"fr-FR", Japanese},
		{"fr,en;q=0.7", English},
		{"*", Japanese},
		{";;;", Japanese},
		{strings.Repeat("en,", 2000), English},
	} {
		if got := MatchLang(tt.accept); got != tt.want {
			t.Errorf("MatchLang(%.40q) = %s, want %s", tt.accept, got, tt.want)
		}
	}
}

func TestLocalize_refusesWhatIsNotTranslated(t *testing.T) {
	catalogue, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	if text, err := catalogue.localize(English, Say("no.such.key")); err == nil {
		t.Errorf("an unknown key became %q", text)
	}
	if text, err := catalogue.localize(Japanese, Say("reason.ok", "Count", int64(1240))); err != nil || !strings.Contains(text, "1,240件") {
		t.Errorf("got %q, %v; want 1,240件", text, err)
	}
	for count, want := range map[int]string{1: "1 time", 2: "2 times", 0: "0 times"} {
		if text, err := catalogue.localize(English, Say("times", "Count", count)); err != nil || text != want {
			t.Errorf("%d times: got %q, %v; want %q", count, text, err, want)
		}
	}
}
