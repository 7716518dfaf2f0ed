package demo

import (
	"encoding/json"
	"net/http"
)

// work is one finished building on the site.
type work struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	Place string `json:"place"`
	Year  int    `json:"year"`
	Text  string `json:"text"`
}

var works = []work{
	{1, "海の見える平屋", "藤沢市", 2024, "南側に大きな窓をとり、杉の板張りで仕上げた二人暮らしの家です。"},
	{2, "築40年の木造住宅リフォーム", "鎌倉市", 2024, "断熱材を入れ直し、台所と居間をひと続きにしました。"},
	{3, "町の小さなパン屋", "茅ヶ崎市", 2023, "漆喰の壁と無垢の床。焼き上がりの時間に光が入るように窓を置きました。"},
	{4, "二世帯住宅の増築", "横浜市", 2023, "玄関を分け、庭でつながる二世帯の住まいです。"},
	{5, "工場の屋根の葺き替え", "平塚市", 2022, "操業を止めずに、三週間で葺き替えを終えました。"},
	{6, "歯科医院の内装", "小田原市", 2022, "待合室に県産のひのきを使い、音が響きにくい天井にしました。"},
}

func listWorks() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"works": works})
	})
}

// estimateRequest asks for a rough price.
type estimateRequest struct {
	Kind  string  `json:"kind"` // new, reform or roof
	Area  float64 `json:"area"` // square metres
	Place string  `json:"place"`
	Note  string  `json:"note"`
}

// yenPerSquareMetre are the invented prices of an invented firm.
var yenPerSquareMetre = map[string]float64{"new": 240000, "reform": 120000, "roof": 18000}

func estimate() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ask estimateRequest
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxForm)).Decode(&ask); err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": "JSON として読めませんでした"})
			return
		}
		price, known := yenPerSquareMetre[ask.Kind]
		if !known || ask.Area <= 0 || ask.Area > 5000 {
			writeJSON(w, http.StatusUnprocessableEntity, map[string]any{"error": "kind は new, reform, roof のいずれか、area は 0 より大きく 5000 以下です"})
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{"yen": int64(price * ask.Area), "note": "概算です。現地を拝見してから正式にお見積りします。"})
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
