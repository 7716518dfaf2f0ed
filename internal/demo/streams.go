package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/coder/websocket"
	"github.com/sekisho-waf/sekisho/internal/obs"
)

var headlines = []string{
	"今週の土曜日に完成見学会を開きます。",
	"夏季休業は8月11日から15日までです。",
	"「海の見える平屋」の写真を追加しました。",
	"大工さんを募集しています。見習いの方も歓迎します。",
	"屋根の点検は今月末まで無料です。",
}

// news is the ticker on the home page: server-sent events, one headline at once and then one every interval.
func news(interval time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		flush := http.NewResponseController(w)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(w, "id: %d\nevent: news\ndata: %s\n\n", i, headlines[i%len(headlines)]); err != nil {
				return
			}
			if err := flush.Flush(); err != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-ticker.C:
			}
		}
	})
}

const (
	maxChatMessage = 4 << 10
	chatIdle       = 5 * time.Minute
)

// chat answers each text message of a WebSocket with the same text, as a reception that is out of office does.
func chat(log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil) // refuses foreign origins by itself
		if err != nil {
			log.DebugContext(r.Context(), "chat not opened", obs.Err(err))
			return
		}
		defer func() { _ = conn.CloseNow() }()
		conn.SetReadLimit(maxChatMessage)
		for {
			if err := answerOne(r.Context(), conn); err != nil {
				if websocket.CloseStatus(err) == -1 && !errors.Is(err, context.Canceled) {
					log.DebugContext(r.Context(), "chat ended", obs.Err(err))
				}
				return
			}
		}
	})
}

func answerOne(ctx context.Context, conn *websocket.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, chatIdle)
	defer cancel()
	kind, text, err := conn.Read(ctx)
	if err != nil {
		return err
	}
	if kind != websocket.MessageText {
		return conn.Close(websocket.StatusUnsupportedData, "text only")
	}
	return conn.Write(ctx, websocket.MessageText, append([]byte("受付: "), text...))
}
